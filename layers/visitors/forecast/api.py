"""The route of the forecast."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from layers.visitors import asked, capacity, queries
from layers.visitors.capacity import closing, levels, limits
from layers.visitors.forecast import ahead
from layers.visitors.forecast.made import Point, forecast
from layers.visitors.forecast.measure import MODEL, told
from layers.visitors.forecast.rules import rules
from layers.visitors.forecast.warning import DAILY, INSTANT, Ahead, warning
from layers.web import At, CommunityPath, Reading
from store.instant import Instant, format_rfc3339, now

CLOSED = "closed"
"""Why nothing is forecast: a row of forecast.toml."""


def add_routes(routes: APIRouter) -> None:
    """The routes below ``/visitors``."""

    @routes.get("/visitors/{site}/forecast")
    def ahead(community: CommunityPath, site: str, connection: Reading, at: At) -> dict[str, Any]:
        """People inside in the next 3 hours, with an interval, beside a baseline and the errors that were measured.

        ``model`` is the one with the smaller errors, null with the ``reason`` where nothing can be forecast.
        """
        asked.check_site(community.code, site)
        return answer(connection, community.code, site, at)


def answer(connection: Connection, community: str, site: str, at: Instant | None) -> dict[str, Any]:
    """A forecast as the API tells it."""
    made = forecast(connection, community, site, at)
    moment = made.at
    both = capacity.of(connection, community, site, at)
    may = both.instant
    # Whether it is closed may have changed since the forecast was made.
    closed = closing.closed_sites(connection, community, now() if at is None else at).get(site)
    shares = limits.of(connection, community, site, moment)
    measures = (
        Ahead(INSTANT, made.present, may, made.points),
        Ahead(DAILY, made.entered, both.daily, made.entering),
    )
    kind = rules().kind[made.kind]
    if closed:
        # Nobody comes into a site that is closed: what would be expected of the day holds no more.
        made = replace(made, model=None, reason=CLOSED, points=(), baseline=(), entering=())
    return {
        "site": site,
        "at": format_rfc3339(moment),
        "inside": round(made.present),
        "day": {"kind": made.kind, "name": kind.name, "name_en": kind.name_en},
        "days": made.days,
        **_named("model", made.model, rules().model),
        **_named("reason", made.reason, rules().reason),
        "least_days": rules().least_days,
        "past": [{"ts": format_rfc3339(ts), "inside": round(people)} for ts, people in made.past],
        "points": [_point(point) for point in made.points],
        "baseline": [_point(point) for point in made.baseline],
        "errors": None if made.measured is None else told(made.measured),
        "is_baseline_better": None if made.measured is None else made.measured.better != MODEL,
        "warning": None if closed else warning(measures, shares),
        "closing": closed and {"since": format_rfc3339(closed.since), "reason": closed.reason},
        "reset": None if (anew := ahead.reset(moment)) is None else format_rfc3339(anew),
        "entered_today": round(made.entered),
        "entering": [{"ts": format_rfc3339(point.ts), "mean": round(point.mean)} for point in made.entering],
        "capacity": may,
        "capacity_daily": both.daily,
        "levels": _levels(may, shares),
        "sources": _sources(connection, community, site, at),
    }


def _named(what: str, code: str | None, known: Any) -> dict[str, Any]:
    row = known[code] if code is not None else None
    return {what: code, f"{what}_name": row and row.name, f"{what}_name_en": row and row.name_en}


def _point(point: Point) -> dict[str, Any]:
    return {
        "ts": format_rfc3339(point.ts),
        "mean": round(point.mean),
        "low": round(point.low),
        "high": round(point.high),
    }


def _levels(may: int | None, shares: tuple[float, ...]) -> list[dict[str, Any]]:
    """With how many people each level begins; nothing where nobody configured a capacity."""
    if not may:
        return []
    rows = zip(levels.by_rank()[1:], shares[1:], strict=True)
    return [
        {"code": row.code, "name": row.name, "name_en": row.name_en, "mark": row.mark, "people": round(share * may)}
        for row, share in rows
    ]


def _sources(connection: Connection, community: str, site: str, at: Instant | None) -> list[str | None]:
    """Where the counts come from: None for real gates, which stand first, else the recording that is replayed."""
    found = {gate.source or None for gate in queries.gates_of(connection, community, site, at)}
    return sorted(found, key=lambda one: (one is not None, one or ""))
