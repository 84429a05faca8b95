"""How a process ends: its exit code, and one line on standard error where something was wrong."""

import sys
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import Exit, TyperException

from cockpit.errors import BadSetting
from sensors.errors import CommandError, RecordingError, RegistryError
from store.seal import SealError
from store.why import first_line

WRONG_ARGUMENT = 2
INTERRUPTED = 130


def outcome(work: Callable[[], object]) -> int:
    """Do the work of a process; returns its exit code, having said what was wrong."""
    code: object
    try:
        code = work()
    except Exit as done:
        code = done.exit_code
    except TyperException as error:
        code = _fail(error.format_message(), error.exit_code)
    except (BadSetting, RegistryError, RecordingError, CommandError, SealError) as error:
        code = _fail(str(error), WRONG_ARGUMENT)
    except SQLAlchemyError as error:
        code = _fail(first_line(error), 1)
    except OSError as error:
        code = _fail(str(error), 1)
    except KeyboardInterrupt:
        code = 0
    # A process that was told to end, and did so in good order, has not failed.
    return code if isinstance(code, int) and code != INTERRUPTED else 0


def _fail(message: str, code: int) -> int:
    line = " ".join(message.split("\n[SQL")[0].split())
    print(f"cockpit: {line}", file=sys.stderr)
    return code
