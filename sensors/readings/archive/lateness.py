"""Since when archiving fails: a file of no bytes in the folder, which can be made where the disk is full."""

import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from store.engine import archive_of

NAME = ".late"
HOUR_S = 3_600


def note_late(engine: Engine) -> None:
    """Archiving failed, and maybe did so before."""
    mark = _mark(engine)
    if mark is not None and not mark.exists():
        # Where even that cannot be, the log and the meter have it.
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()


def forget_late(engine: Engine) -> None:
    """Nothing waits any more."""
    mark = _mark(engine)
    if mark is not None:
        with suppress(OSError):
            mark.unlink(missing_ok=True)


def late_h(engine: Engine) -> float:
    """For how many hours archiving has failed; 0 where it does not."""
    mark = _mark(engine)
    try:
        return 0.0 if mark is None else max(1 / HOUR_S, (time.time() - mark.stat().st_mtime) / HOUR_S)
    except OSError:
        return 0.0


def _mark(engine: Engine) -> Path | None:
    folder = archive_of(engine)
    return None if folder is None else folder / NAME
