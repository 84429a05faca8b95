"""The files of a Mosquitto 2, written from the registry: listener, passwords, access list.

The password file takes the registry's hashes as they are. A device that is added, rotated or
revoked changes the files; on SIGHUP Mosquitto reads them again and ends the connections of those
that may no longer connect.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sensors.brokers.files import Tls, replace
from sensors.codecs.installed import Codecs
from sensors.devices import credentials
from sensors.devices.declared import SERVICE_USER
from sensors.devices.registry import Device
from sensors.intake.access import rights, service_reads, service_writes
from sensors.intake.quarantine import MAX_KEPT_BYTES
from store.instant import now

QUEUED = 1_000_000
PASSWORDS, ACCESS, SETTINGS = "passwords", "acl", "mosquitto.conf"
PID = "mosquitto.pid"
"""Where it says its number while it runs, so that it can be told to read its files again."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where Mosquitto listens; with ``tls`` by TLS."""

    host: str
    port: int
    tls: Tls | None = None


def write(folder: Path, listener: Listener, devices: Iterable[Device], codecs: Codecs) -> str | None:
    """Write the three files; returns the secret of the service account where it is new, else None."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = None
    service = _kept_service(folder / PASSWORDS)
    if service is None:
        secret = credentials.new_secret()
        service = credentials.hash_secret(secret)
    at = now()
    active = [device for device in devices if device.is_let_in(at)]
    replace(folder / PASSWORDS, _passwords(service, active))
    replace(folder / ACCESS, _access(active, codecs))
    replace(folder / SETTINGS, _settings(folder.absolute(), listener))
    return secret


def _passwords(service: str, devices: Iterable[Device]) -> str:
    lines = [f"{SERVICE_USER}:{service}", *(f"{device.id}:{device.secret_hash}" for device in devices)]
    return "".join(f"{line}\n" for line in lines)


def _access(devices: list[Device], codecs: Codecs) -> str:
    lines = [f"user {SERVICE_USER}"]
    lines += [f"topic read {topic}" for topic in service_reads(codecs)]
    lines += [f"topic write {topic}" for topic in service_writes(codecs)]
    for user, allowed in sorted(rights(devices, codecs).items()):
        lines.append(f"user {user}")
        lines += [f"topic write {topic}" for topic in sorted(allowed.writes)]
        lines += [f"topic read {topic}" for topic in sorted(allowed.reads)]
    return "".join(f"{line}\n" for line in lines)


def _settings(folder: Path, listener: Listener) -> str:
    lines = [
        "# Written by cockpit broker config; changes here are lost.",
        f"listener {listener.port} {listener.host}",
        "allow_anonymous false",
        f"password_file {folder / PASSWORDS}",
        f"acl_file {folder / ACCESS}",
        f"pid_file {folder / PID}",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 60",
        "# What devices send while ingest or the database is away; what does not fit is dropped.",
        f"max_queued_messages {QUEUED}",
        # Sixty times what telemetry may have; what is larger is nobody's measurement.
        f"message_size_limit {MAX_KEPT_BYTES}",
    ]
    tls = listener.tls
    if tls is not None:
        lines += [f"certfile {tls.certificate.absolute()}", f"keyfile {tls.key.absolute()}", "tls_version tlsv1.2"]
        if tls.clients_ca is not None:
            lines += [f"cafile {tls.clients_ca.absolute()}", "require_certificate true"]
    return "".join(f"{line}\n" for line in lines)


def _kept_service(path: Path) -> str | None:
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2] for line in lines if line.startswith(f"{SERVICE_USER}:")), None)
