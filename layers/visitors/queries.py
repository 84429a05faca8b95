"""What is known of the visitors, now or at a past time."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from geo.communities import community as community_of
from geo.ground import Place, places
from layers.declare import Located
from layers.visitors import band, capacity, errors, passed, sums
from layers.visitors.capacity import closing, levels, state
from layers.visitors.doubts import doubts, steps_in_doubt
from layers.visitors.festivals import surge
from layers.visitors.inside import inside
from layers.visitors.passed import Hours, Passed
from layers.visitors.since import Through, by_gate, shortage
from layers.visitors.since import since as sum_since
from layers.visitors.tables import gate_counter, gate_step
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.devices.sites import as_placed
from store import revision
from store.instant import HOUR, MILLISECOND, Instant, local_midnight, now

HOURS_SHOWN = 24
NOT_COUNTED = frozenset({"car_park"})
"""Kinds of sites where nobody counts people."""


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """Each site with its people inside, those of today, what is doubtful about them, and its gates.

    ``inside`` is the walk of everybody who entered and left since the last reset (04:00, levels.toml), see
    inside.py, and so are ``since``, gates and sources; "today" begins at midnight in Asia/Shanghai, as the capacity
    of a day does. What nobody configured, or no gate measures, is None. Times are epoch milliseconds. A past time
    is answered from what is known today of the time up to it: late readings and a person's decisions count, what
    was said later does not, and capacities and errors of gates count as they had been entered by then.
    """
    sites = [site for site in counted_sites(community) if keys is None or site.code in keys]
    codes = [site.code for site in sites]
    moment = at or now()
    stamp = revision.stamp(connection, sums.REVISION, at)
    gates = _gates(connection, community, moment, at)
    heard = _heard(connection, [gate.id for gate in gates], at)
    since = moment - moment % HOUR - (HOURS_SHOWN - 1) * HOUR
    hours = passed.hours(connection, community, codes, since, moment, at)
    in_doubt = steps_in_doubt(connection, community, codes, moment, at)
    may_hold = capacity.of_sites(connection, community, moment, at)
    kept = state.kept(connection, community, at)
    closed = closing.closed_sites(connection, community, moment)
    known_errors = errors.of_gates(connection, community, moment, at)
    surges = surge(connection, community, at)
    found = {}
    for site in sites:
        # One that was not there yet, and has said nothing of that time later, is not missing.
        own = [gate for gate in gates if gate.site == site.code and (gate.created <= moment or gate.id in heard)]
        may = may_hold.get(site.code, capacity.NONE)
        through: dict[str, Through] = {}
        record = _named(site, may) | _unknown()
        last = _last(connection, community, site.code, at)
        if last is not None:
            record |= _figures(connection, community, site, own, hours, moment, at)
            record |= _times(own, heard, last)
            silent = {gate.id: heard.get(gate.id) for gate in own if _is_silent(gate, heard.get(gate.id), moment)}
            walked = inside(connection, community, site.code, moment, at)
            around = band.of_site(connection, community, site.code, hours, walked, moment, at, known_errors)
            record |= _inside(walked.people, record["entered_today"], around, may)
            record["clamped"] = round(walked.clamped)
            through = by_gate(connection, community, site.code, walked, hours, moment, at)
            record["since"] = sum_since(walked, through.values())
            short = shortage(connection, community, site.code, walked.short) if walked.short else (walked.since, [])
            record["doubt"] = doubts(in_doubt[site.code], silent, walked, short, moment)
        record["gates"] = _of_gates(own, through, heard)
        record["sources"] = _sources(own, through)
        record["hours"] = _by_hour(hours, site.code)
        record |= _level(record, kept.get(site.code), site.code in closed)
        record["closing"] = _closing(closed.get(site.code))
        record["festival"] = surges.get(site.code)
        found[site.code] = record | stamp
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


def flow(connection: Connection, community: str, site: str, hours: int, at: Instant | None) -> list[dict[str, Any]]:
    """People who entered and left a site by the hour, oldest first; hours without a gate's word are left out.

    ``spread`` are those of both of whom only the silence is known in which they came.
    """
    until = at or now()
    since = until - until % HOUR - (hours - 1) * HOUR
    sums: dict[Instant, Passed] = {}
    for (_, _, hour), people in sorted(passed.hours(connection, community, [site], since, until, at).items()):
        sums[hour] = _sum((sums.get(hour, Passed()), people))
    return [
        {"hour": hour, "entered": round(people.entered), "left": round(people.left), "spread": round(people.spread)}
        for hour, people in sorted(sums.items())
    ]


def gates_of(connection: Connection, community: str, site: str, at: Instant | None) -> list[Device]:
    """The gates that count for a site, or counted then."""
    return [gate for gate in _gates(connection, community, at or now(), at) if gate.site == site]


def _gates(connection: Connection, community: str, moment: Instant, at: Instant | None) -> list[Device]:
    """The gates that counted for a site then."""
    found = registry.read_all(connection, community, kind="gate")
    if at is not None:
        found = as_placed(connection, found, at)
    return [d for d in found if d.site and (d.revoked is None or d.revoked > moment)]


def _is_silent(gate: Device, heard: Instant | None, moment: Instant) -> bool:
    return heard is None or gate.stale_at(heard) < moment


def _heard(connection: Connection, gates: list[str], at: Instant | None) -> dict[str, Instant]:
    """The newest reading of each gate."""
    c, step = gate_counter.c, gate_step.c
    newest: Any = c.ts
    if at is not None:
        # A look into the index for each counter: its history may be long.
        of_counter = (step.device_id == c.device_id, step.counter == c.counter, step.ts <= at)
        newest = select(func.max(step.ts)).where(*of_counter).correlate(gate_counter).scalar_subquery()
    query = select(c.device_id, newest.label("ts")).where(c.device_id.in_(gates))
    found: dict[str, Instant] = {}
    for row in connection.execute(query):
        if row.ts is not None:
            found[row.device_id] = max(row.ts, found.get(row.device_id, 0))
    return found


def _last(connection: Connection, community: str, site: str, at: Instant | None) -> Instant | None:
    """When a gate last counted for a site, whatever became of that gate."""
    c = gate_step.c
    query = select(func.max(c.ts)).where(c.community == community, c.site == site)
    found: Instant | None = connection.scalar(query if at is None else query.where(c.ts <= at))
    return found


def _named(site: Place, may: capacity.Capacity) -> dict[str, Any]:
    named = {"site": site.code, "name": site.name, "name_en": site.name_en}
    return named | {"capacity": may.instant, "capacity_daily": may.daily}


def _unknown() -> dict[str, Any]:
    nothing = ("inside", "low", "high", "entered_today", "left_today", "entered_hour", "left_hour", "as_of", "stale_at")
    return dict.fromkeys((*nothing, "since", "ratio", "ratio_daily")) | {
        "clamped": 0,
        "doubt": [],
        "error_is_default": False,
    }


def _figures(
    connection: Connection,
    community: str,
    site: Place,
    gates: list[Device],
    hours: Hours,
    moment: Instant,
    at: Instant | None,
) -> dict[str, Any]:
    midnight = local_midnight(moment)
    today = _sum(people for (of, _, hour), people in hours.items() if of == site.code and hour >= midnight)
    hour = _sum(people for (of, _, begin), people in hours.items() if of == site.code and begin + HOUR > moment)
    found: dict[str, Any] = {"entered_today": round(today.entered), "left_today": round(today.left)}
    found |= {"entered_hour": round(hour.entered), "left_hour": round(hour.left)}
    baseline = community_of(community).visits_baseline
    if baseline is not None and baseline.site == site.code:
        year = passed.entered_this_year(connection, community, site.code, today.entered, moment, at)
        found["entered_year"] = year
        found["baseline"] = {"year": baseline.year, "visits": baseline.visits}
    return found


def _inside(people: float, entered: int, around: band.Band, may: capacity.Capacity) -> dict[str, Any]:
    ratio, daily = state.shares(round(people), entered, may)
    known = {"inside": round(people), "low": around.low, "high": around.high, "error_is_default": around.is_default}
    return known | {"ratio": ratio, "ratio_daily": daily}


def _level(record: dict[str, Any], kept: Any, is_closed: bool) -> dict[str, Any]:
    """The level as it was told; by the share alone where none was kept, or what it follows from is gone."""
    share = state.greater((record["ratio"], record["ratio_daily"]))
    code = kept.level if kept is not None and (share is not None or is_closed) else state.level_of(share, is_closed)
    row = levels.by_code().get(code) if code is not None else None
    since = kept.since // MILLISECOND if kept is not None and row is not None else None
    named = {"level": code, "level_name": row.name if row else None, "level_name_en": row.name_en if row else None}
    return named | {"level_mark": row.mark if row else "", "level_since": since}


def _closing(closed: closing.Closed | None) -> dict[str, Any] | None:
    return None if closed is None else {"since": closed.since // MILLISECOND, "reason": closed.reason}


def _sources(gates: list[Device], through: Mapping[str, Through]) -> list[dict[str, Any]]:
    """Where the people come from: real gates first (``source`` None), then each recording that is replayed.

    Each with how many gates it has and those who passed them since the people inside were last set: the site's figures
    are the sum of all of them.
    """
    of = {gate.id: gate.source or None for gate in gates}
    found: list[dict[str, Any]] = []
    for source in sorted(set(of.values()), key=lambda one: (one is not None, one or "")):
        own = [device for device in of if of[device] == source]
        passed_by = [through[device] for device in own if device in through]
        entered, left = (round(sum(one[way] for one in passed_by)) for way in (0, 1))
        found.append({"source": source, "gates": len(own), "entered": entered, "left": left})
    return found


def _times(gates: list[Device], heard: dict[str, Instant], last: Instant) -> dict[str, Any]:
    stale = max((gate.stale_at(heard[gate.id]) for gate in gates if gate.id in heard), default=last)
    return {"as_of": last // MILLISECOND, "stale_at": stale // MILLISECOND}


def _of_gates(gates: list[Device], through: Mapping[str, Through], heard: dict[str, Instant]) -> dict[str, Any]:
    return {
        gate.id: {
            "name": gate.name,
            "lon": gate.lon,
            "lat": gate.lat,
            "entered": round(through.get(gate.id, Through()).entered) if gate.id in heard else None,
            "stale_at": gate.stale_at(heard[gate.id]) // MILLISECOND if gate.id in heard else None,
        }
        for gate in gates
    }


def _by_hour(hours: Hours, site: str) -> list[list[int]]:
    """``[[epoch ms of the hour's start, entered, spread], ...]`` of the last day, oldest first."""
    sums: dict[Instant, Passed] = {}
    for (of, _, hour), people in hours.items():
        if of == site:
            sums[hour] = _sum((sums.get(hour, Passed()), people))
    return [[hour // MILLISECOND, round(one.entered), round(one.spread)] for hour, one in sorted(sums.items())]


def _sum(passed_by: Iterable[Passed]) -> Passed:
    total = Passed()
    for one in passed_by:
        total = Passed(total.entered + one.entered, total.left + one.left, total.spread + one.spread)
    return total
