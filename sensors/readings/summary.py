"""Means of the newest readings over devices: what an area, or a whole community, shows."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, func, literal, literal_column, select

from geo.ground import places
from sensors.devices import past
from sensors.devices.registry import Device
from sensors.metrics import Kind, metrics
from sensors.readings import history
from sensors.readings.begun import sums
from sensors.tables import device, device_place, device_state, reading_hour, series
from store.instant import HOUR, MILLISECOND, Instant, now

SHOWN = {code: metric for code, metric in metrics().items() if metric.kind is Kind.NUMBER and not metric.counts}
"""Metrics of which a mean says something."""


@dataclass(frozen=True, slots=True)
class One:
    """What one device contributes: its newest reading, until when that is fresh, and whether it is there."""

    ts: Instant
    until: Instant
    value: float
    source: str | None
    is_connected: bool


def means(
    connection: Connection, community: str, at: Instant | None, devices: Iterable[Device] | None = None
) -> dict[str | None, dict[str, Any]]:
    """The mean of each metric by area, and under None over the areas of the whole community.

    A mean is of those that are present and somewhere: in an area, not revoked, connected, with a reading
    that is neither stale nor suspect and that the device said itself. Once a real device measures a metric
    in an area, replayed ones are left out of its mean there, and out of that of the community. Where nobody
    is present, the newest reading stands, with its time; ``n`` is then 0 and ``stale_at`` lies in the past. Of the
    community there is none then, where several measure it: the newest of one area says nothing of the others.

    Returns
    -------
    dict
        area -> metric -> ``{"value", "n", "of", "sources", "ts", "stale_at"}``: of how many devices that measure
        it there, and where replayed values come from, empty for sensors; times in epoch milliseconds.
    """
    moment = at or now()
    known = devices if devices is not None else past.devices_at(connection, community, at=at)
    # Where no areas are drawn yet, a device cannot stand in one.
    drawn = bool(places(community, "areas"))
    chosen = {d.id: d for d in known if not (drawn and d.area is None) and (d.revoked is None or d.revoked > moment)}
    rows = history.latest_at(connection, chosen, community, at)
    gone = _disconnected(connection, chosen) if at is None else past.gone_at(connection, rows, at)
    groups: dict[tuple[str | None, str], list[One]] = defaultdict(list)
    real: set[tuple[str | None, str]] = set()
    for row in rows:
        of = chosen[row.device_id]
        if row.metric not in SHOWN:
            continue
        keys = {(None, row.metric), (of.area, row.metric)}
        if of.source is None:
            real |= keys
        if row.quality == 0 and row.value is not None:
            one = One(row.ts, of.stale_at(row.ts), row.value, of.source, of.id not in gone)
            for key in keys:
                groups[key].append(one)
    result: dict[str | None, dict[str, Any]] = defaultdict(dict)
    for (area, metric), found in groups.items():
        counted = [one for one in found if one.source is None] if (area, metric) in real else found
        mean = standing(area, _mean(counted, moment)) if counted else None
        if mean is not None:
            result[area][metric] = mean
    return result


def standing(area: str | None, mean: dict[str, Any] | None) -> dict[str, Any] | None:
    """A mean that says something: one old value of many is no mean of a community (area None), however new it is."""
    is_one_of_many = area is None and mean is not None and mean["n"] == 0 and mean["of"] > 1
    return None if is_one_of_many else mean


def sources(metrics_found: Iterable[dict[str, Any]]) -> list[str | None]:
    """Where the values of means come from, each once: None for sensors, else the name of what is replayed."""
    named = {source for mean in metrics_found for source in mean["sources"] or [None]}
    return sorted(named, key=lambda source: (source is not None, source or ""))


def _disconnected(connection: Connection, chosen: Container[str]) -> frozenset[str]:
    query = select(device_state.c.device_id).where(device_state.c.connected.is_(False))
    return frozenset(found for found in connection.scalars(query) if found in chosen)


def _mean(found: list[One], moment: Instant) -> dict[str, Any]:
    present = [one for one in found if one.is_connected and one.until >= moment]
    shown = present or [max(found, key=lambda one: one.ts)]
    until = max(one.until for one in shown)
    return {
        "value": sum(one.value for one in shown) / len(shown),
        "n": len(present),
        "of": len(found),
        "sources": sorted({one.source for one in shown if one.source is not None}),
        "ts": max(one.ts for one in shown) // MILLISECOND,
        "stale_at": (until if present else min(until, moment - MILLISECOND)) // MILLISECOND,
    }


def trend(
    connection: Connection, community: str, chosen: list[str], hours: int, at: Instant | None
) -> list[dict[str, Any]]:
    """Hourly means of metrics over the last hours, by area and (area None) over the community.

    Returns
    -------
    list
        ``{"metric", "area", "points": [[epoch ms of the hour's start, mean], ...]}``, oldest first.
    """
    until = at or now()
    drawn = bool(places(community, "areas"))
    begun = until - until % HOUR
    of_whole_hours = (
        reading_hour.c.hour >= begun - hours * HOUR,
        reading_hour.c.hour <= begun if at is None else reading_hour.c.hour < begun,
    )
    hour = reading_hour.c
    rows = _by_area(connection, community, chosen, hour, hour.hour, hour.total, hour.n, of_whole_hours)
    if at is not None:
        # The hour that had begun is kept whole, with what came after the time that is asked for.
        part = sums(connection, community, chosen, begun, at).c
        rows += _by_area(connection, community, chosen, part, literal(begun, BigInteger), part.total, part.n, ())
    # As for the mean of now: where a real device measures, what is replayed beside it does not count.
    real = really_measured(connection, community, chosen, drawn, until)
    lines: dict[tuple[str, str | None], dict[Instant, tuple[float, int]]] = defaultdict(dict)
    for row in rows:
        for area in {None, row.area} if row.area is not None or not drawn else ():
            if row.is_real or (row.metric, area) not in real:
                total, n = lines[row.metric, area].get(row.hour, (0.0, 0))
                lines[row.metric, area][row.hour] = (total + row.total, n + row.n)
    return [
        {
            "metric": metric,
            "area": area,
            "points": [[hour // MILLISECOND, total / n] for hour, (total, n) in sorted(points.items())],
        }
        for (metric, area), points in lines.items()
    ]


def really_measured(
    connection: Connection, community: str, chosen: list[str], drawn: bool, moment: Instant
) -> set[tuple[str, str | None]]:
    """(metric, area) and (metric, None) of those that a device measures which is no replay."""
    query = (
        select(series.c.metric, device_place.c.area)
        .distinct()
        .join(device, device.c.id == series.c.device_id)
        .join(device_place, device_place.c.device_id == device.c.id)
        .where(device.c.community == community, device.c.source.is_(None), device.c.created <= moment)
        .where(device.c.revoked.is_(None) | (device.c.revoked > moment))
        .where(series.c.metric.in_(chosen))
    )
    found = {(row.metric, row.area) for row in connection.execute(query) if row.area is not None or not drawn}
    return found | {(metric, None) for metric, _ in found}


def _by_area(
    connection: Connection,
    community: str,
    chosen: list[str],
    table: Any,
    hour: ColumnElement[int],
    value: ColumnElement[float],
    n: ColumnElement[int],
    conditions: tuple[ColumnElement[bool], ...],
) -> list[Row[Any]]:
    """Sums of a table of readings or of hours by metric, area and hour, in the order of the hours."""
    query = (
        select(
            series.c.metric,
            device_place.c.area,
            device.c.source.is_(None).label("is_real"),
            hour.label("hour"),
            func.sum(value).label("total"),
            func.sum(n).label("n"),
        )
        .join(series, series.c.id == table.series_id)
        .join(device, device.c.id == series.c.device_id)
        .join(device_place, device_place.c.device_id == device.c.id)
        .where(device.c.community == community, series.c.metric.in_(chosen), *conditions)
        .group_by(series.c.metric, device_place.c.area, device.c.source.is_(None), literal_column("hour"))
        .order_by(literal_column("hour"))
    )
    return list(connection.execute(query))
