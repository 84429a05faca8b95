"""Routes of the devices."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from layers.devices import commands, course, queries, registering, words
from layers.problem import Problem
from layers.web import At, CommunityPath, Limit, Reading, Viewer, check_period, feature, instant_query, point
from sensors.devices.registry import Device
from sensors.intake.state import Status
from sensors.metrics import metrics, unit_of
from sensors.quality import SUSPECT
from sensors.readings import history, spans
from store.instant import DAY, SECOND, Instant, day_of, format_rfc3339, now

STEP = re.compile(r"(\d{1,6})(s|m|h|d)")
STEP_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["devices"])

    @routes.get("/devices")
    def devices(
        community: CommunityPath,
        connection: Reading,
        at: At,
        kind: Annotated[str | None, Query(max_length=40, description="only those of this kind")] = None,
        status: Annotated[
            Literal["online", "stale", "offline", "suspect"] | None,
            Query(description="suspect: of those that are online, what says something that is in doubt"),
        ] = None,
        area: Annotated[str | None, Query(max_length=64, description="only those in this area")] = None,
        q: Annotated[str | None, Query(max_length=100, description="only those whose name or id has it")] = None,
    ) -> dict[str, Any]:
        """The devices as GeoJSON, each with its status, when it was last heard, and its newest readings."""
        known = queries.states(connection, community.code, None, at)
        features = [_feature(one, at) for one in known if _is_asked(one.device, kind, area, q)]
        if status is not None:
            features = [one for one in features if _stands(one["properties"], status)]
        return {"type": "FeatureCollection", "features": features}

    @routes.get("/readings/devices")
    def by_device(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        at: At,
        metric: Annotated[str, Query(max_length=64)],
        from_: Annotated[str, Query(alias="from", description="RFC 3339")],
        to: Annotated[str, Query(description="RFC 3339")],
    ) -> dict[str, Any]:
        """What each device measured in whole days in Asia/Shanghai: its mean, of how many values, and how far its
        counter moved on. Where a real device measures in an area, replayed ones are left out.
        """
        if metric not in metrics():
            raise Problem(400, "bad parameter", f"metric {metric!r} is not one of {', '.join(metrics())}")
        since, until = day_of(instant_query("from", from_) or 0), day_of(instant_query("to", to) or 0)
        check_period(since, until, viewer)
        found = spans.of_devices(connection, community.code, metric, [(since, until)], at)
        return {"metric": metric, "unit": unit_of(metric), "devices": [_of_device(one) for one in found]}

    @routes.get("/devices/{device}")
    def device(community: CommunityPath, connection: Reading, device: str, at: At) -> dict[str, Any]:
        """One device as a GeoJSON feature."""
        return _feature(_one(connection, community.code, device, at), at)

    @routes.get("/devices/{device}/readings")
    def device_readings(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        device: str,
        metric: str,
        from_: Annotated[str | None, Query(alias="from", description="RFC 3339; 24 h ago if left out")] = None,
        to: Annotated[str | None, Query(description="RFC 3339; now if left out")] = None,
        every: Annotated[str | None, Query(description="a step such as 5m, 1h, 1d: mean, min, max and count")] = None,
        limit: Limit = 1000,
        cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
    ) -> dict[str, Any]:
        """Readings of one metric, newest first; with ``every`` their aggregates by step, from the epoch in UTC."""
        _one(connection, community.code, device, None)
        # A device's clock may run ahead by a day at most; its readings belong to "now" too.
        until = instant_query("to", to) or now() + DAY
        since = instant_query("from", from_)
        if since is None:
            since = min(until, now()) - DAY
        before = instant_query("cursor", cursor)
        if before is not None:
            until = min(until, before - 1)
        answer: dict[str, Any] = {"device": device, "metric": metric, "unit": unit_of(metric)}
        if every is None:
            found = history.history(connection, device, metric, since, until, limit)
            rows: list[dict[str, Any]] = [
                {"ts": format_rfc3339(r.ts), "value": r.value, "quality": r.quality} for r in found
            ]
        else:
            check_period(since, until, viewer)
            steps = history.aggregate(connection, device, metric, since, until, _step(every), limit)
            rows = [
                {"ts": format_rfc3339(r.ts), "mean": r.mean, "min": r.low, "max": r.high, "count": r.count}
                for r in steps
            ]
        return answer | {"readings": rows, "next_cursor": rows[-1]["ts"] if len(rows) == limit else None}

    for part in (commands, course, registering, words):
        part.add_routes(routes)
    return routes


def _of_device(one: spans.Sum) -> dict[str, Any]:
    mean = one.total / one.n if one.n else None
    told = {"device": one.device, "area": one.area, "mean": mean, "n": one.n, "moved": one.moved}
    return told | {"replayed": one.source is not None}


def _stands(told: dict[str, Any], status: str) -> bool:
    if status != SUSPECT:
        return bool(told["status"] == status)
    return told["status"] == Status.ONLINE and any(one["quality"] == SUSPECT for one in told["latest"].values())


def _is_asked(device: Device, kind: str | None, area: str | None, q: str | None) -> bool:
    said = f"{device.id}\n{device.name or ''}".lower()
    return (
        (kind is None or device.kind == kind)
        and (area is None or device.area == area)
        and all(word in said for word in (q or "").lower().split())
    )


def _feature(known: queries.Known, at: Instant | None) -> dict[str, Any]:
    place = point(known.device.lon, known.device.lat)
    return feature(place, queries.properties(known, at or now()), known.device.id)


def _one(connection: Reading, community: str, device: str, at: Instant | None) -> queries.Known:
    found = queries.states(connection, community, {device}, at)
    if not found:
        raise Problem(404, "not found", f"no device {device!r} in {community!r}")
    return found[0]


def _step(text: str) -> Instant:
    match = STEP.fullmatch(text)
    step = int(match[1]) * STEP_SECONDS[match[2]] * SECOND if match else 0
    if step <= 0:
        raise Problem(400, "bad parameter", f"every {text!r} is not a step such as 30s, 5m, 1h or 1d")
    return step
