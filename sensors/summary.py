"""Means of the newest readings over devices: what an area, or a whole community, shows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from sensors import history, registry
from sensors.metrics import Kind, metrics
from sensors.registry import Device
from sensors.tables import device, reading_hour, series
from store.instant import HOUR, MILLISECOND, Instant, now

SHOWN = {code: metric for code, metric in metrics().items() if metric.kind is Kind.NUMBER and not metric.counts}
"""Metrics of which a mean says something."""


def means(
    connection: Connection, community: str, at: Instant | None, devices: Iterable[Device] | None = None
) -> dict[str | None, dict[str, Any]]:
    """The mean of each metric by area, and under None over the whole community.

    A mean takes the devices that are not stale and whose reading is not suspect. Where all are
    stale, the newest reading stands, with its time; ``stale_at`` then lies in the past.

    Returns
    -------
    dict
        area -> metric -> ``{"value", "n", "ts", "stale_at"}``; times in epoch milliseconds.
    """
    moment = at or now()
    chosen = {d.id: d for d in (devices if devices is not None else registry.read_all(connection, community))}
    groups: dict[tuple[str | None, str], list[tuple[Instant, Instant, float]]] = defaultdict(list)
    for row in history.latest_at(connection, chosen, community, at):
        if row.metric in SHOWN and row.quality == 0 and row.value is not None:
            source = chosen[row.device_id]
            if source.revoked is not None and source.revoked <= moment:
                continue
            one = (row.ts, source.stale_at(row.ts), row.value)
            groups[None, row.metric].append(one)
            if source.area is not None:
                groups[source.area, row.metric].append(one)
    result: dict[str | None, dict[str, Any]] = defaultdict(dict)
    for (area, metric), found in groups.items():
        result[area][metric] = _mean(found, moment)
    return result


def _mean(found: list[tuple[Instant, Instant, float]], moment: Instant) -> dict[str, Any]:
    fresh = [one for one in found if one[1] >= moment] or [max(found)]
    return {
        "value": sum(value for _, _, value in fresh) / len(fresh),
        "n": len(fresh),
        "ts": max(ts for ts, _, _ in fresh) // MILLISECOND,
        "stale_at": max(until for _, until, _ in fresh) // MILLISECOND,
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
    since = until - until % HOUR - hours * HOUR
    query = (
        select(
            series.c.metric,
            device.c.area,
            reading_hour.c.hour,
            func.sum(reading_hour.c.total).label("total"),
            func.sum(reading_hour.c.n).label("n"),
        )
        .join(series, series.c.id == reading_hour.c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(
            device.c.community == community,
            series.c.metric.in_(chosen),
            reading_hour.c.hour.between(since, until),
        )
        .group_by(series.c.metric, device.c.area, reading_hour.c.hour)
        .order_by(reading_hour.c.hour)
    )
    lines: dict[tuple[str, str | None], dict[Instant, tuple[float, int]]] = defaultdict(dict)
    for row in connection.execute(query):
        if row.area is not None:
            lines[row.metric, row.area][row.hour] = (row.total, row.n)
        total, n = lines[row.metric, None].get(row.hour, (0.0, 0))
        lines[row.metric, None][row.hour] = (total + row.total, n + row.n)
    return [
        {
            "metric": metric,
            "area": area,
            "points": [[hour // MILLISECOND, total / n] for hour, (total, n) in sorted(points.items())],
        }
        for (metric, area), points in lines.items()
    ]
