"""The archiver's rounds: each file is compared with its sum once a day, and what is wrong or away stands in the folder.

There every process finds it, also where no row can be written: the names of the files, one a line.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy import Engine

from sensors.readings.archive import parts, sums
from sensors.readings.archive.marks import put
from sensors.readings.archive.parts import Part, Unreadable
from store.engine import archive_of
from store.why import first_line

log = structlog.get_logger(__name__)

NAME = ".damaged"
EVERY_S = 86_400.0
BYTES_A_ROUND = 2**30
"""More is looked at in the next turn: what devices say needs the disk too."""


class Rounds:
    """Which files were looked at when."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def go(self, engine: Engine, folder: Path, is_over: Callable[[], bool]) -> None:
        """Look at the files whose time has come, those known to be wrong and those longest unseen first."""
        with engine.connect() as connection:
            known = {one.file.name: one for one in parts.read(connection)}
        was, read = _told(folder), 0
        found = {name for name in known if name in was or not _is_there(known[name])}
        order = sorted(known, key=lambda name: (name not in found, self._seen.get(name, -EVERY_S)))
        for name in order:
            if is_over() or read >= BYTES_A_ROUND:
                break
            if name in found or time.monotonic() - self._seen.get(name, -EVERY_S) >= EVERY_S:
                found.discard(name)
                found |= {name} if _is_wrong(known[name]) else set()
                self._seen[name], read = time.monotonic(), read + known[name].size
        self._seen = {name: at for name, at in self._seen.items() if name in known}
        _tell(folder, found)
        for name in found - was:
            log.error("archive_file_damaged", file=name)


def damaged(engine: Engine) -> list[str]:
    """The names of the files that are not what was written, or not there, as of the last round."""
    folder = archive_of(engine)
    return [] if folder is None else sorted(_told(folder))


def _is_there(one: Part) -> bool:
    with suppress(OSError):
        return one.file.stat().st_size == one.size
    return False


def _is_wrong(one: Part) -> bool:
    try:
        sums.check_anew(one.file)
    except (Unreadable, OSError) as error:
        log.warning("archive_file_unreadable", file=one.file.name, error=first_line(error))
        return True
    return False


def _told(folder: Path) -> set[str]:
    with suppress(OSError):
        return set((folder / NAME).read_text().split())
    return set()


def _tell(folder: Path, names: set[str]) -> None:
    # Where it cannot be written, the log has it.
    with suppress(OSError):
        if names:
            put(folder / NAME, "".join(f"{name}\n" for name in sorted(names)))
        else:
            (folder / NAME).unlink(missing_ok=True)
