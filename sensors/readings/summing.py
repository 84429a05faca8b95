"""The sums of hours and days made anew of what stands in them, where readings went from one series to another."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, exists, func, not_, select, update

from sensors.readings.observations import AVERAGED, Came, Sums, add_sums
from sensors.tables import archive_series, reading, reading_day, reading_hour
from store.instant import DAY, HOUR, Instant, day_of

KEYS_AT_ONCE = 500


def sum_again(connection: Connection, number: int, hours: Sequence[Instant]) -> None:
    """Make the sums of these hours of a series, and of their days, of the readings and hours that stand in them."""
    if not hours:
        return
    sums, came = _of_readings(connection, number, hours)
    _put(connection, reading_hour, "hour", number, hours, sums, came)
    sum_days_again(connection, number, hours)


def sum_days_again(connection: Connection, number: int, hours: Sequence[Instant]) -> None:
    """Make the sums of the days of these hours of a series, of the sums of hours."""
    days = sorted({day_of(hour) for hour in hours})
    _put(connection, reading_day, "day", number, days, _of_hours(connection, number, days), {})


def _put(
    connection: Connection, table: Any, start: str, number: int, starts: Sequence[Instant], sums: Sums, came: Came
) -> None:
    for first in range(0, len(starts), KEYS_AT_ONCE):
        some = starts[first : first + KEYS_AT_ONCE]
        connection.execute(delete(table).where(table.c.series_id == number, table.c[start].in_(some)))
    add_sums(connection, table, start, sums, came)


def _of_readings(connection: Connection, number: int, hours: Sequence[Instant]) -> tuple[Sums, Came]:
    c, wanted = reading.c, frozenset(hours)
    hour = (c.ts - c.ts % HOUR).label("start")
    figures = (func.count(c.value), func.sum(c.value), func.min(c.value), func.max(c.value))
    # Under one name, if all of them came under it.
    names = (func.count(c.said) == func.count(c.value), func.min(c.said) == func.max(c.said))
    said = case((names[0] & names[1], func.min(c.said)), else_=None)
    within = (c.series_id == number, c.ts >= hours[0], c.ts < hours[-1] + HOUR)
    sound = (c.quality.in_(AVERAGED), c.value.is_not(None))
    rows = connection.execute(select(hour, *figures, said).where(*within, *sound).group_by("start"))
    return _as_sums(number, [row for row in rows if row[0] in wanted])


def _as_sums(number: int, rows: Iterable[Any]) -> tuple[Sums, Came]:
    sums: Sums = {}
    came: dict[tuple[int, Instant], int | None] = {}
    for start, n, total, low, high, said in rows:
        key = (number, int(start))
        sums[key] = (int(n), float(total), float(low), float(high))
        came[key] = said
    return sums, came


def _of_hours(connection: Connection, number: int, days: Sequence[Instant]) -> Sums:
    c, wanted = reading_hour.c, frozenset(days)
    within = (c.series_id == number, c.hour >= days[0], c.hour < days[-1] + DAY)
    found: dict[Instant, list[Any]] = {}
    for row in connection.execute(select(reading_hour).where(*within)):
        if day_of(row.hour) in wanted:
            found.setdefault(day_of(row.hour), []).append(row)
    return {
        (number, day): (
            sum(row.n for row in some),
            sum(row.total for row in some),
            min(row.low for row in some),
            max(row.high for row in some),
        )
        for day, some in found.items()
    }


def first_of(connection: Connection, number: int) -> Instant | None:
    """The time of the first reading of a series that is kept, archived or not."""
    kept: Instant | None = connection.scalar(select(func.min(reading.c.ts)).where(reading.c.series_id == number))
    c = archive_series.c
    archived: Instant | None = connection.scalar(select(func.min(c.first)).where(c.series_id == number))
    return min((one for one in (kept, archived) if one is not None), default=None)


def move_old(connection: Connection, under: int, known: int) -> None:
    """Put the sums of hours of which no readings are kept any more."""
    _move_sums(connection, under, known, first_of(connection, under), {"series_id": known, "said": under})


def move_old_back(connection: Connection, said: int, number: int) -> None:
    first = first_of(connection, number)
    _move_sums(connection, number, said, first, {"series_id": said, "said": None}, reading_hour.c.said == said)


def _move_sums(
    connection: Connection,
    source: int,
    target: int,
    first: Instant | None,
    changed: dict[str, Any],
    *chosen: ColumnElement[bool],
) -> None:
    """Put sums of hours before the first reading; where both series have one of an hour, each stays."""
    c, theirs = reading_hour.c, reading_hour.alias("theirs")
    both = exists().where(theirs.c.series_id == target, theirs.c.hour == c.hour).correlate(reading_hour)
    old = [c.series_id == source, not_(both), *chosen]
    if first is not None:
        old.append(c.hour < first - first % HOUR)
    hours = list(connection.scalars(select(c.hour).where(*old).order_by(c.hour)))
    if hours:
        connection.execute(update(reading_hour).where(*old).values(changed))
        for number in (source, target):
            sum_days_again(connection, number, hours)
