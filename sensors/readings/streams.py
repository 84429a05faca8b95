"""Readings of several series at once, each by its number: some of each, from the newest or the oldest on."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, union_all

from sensors.readings.archive import questions
from sensors.readings.history import Reading, reading_of
from sensors.tables import reading
from store import patience
from store.instant import Instant

SERIES_AT_ONCE = 200
"""So many series one statement asks; SQLite takes no more than 500 parts."""


def some_of_each(
    connection: Connection,
    kinds: Mapping[int, str],
    since: Instant,
    until: Instant,
    limit: int,
    *,
    is_oldest_first: bool = False,
) -> dict[int, list[Reading]]:
    """Readings of each series in [since, until], newest first, at most ``limit`` of each.

    Parameters
    ----------
    kinds
        The number of each series, and of what kind its values are.
    """
    # Asked first: what is archived stays so until both were read.
    archived_until = questions.archived_until(connection, since, until)
    found: dict[int, list[Reading]] = {number: [] for number in kinds}
    for numbers in _batches(kinds):
        for row in connection.execute(
            union_all(*(_some(one, since, until, limit, is_oldest_first) for one in numbers))
        ):
            found[row.series_id].append(reading_of(kinds[row.series_id], row))
    for readings in found.values():
        readings.sort(key=attrgetter("ts"), reverse=not is_oldest_first)
    if archived_until is None:
        return found
    asked = [
        number for number, hot in found.items() if is_oldest_first or len(hot) < limit or hot[-1].ts < archived_until
    ]
    cold = questions.some_of_each(connection, asked, since, until, limit, is_oldest_first=is_oldest_first)
    for number, said in cold.items():
        both = merge(
            found[number],
            (reading_of(kinds[number], one) for one in said),
            key=attrgetter("ts"),
            reverse=not is_oldest_first,
        )
        found[number] = list(islice(both, limit))
    return found


def how_many(
    connection: Connection, numbers: Collection[int], since: Instant, until: Instant, most: int
) -> dict[int, int]:
    """How many readings each series has in [since, until]; ``most`` or more where there are as many or more."""
    found = dict.fromkeys(numbers, 0) | questions.how_many(connection, numbers, since, until)
    for some in _batches(numbers):
        for number, n in connection.execute(union_all(*(_number(one, since, until, most) for one in some))):
            found[number] += n
    return found


def _number(number: int, since: Instant, until: Instant, most: int) -> Select[int, int]:
    some = select(reading.c.ts).where(reading.c.series_id == number, reading.c.ts.between(since, until)).limit(most)
    return select(literal(number), func.count()).select_from(some.subquery())


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    left = iter(numbers)
    while some := list(islice(left, SERIES_AT_ONCE)):
        patience.check()
        yield some


def _some(number: int, since: Instant, until: Instant, limit: int, is_oldest_first: bool) -> Select[Any]:
    columns = reading.c
    some = select(columns.series_id, columns.ts, columns.value, columns.text, columns.quality)
    some = some.where(columns.series_id == number, columns.ts.between(since, until))
    return select(some.order_by(columns.ts if is_oldest_first else columns.ts.desc()).limit(limit).subquery())
