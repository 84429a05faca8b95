"""Reading observations back: single ones, means by step, the newest of each series."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, literal_column, select

from sensors.metrics import Kind, metrics
from sensors.quality import word_of
from sensors.readings.columns import Value
from sensors.readings.observations import AVERAGED
from sensors.tables import device, latest, reading, reading_day, reading_hour, series
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
    return set(connection.scalars(select(series.c.metric).where(series.c.device_id == device)))


def history(
    connection: Connection,
    device_id: str,
    metric: str,
    since: Instant,
    until: Instant,
    limit: int,
) -> list[Reading]:
    """Readings of one series in [since, until], newest first, at most ``limit``."""
    query = (
        select(reading.c.ts, reading.c.value, reading.c.text, reading.c.quality, series.c.kind)
        .join(series, series.c.id == reading.c.series_id)
        .where(series.c.device_id == device_id, series.c.metric == metric, reading.c.ts.between(since, until))
        .order_by(reading.c.ts.desc())
        .limit(limit)
    )
    rows = connection.execute(query)
    return [Reading(r.ts, value_of(r.kind, r.value, r.text), word_of(r.quality)) for r in rows]


def aggregate(
    connection: Connection,
    device_id: str,
    metric: str,
    since: Instant,
    until: Instant,
    every: int,
    limit: int,
) -> list[Row[Any]]:
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
    return list(connection.execute(query))


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
    found = set(connection.scalars(select(series.c.metric).where(series.c.device_id == device_id)))
    return [code for code in metrics() if code in found] + sorted(found - metrics().keys())


def first_of(connection: Connection, community: str) -> Instant | None:
    """When the first observation of a community was made; None where there is none."""
    first = select(func.min(reading.c.ts)).where(reading.c.series_id == series.c.id).correlate(series).scalar_subquery()
    query = select(func.min(first)).select_from(series).join(device, device.c.id == series.c.device_id)
    found: Instant | None = connection.scalar(query.where(device.c.community == community))
    return found


def is_any_of(connection: Connection, community: str, since: Instant, until: Instant) -> bool:
    """Whether anything was observed in a community in [since, until)."""
    within = (reading.c.series_id == series.c.id, reading.c.ts >= since, reading.c.ts < until)
    query = select(series.c.id).join(device, device.c.id == series.c.device_id)
    one = query.where(device.c.community == community, exists().where(*within)).limit(1)
    return connection.scalar(one) is not None


def latest_of(connection: Connection, community: str, metric: str) -> list[Row[Any]]:
    """The newest reading of one metric of every device of a community: rows of (device_id, ts, value, quality)."""
    query = (
        select(series.c.device_id, latest.c.ts, latest.c.value, latest.c.quality)
        .join(latest, latest.c.series_id == series.c.id)
        .join(device, device.c.id == series.c.device_id)
        .where(series.c.metric == metric, device.c.community == community)
    )
    return list(connection.execute(query))


def latest_at(
    connection: Connection, devices: Iterable[str] | None, community: str, at: Instant | None
) -> list[Row[Any]]:
    """The newest reading of every series of a community's devices, now or as it stood at a past time.

    Rows of (device_id, metric, kind, ts, value, text, quality).
    """
    of_device = [device.c.community == community]
    if devices is not None:
        of_device.append(device.c.id.in_(list(devices)))
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
    return list(connection.execute(query))
