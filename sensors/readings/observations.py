"""Writing observations: each stored once, the latest never moved back, sums of hours and days kept."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from sensors import horizon
from sensors.horizon import HORIZON
from sensors.metrics import Kind, metrics
from sensors.quality import NOT_LIVE, Quality
from sensors.tables import latest, reading, reading_day, reading_hour, series
from store.bulk import as_it_was, insert_new, is_one_of, upsert_all
from store.engine import KEYS_A_QUERY, greatest, least
from store.instant import HOUR, Instant, day_of

Value = float | bool | str

AVERAGED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""The flags of readings that go into means; a suspect one is kept and shown, but tells nothing of the air."""


class Observation(NamedTuple):
    """One value of one metric of one device at one time. ``value`` is as it was sent."""

    device: str
    metric: str
    ts: Instant
    value: Value
    quality: int
    live: bool = True
    """Whether the device said it now; not where it was played back, or kept by a broker."""


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
        upsert_all(connection, series, rows, as_it_was)
        self._found = _numbers(connection, missing)
        return self._ids | self._found

    def committed(self) -> None:
        """Remember the numbers of the last transaction; one that was rolled back is not told."""
        self._ids |= self._found
        self._found = {}


def metrics_said(connection: Connection, device: str) -> set[str]:
    """Every metric that a device has ever sent."""
    return set(connection.scalars(select(series.c.metric).where(series.c.device_id == device)))


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
    rows = [_row(key, by_key[key]) for key in sorted(by_key)]
    keys = insert_new(connection, reading, rows)
    new = rows if keys is None else [_row(key, by_key[key]) for key in sorted(map(tuple, keys))]
    _keep_latest(connection, [row for row in new if by_key[row[0], row[1]].live], _unless_newer)
    not_live = [(*row[:4], row[4] | NOT_LIVE) for row in new if not by_key[row[0], row[1]].live]
    _keep_latest(connection, not_live, _unless_live)
    _keep_sums(connection, new)
    return [by_key[row[0], row[1]] for row in new]


def _kind(metric: str, value: Value) -> Kind:
    known = metrics().get(metric)
    if known is not None:
        return known.kind
    return Kind.BOOL if isinstance(value, bool) else Kind.TEXT if isinstance(value, str) else Kind.NUMBER


Row = tuple[int, Instant, float | None, str | None, int]
"""A row of ``reading`` and ``latest``: series_id, ts, value, text, quality."""


def _row(key: tuple[int, Instant], o: Observation) -> Row:
    value = o.value
    if isinstance(value, str):
        return (*key, None, value, o.quality)
    return (*key, float(value), None, o.quality)


def _keep_latest(connection: Connection, new: list[Row], conflict: Callable[[Any], Any]) -> None:
    newest: dict[int, Row] = {}
    # In the order of the key, so of the time.
    for row in new:
        newest[row[0]] = row
    names = [column.name for column in latest.columns]
    rows = [dict(zip(names, row, strict=True)) for _, row in sorted(newest.items())]
    upsert_all(connection, latest, rows, conflict, horizon.of_now() if conflict is _unless_newer else None)


def _unless_newer(insert: Any) -> Any:
    excluded, kept = insert.excluded, latest.c
    changed = {name: excluded[name] for name in ("ts", "value", "text", "quality")}
    # A clock that ran ahead must not keep out what comes after it was set right.
    newer = (excluded.ts > kept.ts) | ((kept.ts > HORIZON) & (excluded.ts <= HORIZON))
    return insert.on_conflict_do_update(index_elements=["series_id"], set_=changed, where=newer)


def _unless_live(insert: Any) -> Any:
    """What was not said now is the newest only where nothing was ever said live."""
    excluded, kept = insert.excluded, latest.c
    changed = {name: excluded[name] for name in ("ts", "value", "text", "quality")}
    older = (excluded.ts > kept.ts) & (kept.quality.op("&")(NOT_LIVE) != 0)
    return insert.on_conflict_do_update(index_elements=["series_id"], set_=changed, where=older)


Sums = dict[tuple[int, Instant], tuple[int, float, float, float]]
"""(series, start) -> n, total, low, high."""


def _keep_sums(connection: Connection, new: list[Row]) -> None:
    """Add the readings to the sums of their hours and days; suspect ones and texts are left out."""
    values: dict[tuple[int, Instant], list[float]] = {}
    for series_id, ts, value, _, quality in new:
        if value is not None and quality in AVERAGED:
            values.setdefault((series_id, ts - ts % HOUR), []).append(value)
    hours: Sums = {key: (len(v), sum(v), min(v), max(v)) for key, v in values.items()}
    days: Sums = {}
    for (series_id, hour), (n, total, low, high) in hours.items():
        key = (series_id, day_of(hour))
        sn, st, sl, sh = days.get(key, (0, 0.0, low, high))
        days[key] = (sn + n, st + total, min(sl, low), max(sh, high))
    _add_sums(connection, reading_hour, "hour", hours)
    _add_sums(connection, reading_day, "day", days)


def _add_sums(connection: Connection, table: Table, start: str, sums: Sums) -> None:
    rows = [
        {"series_id": series_id, start: at, "n": n, "total": total, "low": low, "high": high}
        for (series_id, at), (n, total, low, high) in sorted(sums.items())
    ]
    upsert_all(connection, table, rows, _added(table, start, least(connection), greatest(connection)))


@cache
def _added(table: Table, start: str, lower: Callable[..., Any], higher: Callable[..., Any]) -> Callable[[Any], Any]:
    def added(insert: Any) -> Any:
        excluded, kept = insert.excluded, table.c
        return insert.on_conflict_do_update(
            index_elements=["series_id", start],
            set_={
                "n": kept.n + excluded.n,
                "total": kept.total + excluded.total,
                "low": lower(kept.low, excluded.low),
                "high": higher(kept.high, excluded.high),
            },
        )

    return added
