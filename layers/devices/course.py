"""The course of one metric of a device over a span, as a chart draws it: in steps whose number no history raises."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from layers.devices.commands import find_device
from layers.problem import Problem
from layers.web import At, CommunityPath, Reading, Viewer, check_period, instant_query
from sensors.metrics import unit_of
from sensors.readings import history
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, now

SINGLE_SPAN: Instant = 26 * HOUR
"""Up to it each reading is a point, while there are no more than `MOST_SINGLE`; else minutes are."""
HOURS_SPAN: Instant = 62 * DAY
"""Up to it hours are points, beyond it days."""
MOST_SINGLE = 5_000
MOST_STEPS = 2_000
SUSPECT_SPAN: Instant = 32 * DAY
"""Up to it suspect readings are marked beside the steps, the newest of them: each is looked for among all readings."""
MOST_SUSPECT = 500


def add_routes(routes: APIRouter) -> None:
    """Add the route."""
    routes.get("/devices/{device}/course")(course)


def course(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    device: str,
    at: At,
    metric: Annotated[str, Query(max_length=64)],
    from_: Annotated[str, Query(alias="from", description="RFC 3339")],
    to: Annotated[str | None, Query(description="RFC 3339; now if left out")] = None,
) -> dict[str, Any]:
    """One metric over a span, oldest first: ``points`` of [epoch ms, value] or, where ``every`` seconds are one,
    [epoch ms, mean, min, max, count]; ``suspect`` readings are in none of them; null: none were looked for.
    """
    find_device(connection, community.code, device)
    moment = at or now()
    since, until = instant_query("from", from_) or 0, min(instant_query("to", to) or moment, moment)
    if since >= until:
        raise Problem(400, "bad parameter", "from, to: nothing lies between them yet")
    check_period(since, until, viewer)
    # A device's clock may run ahead: what it says of "now" is shown.
    last = until + DAY if at is None and until + MINUTE >= moment else until
    every, points = _points(connection, device, metric, (since, until, last), at)
    return {
        "device": device,
        "metric": metric,
        "unit": unit_of(metric),
        "every": None if every is None else every // SECOND,
        "points": points,
        "suspect": _suspect(connection, device, metric, since, last) if until - since <= SUSPECT_SPAN else None,
    }


def _points(
    connection: Connection, device: str, metric: str, span: tuple[Instant, Instant, Instant], at: Instant | None
) -> tuple[Instant | None, list[list[float]]]:
    since, until, last = span
    if until - since <= SINGLE_SPAN:
        found = history.history(connection, device, metric, since, last, MOST_SINGLE + 1)
        if len(found) <= MOST_SINGLE:
            sound = (one for one in reversed(found) if one.quality != "suspect" and not isinstance(one.value, str))
            return None, [[one.ts / MILLISECOND, float(one.value)] for one in sound]
    every = MINUTE if until - since <= SINGLE_SPAN else HOUR if until - since <= HOURS_SPAN else DAY
    rows = history.aggregate(connection, device, metric, since, until, every, MOST_STEPS)
    # A step that was not over yet holds what came later.
    whole = (row for row in reversed(rows) if at is None or row.ts + every <= at)
    return every, [[row.ts / MILLISECOND, row.mean, row.low, row.high, row.count] for row in whole]


def _suspect(connection: Connection, device: str, metric: str, since: Instant, until: Instant) -> list[list[float]]:
    found = history.suspect(connection, device, metric, since, until, MOST_SUSPECT)
    return [[one.ts / MILLISECOND, float(one.value)] for one in reversed(found) if not isinstance(one.value, str)]
