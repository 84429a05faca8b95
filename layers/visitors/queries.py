"""What is known of the visitors, now or at a past time."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select

from geo.communities import community as community_of
from geo.ground import Place, places
from layers.declare import Located
from layers.visitors import capacity
from layers.visitors.tables import gate_flow, gate_flow_hour
from sensors import registry
from sensors.registry import Device
from store.instant import (
    HOUR,
    MILLISECOND,
    SHANGHAI,
    Instant,
    from_datetime,
    local_hour,
    local_midnight,
    now,
    to_datetime,
)

HOURS_SHOWN = 24
NOT_COUNTED = frozenset({"car_park"})
"""Kinds of sites where nobody counts people."""


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """Each site with its people inside, those of today, and its gates.

    ``inside`` is everybody who entered less everybody who left since the last reset (04:00,
    levels.toml), never below nought; "today" begins at midnight in Asia/Shanghai. What nobody
    configured, or no gate measures, is None. Times are epoch milliseconds.
    """
    sites = [site for site in counted_sites(community) if keys is None or site.code in keys]
    gates = [d for d in registry.read_all(connection, community) if d.site and not d.revoked and d.kind == "gate"]
    moment = at or now()
    ids = [gate.id for gate in gates]
    today = _sums(connection, ids, local_midnight(moment), at)
    since_reset = _sums(connection, ids, local_hour(moment, capacity.rules()["reset_hour"]), at)
    heard = _heard(connection, ids, at)
    hours = _hours(connection, ids, moment)
    found = {}
    for site in sites:
        own = [gate for gate in gates if gate.site == site.code]
        record = _record(site, own, today, since_reset, heard) | _year(connection, community, site, own, at)
        record["hours"] = _by_hour(own, hours)
        found[site.code] = record
    return found


def counted_sites(community: str) -> list[Place]:
    """The sites whose people are counted."""
    return [site for site in places(community, "sites") if site.kind not in NOT_COUNTED]


def located(connection: Connection, community: str, at: Instant | None) -> Located:
    """The people inside of each site, at a point in it."""
    sites = counted_sites(community)
    known = records(connection, community, None, at)
    return Located(
        ids=[site.code for site in sites],
        names=[site.name for site in sites],
        lons=np.array([site.label[0] for site in sites]),
        lats=np.array([site.label[1] for site in sites]),
        figures={"inside": np.array([known[site.code]["inside"] or 0 for site in sites], dtype=float)},
    )


def _record(
    site: Place,
    gates: list[Device],
    today: dict[str, tuple[float, float]],
    since_reset: dict[str, tuple[float, float]],
    heard: dict[str, Instant],
) -> dict[str, Any]:
    counting = [gate for gate in gates if gate.id in heard]
    inside = entered = left = ratio = None
    limit = capacity.of(site.code)
    if counting:
        entered = round(sum(today.get(g.id, (0, 0))[0] for g in counting))
        left = round(sum(today.get(g.id, (0, 0))[1] for g in counting))
        inside = max(0, round(sum(e - gone for e, gone in (since_reset.get(g.id, (0, 0)) for g in counting))))
        ratio = round(inside / limit, 4) if limit else None
    return {
        "site": site.code,
        "name": site.name,
        "name_en": site.name_en,
        "inside": inside,
        "entered_today": entered,
        "left_today": left,
        "capacity": limit,
        "ratio": ratio,
        "level": capacity.level(ratio),
        "as_of": max((heard[g.id] for g in counting), default=0) // MILLISECOND or None,
        "stale_at": max((g.stale_at(heard[g.id]) for g in counting), default=0) // MILLISECOND or None,
        "source": next((g.source for g in gates if g.source), None),
        "gates": {
            gate.id: {
                "name": gate.name,
                "lon": gate.lon,
                "lat": gate.lat,
                "entered_today": round(today.get(gate.id, (0, 0))[0]) if gate.id in heard else None,
                "stale_at": gate.stale_at(heard[gate.id]) // MILLISECOND if gate.id in heard else None,
            }
            for gate in gates
        },
    }


def _hours(connection: Connection, gates: list[str], moment: Instant) -> list[Row[Any]]:
    since = moment - moment % HOUR - (HOURS_SHOWN - 1) * HOUR
    columns = gate_flow_hour.c
    query = select(columns.device_id, columns.hour, columns.entered)
    return list(connection.execute(query.where(columns.device_id.in_(gates), columns.hour.between(since, moment))))


def _by_hour(gates: list[Device], hours: list[Row[Any]]) -> list[list[int]]:
    """``[[epoch ms of the hour's start, entered], ...]`` of the last day, oldest first."""
    own = {gate.id for gate in gates}
    sums: dict[Instant, float] = defaultdict(float)
    for row in hours:
        if row.device_id in own:
            sums[row.hour] += row.entered
    return [[hour // MILLISECOND, round(people)] for hour, people in sorted(sums.items())]


def _year(
    connection: Connection, community: str, site: Place, gates: list[Device], at: Instant | None
) -> dict[str, Any]:
    baseline = community_of(community).visits_baseline
    if baseline is None or baseline.site != site.code:
        return {}
    local = to_datetime(at or now()).astimezone(SHANGHAI)
    start = from_datetime(local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0))
    sums = _sums(connection, [gate.id for gate in gates], start, at)
    return {
        "entered_year": round(sum(entered for entered, _ in sums.values())) if sums else None,
        "baseline": {"year": baseline.year, "visits": baseline.visits},
    }


def _sums(
    connection: Connection, gates: list[str], since: Instant, at: Instant | None
) -> dict[str, tuple[float, float]]:
    """(entered, left) by gate since an hour; up to a past time, its last hour from the single flows."""
    hours = gate_flow_hour.c
    whole = select(hours.device_id, func.sum(hours.entered), func.sum(hours.left)).where(
        hours.device_id.in_(gates), hours.hour >= since
    )
    if at is not None:
        whole = whole.where(hours.hour < at - at % HOUR)
    sums = {device: (entered, left) for device, entered, left in connection.execute(whole.group_by(hours.device_id))}
    if at is None:
        return sums
    flows = gate_flow.c
    part = select(flows.device_id, func.sum(flows.entered), func.sum(flows.left)).where(
        flows.device_id.in_(gates), flows.ts.between(max(since, at - at % HOUR), at)
    )
    for device, entered, left in connection.execute(part.group_by(flows.device_id)):
        before = sums.get(device, (0.0, 0.0))
        sums[device] = (before[0] + entered, before[1] + left)
    return sums


def _heard(connection: Connection, gates: list[str], at: Instant | None) -> dict[str, Instant]:
    query = select(gate_flow.c.device_id, func.max(gate_flow.c.ts).label("ts")).where(gate_flow.c.device_id.in_(gates))
    if at is not None:
        query = query.where(gate_flow.c.ts <= at)
    return {row.device_id: row.ts for row in connection.execute(query.group_by(gate_flow.c.device_id))}


def flow(connection: Connection, community: str, site: str, hours: int, at: Instant | None) -> list[dict[str, Any]]:
    """People who entered and left a site by the hour, oldest first; hours without a gate's word are left out."""
    until = at or now()
    since = until - until % HOUR - timedelta(hours=hours - 1) // timedelta(microseconds=1)
    gates = [d.id for d in registry.read_all(connection, community) if d.site == site]
    columns = gate_flow_hour.c
    query = (
        select(columns.hour, func.sum(columns.entered).label("entered"), func.sum(columns.left).label("gone"))
        .where(columns.device_id.in_(gates), columns.hour.between(since, until))
        .group_by(columns.hour)
        .order_by(columns.hour)
    )
    return [
        {"hour": row.hour, "entered": round(row.entered), "left": round(row.gone)} for row in connection.execute(query)
    ]
