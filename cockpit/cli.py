"""The ``cockpit`` command. Errors are one line on standard error and exit code 2."""

import signal
import sys
from types import FrameType
from typing import NoReturn

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
    run,
    token,
    user,
    webhook,
)
from cockpit.ending import outcome

app = typer.Typer(
    name="cockpit",
    help="The CIM cockpit (驾驶舱) of a future community.",
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


def main() -> NoReturn:
    """Run a command and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(outcome(lambda: typer.main.get_command(app).main(standalone_mode=False, prog_name="cockpit")))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
