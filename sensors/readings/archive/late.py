"""What comes late, into a month that may be archived: each reading is kept once there too.

Files are read before the transaction that stores, which holds up whoever writes: a file never changes, so what was
found in it is true as long as the same of it counts, and that is a question of the database.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import structlog
from sqlalchemy import Connection, Engine

from sensors.readings.archive import parts
from sensors.readings.archive.parts import LOCK, Counting, Part
from sensors.readings.columns import Series, numbers_of
from store import once
from store.instant import Instant
from store.why import first_line

log = structlog.get_logger(__name__)

Key = tuple[int, Instant]
Place = tuple[Instant, int]
"""A month, and a series."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Which of some readings are archived (``found``), and what counted of the files when they were looked for."""

    asked: Set[Key] = frozenset()
    found: Set[Key] = frozenset()
    counting: Mapping[Place, list[Counting]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Late:
    """Readings of months that are archived: by month and series where they stand among all, and what counts there."""

    files: list[Part]
    places: dict[Place, list[int]]
    counting: dict[Place, list[Counting]]


def look(engine: Engine, series: Sequence[Series], ts: Sequence[Instant]) -> Looked:
    """Look for readings in the files, given by series and time; to be done before the transaction that stores them.

    By the clock alone it is seen that there is nothing to look for, which is nearly always so.
    """
    times = np.array(ts, np.int64)
    is_late = np.flatnonzero(times < parts.hot_by_clock()).tolist()
    if not is_late:
        return Looked()
    times = times[is_late]
    with engine.connect() as connection:
        numbers = _numbers(connection, [series[one] for one in is_late])
        late = _of_archived(connection, numbers, times, np.ones(len(times), bool))
    if not late.places:
        return Looked()
    chosen = sorted(one for of_place in late.places.values() for one in of_place)
    asked = frozenset(zip(numbers[chosen].tolist(), times[chosen].tolist(), strict=True))
    return Looked(asked, _found(late, numbers[chosen], times[chosen]), late.counting)


def is_known(connection: Connection, numbers: Any, times: Any, looked: Looked | None = None) -> Any:
    """Which of some readings are archived already, given by series and time; an array of booleans.

    Whoever archives their months hears that they were written to. What was not looked for before, or not where it may
    be by now, is looked for here.
    """
    known = np.zeros(len(times), bool)
    is_late = times < parts.hot_since(connection)
    if not is_late.any():
        return known
    once.together(connection, LOCK)
    looked = looked or Looked()
    late = _of_archived(connection, numbers, times, is_late)
    keys = {one: (int(numbers[one]), int(times[one])) for of_place in late.places.values() for one in of_place}
    missed = [
        one
        for place, of_place in late.places.items()
        for one in of_place
        if keys[one] not in looked.asked or looked.counting.get(place) != late.counting[place]
    ]
    found = looked.found
    if missed:
        found = found - {keys[one] for one in missed} | _found(late, numbers[missed], times[missed])
    known[[one for one, key in keys.items() if key in found]] = True
    parts.touch(connection, times[is_late & ~known].tolist())
    return known


def _numbers(connection: Connection, series: Sequence[Series]) -> Any:
    """The numbers of series, of which some were not heard of since the start; 0 of those that are new."""
    unknown = {(one.device, one.metric) for one in series if not one.number}
    known = numbers_of(connection, sorted(unknown)) if unknown else {}
    found = (one.number or known.get((one.device, one.metric), (0, ""))[0] for one in series)
    return np.fromiter(found, np.int64, len(series))


def _of_archived(connection: Connection, numbers: Any, times: Any, is_late: Any) -> _Late:
    """Those of which the like may be in a file: of the same series, and of its times there."""
    late = np.flatnonzero(is_late)
    files = parts.read(connection) if len(late) else []
    if not files:
        return _Late([], {}, {})
    months = np.unique([one.month for one in files])
    ends = np.array([max(one.until for one in files if one.month == month) for month in months.tolist()])
    of = np.searchsorted(months, times[late], "right") - 1
    is_there = (of >= 0) & (times[late] < ends[of])
    late, of = late[is_there], months[of[is_there]]
    if not len(late):
        return _Late([], {}, {})
    files = [one for one in files if one.month in set(of.tolist())]
    month_of = {one.number: one.month for one in files}
    counting: dict[Place, list[Counting]] = {}
    span = int(times[late].min()), int(times[late].max())
    for row in parts.counting(connection, files, set(numbers[late].tolist()), *span):
        counting.setdefault((month_of[row.part_id], row.series_id), []).append(row)
    places: dict[Place, list[int]] = {}
    for one, place in zip(late.tolist(), zip(of.tolist(), numbers[late].tolist(), strict=True), strict=True):
        if any(row.first <= times[one] <= row.last for row in counting.get(place, ())):
            places.setdefault(place, []).append(one)
    return _Late(files, places, {place: counting[place] for place in places})


def _found(late: _Late, numbers: Any, times: Any) -> Set[Key]:
    from sensors.readings.archive import asking  # only where there are files: it takes some 30 MB of memory

    counting = sorted(row for rows in late.counting.values() for row in rows)
    try:
        return asking.which(late.files, counting, (numbers, times))
    except parts.Unreadable as error:
        # Nothing that a device says may be lost for that: what was there already counts twice in a sum.
        log.error("archive_unreadable", error=first_line(error))
        return set()
