"""The ``cockpit`` command. Errors are one line on standard error and exit code 2."""

import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Annotated, NoReturn

import typer

from cockpit.commands import (
    audit,
    broker,
    check,
    db,
    demo,
    device,
    display,
    geo,
    quarantine,
    replay,
    retention,
    run,
    token,
    user,
    webhook,
)
from cockpit.ending import outcome

app = typer.Typer(
    name="cockpit",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(run.up)
app.command("web")(run.web)
app.command("ingest")(run.ingest)
app.command("replay")(replay.replay)
app.command("check")(check.check)
app.command("retention")(retention.retention)
app.add_typer(device.app, name="device")
app.add_typer(token.app, name="token")
app.add_typer(user.app, name="user")
app.add_typer(display.app, name="display")
app.add_typer(webhook.app, name="webhook")
app.add_typer(audit.app, name="audit")
app.add_typer(db.app, name="db")
app.add_typer(demo.app, name="demo")
app.add_typer(geo.app, name="geo")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(broker.app, name="broker")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"cockpit {version('cim-cockpit')}")
        raise typer.Exit


@app.callback()
def every_command(
    is_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """The CIM cockpit (驾驶舱) of a future community."""


def main() -> NoReturn:
    """Run a command and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(outcome(lambda: typer.main.get_command(app).main(standalone_mode=False, prog_name="cockpit")))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
