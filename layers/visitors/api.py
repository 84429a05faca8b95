"""Routes of the visitors."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from layers.sources import Span
from layers.visitors import asked, corrections, counted, places, queries
from layers.visitors.capacity import api as capacity_api
from layers.visitors.comparison import comparison
from layers.visitors.festivals import api as festivals_api
from layers.visitors.forecast import api as forecast_api
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, Viewer, check_period, instant_query
from store.engine import writing
from store.instant import MILLISECOND, format_rfc3339, now

PUBLIC = ("site", "name", "name_en", "inside", "entered_today", "left_today", "capacity", "ratio", "level")
DOUBTS = ("clamped", "doubt", "low", "high", "error_is_default")
FURTHER = ("capacity_daily", "ratio_daily", "level_name", "level_name_en", "entered_hour", "left_hour", "sources")


class Decision(BaseModel):
    """What somebody decides over a step; ``open`` leaves it to the model again."""

    device: str = Field(max_length=64)
    counter: str = Field(max_length=64)
    ts: str = Field(max_length=40, description="RFC 3339, as the list tells it")
    decision: Literal["accepted", "taken_out", "open"]
    reason: str = Field(min_length=1, max_length=500)


class Count(BaseModel):
    """How many people somebody counted inside a site."""

    inside: int = Field(ge=0, le=1_000_000)
    note: str = Field(min_length=1, max_length=500)


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["visitors"])

    @routes.get("/visitors")
    def visitors(community: CommunityPath, connection: Reading, at: At) -> dict[str, Any]:
        """People inside each site and through its gates today; null where not configured or not measured.

        ``inside`` = ``base`` + ``entered`` - ``left`` + ``corrected`` of ``since``: since ``ts``, when it was last
        nought (04:00) or ``base`` was counted on the spot; ``corrected`` left and had not been seen to enter. Today
        begins at midnight. ``doubt`` says why a figure is doubtful, by which gates and since when.
        ``low`` and ``high`` are between how many and how many are inside, by what the gates err by. Beside who
        entered ``since`` stand those of the same hours of last week and of last year, and where there is a baseline
        the year so far. ``sources`` tells real gates (null) and replayed ones apart, ``closing`` since when the site
        is closed and why.
        """
        found = queries.records(connection, community.code, None, at)
        moment = now() if at is None else at
        beside = {
            site: comparison(connection, community.code, site, moment, _since(record)) for site, record in found.items()
        }
        return {"sites": [_public(record) | beside[site] for site, record in found.items()]}

    @routes.get("/visitors/flow")
    def flow(
        community: CommunityPath,
        connection: Reading,
        at: At,
        site: str,
        hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24,
    ) -> dict[str, Any]:
        """People who entered and left a site, by the hour, oldest first."""
        asked.check_site(community.code, site)
        rows = queries.flow(connection, community.code, site, hours, at)
        return {"site": site, "hours": [row | {"hour": format_rfc3339(row["hour"])} for row in rows]}

    @routes.get("/visitors/days")
    def days(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        at: At,
        site: str,
        from_: Annotated[str, Query(alias="from", description="RFC 3339")],
        to: Annotated[str, Query(description="RFC 3339")],
    ) -> dict[str, Any]:
        """People who entered and left a site, by the day in Asia/Shanghai, oldest first."""
        asked.check_site(community.code, site)
        span = Span(instant_query("from", from_) or 0, instant_query("to", to) or 0)
        check_period(span.since, span.until, viewer)
        return {"site": site, "days": counted.days(connection, community.code, site, span, at)}

    @routes.get("/visitors/{site}/facts")
    def facts(community: CommunityPath, site: str, connection: Reading, at: At) -> dict[str, Any]:
        """What happens at a site when, the noise that is allowed there now (GB 3096-2008), and the newest heard."""
        asked.check_site(community.code, site)
        return places.facts(connection, community.code, site, at)

    _add_corrections(routes)
    capacity_api.add_routes(routes)
    forecast_api.add_routes(routes)
    festivals_api.add_routes(routes)
    return routes


def _since(record: dict[str, Any]) -> int | None:
    """Since when people are counted that a screen shows as those of today."""
    return None if record["since"] is None else record["since"]["ts"] * MILLISECOND


def _add_corrections(routes: APIRouter) -> None:
    @routes.get("/visitors/{site}/steps")
    def steps(
        community: CommunityPath,
        site: str,
        connection: Reading,
        _actor: Manager,
        state: Literal["open", "all"] = "open",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Steps of the site's counters that await a decision; ``all``: every one that is doubtful or decided over."""
        asked.check_site(community.code, site)
        return {"steps": corrections.listed(connection, community.code, site, state == "open", limit)}

    @routes.post("/visitors/{site}/decisions", status_code=201)
    def decide(body: Decision, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Let a step count, take it out, or leave it to the model again."""
        asked.check_site(community.code, site)
        ts = instant_query("ts", body.ts)
        reason = asked.said("reason", body.reason)
        assert ts is not None  # noqa: S101 - a text was given
        with writing(given.databases.of(community.code)) as connection:
            key = (body.device, body.counter, ts)
            decided = corrections.decide(connection, community.code, site, key, body.decision, reason, actor)
        asked.tell(given, community.code, site)
        return decided

    @routes.get("/visitors/{site}/counts")
    def counts(
        community: CommunityPath, site: str, connection: Reading, _actor: Manager, limit: Limit = 20
    ) -> dict[str, Any]:
        """How many people somebody counted inside, newest first."""
        asked.check_site(community.code, site)
        return {"counts": corrections.counts(connection, community.code, site, limit)}

    @routes.post("/visitors/{site}/count", status_code=201)
    def count(body: Count, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Set the people inside to what somebody counted; the gates go on from there."""
        asked.check_site(community.code, site)
        note = asked.said("note", body.note)
        with writing(given.databases.of(community.code)) as connection:
            counted = corrections.set_inside(connection, community.code, site, body.inside, note, actor)
        asked.tell(given, community.code, site)
        return counted


def _public(record: dict[str, Any]) -> dict[str, Any]:
    told = {name: record[name] for name in PUBLIC + DOUBTS + FURTHER}
    told |= {name: _time(record[name]) for name in ("as_of", "level_since")}
    since, closing = record["since"], record["closing"]
    told["since"] = since and since | {"ts": _time(since["ts"])}
    told["doubt"] = [one | {"since": _time(one["since"])} for one in record["doubt"]]
    told["closing"] = closing and closing | {"since": _time(closing["since"])}
    return told | {"entered_year": record.get("entered_year"), "baseline": record.get("baseline")}


def _time(ms: int | None) -> str | None:
    return None if ms is None else format_rfc3339(ms * MILLISECOND)
