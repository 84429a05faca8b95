"""Routes of the visitors."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from layers.problem import Problem
from layers.visitors import corrections, queries
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, instant_query
from store.engine import writing
from store.instant import MILLISECOND, format_rfc3339

PUBLIC = ("site", "name", "name_en", "inside", "entered_today", "left_today", "capacity", "ratio", "level")
DOUBTS = ("clamped", "doubt")


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
        """People inside each site and through its gates today; null where not configured or not measured."""
        found = queries.records(connection, community.code, None, at)
        return {"sites": [_public(record) for record in found.values()]}

    @routes.get("/visitors/flow")
    def flow(
        community: CommunityPath,
        connection: Reading,
        at: At,
        site: str,
        hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24,
    ) -> dict[str, Any]:
        """People who entered and left a site, by the hour, oldest first."""
        _check_site(community.code, site)
        rows = queries.flow(connection, community.code, site, hours, at)
        return {"site": site, "hours": [row | {"hour": format_rfc3339(row["hour"])} for row in rows]}

    _add_corrections(routes)
    return routes


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
        _check_site(community.code, site)
        return {"steps": corrections.listed(connection, community.code, site, state == "open", limit)}

    @routes.post("/visitors/{site}/decisions", status_code=201)
    def decide(body: Decision, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Let a step count, take it out, or leave it to the model again."""
        _check_site(community.code, site)
        ts = instant_query("ts", body.ts)
        reason = _said("reason", body.reason)
        assert ts is not None  # noqa: S101 - a text was given
        with writing(given.databases.of(community.code)) as connection:
            key = (body.device, body.counter, ts)
            decided = corrections.decide(connection, community.code, site, key, body.decision, reason, actor)
        _tell(given, community.code, site)
        return decided

    @routes.get("/visitors/{site}/counts")
    def counts(
        community: CommunityPath, site: str, connection: Reading, _actor: Manager, limit: Limit = 20
    ) -> dict[str, Any]:
        """How many people somebody counted inside, newest first."""
        _check_site(community.code, site)
        return {"counts": corrections.counts(connection, community.code, site, limit)}

    @routes.post("/visitors/{site}/count", status_code=201)
    def count(body: Count, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Set the people inside to what somebody counted; the gates go on from there."""
        _check_site(community.code, site)
        note = _said("note", body.note)
        with writing(given.databases.of(community.code)) as connection:
            counted = corrections.set_inside(connection, community.code, site, body.inside, note, actor)
        _tell(given, community.code, site)
        return counted


def _check_site(community: str, site: str) -> None:
    known = [place.code for place in queries.counted_sites(community)]
    if site not in known:
        raise Problem(404, "not found", f"no site {site!r}; there are: {', '.join(known)}")


def _said(name: str, text: str) -> str:
    """A reason as it is kept."""
    if not text.strip() or "\0" in text:
        raise Problem(400, "bad request", f"{name}: a text is needed that says why, without a NUL character")
    return text.strip()


def _tell(given: Given, community: str, site: str) -> None:
    """Bring the site to all screens."""
    with given.databases.of(community).connect() as connection:
        given.tell({community: {"visitors": dict(queries.records(connection, community, {site}))}})


def _public(record: dict[str, Any]) -> dict[str, Any]:
    as_of = record["as_of"]
    return {name: record[name] for name in PUBLIC + DOUBTS} | {
        "as_of": None if as_of is None else format_rfc3339(as_of * MILLISECOND)
    }
