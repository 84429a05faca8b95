"""The mark that stands while a backup is put back: what is there belongs together only once it is gone."""

import contextlib
from collections.abc import Iterator, Sized
from pathlib import Path

from store.durable import on_disk

MARK = "restore.under-way"


@contextlib.contextmanager
def marked(data_dir: Path, source: str, done: Sized) -> Iterator[None]:
    """Leave the mark where not all was done; an error before anything was ``done`` leaves things as they were."""
    mark = data_dir / MARK
    was_there = mark.exists()
    mark.write_text(f"{source}\n", encoding="utf-8")
    on_disk(mark)
    on_disk(data_dir)
    try:
        yield
    except Exception:
        if not (done or was_there):
            mark.unlink()
        raise
    mark.unlink()
    on_disk(data_dir)


def cut_off(data_dir: Path) -> str | None:
    """What is wrong, and what to do, where putting a backup back was cut off; None where none was."""
    mark = data_dir / MARK
    try:
        source = mark.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return (
        f"putting {source} back was cut off, and what is there does not belong together: begin cockpit db restore again"
        f" (or remove {mark}, where all of it was put in its place by hand)"
    )
