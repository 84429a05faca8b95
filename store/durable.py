"""What must outlive a machine that loses its power."""

import os
from pathlib import Path


def on_disk(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def all_on_disk(folder: Path) -> None:
    """Wait until a folder is on the disk with all that is in it, as deep as it goes."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            on_disk(Path(place) / name)
        on_disk(Path(place))
