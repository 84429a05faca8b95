"""Filing a grid event and taking it a step further."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from geo.ground import locate_one
from layers.grid_events.report import Report
from layers.grid_events.rules import states
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.problem import Problem
from layers.roles import may
from store.instant import SHANGHAI, Instant, now, to_datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that is misheard on the telephone."""
FIRST = "reported"


@dataclass(frozen=True)
class Reporter:
    """Who reports: a device, or the holder of a token; and where it stands if the report names no place."""

    name: str
    device: str | None = None
    source: str | None = None
    lon: float | None = None
    lat: float | None = None


def file(connection: Connection, community: str, reporter: Reporter, report: Report) -> tuple[str, bool]:
    """Keep a report; returns the event's id and whether it is new."""
    of_reporter = (
        grid_event.c.community == community,
        grid_event.c.reporter == reporter.name,
        grid_event.c.reporter_ref == report.reference,
    )
    known = connection.scalar(select(grid_event.c.id).where(*of_reporter))
    if known is not None:
        return known, False
    lon, lat = (report.lon, report.lat) if report.lon is not None else (reporter.lon, reporter.lat)
    event_id = _new_id(report.received)
    connection.execute(
        insert(grid_event).values(
            id=event_id,
            community=community,
            reporter=reporter.name,
            reporter_ref=report.reference,
            category=report.category,
            category_reported=report.category_reported,
            severity=report.severity,
            title=report.title,
            detail=report.detail,
            lon=lon,
            lat=lat,
            area=locate_one(community, lon, lat) if lon is not None and lat is not None else None,
            device=reporter.device,
            source=reporter.source,
            occurred=report.occurred,
            received=report.received,
        )
    )
    _add(connection, event_id, 1, FIRST, reporter.name, "", report.received)
    return event_id, True


def advance(connection: Connection, community: str, event_id: str, to: str, actor: str, role: str, note: str) -> None:
    """Take an event to another state.

    Raises
    ------
    Problem
        404 for an unknown event, 400 for an unknown state, 409 for a step that is not permitted
        from the present state, 403 for a role that does not suffice.
    """
    newest = select(grid_event_transition.c.state, grid_event_transition.c.seq).join(
        grid_event, grid_event.c.id == grid_event_transition.c.event_id
    )
    present = connection.execute(
        newest.where(grid_event.c.id == event_id, grid_event.c.community == community)
        .order_by(grid_event_transition.c.seq.desc())
        .limit(1)
    ).one_or_none()
    if present is None:
        raise Problem(404, "not found", f"no event {event_id!r} in {community!r}")
    if to not in states():
        raise Problem(400, "bad request", f"state {to!r} is not one of {', '.join(states())}")
    permitted = states()[present.state].to
    if to not in permitted:
        what = f"from {present.state} the next may be: {', '.join(permitted) or 'nothing'}; not {to}"
        raise Problem(409, "step not permitted", what, state=present.state)
    if not may(role, permitted[to]):
        raise Problem(403, "role does not suffice", f"{present.state} -> {to} needs {permitted[to]}; you are {role}")
    _add(connection, event_id, present.seq + 1, to, actor, note, now())


def _add(connection: Connection, event_id: str, seq: int, state: str, actor: str, note: str, at: Instant) -> None:
    row = {"event_id": event_id, "seq": seq, "state": state, "actor": actor, "note": note, "at": at}
    connection.execute(insert(grid_event_transition).values(row))


def _new_id(received: Instant) -> str:
    day = to_datetime(received).astimezone(SHANGHAI).strftime("%Y%m%d")
    return f"{day}-{''.join(secrets.choice(ALPHABET) for _ in range(7))}"
