"""Routes of the capacity: its versions, the level's log, closing a site, the law's checklist, what gates err by."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from layers.people import sees_people
from layers.problem import Problem
from layers.roles import Actor
from layers.visitors import asked, errors, queries, sums
from layers.visitors.capacity import closing, duties, lbt034, state, versions
from layers.visitors.capacity.versions import Entered
from layers.visitors.steps import alone
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, Viewer, instant_query
from store import audit, revision
from store.engine import writing
from store.instant import Instant, now, parse_local

MOST = 10_000_000
"""People; far beyond any site, so that a slip of the finger is refused."""
AREA = ("area_m2", "m2_per_person", "turnover")


class NewCapacity(BaseModel):
    """How many a site may hold: entered, or by LB/T 034-2014 from effective area, area a person and turnover."""

    instant: int | None = Field(default=None, ge=1, le=MOST, description="people at one moment")
    daily: int | None = Field(default=None, ge=1, le=MOST, description="people in a day")
    area_m2: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    m2_per_person: float | None = Field(default=None, gt=0, le=1e6, allow_inf_nan=False)
    turnover: float | None = Field(default=None, gt=0, le=100, allow_inf_nan=False, description="times a day")
    from_: str | None = Field(default=None, alias="from", max_length=40, description="a day, or RFC 3339; none: now")


class Closing(BaseModel):
    """Whether nobody is let in, and why."""

    closed: bool
    reason: str = Field(min_length=1, max_length=500)


class Seen(BaseModel):
    """A duty that somebody saw to; ``done`` false: it was not done after all. No occurrence: the present, or last."""

    duty: str = Field(max_length=64)
    note: str = Field(min_length=1, max_length=500)
    done: bool = True
    occurrence: str | None = Field(default=None, max_length=40)


class NewError(BaseModel):
    """What a gate errs by, in percent of those who pass (expanded uncertainty), and how that was found."""

    device: str = Field(max_length=64)
    percent: float = Field(ge=0, le=100, allow_inf_nan=False)
    how: str = Field(min_length=1, max_length=500)
    from_: str | None = Field(default=None, alias="from", max_length=40)


def add_routes(routes: APIRouter) -> None:
    """Add them to those of the layer."""
    _add_capacity(routes)
    _add_levels(routes)
    _add_duties(routes)
    _add_errors(routes)


def _add_capacity(routes: APIRouter) -> None:
    @routes.get("/visitors/{site}/capacity")
    def capacity(
        community: CommunityPath, site: str, connection: Reading, viewer: Viewer, at: At, limit: Limit = 50
    ) -> dict[str, Any]:
        """What a site may hold now, or then, and every version with the day from which it counts."""
        asked.check_site(community.code, site)
        counts = versions.of(connection, community.code, site, at)
        found = [
            _unsigned(row, viewer, community.code)
            for row in versions.listed(connection, community.code, site, at, limit)
        ]
        return {"site": site, "instant": counts.instant, "daily": counts.daily, "versions": found}

    @routes.post("/visitors/{site}/capacity", status_code=201)
    def set_capacity(
        body: NewCapacity, community: CommunityPath, site: str, given: Given, actor: Manager
    ) -> dict[str, Any]:
        """Enter what a site may hold from a day on, or from what that follows (LB/T 034-2014)."""
        new = _entered(body)

        def change(connection: Connection) -> tuple[str, dict[str, Any], dict[str, Any]]:
            kept = versions.add(connection, community.code, site, new, actor.label)
            told = {name: kept[name] for name in ("instant", "daily", "from", "basis")}
            return "visitors.capacity", told, kept

        return {"site": site} | _change(given, community.code, site, actor, change)


def _add_levels(routes: APIRouter) -> None:
    @routes.get("/visitors/{site}/levels")
    def level_log(
        community: CommunityPath,
        site: str,
        connection: Reading,
        at: At,
        limit: Limit = 50,
        cursor: Annotated[int | None, Query(ge=1)] = None,
    ) -> dict[str, Any]:
        """Every change of the site's level, newest first: from, to, when, who many inside, of how many."""
        asked.check_site(community.code, site)
        found = state.log(connection, community.code, site, at, limit, cursor)
        return {"changes": found, "cursor": str(found[-1]["id"]) if len(found) == limit else None}

    @routes.get("/visitors/{site}/closing")
    def closings(
        community: CommunityPath, site: str, connection: Reading, viewer: Viewer, at: At, limit: Limit = 20
    ) -> dict[str, Any]:
        """When the site was closed and opened, newest first."""
        asked.check_site(community.code, site)
        rows = closing.listed(connection, community.code, site, at, limit)
        return {
            "closed": bool(rows) and rows[0]["closed"],
            "words": [_unsigned(row, viewer, community.code) for row in rows],
        }

    @routes.post("/visitors/{site}/closing", status_code=201)
    def close(body: Closing, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Close a site, so that its level is "closed" whatever its share, or open it again."""
        reason = asked.said("reason", body.reason)

        def change(connection: Connection) -> tuple[str, dict[str, Any], dict[str, Any]]:
            kept = closing.keep(connection, community.code, site, body.closed, reason, actor.label, now())
            return "visitors.closing", {"closed": body.closed, "reason": reason}, kept

        return {"site": site} | _change(given, community.code, site, actor, change)


def _add_duties(routes: APIRouter) -> None:
    @routes.get("/visitors/{site}/duties")
    def checklist(
        community: CommunityPath,
        site: str,
        connection: Reading,
        at: At,
        occurrence: Annotated[str | None, Query(description="RFC 3339, as the level's log tells it")] = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """What the Tourism Law, article 45, asks at the site now, what of it was done, and the log of it."""
        asked.check_site(community.code, site)
        which = instant_query("occurrence", occurrence)
        found = duties.checklist(connection, community.code, site, at, which)
        return {"site": site} | found | {"log": duties.log(connection, community.code, site, at, limit)}

    @routes.post("/visitors/{site}/duties", status_code=201)
    def see_to(body: Seen, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Note that a duty was seen to, by whom, when and how."""
        note = asked.said("note", body.note)
        which = instant_query("occurrence", body.occurrence)
        asked.check_site(community.code, site)
        with writing(given.databases.of(community.code)) as connection:
            duties.see_to(connection, community.code, site, body.duty, which, body.done, note, actor.label)
            told = {"duty": body.duty, "done": body.done, "note": note}
            audit.record(connection, actor.label, "visitors.duty", f"{community.code}/{site}", told)
            return {"site": site} | duties.checklist(connection, community.code, site, None, which)


def _add_errors(routes: APIRouter) -> None:
    @routes.get("/visitors/{site}/errors")
    def gate_errors(community: CommunityPath, site: str, connection: Reading, viewer: Viewer, at: At) -> dict[str, Any]:
        """What each gate of the site errs by, in percent, and how that was found; the default is said to be one."""
        asked.check_site(community.code, site)
        gates = queries.gates_of(connection, community.code, site, at)
        found = errors.listed(connection, community.code, [(gate.id, gate.name) for gate in gates], at)
        return {"gates": [_unsigned(row, viewer, community.code) for row in found]}

    @routes.post("/visitors/{site}/errors", status_code=201)
    def set_error(body: NewError, community: CommunityPath, site: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Enter what a gate errs by from a moment on."""
        how, since = asked.said("how", body.how), _since(body.from_)

        def change(connection: Connection) -> tuple[str, dict[str, Any], dict[str, Any]]:
            if body.device not in [gate.id for gate in queries.gates_of(connection, community.code, site, None)]:
                raise Problem(404, "not found", f"site {site!r} has no gate {body.device!r}")
            kept = errors.add(connection, community.code, body.device, body.percent, since, how, actor.label)
            return "visitors.error", {name: kept[name] for name in ("device", "percent", "from", "how")}, kept

        return _change(given, community.code, site, actor, change)


def _change(
    given: Given,
    community: str,
    site: str,
    actor: Actor,
    change: Callable[[Connection], tuple[str, dict[str, Any], dict[str, Any]]],
) -> dict[str, Any]:
    """Change what a level follows from, with its row in the audit trail, and tell the screens.

    ``change`` answers the action, what the trail tells of it, and what the route answers.
    """
    asked.check_site(community, site)
    with writing(given.databases.of(community)) as connection:
        alone(connection, {community})
        revision.bump(connection, sums.REVISION)
        action, told, answer = change(connection)
        state.follow_by_hand(connection, community, site, now())
        audit.record(connection, actor.label, action, f"{community}/{site}", told)
    asked.tell(given, community, site)
    return answer


def _entered(body: NewCapacity) -> Entered:
    since = _since(body.from_)
    area = [getattr(body, name) for name in AREA]
    if all(value is None for value in area):
        if body.instant is None:
            raise Problem(400, "bad request", "instant: say how many at one moment, or area_m2 and m2_per_person")
        return Entered(instant=body.instant, daily=body.daily, since=since)
    if body.instant is not None or body.daily is not None:
        raise Problem(400, "bad request", "instant, daily: enter these or the area, not both")
    if body.area_m2 is None or body.m2_per_person is None:
        raise Problem(400, "bad request", "area_m2, m2_per_person: both are needed")
    instant = lbt034.instant(body.area_m2, body.m2_per_person)
    turnover = body.turnover
    daily = None if turnover is None else lbt034.daily(body.area_m2, body.m2_per_person, turnover)
    if not 1 <= instant <= MOST or (daily is not None and not 1 <= daily <= MOST):
        raise Problem(400, "bad request", f"area_m2, m2_per_person: these give {instant} people at one moment")
    of = {"area_m2": body.area_m2, "m2_per_person": body.m2_per_person, "turnover": turnover}
    return Entered(instant=instant, daily=daily, since=since, **of)


def _since(text: str | None) -> Instant:
    if text is None:
        return now()
    try:
        found = parse_local(text)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "bad request", f"from: {error}") from None
    if found < 0:
        raise Problem(400, "bad request", "from: before 1970 nothing was counted")
    return found


def _unsigned(row: dict[str, Any], viewer: Actor | None, community: str) -> dict[str, Any]:
    """Who did it is for those who work there to know."""
    if sees_people(viewer, community):
        return row
    return {name: value for name, value in row.items() if name != "by"}
