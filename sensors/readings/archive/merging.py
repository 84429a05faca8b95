"""The files of a month become one, with what counts of them and nothing else."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from sensors.readings.archive import asking, hot, parts
from sensors.readings.archive.checking import check
from sensors.readings.archive.columns import Columns
from sensors.readings.archive.files import write
from sensors.readings.archive.parts import Part
from store import once
from store.engine import writing


def merge(engine: Engine, folder: Path, name: str, some: Sequence[Part]) -> bool:
    """Put what counts of some files into one; whether it was, and nothing changed meanwhile.

    Raises
    ------
    OSError
        As `sensors.readings.archive.files.write`.
    """
    numbers = [one.number for one in some]
    with engine.connect() as connection:
        before = parts.counting(connection, some, None, 0, asking.ALWAYS)
        query = asking.all_of(connection, some)
    if query is None:
        with writing(engine) as connection:
            parts.forget(connection, numbers)
        return True
    written = write(folder, name, _each_once(asking.stream(folder, query)))
    if written is None:
        return False
    check(written)
    with writing(engine) as connection:
        once.alone_in_between(connection, parts.LOCK)
        if parts.counting(connection, some, None, 0, asking.ALWAYS) != before:
            written.path.unlink(missing_ok=True)
            return False
        parts.forget(connection, numbers)
        series = len(written.series)
        new = parts.add(connection, some[0].month, written.path.name, written.readings, series, written.size)
        hot.count_all(connection, new, written.series)
    for one in some:
        # Who asked before may read it still: it goes when it has been nobody's for a while.
        os.utime(one.file)
    return True


def _each_once(columns: Iterable[Columns]) -> Iterator[Columns]:
    """Of readings of the same series and time the first."""
    number, last = -1, -1
    for some in columns:
        before = last if some.number == number else -1
        is_new = np.diff(some.ts, prepend=before) != 0
        number, last = some.number, int(some.ts[-1])
        if is_new.all():
            yield some
        elif is_new.any():
            yield some.only(is_new)
