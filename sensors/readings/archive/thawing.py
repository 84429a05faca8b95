"""Archived readings of some series come back into the database, to be changed there; the next turn archives them."""

from collections.abc import Collection

from sqlalchemy import Connection, Engine, select

from sensors.readings.archive import parts, questions
from sensors.readings.archive.parts import OF_SERIES, PART, Part
from sensors.tables import archive_series, reading
from store import once
from store.bulk import given
from store.engine import writing
from store.insert import insert_new
from store.instant import Instant
from store.partitions import Partitions, bounds, month_of


def is_any(connection: Connection, number: int) -> bool:
    """Whether anything of a series is archived."""
    return connection.scalar(select(OF_SERIES.part_id).where(OF_SERIES.series_id == number).limit(1)) is not None


def is_filled(connection: Connection, number: int) -> bool:
    """Whether a series has any reading, archived or not."""
    kept = select(reading.c.ts).where(reading.c.series_id == number).limit(1)
    return connection.scalar(kept) is not None or is_any(connection, number)


def months_of(connection: Connection, numbers: Collection[int]) -> list[tuple[Instant, Instant]]:
    """The months, from the first instant to that of the next, of which anything of these series is archived."""
    query = select(PART.month).join(archive_series, OF_SERIES.part_id == PART.id)
    query = query.where(OF_SERIES.series_id.in_(list(numbers))).distinct().order_by(PART.month)
    return [bounds(month_of(month)) for month in connection.scalars(query)]


def times(connection: Connection, number: int) -> set[Instant]:
    """The times of all readings of a series, archived or not."""
    kept = connection.scalars(select(reading.c.ts).where(reading.c.series_id == number))
    return {*kept, *questions.times(connection, number)}


def alone(connection: Connection, number: int, other: int | None) -> list[Instant]:
    """The times of archived readings of a series at which another one, archived or not, has none."""
    archived = set(questions.times(connection, number))
    if other is None or not archived:
        return sorted(archived)
    asked = given(connection, (reading.c.ts,), [(ts,) for ts in sorted(archived)])
    kept = connection.scalars(select(reading.c.ts).where(reading.c.series_id == other, reading.c.ts.in_(asked)))
    return sorted(archived - set(kept) - set(questions.times(connection, other)))


def by_name(connection: Connection, number: int, said: int) -> list[Instant]:
    """The times of archived readings of a series that came by a name."""
    return sorted(questions.times(connection, number, said))


def thaw(engine: Engine, numbers: Collection[int], since: Instant, until: Instant) -> int:
    """Bring back what is archived of these series in the months of a span; returns how many readings.

    Each series of a month is a transaction: at any moment its readings are in one of both.
    """
    with engine.connect() as connection:
        found = [one for one in parts.read(connection, until) if one.until > since]
        rows = parts.counting(connection, found, numbers, 0, questions.ALL)
    Partitions(engine, reading).ensure([one.month for one in found])
    of = {one.number: one for one in found}
    return sum(_bring_back(engine, of[row.part_id], row.series_id) for row in rows)


def _bring_back(engine: Engine, part: Part, number: int) -> int:
    from sensors.readings.archive.asking import ask  # only where there are files: it takes some 30 MB of memory

    with writing(engine) as connection:
        once.alone_in_between(connection, parts.LOCK)
        query = "SELECT series_id, ts, value, text, quality, said FROM archived ORDER BY ts"
        rows = ask(connection, [part], query, (number,), 0, questions.ALL)
        if rows:
            names = ("series_id", "ts", "value", "text", "quality", "said")
            insert_new(connection, reading, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
        parts.let_go(connection, part.number, [number])
        parts.touch(connection, [part.month])
    return len(rows)
