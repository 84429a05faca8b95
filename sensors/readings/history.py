"""Reading observations back: single ones, means by step, the newest of each series."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, literal_column, or_, select

from sensors.metrics import Kind, metrics
from sensors.quality import word_of
from sensors.readings.archive import questions
from sensors.readings.columns import Value
from sensors.readings.observations import AVERAGED
from sensors.tables import archive_series, device, latest, reading, reading_day, reading_hour, series
from store.instant import DAY, HOUR, SHANGHAI_OFFSET, Instant, day_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A stored observation as it is read back."""

    ts: Instant
    value: Value
    quality: str


def value_of(kind: str, value: float | None, text: str | None) -> Value:
    """The value as it was sent: text, boolean or number."""
    if text is not None or value is None:
        return text or ""
    if kind == Kind.BOOL and value in (0.0, 1.0):
        return bool(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def metrics_said(connection: Connection, device: str) -> set[str]:
    """Every metric that a device has ever sent."""
    return set(connection.scalars(select(series.c.metric).where(series.c.device_id == device, is_filled())))


def is_filled() -> ColumnElement[bool]:
    """Whether a series has anything: what was under a word may all have gone to the metric that it means."""
    there = (exists().where(table.c.series_id == series.c.id) for table in (latest, reading, archive_series))
    return or_(*(one.correlate(series) for one in there))


def history(
    connection: Connection,
    device_id: str,
    metric: str,
    since: Instant,
    until: Instant,
    limit: int,
    *,
    but: Sequence[int] = (),
) -> list[Reading]:
    """Readings of one series in [since, until], newest first, at most ``limit``, but for those of some qualities."""
    # Asked first: what is archived stays so until both were read.
    is_archived = questions.is_any(connection, since, until)
    query = (
        select(reading.c.ts, reading.c.value, reading.c.text, reading.c.quality, series.c.kind)
        .join(series, series.c.id == reading.c.series_id)
        .where(series.c.device_id == device_id, series.c.metric == metric, reading.c.ts.between(since, until))
    )
    if but:
        query = query.where(reading.c.quality.not_in(but))
    rows = connection.execute(query.order_by(reading.c.ts.desc()).limit(limit))
    hot = [reading_of(row.kind, row) for row in rows]
    of = _series(connection, device_id, metric) if is_archived else None
    if of is None:
        return hot
    found = questions.newest(connection, of.id, since, until, limit, but=but)
    cold = (reading_of(of.kind, one) for one in found)
    return list(islice(merge(hot, cold, key=attrgetter("ts"), reverse=True), limit))


def suspect(
    connection: Connection, device_id: str, metric: str, since: Instant, until: Instant, limit: int
) -> list[Reading]:
    """The same of those that are in no mean, for what is doubtful about them."""
    return history(connection, device_id, metric, since, until, limit, but=AVERAGED)


def reading_of(kind: str, row: Any) -> Reading:
    """A reading of a row with ts, value, text and quality, of a series whose values are of a kind."""
    return Reading(row.ts, value_of(kind, row.value, row.text), word_of(row.quality))


def _series(connection: Connection, device_id: str, metric: str) -> Row[int, str] | None:
    query = select(series.c.id, series.c.kind).where(series.c.device_id == device_id, series.c.metric == metric)
    return connection.execute(query).one_or_none()


@dataclass(frozen=True, slots=True)
class Step:
    """What a series said in a step of time."""

    ts: Instant
    mean: float
    low: float
    high: float
    count: int


def aggregate(
    connection: Connection,
    device_id: str,
    metric: str,
    since: Instant,
    until: Instant,
    every: int,
    limit: int,
) -> list[Any]:
    """Mean, least, greatest and number of a series by steps of ``every`` microseconds, newest first.

    Suspect readings are left out. Steps are counted from the Unix epoch, those of whole days from
    midnight in Asia/Shanghai. Whole hours and days come from aggregates that ingest keeps.
    """
    of_series = (series.c.device_id == device_id, series.c.metric == metric)
    # Written out, not bound: PostgreSQL groups only by what it can see to be the same.
    step: ColumnElement[int] = literal_column(str(int(every)))
    table, column = (reading_day, reading_day.c.day) if every % DAY == 0 else (reading_hour, reading_hour.c.hour)
    if every % HOUR == 0:
        start = _start(column, every)
        query = _grouped(
            select(
                start.label("ts"),
                (func.sum(table.c.total) / func.sum(table.c.n)).label("mean"),
                func.min(table.c.low).label("low"),
                func.max(table.c.high).label("high"),
                func.sum(table.c.n).label("count"),
            )
            .join(series, series.c.id == table.c.series_id)
            .where(*of_series, column.between(day_of(since) if every % DAY == 0 else since - since % HOUR, until)),
            start,
            limit,
        )
    else:
        is_archived = questions.is_any(connection, since, until)
        start = reading.c.ts - reading.c.ts % step
        query = _grouped(
            select(
                start.label("ts"),
                func.avg(reading.c.value).label("mean"),
                func.min(reading.c.value).label("low"),
                func.max(reading.c.value).label("high"),
                func.count(reading.c.value).label("count"),
            )
            .join(series, series.c.id == reading.c.series_id)
            .where(
                *of_series,
                reading.c.ts.between(since, until),
                reading.c.value.is_not(None),
                reading.c.quality.in_(AVERAGED),
            ),
            start,
            limit,
        )
        rows = list(connection.execute(query))
        of = _series(connection, device_id, metric) if is_archived else None
        return rows if of is None else _with_archived(connection, rows, of.id, since, until, every, limit)
    return list(connection.execute(query))


def _with_archived(
    connection: Connection,
    hot: list[Any],
    number: int,
    since: Instant,
    until: Instant,
    every: int,
    limit: int,
) -> list[Step]:
    cold = questions.steps(connection, number, since, until, every, limit, AVERAGED)
    found = {start: Step(start, total / n, low, high, n) for start, (n, total, low, high) in cold.items()}
    for row in hot:
        one, known = Step(*row), found.get(row.ts)
        found[row.ts] = one if known is None else _together(one, known)
    return sorted(found.values(), key=attrgetter("ts"), reverse=True)[:limit]


def _together(one: Step, other: Step) -> Step:
    """Two halves of a step: what was said in it came in time, and late."""
    count = one.count + other.count
    mean = (one.mean * one.count + other.mean * other.count) / count
    return Step(one.ts, mean, min(one.low, other.low), max(one.high, other.high), count)


def _start(column: ColumnElement[int], every: int) -> ColumnElement[int]:
    """The start of the step that an hour or a day lies in; days are those of Asia/Shanghai."""
    if every in (HOUR, DAY):
        return column
    step: ColumnElement[int] = literal_column(str(int(every)))
    offset: ColumnElement[int] = literal_column(str(SHANGHAI_OFFSET if every % DAY == 0 else 0))
    return column - (column + offset) % step


def _grouped(query: Any, start: Any, limit: int) -> Select[Any]:
    grouped: Select[Any] = query.group_by(start).order_by(start.desc()).limit(limit)
    return grouped


def metrics_of(connection: Connection, device_id: str) -> list[str]:
    """The metrics that a device has ever sent: the known ones in their own order, then the others."""
    found = metrics_said(connection, device_id)
    return [code for code in metrics() if code in found] + sorted(found - metrics().keys())


def first_of(connection: Connection, community: str) -> Instant | None:
    """When the first observation of a community was made; None where there is none."""
    first = select(func.min(reading.c.ts)).where(reading.c.series_id == series.c.id).correlate(series).scalar_subquery()
    query = select(func.min(first)).select_from(series).join(device, device.c.id == series.c.device_id)
    cold = select(func.min(archive_series.c.first)).select_from(archive_series)
    cold = cold.join(series, series.c.id == archive_series.c.series_id).join(device, device.c.id == series.c.device_id)
    found = (connection.scalar(one.where(device.c.community == community)) for one in (query, cold))
    return min((one for one in found if one is not None), default=None)


def is_any_of(connection: Connection, community: str, since: Instant, until: Instant) -> bool:
    """Whether anything was observed in a community in [since, until)."""
    within = (reading.c.series_id == series.c.id, reading.c.ts >= since, reading.c.ts < until)
    query = select(series.c.id).join(device, device.c.id == series.c.device_id)
    one = query.where(device.c.community == community, exists().where(*within)).limit(1)
    if connection.scalar(one) is not None:
        return True
    if not questions.is_any(connection, since, until):
        return False
    numbers = list(connection.scalars(query.where(device.c.community == community)))
    return bool(questions.first_in(connection, numbers, since, until - 1))


def latest_of(connection: Connection, community: str, metric: str) -> list[Row[Any]]:
    """The newest reading of one metric of every device of a community: rows of (device_id, ts, value, quality)."""
    query = (
        select(series.c.device_id, latest.c.ts, latest.c.value, latest.c.quality)
        .join(latest, latest.c.series_id == series.c.id)
        .join(device, device.c.id == series.c.device_id)
        .where(series.c.metric == metric, device.c.community == community)
    )
    return list(connection.execute(query))


def latest_at(connection: Connection, devices: Iterable[str] | None, community: str, at: Instant | None) -> list[Any]:
    """The newest reading of every series of a community's devices, now or as it stood at a past time.

    Rows of (device_id, metric, kind, ts, value, text, quality).
    """
    of_device = [device.c.community == community]
    if devices is not None:
        of_device.append(device.c.id.in_(list(devices)))
    is_archived = at is not None and questions.is_any(connection, 0, at)
    if at is None:
        rows, on = latest.c, latest.c.series_id == series.c.id
    else:
        of_series = (reading.c.series_id == series.c.id, reading.c.ts <= at)
        newest = select(func.max(reading.c.ts)).where(*of_series).correlate(series).scalar_subquery()
        rows, on = reading.c, (reading.c.series_id == series.c.id) & (reading.c.ts == newest)
    query = (
        select(series.c.device_id, series.c.metric, series.c.kind, rows.ts, rows.value, rows.text, rows.quality)
        .select_from(series)
        .join(device, device.c.id == series.c.device_id)
        .join(latest if at is None else reading, on)
        .where(*of_device)
    )
    found = list(connection.execute(query))
    return found if at is None or not is_archived else _latest_with_archived(connection, found, of_device, at)


class Newest(NamedTuple):
    """A row of `latest_at`."""

    device_id: str
    metric: str
    kind: str
    ts: Instant
    value: float | None
    text: str | None
    quality: int


def _latest_with_archived(
    connection: Connection, hot: list[Any], of_device: list[ColumnElement[bool]], at: Instant
) -> list[Any]:
    known = {(row.device_id, row.metric): row for row in hot}
    query = select(series.c.id, series.c.device_id, series.c.metric, series.c.kind)
    of = connection.execute(query.join(device, device.c.id == series.c.device_id).where(*of_device)).all()
    newest = {row.id: known[key].ts for row in of if (key := (row.device_id, row.metric)) in known}
    cold = questions.latest(connection, [row.id for row in of], at, newest)
    rows: dict[tuple[str, str], Any] = dict(known)
    for row in of:
        if (said := cold.get(row.id)) is not None:
            rows[row.device_id, row.metric] = Newest(row.device_id, row.metric, row.kind, *said)
    return list(rows.values())
