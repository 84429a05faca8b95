"""Routes of the grid events."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from layers.grid_events import batch, export, figures, photos, queries, undo, write
from layers.grid_events.asked import Wanted
from layers.grid_events.report import read
from layers.grid_events.rules import states
from layers.grid_events.told import properties
from layers.people import sees_people, told_to
from layers.photos import cleaned
from layers.problem import Problem
from layers.roles import Actor
from layers.sheets.out import FORMATS, attachment
from layers.web import (
    At,
    Body,
    CommunityPath,
    Given,
    Limit,
    Reading,
    Services,
    Tongue,
    Viewer,
    WorkName,
    WriteActor,
    check_codes,
    check_period,
    cursor_after,
    elsewhere,
    feature,
    instant_query,
    place_of,
    point,
    told_far,
)
from sensors.jsonin import instant_of
from sensors.refusal import Refused
from store import audit, budgets, origins
from store.engine import writing
from store.instant import format_rfc3339, now
from store.language import in_all


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
    origin: dict[Literal["alarm"], str] | None = Field(
        None, description="the alarm that it is opened for: there is one event for each"
    )


class Undo(BaseModel):
    """The step that is to be taken back."""

    seq: int = Field(ge=1, description="its number: the newest")


class Step(BaseModel):
    """A transition that is asked for."""

    to: str = Field(max_length=16, description="a state, or escalated, fed_back, assigned")
    note: str = Field("", max_length=2000)
    seq: int | None = Field(None, description="the newest step that was seen; 409 where there is a newer one")
    assignee: str | None = Field(None, max_length=80)
    rating: int | None = Field(None, ge=1, le=5)
    merged_into: str | None = Field(None, max_length=32, description="with void: the event that is the same matter")
    id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{8,64}$", description="one's own id of the step; the same id is the same step"
    )
    ts: int | str | None = Field(
        None, description="when it was done, epoch milliseconds or RFC 3339; kept beside when it came"
    )


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["grid events"])
    routes.get("/events")(events)
    routes.get("/events/figures")(period_figures)
    routes.get("/events/board")(board)
    routes.get("/events/export")(download)
    routes.get("/events/{event}")(event)
    routes.get("/events/{event}/photos/{number}")(photo)
    routes.post("/events/{event}/photos", status_code=201)(add_photo)
    body = {
        "requestBody": {
            "content": {"application/json": {"schema": NewEvent.model_json_schema()}},
            "required": True,
        }
    }
    routes.post("/events", status_code=201, openapi_extra=body)(report)
    routes.post("/events/{event}/transitions", status_code=201)(transition)
    routes.post("/events/{event}/undo", status_code=201)(undo_step)
    routes.post("/events/transitions")(transitions)
    return routes


def events(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    at: At,
    wanted: Wanted,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
    total: Annotated[bool, Query(description="say how many there are")] = False,
) -> dict[str, Any]:
    """Grid events as GeoJSON, newest first."""
    rows = queries.find(connection, community.code, wanted, at=at, before=place_of(cursor), limit=limit)
    more = cursor_after(rows[-1].occurred, rows[-1].id) if len(rows) == limit else None
    found = [feature(point(row.lon, row.lat), properties(row), row.id) for row in rows]
    features = [told_to(viewer, community.code, one) for one in found]
    counted = {"total": queries.how_many(connection, community.code, wanted, at)} if total else {}
    return {"type": "FeatureCollection", "features": features, "next_cursor": more} | counted


def event(community: CommunityPath, connection: Reading, viewer: Viewer, event: str, at: At) -> dict[str, Any]:
    """One event with all its steps; names of people only for those who may see them."""
    return told_to(viewer, community.code, _whole(connection, community.code, event, at))


def board(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    at: At,
    most: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Open events by state, what is due first at the top; at most so many of each, and how many there are."""
    counts = queries.tally(connection, community.code, at)["by_state"]
    found = queries.board(connection, community.code, most, at)
    pictures = photos.first_of(connection, [row.id for rows in found.values() for row in rows], at)
    columns = [
        {
            "state": code,
            **in_all("name", states()[code]),
            "count": counts[code],
            "events": [
                told_to(viewer, community.code, properties(row)) | {"photo": pictures.get(row.id)} for row in rows
            ],
        }
        for code, rows in found.items()
    ]
    return {"columns": columns}


def download(
    community: CommunityPath,
    given: Given,
    actor: WriteActor,
    at: At,
    wanted: Wanted,
    format_: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
    sort: Annotated[
        list[str] | None, Query(max_length=8, description="columns of the list; - before: backwards")
    ] = None,
    work: WorkName = None,
) -> Response:
    """What the list of events shows, as a file for a spreadsheet; newest first, or as the list is sorted.

    Role steward, and told in the audit trail.
    """
    check_codes("sort", [one.removeprefix("-") for one in sort or ()], export.SORTS)
    engine = given.databases.of(community.code)
    with engine.connect() as connection:
        most = budgets.current().export_rows
        rows = queries.find(connection, community.code, wanted, at=at, limit=most + 1)
    if len(rows) > most:
        raise Problem(400, "too many rows", f"more than {most} events; ask for fewer by period, state or area")
    with told_far(actor, work):
        content = export.table(export.ordered(rows, community.code, sort or ()), community.code, format_)
    with writing(engine) as connection:
        audit.record(connection, actor.label, "event.export", community.code, {"format": format_, "rows": len(rows)})
    headers = attachment(f"events-{community.code}", format_, at)
    return Response(content, media_type=FORMATS[format_], headers=headers)


def period_figures(
    community: CommunityPath,
    connection: Reading,
    viewer: Viewer,
    at: At,
    from_: Annotated[str, Query(alias="from", description="RFC 3339")],
    to: Annotated[str | None, Query(description="RFC 3339; left out: now")] = None,
    by: Annotated[str | None, Query(description="area, grid, category or steward")] = None,
) -> dict[str, Any]:
    """How well the events reported in a period were handled; by steward for stewards and above."""
    if by is not None and by not in figures.BY:
        raise Problem(400, "bad parameter", f"by {by!r} is not one of {', '.join(figures.BY)}")
    if by == "steward" and not sees_people(viewer, community.code):
        raise Problem(403, "role does not suffice", "figures of stewards need the role steward")
    # A figure of the past ends then: what was not known yet is not looked at.
    present = now() if at is None else at
    until = instant_query("to", to)
    period = figures.Period(instant_query("from", from_) or 0, present if until is None else min(until, present))
    check_period(period.since, period.until, viewer)
    told = {"from": format_rfc3339(period.since), "to": format_rfc3339(period.until), "by": by}
    return told | figures.figures(connection, community.code, period, by)


def photo(
    community: CommunityPath, connection: Reading, viewer: Viewer, event: str, number: Annotated[int, Path(ge=1, le=99)]
) -> Response:
    """A photo of an event, as JPEG; people may be on it, so it needs the role steward."""
    if not sees_people(viewer, community.code):
        raise Problem(401 if viewer is None else 403, "sign-in required", "photos need the role steward")
    found = photos.one(connection, community.code, event, number)
    if found is None:
        raise Problem(404, "not found", f"no photo {number} of event {event!r}")
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


async def add_photo(
    community: CommunityPath,
    given: Given,
    actor: WriteActor,
    event: str,
    content: Body,
    request: Request,
) -> dict[str, Any]:
    """Keep a photo with an event, as the body: made small, and free of what the camera wrote in it."""
    jpeg = await elsewhere(request, cleaned, content)
    return {"number": await run_in_threadpool(_keep_photo, given, community.code, event, jpeg, actor)}


def _keep_photo(given: Services, community: str, event: str, jpeg: bytes, actor: Actor) -> int:
    with writing(given.databases.of(community)) as connection:
        return photos.add(connection, community, event, jpeg, actor)


def report(
    community: CommunityPath,
    given: Given,
    actor: WriteActor,
    payload: Body,
    response: Response,
) -> dict[str, Any]:
    """File an event: 201 with its id, or 200 where the same reporter's id is known already."""
    try:
        new = read(payload, now())
    except Refused as refused:
        raise _unreadable(refused) from None
    with writing(given.databases.of(community.code)) as connection:
        reporter = write.Reporter(actor.label, source=actor.source)
        event_id, is_new = write.report(connection, community.code, reporter, new)
        if is_new:
            audit.record(connection, actor.label, "event.report", event_id, {"category": new.category})
    if not is_new:
        response.status_code = 200
    return _told(given, community.code, event_id)


def _unreadable(refused: Refused) -> Problem:
    """What cannot be read; a phone whose clock is wrong learns by it what time it is."""
    told = {"reason": str(refused.reason), "server_time": format_rfc3339(now())}
    return Problem(400, "bad request", refused.detail, **told)


def transition(
    community: CommunityPath, given: Given, actor: WriteActor, event: str, step: Step, response: Response
) -> dict[str, Any]:
    """Take an event a step further: 201, or 200 where the same person's id is known already.

    409 for a step that is not permitted, 403 for a role that does not suffice.
    """
    try:
        made = None if step.ts is None else instant_of(step.ts, now())
    except Refused as refused:
        raise _unreadable(refused) from None
    # Before the transaction: no request holds one connection while it waits for another.
    staff = given.staff(community.code)
    with writing(given.databases.of(community.code)) as connection:
        wanted = write.Wanted(
            to=step.to,
            note=step.note,
            seen=step.seq,
            assignee=step.assignee,
            rating=step.rating,
            merged_into=step.merged_into,
            ref=step.id,
            made=made,
        )
        is_new = write.advance(connection, community.code, event, wanted, actor, staff)
    if not is_new:
        response.status_code = 200
    return _told(given, community.code, event)


def undo_step(community: CommunityPath, given: Given, actor: WriteActor, event: str, asked: Undo) -> dict[str, Any]:
    """Take one's own newest step back within a minute; 409 where it is too late, or was told to somebody outside."""
    staff = given.staff(community.code)
    with writing(given.databases.of(community.code)) as connection:
        undo.take_back(connection, community.code, event, asked.seq, actor, staff)
    return _told(given, community.code, event)


def transitions(
    community: CommunityPath, given: Given, actor: WriteActor, asked: batch.BatchStep, tongue: Tongue
) -> dict[str, Any]:
    """The same step for many events, each by itself; answers for each whether it was taken, and why not."""
    engine = given.databases.of(community.code)
    outcomes = batch.advance(engine, community.code, asked, actor, given.staff(community.code))
    outcomes = [one | {"detail": tongue(one["detail"])} if "detail" in one else one for one in outcomes]
    taken = {one["id"] for one in outcomes if one["taken"]}
    if taken:
        with engine.connect() as connection:
            changed = queries.records(connection, community.code, taken | {queries.TALLY})
        given.tell({community.code: {"grid_events": dict(changed)}})
    return {"taken": len(taken), "events": outcomes}


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
    more = {
        "transitions": queries.transitions(connection, event_id, at),
        "photos": photos.of_event(connection, event_id, at),
        "origin": origins.origin_of(connection, event_id),
        "duplicates": queries.duplicates(connection, community, row, at) if states()[row.state].open else [],
    }
    return feature(point(row.lon, row.lat), properties(row) | more, row.id)
