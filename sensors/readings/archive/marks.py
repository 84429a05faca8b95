"""Small files of the folder that say something of it: put in the place of the former one, and never written over.

A backup may hold the former one by a second name while it is packed.
"""

import os
from pathlib import Path

from sensors.readings.archive.columns import UNFINISHED
from store.durable import on_disk


def put(mark: Path, text: str) -> None:
    """Have a mark say this, on the disk.

    Raises
    ------
    OSError
        If the disk is full, or away; the former one stays.
    """
    part = mark.with_name(f"{mark.name}{UNFINISHED}")
    part.write_text(text)
    on_disk(part)
    os.replace(part, mark)
    on_disk(mark.parent)
