"""What is asked of archived readings, each question as it is asked of the database, for whoever joins the answers.

Each answers nothing where nothing of its span is archived, and reads no file where the span lies in the last month.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from sensors.readings.archive.parts import OF_SERIES, Part, parts_in
from store.bulk import given
from store.instant import Instant

ALL: Instant = 2**62


class Said(NamedTuple):
    """An archived reading."""

    ts: Instant
    value: float | None
    text: str | None
    quality: int


Sum = tuple[int, float, float, float]
"""How many values, their sum, the least and the greatest."""


def _ask(
    connection: Connection,
    some: Sequence[Part],
    query: str,
    numbers: Collection[int] | None,
    since: Instant,
    until: Instant,
) -> list[tuple[Any, ...]]:
    if not some or (numbers is not None and not numbers):
        return []
    from sensors.readings.archive.asking import ask  # only where there are files: it takes some 30 MB of memory

    return ask(connection, some, query, numbers, since, until)


def _of(qualities: Iterable[int]) -> str:
    return f"({', '.join(str(int(one)) for one in qualities)})"


def _sound(qualities: Iterable[int]) -> str:
    return f"value IS NOT NULL AND quality IN {_of(qualities)}"


def is_any(connection: Connection, since: Instant, until: Instant) -> bool:
    """Whether a month that lies, with some of it, in [since, until] is archived."""
    return bool(parts_in(connection, since, until))


def archived_until(connection: Connection, since: Instant, until: Instant) -> Instant | None:
    """The end of the last archived month that lies, with some of it, in [since, until]; None where there is none."""
    return max((one.until for one in parts_in(connection, since, until)), default=None)


def some_of_each(
    connection: Connection,
    numbers: Collection[int],
    since: Instant,
    until: Instant,
    limit: int,
    *,
    is_oldest_first: bool = False,
) -> dict[int, list[Said]]:
    """Readings of each of these series in [since, until], newest first, at most ``limit`` of each."""
    order = "ts" if is_oldest_first else "ts DESC"
    query = (
        "SELECT series_id, ts, value, text, quality FROM archived"  # noqa: S608 - numbers
        f" QUALIFY row_number() OVER (PARTITION BY series_id ORDER BY {order}) <= {int(limit)} ORDER BY {order}"
    )
    found: dict[int, list[Said]] = {}
    for number, *said in _ask(connection, parts_in(connection, since, until), query, numbers, since, until):
        found.setdefault(number, []).append(Said(*said))
    return found


def how_many(connection: Connection, numbers: Collection[int], since: Instant, until: Instant) -> dict[int, int]:
    """How many readings of each of these series in [since, until] are archived; without those that have none."""
    query = "SELECT series_id, count(*) FROM archived GROUP BY series_id"
    return dict(_ask(connection, parts_in(connection, since, until), query, numbers, since, until))


def newest(
    connection: Connection,
    number: int,
    since: Instant,
    until: Instant,
    limit: int,
    *,
    but: Iterable[int] = (),
) -> list[Said]:
    """Readings of a series in [since, until], newest first, but for those of some qualities."""
    condition = f"WHERE quality NOT IN {_of(but)}" if (but := list(but)) else ""
    query = f"SELECT ts, value, text, quality FROM archived {condition} ORDER BY ts DESC LIMIT {int(limit)}"  # noqa: S608 - numbers
    some = parts_in(connection, since, until)
    return [Said(*row) for row in _ask(connection, some, query, (number,), since, until)]


def steps(
    connection: Connection, number: int, since: Instant, until: Instant, every: int, limit: int, of: Iterable[int]
) -> dict[Instant, tuple[int, float, float, float]]:
    """The sums of a series in [since, until] by steps, of the newest steps."""
    query = (
        f"SELECT ts - ts % {int(every)} AS step, count(*), sum(value), min(value), max(value) FROM archived"  # noqa: S608 - numbers
        f" WHERE {_sound(of)} GROUP BY step ORDER BY step DESC LIMIT {int(limit)}"
    )
    rows = _ask(connection, parts_in(connection, since, until), query, (number,), since, until)
    return {start: (n, total, low, high) for start, n, total, low, high in rows}


def sums(
    connection: Connection, numbers: Collection[int], since: Instant, until: Instant, of: Iterable[int]
) -> dict[int, Sum]:
    """The sums of each of these series in [since, until]."""
    query = (
        "SELECT series_id, count(*), sum(value), min(value), max(value) FROM archived"  # noqa: S608 - numbers
        f" WHERE {_sound(of)} GROUP BY series_id"
    )
    rows = _ask(connection, parts_in(connection, since, until), query, numbers, since, until)
    return {number: (n, total, low, high) for number, n, total, low, high in rows}


def latest(
    connection: Connection, numbers: Collection[int], at: Instant, known: Mapping[int, Instant]
) -> dict[int, Said]:
    """The newest archived reading of each series by a time, where it may be newer than the one that is ``known``."""
    some = parts_in(connection, 0, at)
    if not some:
        return {}
    settled = max(one.until for one in some)
    wanted = [number for number in numbers if known.get(number, -1) < settled]
    found = _last(connection, wanted, at)
    inside = [one for one in some if one.until > at]
    query = (
        "SELECT series_id, max(ts), arg_max({'value': value, 'text': text, 'quality': quality}, ts)"
        " FROM archived GROUP BY series_id"
    )
    for number, ts, said in _ask(connection, inside, query, wanted, inside[0].month if inside else 0, at):
        if number not in found or found[number].ts < ts:
            found[number] = Said(ts, said["value"], said["text"], said["quality"])
    return {number: said for number, said in found.items() if said.ts > known.get(number, -1)}


def _last(connection: Connection, numbers: Collection[int], at: Instant) -> dict[int, Said]:
    """The last of each in the months that ended by then: it stands in the database."""
    if not numbers:
        return {}
    c = OF_SERIES
    asked = given(connection, (c.series_id,), [(one,) for one in sorted(numbers)])
    last = select(c.series_id, func.max(c.last).label("last")).where(c.last <= at, c.series_id.in_(asked))
    newest = last.group_by(c.series_id).subquery()
    query = select(c.series_id, c.last, c.value, c.text, c.quality).join(
        newest, (c.series_id == newest.c.series_id) & (c.last == newest.c.last)
    )
    return {row[0]: Said(*row[1:]) for row in connection.execute(query)}


def newest_by_step(
    connection: Connection, numbers: Collection[int] | None, after: Instant, until: Instant, step: Instant
) -> dict[tuple[int, int], Said]:
    """(series, number of the step) -> the newest in each step of (after, until]; a step's number is that of its end."""
    query = (
        f"SELECT series_id, (ts + {int(step) - 1}) // {int(step)} AS number, max(ts),"  # noqa: S608 - numbers
        " arg_max({'value': value, 'text': text, 'quality': quality}, ts) FROM archived GROUP BY series_id, number"
    )
    rows = _ask(connection, parts_in(connection, after + 1, until), query, numbers, after + 1, until)
    return {(of, number): Said(ts, one["value"], one["text"], one["quality"]) for of, number, ts, one in rows}


def first_in(
    connection: Connection, numbers: Collection[int] | None, since: Instant, until: Instant
) -> dict[int, Instant]:
    """The time of the first reading of each series in [since, until]; without those that say nothing then."""
    some = parts_in(connection, since, until)
    query = "SELECT series_id, min(ts) FROM archived GROUP BY series_id"
    return dict(_ask(connection, some, query, numbers, since, until))


def spoke_before(connection: Connection, numbers: Iterable[int], moment: Instant) -> set[int]:
    """Those of these series that have said anything before a time."""
    if not parts_in(connection, 0, moment):
        return set()
    c = OF_SERIES
    asked = given(connection, (c.series_id,), [(one,) for one in sorted(numbers)])
    return set(connection.scalars(select(c.series_id).where(c.first < moment, c.series_id.in_(asked)).distinct()))


def times(connection: Connection, number: int, said: int | None = None) -> list[Instant]:
    """The times of all readings of a series, or of those that came by a name, in no order."""
    condition = "" if said is None else f"WHERE said = {int(said)}"
    query = f"SELECT ts FROM archived {condition}"  # noqa: S608 - a number
    rows = _ask(connection, parts_in(connection, 0, ALL), query, (number,), 0, ALL)
    return [ts for (ts,) in rows]


def values(
    connection: Connection,
    spans: Sequence[tuple[int, Instant, Instant]],
    since: Instant,
    until: Instant,
    of: Iterable[int],
) -> list[tuple[int, Instant, float]]:
    """(series, time, value) of what is sound in spans (series, from, before), in [since, until)."""
    some = parts_in(connection, since, until - 1)
    if not some or not spans:
        return []
    number, begins, ends = (
        f"unnest([{', '.join(str(int(one)) for one in each)}])" for each in zip(*spans, strict=True)
    )
    query = (
        "SELECT series_id, ts, value FROM archived"  # noqa: S608 - numbers
        f" JOIN (SELECT {number} AS number, {begins} AS begins, {ends} AS ends)"
        f" ON series_id = number AND ts >= begins AND ts < ends WHERE {_sound(of)}"
    )
    return [
        (one, ts, value) for one, ts, value in _ask(connection, some, query, {s[0] for s in spans}, since, until - 1)
    ]


def silences(
    connection: Connection, numbers: Collection[int], limit: Instant, since: Instant, until: Instant
) -> list[tuple[int, Instant, Instant | None]]:
    """(series, time, the next) of readings in [since, until) that are followed by silence, and the last of each."""
    query = (
        "SELECT series_id, ts, after FROM ("  # noqa: S608 - numbers
        "SELECT series_id, ts, lead(ts) OVER (PARTITION BY series_id ORDER BY ts) AS after FROM archived"
        f") WHERE after IS NULL OR after - ts > {int(limit)}"
    )
    some = parts_in(connection, since, until - 1)
    return [(one, ts, after) for one, ts, after in _ask(connection, some, query, numbers, since, until - 1)]
