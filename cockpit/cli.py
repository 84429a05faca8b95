"""The ``cockpit`` command. Errors are one line on standard error and exit code 2."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import Exit, TyperException

from cockpit.commands import (
    audit,
    broker,
    check,
    db,
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
from cockpit.errors import BadSetting
from sensors.errors import CommandError, RecordingError, RegistryError

WRONG_ARGUMENT = 2
INTERRUPTED = 130

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
app.add_typer(geo.app, name="geo")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(broker.app, name="broker")


def main() -> NoReturn:
    """Run a command and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = typer.main.get_command(app).main(standalone_mode=False, prog_name="cockpit")
    except Exit as done:
        code = done.exit_code
    except TyperException as error:
        code = _fail(error.format_message(), error.exit_code)
    except (BadSetting, RegistryError, RecordingError, CommandError) as error:
        code = _fail(str(error), WRONG_ARGUMENT)
    except (SQLAlchemyError, OSError) as error:
        code = _fail(str(error), 1)
    except KeyboardInterrupt:
        code = 0
    # A process that was told to end, and did so in good order, has not failed.
    sys.exit(code if isinstance(code, int) and code != INTERRUPTED else 0)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> int:
    line = " ".join(message.split("\n[SQL")[0].split())
    print(f"cockpit: {line}", file=sys.stderr)
    return code
