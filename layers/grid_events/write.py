"""Filing a grid event and taking it a step further. Rows are only ever added; a moment's state is the newest row."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from geo import whereabouts
from geo.ground import locate_one
from layers.declare import is_known, spot_of
from layers.grid_events import done, hands, notices, rows, search
from layers.grid_events.due import first_clock, next_clock
from layers.grid_events.report import LIMITS, Report
from layers.grid_events.rows import Row
from layers.grid_events.rules import FIRST, FIRST_LEVEL, OF_ASSIGNEE, OTHER, actions, categories, levels, states, step
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.problem import Problem
from layers.roles import Actor, may
from layers.texts import words
from sensors.intake.batch import Filing
from store import audit, once, origins
from store.engine import upsert
from store.instant import SHANGHAI, Instant, local_clock, now, to_datetime
from store.language import named, say

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that is misheard on the telephone."""
MAX_RATING = 5
UNIQUE = ("community", "reporter", "reporter_ref")
ABOUT = ("id", "title", "title_en", "area", "spot", "category", "severity", "grid")
"""What of an event its steps need."""


@dataclass(frozen=True)
class Reporter:
    """Who reports: a device, or the holder of a token; and where it stands if the report names no place.

    ``spot`` is the deepest place that is known of what is reported, where that is more than a point can tell.
    """

    name: str
    device: str | None = None
    source: str | None = None
    lon: float | None = None
    lat: float | None = None
    spot: str | None = None


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
    area = _place(community, lon, lat, "areas")
    spot = reporter.spot or whereabouts.spot(community, lon, lat)
    row = {
        "id": _new_id(report.received),
        "community": community,
        "reporter": reporter.name,
        "reporter_ref": report.reference,
        "category": report.category,
        "category_reported": report.category_reported,
        "severity": report.severity,
        "title": report.title,
        "detail": report.detail,
        "title_en": report.title_en,
        "detail_en": report.detail_en,
        "lon": lon,
        "lat": lat,
        "area": area,
        "spot": spot,
        "grid": _place(community, lon, lat, "grids"),
        "device": reporter.device,
        "source": reporter.source,
        "occurred": report.occurred,
        "received": report.received,
    }
    # The same report may come several times at once: the first to commit files it, the others wait and find it.
    filing = upsert(connection, grid_event).values(row).on_conflict_do_nothing(index_elements=UNIQUE)
    event_id = connection.scalar(filing.returning(grid_event.c.id))
    if event_id is None:
        return connection.execute(select(grid_event.c.id).where(*of_reporter)).scalar_one(), False
    clock = first_clock(report.category, report.severity, report.received)
    first = Row(1, FIRST, reporter.name, "", report.received, FIRST_LEVEL, clock=clock)
    rows.add(connection, event_id, first)
    search.keep(connection, row)
    about = _About(event_id, report.title, report.title_en, area, spot, report.severity, report.category)
    notices.tell_step(connection, about, community, first)
    return event_id, True


def report(connection: Connection, community: str, reporter: Reporter, made: Report) -> tuple[str, bool]:
    """File what a person reports; where it is for something that has an event already, that one is it.

    Raises
    ------
    Problem
        422 where there is nothing in this community that it says it is for.
    """
    if made.origin is not None:
        kind, ref = made.origin
        if not is_known(connection, community, kind, ref):
            detail = f"origin: there is no {kind} {ref!r} in {community!r}"
            raise Problem(422, "unknown origin", detail, origin={kind: ref})
        once.alone(connection, "origin", community, *made.origin)
        reporter = replace(reporter, spot=spot_of(connection, community, *made.origin))
        known = origins.events_of(connection, community, made.origin[0], [made.origin[1]]).get(made.origin[1])
        if known is not None and known["open"]:
            return str(known["id"]), False
    event_id, is_new = file(connection, community, reporter, made)
    if made.origin is not None:
        if not is_new and known is not None and known["id"] == event_id:
            return event_id, False
        if not is_new:
            raise Problem(409, "known already", f"{event_id} is known, and was not opened for this {made.origin[0]}")
        origins.opened(connection, community, *made.origin, event_id, FIRST, made.received)
    return event_id, is_new


def file_for(connection: Connection, filing: Filing, received: Instant) -> tuple[str, bool]:
    """Open an event for what another layer found; returns its id and whether it is new: there is one for each."""
    reporter = Reporter(filing.kind, filing.device, filing.source, filing.lon, filing.lat, filing.spot)
    report = Report(
        reference=f"{filing.ref}-{filing.number}",
        category=filing.category if filing.category in categories() else OTHER,
        category_reported=None if filing.category in categories() else filing.category,
        severity=filing.severity,
        title=filing.title.name[: LIMITS["title"]],
        detail=filing.detail.name[: LIMITS["detail"]],
        title_en=filing.title.name_en[: LIMITS["title"]],
        detail_en=filing.detail.name_en[: LIMITS["detail"]],
        lon=filing.lon,
        lat=filing.lat,
        occurred=filing.occurred,
        received=received,
    )
    event_id, is_new = file(connection, filing.community, reporter, report)
    if is_new:
        for ref in (filing.ref, *filing.also):
            origins.opened(connection, filing.community, filing.kind, ref, event_id, FIRST, received)
    return event_id, is_new


class _About(NamedTuple):
    """What a notice tells of an event."""

    id: str
    title: str
    title_en: str | None
    area: str | None
    spot: str | None
    severity: str
    category: str


def _place(community: str, lon: float | None, lat: float | None, layer: str) -> str | None:
    if lon is None or lat is None:
        return None
    return locate_one(community, lon, lat, layer)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A step or an action that somebody asks for.

    ``to`` is a state or an action of ``life.toml``; ``seen`` the number of the newest row that they saw:
    where there is a newer one, nothing is done. ``ref`` is what whoever asks calls it: what they asked for
    under it before is not done again. ``made`` is when they did it, which may be long before it is asked for.
    """

    to: str
    note: str = ""
    seen: int | None = None
    assignee: str | None = None
    rating: int | None = None
    merged_into: str | None = None
    ref: str | None = None
    made: Instant | None = None


def advance(
    connection: Connection, community: str, event_id: str, wanted: Wanted, actor: Actor, staff: Collection[str]
) -> bool:
    """Take an event to another state, or do an action with it; ``staff`` are the accounts it can be given to.

    Returns whether it was done now: not where the same person asked for it before.

    Raises
    ------
    Problem
        404 for an unknown event, 400 for an unknown state, action or account and a time that cannot be, 409 for what
        is not permitted in the present state, would lie with nobody, or where somebody else was quicker, 403 for a
        role that does not suffice and for who would rate what they closed themselves.
    """
    present, event = present_of(connection, community, event_id)
    if _is_taken(connection, event_id, wanted, actor):
        return False
    if wanted.seen is not None and wanted.seen != present.seq:
        raise overtaken(present)
    wanted = replace(wanted, note=words(wanted.note))
    if wanted.to in actions():
        row = _acted(present, wanted, actor, staff)
    else:
        _check_step(present, wanted, actor, _closer(connection, event_id, present))
        if wanted.to == "void" and wanted.merged_into is not None:
            _check_merge(connection, community, event_id, wanted.merged_into)
        row = _stepped(connection, community, event, present, wanted, actor, staff)
    row = replace(row, ref=wanted.ref, made=done.checked(connection, event_id, wanted.made, actor, row.at))
    try:
        with connection.begin_nested():
            rows.add(connection, event_id, row)
    except IntegrityError:
        if _is_taken(connection, event_id, wanted, actor):
            return False
        # On a database that takes several writers, the other one's row has this number now.
        raise overtaken(present_of(connection, community, event_id)[0]) from None
    notices.tell_step(connection, event, community, row)
    if row.is_unassigned and not present.is_unassigned:
        notices.tell_unassigned(connection, event, community, row)
    told = {"to": wanted.to, "from": present.state, "seq": row.seq, "assignee": row.assignee}
    audit.record(connection, actor.label, "event.step", event_id, told)
    return True


def _is_taken(connection: Connection, event_id: str, wanted: Wanted, actor: Actor) -> bool:
    """Whether this person's step is in the history already; 409 where it is another one under the same id."""
    if wanted.ref is None:
        return False
    steps = grid_event_transition.c
    of_person = (steps.event_id == event_id, steps.actor == actor.label, steps.ref == wanted.ref)
    known = connection.execute(select(steps.state, steps.action).where(*of_person)).one_or_none()
    if known is not None and (known.action or known.state) != wanted.to:
        raise Problem(409, "known already", f"the step {wanted.ref} is known, and is not {wanted.to}")
    return known is not None


def present_of(connection: Connection, community: str, event_id: str) -> tuple[Row, Any]:
    """The newest row of an event, and what its steps need of the event; 404 where there is none."""
    steps = grid_event_transition
    query = (
        select(steps, *(grid_event.c[name] for name in ABOUT))
        .join(grid_event, grid_event.c.id == steps.c.event_id)
        .where(grid_event.c.id == event_id, grid_event.c.community == community)
    )
    found = connection.execute(query.order_by(steps.c.seq.desc()).limit(1)).one_or_none()
    if found is None:
        raise Problem(404, "not found", f"no event {event_id!r} in {community!r}")
    return rows.of(found), found


def _closer(connection: Connection, event_id: str, present: Row) -> str:
    """Who brought an event to its present state; a later step of another, taken back, changes nothing of that."""
    if present.action is None:
        return present.actor
    step = grid_event_transition.c
    brought = select(step.actor).where(step.event_id == event_id, step.state == present.state, step.action.is_(None))
    return connection.scalar(brought.order_by(step.seq.desc()).limit(1)) or present.actor


def overtaken(present: Row) -> Problem:
    """The refusal of who saw an event before somebody else took it a step further."""
    what = named(step(present.action or present.state))
    who = present.actor.partition(":")[2] or present.actor
    detail = say("{who} 刚刚（{at}）已将此事件「{what}」；请看过再定", who=who, at=local_clock(present.at), what=what)
    return Problem(409, "changed meanwhile", detail, state=present.state, seq=present.seq)


def _check_step(present: Row, wanted: Wanted, actor: Actor, closer: str) -> None:
    if wanted.to not in states():
        known = ", ".join([*states(), *actions()])
        raise Problem(400, "bad request", f"{wanted.to!r} is not one of {known}")
    permitted = states()[present.state].to
    if wanted.to not in permitted:
        what = f"from {present.state} the next may be: {', '.join(permitted) or 'nothing'}; not {wanted.to}"
        raise Problem(409, "step not permitted", what, state=present.state)
    _check_role(present, wanted.to, permitted[wanted.to], actor)
    if wanted.to == "rated" and closer == actor.label:
        raise Problem(403, "not by who closed it", say("结案的人不评价；请上报人或他人评价"), reason="closed_by_you")
    if wanted.to == "rated" and not 1 <= (wanted.rating or 0) <= MAX_RATING:
        raise Problem(400, "bad request", f"rating: a rating has 1 to {MAX_RATING} points")


def _check_merge(connection: Connection, community: str, event_id: str, into: str) -> None:
    kept, _event = present_of(connection, community, into)
    if into == event_id or kept.state == "void":
        raise Problem(409, "step not permitted", f"{into} is this event itself, or void")


def _check_role(present: Row, to: str, least: str, actor: Actor) -> None:
    if not may(actor.role, least):
        raise Problem(403, "role does not suffice", f"{present.state} -> {to} needs {least}; you are {actor.role}")
    is_others = present.assignee is not None and present.assignee != actor.name
    if actor.role == "steward" and present.state in OF_ASSIGNEE and is_others:
        raise Problem(403, "role does not suffice", f"the event is dispatched to {present.assignee}")


def _stepped(
    connection: Connection,
    community: str,
    event: Any,
    present: Row,
    wanted: Wanted,
    actor: Actor,
    staff: Collection[str],
) -> Row:
    at = max(now(), present.at)  # a clock that was set back makes no history run backwards
    before = (present.state, present.assignee)
    assignee = hands.after_step(
        connection,
        community,
        event,
        to=wanted.to,
        before=before,
        wanted=wanted.assignee,
        actor=actor,
        staff=staff,
    )
    clock = next_clock(present.clock, wanted.to, present.state, event.category, at, event.severity)
    return Row(
        present.seq + 1,
        wanted.to,
        actor.label,
        wanted.note,
        at,
        present.level,
        assignee=assignee,
        rating=wanted.rating if wanted.to == "rated" else None,
        merged_into=wanted.merged_into if wanted.to == "void" else None,
        clock=clock,
    )


def _acted(present: Row, wanted: Wanted, actor: Actor, staff: Collection[str]) -> Row:
    action = actions()[wanted.to]
    if present.state not in action.states:
        what = f"{action.code} is possible in {', '.join(action.states)}; not in {present.state}"
        raise Problem(409, "step not permitted", what, state=present.state)
    _check_role(present, action.code, action.role, actor)
    row = replace(
        present,
        seq=present.seq + 1,
        actor=actor.label,
        note=wanted.note,
        at=max(now(), present.at),
        action=action.code,
        rating=None,
    )
    if action.code == "assigned":
        if not wanted.assignee:
            raise Problem(400, "bad request", say("assignee: 请指定人员"))
        return replace(row, assignee=hands.named(wanted.assignee, staff))
    return replace(row, level=_next_level(present.level, 1 if action.code == "escalated" else -1))


def _next_level(level: str, way: int) -> str:
    known = list(levels())
    place = known.index(level) + way
    if not 0 <= place < len(known):
        raise Problem(409, "step not permitted", f"{level} is the {'highest' if way > 0 else 'lowest'} level")
    return known[place]


def _new_id(received: Instant) -> str:
    day = to_datetime(received).astimezone(SHANGHAI).strftime("%Y%m%d")
    return f"{day}-{''.join(secrets.choice(ALPHABET) for _ in range(7))}"
