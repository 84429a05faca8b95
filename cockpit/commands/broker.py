"""``cockpit broker config``."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cockpit.commands.options import Json, answer, database
from cockpit.errors import BadSetting
from sensors import mosquitto, registry
from sensors.mosquitto import Listener
from store import revision

app = typer.Typer(help="A Mosquitto beside the cockpit.", no_args_is_help=False)

WATCH_S = 0.5


@app.callback()
def _group() -> None:
    """Keeps ``config`` a subcommand while it is the only one."""


@app.command()
def config(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where mosquitto.conf, passwords and acl go.")],
    host: Annotated[str, typer.Option(help="The address that Mosquitto listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Its port; 8883 is that of TLS.")] = 1883,
    certificate: Annotated[Path | None, typer.Option(help="TLS: the server's certificate, with its chain.")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS: the key of the certificate.")] = None,
    clients_ca: Annotated[
        Path | None, typer.Option(help="TLS: ask devices for a certificate of this authority.")
    ] = None,
    pid_file: Annotated[Path | None, typer.Option(help="Make the Mosquitto of this file read its files again.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and follow every change of the registry.")] = False,
    as_json: Json = False,
) -> None:
    """Write a Mosquitto's files from the device registry, and make it read them again."""
    if (certificate is None) != (key is None):
        raise BadSetting("--certificate and --key go together")
    if clients_ca is not None and certificate is None:
        raise BadSetting("--clients-ca needs --certificate and --key")
    for path in (certificate, key, clients_ca):
        if path is not None and not path.is_file():
            raise BadSetting(f"no file {str(path)!r}")
    listener = Listener(host=host, port=port, certificate=certificate, key=key, clients_ca=clients_ca)
    engine = database()
    at, secret = _write(engine, folder, listener, pid_file)
    scheme = "mqtts" if certificate is not None else "mqtt"
    url = None if secret is None else f"{scheme}://{registry.SERVICE_USER}:{secret}@{host}:{port}"
    written = {"folder": str(folder), "url": url}
    text = f"{folder}: mosquitto.conf, passwords, acl"
    if url is not None:
        text += f"\nCOCKPIT_MQTT_URL={url}   (shown this once)"
    answer(as_json, written, text)
    while watch:
        time.sleep(WATCH_S)
        try:
            if _revision(engine) != at:
                at, _ = _write(engine, folder, listener, pid_file)
        except SQLAlchemyError:
            # The database is away; Mosquitto goes on with what it has.
            continue


def _write(engine: Engine, folder: Path, listener: Listener, pid_file: Path | None) -> tuple[int, str | None]:
    # First the number, then the devices: a change in between is written again.
    at = _revision(engine)
    with engine.connect() as connection:
        devices = registry.read_all(connection)
    secret = mosquitto.write(folder, listener, devices)
    if pid_file is not None:
        _reload(pid_file)
    return at, secret


def _revision(engine: Engine) -> int:
    with engine.connect() as connection:
        return revision.current(connection, registry.REVISION)


def _reload(pid_file: Path) -> None:
    try:
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except FileNotFoundError:
        return  # it does not run yet, and will read the files when it starts
    except (ValueError, OSError) as error:
        raise BadSetting(f"cannot signal the Mosquitto of {str(pid_file)!r}: {error}") from None
