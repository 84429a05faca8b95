"""The files of a Mosquitto 2, written from the registry: listener, passwords, access list.

The password file takes the registry's hashes as they are. A device that is added, rotated or
revoked changes the files; on SIGHUP Mosquitto reads them again and ends the connections of those
that may no longer connect.
"""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sensors import credentials, topics
from sensors.registry import SERVICE_USER, Device

QUEUED = 1_000_000
PASSWORDS, ACCESS, SETTINGS = "passwords", "acl", "mosquitto.conf"


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where Mosquitto listens; with ``certificate`` and ``key`` by TLS.

    ``clients_ca`` asks every client for a certificate of this authority, beside its password.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    clients_ca: Path | None = None


def write(folder: Path, listener: Listener, devices: Iterable[Device]) -> str | None:
    """Write the three files; returns the secret of the service account where it is new, else None.

    Files are replaced whole, so that Mosquitto never reads half of one, and only their owner reads them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    secret = None
    service = _kept_service(folder / PASSWORDS)
    if service is None:
        secret = credentials.new_secret()
        service = credentials.hash_secret(secret)
    active = [device for device in devices if device.revoked is None]
    _replace(folder / PASSWORDS, _passwords(service, active))
    _replace(folder / ACCESS, _access(active))
    _replace(folder / SETTINGS, _settings(folder.absolute(), listener))
    return secret


def _passwords(service: str, devices: Iterable[Device]) -> str:
    lines = [f"{SERVICE_USER}:{service}", *(f"{device.id}:{device.secret_hash}" for device in devices)]
    return "".join(f"{line}\n" for line in lines)


def _access(devices: list[Device]) -> str:
    behind: dict[str, list[Device]] = {}
    for device in devices:
        behind.setdefault(device.id, []).append(device)
        if device.gateway is not None:
            behind.setdefault(device.gateway, []).append(device)
    lines = [f"user {SERVICE_USER}", f"topic read {topics.DEVICE_FILTER}", f"topic readwrite {topics.LIVE_FILTER}"]
    for user in sorted({device.id for device in devices}):
        lines.append(f"user {user}")
        for device in behind[user]:
            base = topics.base(device.community, device.id)
            lines += [f"topic write {base}/{channel}" for channel in topics.Channel]
            lines.append(f"topic read {topics.command(device.community, device.id)}")
    return "".join(f"{line}\n" for line in lines)


def _settings(folder: Path, listener: Listener) -> str:
    lines = [
        "# Written by cockpit broker config; changes here are lost.",
        f"listener {listener.port} {listener.host}",
        "allow_anonymous false",
        f"password_file {folder / PASSWORDS}",
        f"acl_file {folder / ACCESS}",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 60",
        "# What devices send while ingest or the database is away; what does not fit is dropped.",
        f"max_queued_messages {QUEUED}",
    ]
    if listener.certificate is not None:
        lines += [f"certfile {listener.certificate.absolute()}", f"keyfile {(listener.key or Path()).absolute()}"]
        lines.append("tls_version tlsv1.2")
    if listener.clients_ca is not None:
        lines += [f"cafile {listener.clients_ca.absolute()}", "require_certificate true"]
    return "".join(f"{line}\n" for line in lines)


def _kept_service(path: Path) -> str | None:
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2] for line in lines if line.startswith(f"{SERVICE_USER}:")), None)


def _replace(path: Path, content: str) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    if path.exists():
        # Who may read it was set by whoever installed Mosquitto.
        known = path.stat()
        os.chmod(part, known.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(part, known.st_uid, known.st_gid)
    os.replace(part, path)
