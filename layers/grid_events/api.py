"""Routes of the grid events."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from layers.grid_events import queries, write
from layers.grid_events.report import read
from layers.grid_events.rules import states
from layers.problem import Problem
from layers.web import (
    At,
    CommunityPath,
    Given,
    Limit,
    Reading,
    Services,
    WriteActor,
    bounded_body,
    feature,
    instant_query,
    point,
)
from sensors.jsonin import MAX_BYTES
from sensors.refusal import Refused
from store.engine import writing
from store.instant import format_rfc3339, now


class NewEvent(BaseModel):
    """A report, as the MQTT ``event`` payload; for the API's description, the checks are those of MQTT."""

    id: str = Field(max_length=128, description="the reporter's own id; the same id is the same event")
    category: str = "other"
    severity: Literal["minor", "major", "critical"] = "minor"
    title: str = Field(max_length=200)
    detail: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: Literal["WGS84", "CGCS2000", "GCJ02"] = "WGS84"
    ts: int | str | None = Field(None, description="epoch milliseconds or RFC 3339")


class Step(BaseModel):
    """A transition that is asked for."""

    to: str = Field(max_length=16)
    note: str = Field("", max_length=2000)


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["grid events"])
    routes.get("/events")(events)
    routes.get("/events/{event}")(event)
    body = {
        "requestBody": {
            "content": {"application/json": {"schema": NewEvent.model_json_schema()}},
            "required": True,
        }
    }
    routes.post("/events", status_code=201, openapi_extra=body)(report)
    routes.post("/events/{event}/transitions", status_code=201)(transition)
    return routes


def events(
    community: CommunityPath,
    connection: Reading,
    at: At,
    state: Annotated[list[str] | None, Query(description="one or more states")] = None,
    category: Annotated[str | None, Query(description="a category, or the first part of several")] = None,
    area: str | None = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
) -> dict[str, Any]:
    """Grid events as GeoJSON, newest first."""
    for code in state or ():
        if code not in states():
            raise Problem(400, "bad parameter", f"state {code!r} is not one of {', '.join(states())}")
    before = None
    if cursor is not None:
        when, _, last = cursor.partition("~")
        before = (instant_query("cursor", when) or 0, last)
    rows = queries.find(
        connection,
        community.code,
        at=at,
        state=state or [],
        category=category,
        area=area,
        since=instant_query("from", from_),
        until=instant_query("to", to),
        before=before,
        limit=limit,
    )
    more = f"{format_rfc3339(rows[-1].occurred)}~{rows[-1].id}" if len(rows) == limit else None
    features = [feature(point(row.lon, row.lat), queries.properties(row), row.id) for row in rows]
    return {"type": "FeatureCollection", "features": features, "next_cursor": more}


def event(community: CommunityPath, connection: Reading, event: str, at: At) -> dict[str, Any]:
    """One event with all its steps."""
    return _whole(connection, community.code, event, at)


def report(
    community: CommunityPath,
    given: Given,
    actor: WriteActor,
    payload: Annotated[bytes, Depends(bounded_body(MAX_BYTES))],
    response: Response,
) -> dict[str, Any]:
    """File an event: 201 with its id, or 200 where the same reporter's id is known already."""
    try:
        new = read(payload, now())
    except Refused as refused:
        raise Problem(400, "bad request", refused.detail, reason=str(refused.reason)) from None
    with writing(given.databases.of(community.code)) as connection:
        event_id, is_new = write.file(connection, community.code, write.Reporter(actor.label), new)
    if not is_new:
        response.status_code = 200
    return _told(given, community.code, event_id)


def transition(community: CommunityPath, given: Given, actor: WriteActor, event: str, step: Step) -> dict[str, Any]:
    """Take an event a step further; 409 for a step that is not permitted, 403 for a role that does not suffice."""
    with writing(given.databases.of(community.code)) as connection:
        write.advance(connection, community.code, event, step.to, actor.label, actor.role, step.note)
    return _told(given, community.code, event)


def _told(given: Services, community: str, event_id: str) -> dict[str, Any]:
    """Tell the screens what was committed, and answer with it."""
    with given.databases.of(community).connect() as connection:
        changed = queries.records(connection, community, {event_id, queries.TALLY})
        given.tell({community: {"grid_events": dict(changed)}})
        return _whole(connection, community, event_id, None)


def _whole(connection: Connection, community: str, event_id: str, at: int | None) -> dict[str, Any]:
    row = queries.one(connection, community, event_id, at)
    if row is None:
        raise Problem(404, "not found", f"no event {event_id!r} in {community!r}")
    steps = queries.transitions(connection, event_id, at)
    return feature(point(row.lon, row.lat), queries.properties(row) | {"transitions": steps}, row.id)
