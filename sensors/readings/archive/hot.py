"""Readings of a month in the database, in portions: read, and taken out again once they stand in a file.

A portion is taken out only if it is bit for bit what was written; else what it has to be is found out anew.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from sensors.readings.archive import parts
from sensors.readings.archive.columns import Columns, OfSeries
from sensors.tables import archive_series, reading, series
from store import once
from store.engine import writing
from store.instant import Instant
from store.partitions import PATIENCE_MS, Month, Partitions, bounds

ROWS_AT_ONCE = 5_000
C = reading.c
COLUMNS = (C.ts, C.value, C.text, C.quality, C.said)


@dataclass(frozen=True, slots=True)
class Portion:
    """Readings of a series that follow each other: the times of the first and the last, how many, and their sum."""

    number: int
    first: Instant
    last: Instant
    readings: int
    sum: int


def oldest(connection: Connection) -> Instant | None:
    """The time of the oldest reading."""
    first = select(func.min(C.ts)).where(C.series_id == series.c.id).correlate(series).scalar_subquery()
    found: Instant | None = connection.scalar(select(func.min(first)).select_from(series))
    return found


def series_in(connection: Connection, month: Month) -> list[int]:
    """The series of which there are readings of a month, in their order."""
    begin, end = bounds(month)
    there = exists().where(C.series_id == series.c.id, C.ts >= begin, C.ts < end)
    return list(connection.scalars(select(series.c.id).where(there).order_by(series.c.id)))


def read(engine: Engine, month: Month, told: list[Portion]) -> Iterator[Columns]:
    """The readings of a month in the order of series and time; ``told`` hears of each portion as it is read."""
    with engine.connect() as connection:
        numbers = series_in(connection, month)
    begin, end = bounds(month)
    for number in numbers:
        after = begin - 1
        while after < end:
            with engine.connect() as connection:
                some = _portion(connection, number, after, end)
            if some is None:
                break
            told.append(Portion(number, int(some.ts[0]), int(some.ts[-1]), len(some), some.sum()))
            yield some
            after = int(some.ts[-1]) if len(some) == ROWS_AT_ONCE else end


def _portion(connection: Connection, number: int, after: Instant, end: Instant) -> Columns | None:
    query = select(*COLUMNS).where(C.series_id == number, C.ts > after, C.ts < end)
    # Past SQLAlchemy's rows, of which each is an object.
    found = connection.execute(query.order_by(C.ts).limit(ROWS_AT_ONCE)).cursor
    rows = found.fetchall() if found is not None else []
    return Columns.of(number, rows) if rows else None


def take_out(
    engine: Engine, part: int, written: Mapping[int, OfSeries], told: list[Portion], breathe: Callable[[], bool]
) -> int:
    """Take out what stands in a file, portion by portion; returns how many readings.

    ``breathe`` is called between two transactions and says whether to go on. Of a series that is not what was written
    the rest stays where it is: it is written anew, the next time.
    """
    gone, left = 0, set[int]()
    for some in _gathered(told):
        with writing(engine) as connection:
            once.alone_in_between(connection, parts.LOCK)
            for one in some:
                if one.number in left:
                    continue
                if _take_out(connection, part, one, written[one.number]):
                    gone += one.readings
                else:
                    left.add(one.number)
        if not breathe():
            break
    return gone


def _gathered(told: list[Portion]) -> Iterator[list[Portion]]:
    """As many of them together as make one short transaction."""
    some: list[Portion] = []
    for one in told:
        if some and sum(known.readings for known in some) + one.readings > ROWS_AT_ONCE:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _take_out(connection: Connection, part: int, one: Portion, of: OfSeries) -> bool:
    within = (C.series_id == one.number, C.ts.between(one.first, one.last))
    found = connection.execute(select(*COLUMNS).where(*within).order_by(C.ts)).cursor
    rows = found.fetchall() if found is not None else []
    if len(rows) != one.readings:
        return False
    now = Columns.of(one.number, rows)
    if now.sum() != one.sum:
        return False
    if connection.execute(reading.delete().where(*within)).rowcount != one.readings:
        raise parts.Unreadable("readings came while others of the same time were taken out")
    _count(connection, part, one, now, of)
    return True


def _count(connection: Connection, part: int, one: Portion, now: Columns, of: OfSeries) -> None:
    """Have it count in the file from now on."""
    c = archive_series.c
    is_whole = now.last["last"] == of.last["last"]
    values = now.last | {"whole": is_whole}
    if one.first == of.first:
        row = {"series_id": one.number, "part_id": part, "first": one.first, "readings": one.readings}
        connection.execute(insert(archive_series).values(row | values))
    else:
        more = update(archive_series).where(c.series_id == one.number, c.part_id == part)
        connection.execute(more.values(values | {"readings": c.readings + one.readings}))


def count_all(connection: Connection, part: int, written: Mapping[int, OfSeries]) -> None:
    """Have all that is in a file count."""
    rows: list[dict[str, Any]] = [
        {
            "series_id": number,
            "part_id": part,
            "readings": one.readings,
            "first": one.first,
            "whole": True,
            **one.last,
        }
        for number, one in written.items()
    ]
    connection.execute(insert(archive_series), rows)


def drop(engine: Engine, month: Month, seen: int, part: int, written: Mapping[int, OfSeries]) -> bool:
    """Take a month out whole, as PostgreSQL can; whether it did.

    It does not where somebody wrote to the month since ``seen``, or reads it for longer: then the next time.
    """
    name = Partitions(engine, reading).name_of(month)
    try:
        with writing(engine) as connection:
            once.alone_in_between(connection, parts.LOCK)
            connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
            # Whoever writes to it has ended by now, and whoever comes after finds it gone.
            connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
            if parts.changed(connection, bounds(month)[0]) != seen:
                return False
            count_all(connection, part, written)
            connection.execute(text(f"DROP TABLE {name}"))
    except OperationalError:
        return False
    return True
