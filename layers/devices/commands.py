"""Routes of the commands that devices take."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy import Connection, Row

from layers.devices import queries
from layers.people import told_to
from layers.problem import Problem
from layers.web import CommunityPath, Given, Limit, Manager, Reading, Viewer, instant_query
from sensors.commands import commands
from sensors.devices.registry import Device
from sensors.errors import CommandError
from store import audit
from store.engine import writing
from store.instant import Instant, format_rfc3339, now


def add_routes(routes: APIRouter) -> None:
    """Add the routes below ``/devices/{device}/commands``."""

    @routes.get("/devices/{device}/commands")
    def device_commands(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        device: str,
        limit: Limit = 100,
        cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
    ) -> dict[str, Any]:
        """Commands that a device was given, newest first, with what became of each."""
        find_device(connection, community.code, device)
        rows = commands.newest(connection, device, limit, instant_query("cursor", cursor))
        more = format_rfc3339(rows[-1].issued) if len(rows) == limit else None
        found = [_record(row, now()) for row in rows]
        return told_to(viewer, community.code, {"commands": found, "next_cursor": more})

    @routes.get("/devices/{device}/commands/{command}")
    def device_command(
        community: CommunityPath, connection: Reading, viewer: Viewer, device: str, command: str
    ) -> dict[str, Any]:
        """One command, with what became of it."""
        find_device(connection, community.code, device)
        row = commands.one(connection, device, command)
        if row is None:
            raise Problem(404, "not found", f"device {device!r} was given no command {command!r}")
        return told_to(viewer, community.code, _record(row, now()))

    @routes.post("/devices/{device}/commands", status_code=202)
    def give_command(
        community: CommunityPath,
        given: Given,
        actor: Manager,
        device: str,
        response: Response,
        name: Annotated[str, Body()],
        params: Annotated[dict[str, Any] | None, Body()] = None,
        seconds: Annotated[int, Body(description="void after so many seconds")] = commands.DEFAULT_SECONDS,
    ) -> dict[str, Any]:
        """Give a device a command: 202 with its id; it is sent at once, and void after its time limit."""
        with writing(given.databases.of(community.code)) as connection:
            known = find_device(connection, community.code, device)
            try:
                issued = commands.issue(connection, known, name, params or {}, actor.label, seconds)
            except CommandError as error:
                raise Problem(400, "bad request", str(error)) from None
            told = {"device": device, "name": name, "params": params or {}}
            audit.record(connection, actor.label, "device.command", issued, told)
            row = commands.one(connection, device, issued)
            changed = queries.given(connection, {device})
        given.tell({}, {community.code: {"devices": dict(changed)}})
        response.headers["Location"] = f"/api/v1/{community.code}/devices/{device}/commands/{issued}"
        return _record(row, now()) if row is not None else {"id": issued}


def find_device(connection: Connection, community: str, device: str) -> Device:
    """The registered device; 404 where there is none."""
    found = queries.states(connection, community, {device}, None)
    if not found:
        raise Problem(404, "not found", f"no device {device!r} in {community!r}")
    return found[0].device


def _record(row: Row[Any], at: Instant) -> dict[str, Any]:
    times = {name: row._mapping[name] for name in ("issued", "expires", "sent", "answered")}
    told = {name: None if instant is None else format_rfc3339(instant) for name, instant in times.items()}
    return queries.command_record(row, at) | told | {"actor": row.actor}
