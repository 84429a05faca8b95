"""Which files there are, and what of them counts: rows of the database, read with what they are joined with."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from sensors.tables import archive_part, archive_series
from store import once, revision
from store.bulk import given
from store.engine import archive_of
from store.instant import DAY, Instant, behind, now
from store.partitions import bounds, month_of

ALWAYS_HOT: Instant = 31 * DAY
"""No month is archived that ended later than so long ago: what is asked of this time is asked of the database only."""
LOCK = "archive"
"""What whoever reads both holds together, and whoever takes readings from the one to the other alone."""
PART, OF_SERIES = archive_part.c, archive_series.c


def hot_by_clock() -> Instant:
    """From when on nothing is archived, if the clock of the machine is right, also where `now` is handed down."""
    return now() + behind() - ALWAYS_HOT


def hot_since(connection: Connection) -> Instant:
    """From when on nothing is archived, by the clock and by what is: a clock may be set back."""
    newest = connection.scalar(select(func.max(PART.month)))
    return max(hot_by_clock(), 0 if newest is None else bounds(month_of(newest))[1])


class Unreadable(SQLAlchemyError):
    """A file that the database says is there cannot be read: the store is not whole, as when the database is away."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file: the month that it is of, how many readings and series are in it, whether they count or not."""

    number: int
    month: Instant
    file: Path
    readings: int
    series: int
    size: int

    @property
    def until(self) -> Instant:
        """The first instant after its month."""
        return bounds(month_of(self.month))[1]


def parts_in(connection: Connection, since: Instant, until: Instant) -> list[Part]:
    """The files of months that lie, with some of them, in [since, until]; as they are until the transaction ends."""
    if since >= hot_since(connection):
        return []
    once.together(connection, LOCK)
    return [one for one in read(connection, until) if one.until > since]


def read(connection: Connection, until: Instant | None = None) -> list[Part]:
    """All files, or those of months that began by a time, in the order of the months."""
    query = select(archive_part).order_by(PART.month, PART.id)
    rows = connection.execute(query if until is None else query.where(PART.month <= until)).all()
    if not rows:
        return []
    folder = archive_of(connection)
    if folder is None:
        raise Unreadable("readings are archived, and no folder of theirs is known")
    return [Part(row.id, row.month, folder / row.file, row.readings, row.series, row.bytes) for row in rows]


Counting = Row[int, int, bool, Instant, Instant]
"""What counts of a series in a file: part_id, series_id, whole, first, last."""


def counting(
    connection: Connection, parts: Iterable[Part], numbers: Iterable[int] | None, since: Instant, until: Instant
) -> list[Counting]:
    """What counts of some files, of these series or of all, file by file."""
    c = OF_SERIES
    query = select(c.part_id, c.series_id, c.whole, c.first, c.last).where(c.last >= since, c.first <= until)
    query = query.where(c.part_id.in_([one.number for one in parts])).order_by(c.part_id, c.series_id)
    if numbers is not None:
        query = query.where(c.series_id.in_(given(connection, (c.series_id,), [(one,) for one in sorted(numbers)])))
    return list(connection.execute(query).all())


def add(connection: Connection, month: Instant, file: str, readings: int, series: int, size: int) -> int:
    """Know a file, of which nothing counts yet; returns its number."""
    row = {"month": month, "file": file, "readings": readings, "series": series, "bytes": size, "written": now()}
    number: int = connection.execute(insert(archive_part).values(row).returning(PART.id)).scalar_one()
    return number


def changed(connection: Connection, month: Instant) -> int:
    """How often readings of a month that is past were written since."""
    return revision.current(connection, _counter(month))


def touch(connection: Connection, instants: Iterable[Instant]) -> None:
    """Say that readings of these times were written: whoever is about to archive their months begins anew."""
    for month in sorted({month_of(one) for one in instants}):
        revision.bump(connection, _counter(bounds(month)[0]))


def _counter(month: Instant) -> str:
    return "readings {}-{:02d}".format(*month_of(month))


def let_go(connection: Connection, number: int, series: Iterable[int]) -> None:
    """Have these series of a file count no more."""
    of_them = given(connection, (OF_SERIES.series_id,), [(one,) for one in sorted(series)])
    connection.execute(archive_series.delete().where(OF_SERIES.part_id == number, OF_SERIES.series_id.in_(of_them)))


def forget(connection: Connection, numbers: Iterable[int]) -> None:
    """Know these files no more."""
    some = list(numbers)
    connection.execute(archive_series.delete().where(OF_SERIES.part_id.in_(some)))
    connection.execute(archive_part.delete().where(PART.id.in_(some)))
