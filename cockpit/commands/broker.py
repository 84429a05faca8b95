"""``cockpit broker config``."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from cockpit.commands.options import Json, answer, codecs, databases
from cockpit.errors import BadSetting
from cockpit.resources import reachable
from sensors.brokers import mosquitto, nats
from sensors.brokers.files import Tls
from sensors.brokers.mosquitto import Listener
from sensors.devices import registry
from sensors.devices.declared import SERVICE_USER
from sensors.devices.registry import Device
from store import revision
from store.databases import Databases
from store.instant import Instant, now

log = structlog.get_logger(__name__)

app = typer.Typer(help="A Mosquitto, or a cluster of NATS servers, beside the cockpit.", no_args_is_help=False)

WATCH_S = 0.5
NEVER: Instant = 1 << 62


@app.callback()
def _group() -> None:
    """Keeps ``config`` a subcommand while it is the only one."""


Written = tuple[str | None, list[str]]
"""The secret of the service account where it is new, and the devices that this broker cannot know."""
Write = Callable[[list[Device]], Written]


@app.command()
def config(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the broker's files go.")],
    make: Annotated[str, typer.Option(help="mosquitto or nats.")] = "mosquitto",
    host: Annotated[
        list[str] | None, typer.Option(help="The address that it listens on; for a cluster one for each server.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Its port; 8883 is that of TLS.")] = 1883,
    route_port: Annotated[int, typer.Option(min=1, max=65535, help="NATS: where servers find each other.")] = 6222,
    client_port: Annotated[int, typer.Option(min=1, max=65535, help="NATS: its own clients, on loopback.")] = 4222,
    certificate: Annotated[Path | None, typer.Option(help="TLS: the server's certificate, with its chain.")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS: the key of the certificate.")] = None,
    clients_ca: Annotated[
        Path | None, typer.Option(help="TLS: ask devices for a certificate of this authority.")
    ] = None,
    pid_file: Annotated[
        list[Path] | None,
        typer.Option(
            help="Has the broker of this file read its files again; may be repeated; Mosquitto's own is known."
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and follow every change of the registry.")] = False,
    as_json: Json = False,
) -> None:
    """Write a broker's files from the device registry, and make it read them again."""
    tls = _tls(certificate, key, clients_ca)
    hosts = host or ["127.0.0.1"]
    write, addresses = _writer(make, folder, hosts, (port, route_port, client_port), tls)
    opened = databases()
    pid_files = pid_file or ([folder / mosquitto.PID] if make == "mosquitto" else [])
    at, again, secret = _update(opened, write, pid_files)
    scheme = "mqtts" if tls is not None else "mqtt"
    version = "?version=3.1.1" if make == "nats" else ""
    url = None if secret is None else f"{scheme}://{SERVICE_USER}:{secret}@{','.join(addresses)}{version}"
    text = f"{folder}: {make}"
    if url is not None:
        text += f"\nCOCKPIT_MQTT_URL={url}   (shown this once)"
    answer(as_json, {"folder": str(folder), "url": url}, text)
    while watch:
        time.sleep(WATCH_S)
        try:
            if revision.total(opened.all, registry.REVISION) != at or now() >= again:
                at, again, _ = _update(opened, write, pid_files)
        except SQLAlchemyError:
            # The database is away; the broker goes on with what it has.
            continue


def _tls(certificate: Path | None, key: Path | None, clients_ca: Path | None) -> Tls | None:
    if (certificate is None) != (key is None):
        raise BadSetting("--certificate and --key go together")
    if clients_ca is not None and certificate is None:
        raise BadSetting("--clients-ca needs --certificate and --key")
    for path in (certificate, key, clients_ca):
        if path is not None and not path.is_file():
            raise BadSetting(f"no file {str(path)!r}")
    if certificate is None or key is None:
        return None
    return Tls(certificate=certificate, key=key, clients_ca=clients_ca)


def _writer(
    make: str, folder: Path, hosts: list[str], ports: tuple[int, int, int], tls: Tls | None
) -> tuple[Write, list[str]]:
    """What writes the files, and the addresses for devices and for us."""
    installed = codecs()
    if make == "mosquitto":
        if len(hosts) > 1:
            raise BadSetting("a Mosquitto listens on one --host; a cluster needs --make nats")
        listener = Listener(host=hosts[0], port=ports[0], tls=tls)
        return lambda devices: (mosquitto.write(folder, listener, devices, installed), []), [
            f"{reachable(hosts[0])}:{ports[0]}"
        ]
    if make == "nats":
        cluster = nats.nodes(hosts, *ports)
        addresses = [f"{node.host}:{node.mqtt}" for node in cluster]
        return lambda devices: nats.write(folder, cluster, devices, installed, tls), addresses
    raise BadSetting(f"--make {make!r} is not one of mosquitto, nats")


def _update(opened: Databases, write: Write, pid_files: list[Path]) -> tuple[int, Instant, str | None]:
    """Write the files; returns the revision, when the next device that is shut out is let in, and a new secret."""
    # First the number, then the devices: a change in between is written again.
    at = revision.total(opened.all, registry.REVISION)
    devices: list[Device] = []
    for engine in opened.all:
        with engine.connect() as connection:
            devices += registry.read_all(connection)
    secret, unknown = write(devices)
    if unknown:
        log.warning("devices_left_out", why="their secret has no hash for this broker; rotate it", devices=unknown)
    for pid_file in pid_files:
        _reload(pid_file)
    moment = now()
    ends = [device.shut_out for device in devices if device.shut_out is not None and device.shut_out > moment]
    return at, min(ends, default=NEVER), secret


def _reload(pid_file: Path) -> None:
    try:
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except FileNotFoundError:
        return  # it does not run yet, and will read the files when it starts
    except (ValueError, OSError) as error:
        raise BadSetting(f"cannot signal the broker of {str(pid_file)!r}: {error}") from None
