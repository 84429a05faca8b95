"""A small disk, and filling it."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes; needs the right to mount one."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) != 0:
        pytest.skip(f"cannot mount a tmpfs: {os.strerror(ctypes.get_errno())}")
    try:
        yield folder
    finally:
        libc.umount2(str(folder).encode(), 2)


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for so many bytes; returns the file to remove again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        left = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - leave
        # Whoever else writes there meanwhile may be quicker: then it is full all the same.
        with contextlib.suppress(OSError):
            file.write(b"\0" * max(0, left))
    return filler
