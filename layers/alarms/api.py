"""Routes of the alarms: the list, what is done with them, the duty roster."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from layers.alarms import duties, figures, life, operating, queries, rules_api
from layers.alarms.operating import AT_ONCE, Deed
from layers.alarms.queries import TALLY, Wanted
from layers.alarms.rules import PRIORITIES
from layers.people import sees_people
from layers.problem import Problem
from layers.roles import Actor
from layers.texts import words
from layers.web import (
    At,
    CommunityPath,
    Given,
    Limit,
    Reading,
    Services,
    Viewer,
    WriteActor,
    check_codes,
    check_period,
    cursor_after,
    instant_query,
    place_of,
)
from store.engine import writing
from store.instant import DAY, Instant, format_rfc3339, now

OPEN = "open"
"""What may be asked for beside a state: all that are not over."""
EVENTS = {
    "acknowledge": "acknowledge",
    "reset": "reset",
    "unshelve": "unshelve",
    "out-of-service": "take_out",
    "in-service": "put_back",
}
"""Last part of the address -> event of life.toml."""


class Said(BaseModel):
    """What somebody says with what they do."""

    note: str = Field("", max_length=500)
    reason: str = Field("", max_length=500)


class Shelving(BaseModel):
    """Until when nobody wants to hear of an alarm, and why."""

    until: str = Field(max_length=40, description="RFC 3339, within 30 days")
    reason: str = Field(min_length=1, max_length=500)


class Chosen(BaseModel):
    """Several alarms: by id, or all of a flood or of a cause with which it can be done."""

    ids: list[str] | None = Field(None, max_length=AT_ONCE)
    flood: int | None = None
    cause: str | None = Field(None, max_length=160)
    before: str | None = Field(None, max_length=40, description="RFC 3339: those only that had come by then")
    note: str = Field("", max_length=500)


class ChosenShelving(Chosen):
    """Several alarms to be shelved."""

    until: str = Field(max_length=40)
    reason: str = Field(min_length=1, max_length=500)


class Duty(BaseModel):
    """Who answers for alarms, from when to when."""

    person: str = Field(min_length=1, max_length=80, description="the name of an account")
    from_: str = Field(alias="from", max_length=40)
    to: str = Field(max_length=40)


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["alarms"])
    routes.get("/alarms")(alarms)
    routes.get("/alarms/figures")(period_figures)
    routes.get("/alarms/{alarm}")(one)
    routes.post("/alarms/acknowledge")(acknowledge_all)
    routes.post("/alarms/shelve")(shelve_all)
    routes.post("/alarms/{alarm}/shelve")(shelve)
    for way in EVENTS:
        routes.post(f"/alarms/{{alarm}}/{way}", name=way)(_doing(EVENTS[way]))
    routes.get("/duty")(roster)
    routes.post("/duty", status_code=201)(put_on)
    routes.post("/duty/{number}/remove")(take_off)
    rules_api.add(routes)
    return routes


def alarms(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    at: At,
    state: Annotated[list[str] | None, Query(description="states, or open for all that are not over")] = None,
    priority: Annotated[list[str] | None, Query()] = None,
    rule: Annotated[str | None, Query(max_length=64)] = None,
    device: Annotated[str | None, Query(max_length=64)] = None,
    cause: Annotated[str | None, Query(max_length=160)] = None,
    flood: Annotated[int | None, Query()] = None,
    from_: Annotated[str | None, Query(alias="from", description="raised from then on")] = None,
    to: Annotated[str | None, Query(description="raised before then")] = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
) -> dict[str, Any]:
    """Alarms, the newest first, and the counts over all that are open."""
    states = list(state or ())
    check_codes("state", states, [*life.life().states, OPEN])
    check_codes("priority", priority or (), PRIORITIES)
    wanted = Wanted(
        states=[one for one in states if one != OPEN],
        priorities=priority or (),
        rule=rule,
        device=device,
        cause=cause,
        flood=flood,
        since=instant_query("from", from_),
        until=instant_query("to", to),
        is_open=OPEN in states,
    )
    rows = queries.find(connection, community.code, wanted, at=at, before=place_of(cursor), limit=limit)
    more = cursor_after(rows[-1].raised, rows[-1].id) if len(rows) == limit else None
    found = [_for(viewer, community.code, one) for one in queries.told(connection, community.code, rows, at)]
    return {"alarms": found, "tally": queries.tally(connection, community.code, at), "next_cursor": more}


def one(community: CommunityPath, connection: Reading, alarm: str, at: At) -> dict[str, Any]:
    """One alarm with all its steps."""
    return _whole(connection, community.code, alarm, at)


def period_figures(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    at: At,
    from_: Annotated[str | None, Query(alias="from", description="RFC 3339; left out: seven days ago")] = None,
    to: Annotated[str | None, Query(description="RFC 3339; left out: now")] = None,
) -> dict[str, Any]:
    """How good the alarms of a period were, by the figures of ISA-18.2 and EEMUA 191, with their targets."""
    present = now() if at is None else at
    until = min(instant_query("to", to) or present, present)
    since = instant_query("from", from_)
    since = until - 7 * DAY if since is None else since
    check_period(since, until, viewer)
    return figures.figures(connection, community.code, since, until)


def acknowledge_all(community: CommunityPath, given: Given, actor: WriteActor, chosen: Chosen) -> dict[str, Any]:
    """Acknowledge several alarms, those of a flood, or those of one cause; all or none."""
    return _do_all(given, community.code, chosen, Deed(event="acknowledge", note=words(chosen.note)), actor)


def shelve_all(community: CommunityPath, given: Given, actor: WriteActor, chosen: ChosenShelving) -> dict[str, Any]:
    """Shelve several alarms, those of a flood, or those of one cause; all or none."""
    deed = Deed(event="shelve", note=words(chosen.reason), until=instant_query("until", chosen.until))
    return _do_all(given, community.code, chosen, deed, actor)


def shelve(community: CommunityPath, given: Given, actor: WriteActor, alarm: str, asked: Shelving) -> dict[str, Any]:
    """Put an alarm aside until a time, with a reason; it comes back by itself."""
    deed = Deed(event="shelve", note=words(asked.reason), until=instant_query("until", asked.until))
    return _do(given, community.code, alarm, deed, actor)


def _doing(event: str) -> Any:
    def do(
        community: CommunityPath, given: Given, actor: WriteActor, alarm: str, said: Said | None = None
    ) -> dict[str, Any]:
        note = "" if said is None else words(said.note or said.reason)
        return _do(given, community.code, alarm, Deed(event=event, note=note), actor)

    do.__doc__ = f"{life.life().events[event].name_en.capitalize()}: an alarm, with a note."
    return do


def roster(
    community: CommunityPath,
    connection: Reading,
    at: At,
    from_: Annotated[str | None, Query(alias="from", description="RFC 3339; left out: now")] = None,
    to: Annotated[str | None, Query(description="RFC 3339; left out: a month later")] = None,
) -> dict[str, Any]:
    """Who is on duty now, and the roster of a period."""
    present = now() if at is None else at
    since = instant_query("from", from_)
    since = present if since is None else since
    until = instant_query("to", to) or since + 31 * DAY
    rows = duties.listed(connection, community.code, since, until, present)
    found = [
        {
            "id": row.id,
            "person": row.person,
            "from": format_rfc3339(row.begins),
            "to": format_rfc3339(row.ends),
            "by": row.actor,
        }
        for row in rows
    ]
    return {"now": duties.on_duty(connection, community.code, present), "duty": found}


def put_on(community: CommunityPath, given: Given, actor: WriteActor, asked: Duty) -> dict[str, Any]:
    """Put an account on the duty roster."""
    staff = given.staff(community.code)
    if asked.person not in staff:
        raise Problem(400, "bad request", f"person: {asked.person!r} is no account of {community.code!r}")
    begins, ends = instant_query("from", asked.from_) or 0, instant_query("to", asked.to) or 0
    with writing(given.databases.of(community.code)) as connection:
        return {"id": duties.add(connection, community.code, asked.person, begins, ends, actor)}


def take_off(community: CommunityPath, given: Given, actor: WriteActor, number: int) -> dict[str, Any]:
    """Take a row off the duty roster."""
    with writing(given.databases.of(community.code)) as connection:
        duties.remove(connection, community.code, number, actor)
    return {"id": number, "removed": True}


def _do(given: Services, community: str, alarm: str, deed: Deed, actor: Actor) -> dict[str, Any]:
    engine = given.databases.of(community)
    with writing(engine) as connection:
        operating.do(connection, community, [alarm], deed, actor, now())
    _tell(given, community, {alarm})
    with engine.connect() as connection:
        return _whole(connection, community, alarm, None)


def _do_all(given: Services, community: str, chosen: Chosen, deed: Deed, actor: Actor) -> dict[str, Any]:
    if sum(one is not None for one in (chosen.ids, chosen.flood, chosen.cause)) != 1:
        raise Problem(400, "bad request", "one of ids, flood and cause says which alarms are meant")
    at: Instant = now()
    with writing(given.databases.of(community)) as connection:
        ids = chosen.ids
        if ids is None:
            before = instant_query("before", chosen.before)
            ids = operating.ids_of(connection, community, deed.event, chosen.flood, chosen.cause, before)
        if ids:
            operating.do(connection, community, ids, deed, actor, at)
    _tell(given, community, set(ids))
    return {"count": len(ids), "ids": ids, "more": chosen.ids is None and len(ids) == AT_ONCE}


def _tell(given: Services, community: str, ids: Collection[str]) -> None:
    with given.databases.of(community).connect() as connection:
        changed = queries.records(connection, community, {*ids, TALLY})
    given.tell({community: {"alarms": dict(changed)}})


def _whole(connection: Any, community: str, alarm: str, at: Instant | None) -> dict[str, Any]:
    row = queries.one(connection, community, alarm, at)
    if row is None:
        raise Problem(404, "not found", f"no alarm {alarm!r} in {community!r}")
    [found] = queries.told(connection, community, [row], at)
    return found | {"steps": queries.steps(connection, alarm, at)}


def _for(viewer: Actor | None, community: str, told: dict[str, Any]) -> dict[str, Any]:
    """As a viewer may see it: who acknowledged it only for those who work there."""
    return told if sees_people(viewer, community) else told | {"by": None, "reason": None}
