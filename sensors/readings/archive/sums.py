"""Whether a file is what was written: its name ends with a sum of its content.

DuckDB does not tell of a bit that turned on the disk: an answer would be wrong, and nobody told.
"""

import hashlib
from pathlib import Path

from sensors.readings.archive.parts import Unreadable
from store.why import first_line

AT_ONCE = 256 * 2**20
"""Bytes: a larger file is not read whole for a question; the archiver's rounds look at it."""
DIGITS = 16
_State = tuple[int, int, int]
_sound: dict[Path, _State] = {}
"""What was looked at by this process: the inode, the time of change and the size that each file had."""


def sum_of(file: Path) -> str:
    """The sum that the name of a file of this content ends with."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").hexdigest()[:DIGITS]


def check(file: Path) -> None:
    """Make sure that a file is what was written, where this process has not seen that of it as it is now.

    Raises
    ------
    Unreadable
        If it is not, or is not there.
    """
    try:
        state = _state(file)
        if _sound.get(file) != state and state[-1] <= AT_ONCE:
            check_anew(file)
            _sound[file] = state
    except OSError as error:
        raise Unreadable(f"archived readings cannot be read: {first_line(error)}") from error


def check_anew(file: Path) -> None:
    """Make sure that a file is what was written, however large, and whatever was seen of it.

    Raises
    ------
    Unreadable, OSError
        If it is not, or is not there.
    """
    if sum_of(file) != file.stem[-DIGITS:]:
        _sound.pop(file, None)
        raise Unreadable(f"archived readings cannot be read: {file.name} is not what was written")


def _state(file: Path) -> _State:
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
