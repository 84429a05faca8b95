"""Folders for what somebody sent, for as long as it is looked at.

Whoever is killed leaves theirs behind, and what lies in it was sent by somebody: the next start clears it away.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "cockpit-scratch-"
MADE_S = 60.0
"""One that is younger may be made just now, and not be held yet."""


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder, the owner's alone; gone with everything in it afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made:
        # Held until this process ends, however it does: that is how others see that it is in use.
        held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(held)


def sweep() -> int:
    """Remove the folders of processes that were killed; how many there were."""
    found = 0
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another's, or another process sweeps too
            found += _remove(left)
    return found


def _remove(left: Path) -> bool:
    held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        known = os.fstat(held)
        if known.st_uid != os.getuid() or time.time() - known.st_mtime < MADE_S:
            return False
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left)
    finally:
        os.close(held)
    return True
