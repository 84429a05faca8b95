"""Writing and reading observations: each stored once, the latest never moved back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal_column, select

from sensors.metrics import Kind, metrics
from sensors.quality import Quality, word_of
from sensors.tables import device, latest, reading, reading_hour, series
from store.bulk import insert_new, is_one_of, upsert_all
from store.engine import KEYS_A_QUERY, greatest, least
from store.instant import HOUR, Instant

Value = float | bool | str

AVERAGED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""The flags of readings that go into means; a suspect one is kept and shown, but tells nothing of the air."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one metric of one device at one time. ``value`` is as it was sent."""

    device: str
    metric: str
    ts: Instant
    value: Value
    quality: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A stored observation as it is read back."""

    ts: Instant
    value: Value
    quality: str


class SeriesIndex:
    """The number of each (device, metric), kept in memory: it never changes once it is committed."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], int] = {}
        self._found: dict[tuple[str, str], int] = {}

    def ids(self, connection: Connection, observations: Iterable[Observation]) -> dict[tuple[str, str], int]:
        """The number of every series of the observations; new ones are made."""
        kinds = {(o.device, o.metric): o.value for o in observations}
        missing = [key for key in kinds if key not in self._ids]
        self._found = {}
        if not missing:
            return self._ids
        rows = [{"device_id": d, "metric": m, "kind": _kind(m, kinds[d, m])} for d, m in sorted(missing)]
        upsert_all(connection, series, rows, lambda insert: insert.on_conflict_do_nothing())
        self._found = _numbers(connection, missing)
        return self._ids | self._found

    def committed(self) -> None:
        """Remember the numbers of the last transaction; one that was rolled back is not told."""
        self._ids |= self._found
        self._found = {}


def _numbers(connection: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    query = select(series.c.device_id, series.c.metric, series.c.id)
    for first in range(0, len(keys), KEYS_A_QUERY):
        asked = is_one_of(connection, (series.c.device_id, series.c.metric), keys[first : first + KEYS_A_QUERY])
        found |= {(row.device_id, row.metric): row.id for row in connection.execute(query.where(asked))}
    return found


def store(connection: Connection, index: SeriesIndex, observations: Sequence[Observation]) -> list[Observation]:
    """Store observations, each (device, metric, time) once; returns those that were new.

    Keeps ``latest`` (only forward in time) and the hourly aggregates in the same transaction. After
    its commit the caller says so to the index.
    """
    ids = index.ids(connection, observations)
    if not observations:
        return []
    by_key: dict[tuple[int, Instant], Observation] = {}
    for o in observations:
        by_key.setdefault((ids[o.device, o.metric], o.ts), o)
    # In the order of the key, here and below: two ingesters then never wait for each other in a ring.
    stored = insert_new(connection, reading, [_row(key, by_key[key]) for key in sorted(by_key)])
    new = [(series_id, by_key[series_id, ts]) for series_id, ts in stored]
    _keep_latest(connection, new)
    _keep_hours(connection, new)
    return [o for _, o in new]


def _kind(metric: str, value: Value) -> Kind:
    known = metrics().get(metric)
    if known is not None:
        return known.kind
    return Kind.BOOL if isinstance(value, bool) else Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def _row(key: tuple[int, Instant], o: Observation) -> dict[str, Any]:
    is_text = isinstance(o.value, str)
    return {
        "series_id": key[0],
        "ts": key[1],
        "value": None if is_text else float(o.value),
        "text": o.value if is_text else None,
        "quality": o.quality,
    }


def _keep_latest(connection: Connection, new: list[tuple[int, Observation]]) -> None:
    newest: dict[int, Observation] = {}
    for series_id, o in new:
        if series_id not in newest or o.ts > newest[series_id].ts:
            newest[series_id] = o
    if not newest:
        return
    rows = [_row((series_id, o.ts), o) for series_id, o in sorted(newest.items())]
    upsert_all(connection, latest, rows, _unless_newer)


def _unless_newer(insert: Any) -> Any:
    excluded = insert.excluded
    changed = {name: excluded[name] for name in ("ts", "value", "text", "quality")}
    return insert.on_conflict_do_update(index_elements=["series_id"], set_=changed, where=excluded.ts > latest.c.ts)


def _keep_hours(connection: Connection, new: list[tuple[int, Observation]]) -> None:
    hours: dict[tuple[int, Instant], list[float]] = {}
    for series_id, o in new:
        if not isinstance(o.value, str) and o.quality in AVERAGED:
            hours.setdefault((series_id, o.ts - o.ts % HOUR), []).append(float(o.value))
    if not hours:
        return
    rows = [
        {"series_id": s, "hour": h, "n": len(v), "total": sum(v), "low": min(v), "high": max(v)}
        for (s, h), v in sorted(hours.items())
    ]
    lower, higher = least(connection), greatest(connection)

    def added(insert: Any) -> Any:
        excluded, kept = insert.excluded, reading_hour.c
        return insert.on_conflict_do_update(
            index_elements=["series_id", "hour"],
            set_={
                "n": kept.n + excluded.n,
                "total": kept.total + excluded.total,
                "low": lower(kept.low, excluded.low),
                "high": higher(kept.high, excluded.high),
            },
        )

    upsert_all(connection, reading_hour, rows, added)


def value_of(kind: str, value: float | None, text: str | None) -> Value:
    """The value as it was sent: text, boolean or number."""
    if text is not None or value is None:
        return text or ""
    if kind == Kind.BOOL and value in (0.0, 1.0):
        return bool(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


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

    Suspect readings are left out. Steps are counted from the Unix epoch. Whole hours come from the
    hourly aggregates.
    """
    of_series = (series.c.device_id == device_id, series.c.metric == metric)
    # Written out, not bound: PostgreSQL groups only by what it can see to be the same.
    step: ColumnElement[int] = literal_column(str(int(every)))
    if every % HOUR == 0:
        start = reading_hour.c.hour - reading_hour.c.hour % step
        query = _grouped(
            select(
                start.label("ts"),
                (func.sum(reading_hour.c.total) / func.sum(reading_hour.c.n)).label("mean"),
                func.min(reading_hour.c.low).label("low"),
                func.max(reading_hour.c.high).label("high"),
                func.sum(reading_hour.c.n).label("count"),
            )
            .join(series, series.c.id == reading_hour.c.series_id)
            .where(*of_series, reading_hour.c.hour.between(since - since % HOUR, until)),
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


def _grouped(query: Select[Any], start: Any, limit: int) -> Select[Any]:
    return query.group_by(start).order_by(start.desc()).limit(limit)


def metrics_of(connection: Connection, device_id: str) -> list[str]:
    """The metrics that a device has ever sent: the known ones in their own order, then the others."""
    found = set(connection.scalars(select(series.c.metric).where(series.c.device_id == device_id)))
    return [code for code in metrics() if code in found] + sorted(found - metrics().keys())


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
