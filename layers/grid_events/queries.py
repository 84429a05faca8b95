"""What is known of the grid events, now or at a past time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, false, func, not_, or_, select

from geo.ground import locate, places
from geo.spatial import to_metres
from layers.declare import Located, positions
from layers.first import First
from layers.grid_events import search
from layers.grid_events.ranks import rank
from layers.grid_events.rows import REVISION, stood
from layers.grid_events.rules import NONE, OF_ASSIGNEE, OPEN, RELEASED, SEVERITIES, TO_BE_GIVEN, open_states, step
from layers.grid_events.standing import (
    held_by,
    how_many_stand,
    is_few,
    is_unassigned,
    open_events,
    standing_in,
    with_state,
)
from layers.grid_events.tables import grid_event, grid_event_present, grid_event_transition
from layers.grid_events.told import record, title_word
from store import revision
from store.instant import HOUR, MILLISECOND, Instant, format_rfc3339, local_midnight, now
from store.language import in_all, named

TALLY = "*"
"""The key of the counts over all open events; no event's id can be it."""
SOON = 2 * HOUR
SHOWN = 300
"""Open events that a screen is given; the tally counts them all."""
SAME_METRES = 100
SAME_WITHIN = 2 * HOUR
"""How near, in place and in time, two reports of a category may be the same matter."""


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """The open events that matter most, or the named ones, and under `TALLY` the counts. Times are epoch milliseconds.

    They are in the order of the screens' lists: by rank, then the newest first, so that none that matters less is told
    in place of one that matters more.
    """
    stamp = revision.stamp(connection, REVISION, at)
    if keys is None:
        query = _first(community, at)
    else:
        query = with_state(community, at, is_by_id=True).where(grid_event.c.id.in_(keys - {TALLY}))
    names = {place.code: place for place in places(community, "areas")}
    rows = connection.execute(query).all()
    buildings = locate(community, *positions(rows), "buildings")
    found = {row.id: record(row, names) | {"building": building} for row, building in zip(rows, buildings, strict=True)}
    if keys is None or TALLY in keys:
        found[TALLY] = tally(connection, community, at) | stamp
    return found


def _first(community: str, at: Instant | None) -> Select[Any]:
    query = with_state(community, at, is_by_id=at is not None)
    columns = query.selected_columns
    order = (rank(columns, now() if at is None else at), columns.occurred.desc(), columns.id)
    return standing_in(query, [OPEN], community, at).order_by(*order).limit(SHOWN)


def _first_keys(connection: Connection, community: str, at: Instant | None) -> list[str]:
    return list(connection.scalars(_first(community, at).with_only_columns(grid_event.c.id)))


FIRST = First(most=lambda: SHOWN, keys=_first_keys)


def located(connection: Connection, community: str, at: Instant | None) -> Located:
    """Where the open events lie."""
    rows = connection.execute(open_events(community, at)).all()
    lons, lats = positions(rows)
    return Located(
        ids=[row.id for row in rows],
        names=[named(title_word(row)) for row in rows],
        lons=lons,
        lats=lats,
        figures={
            "events": np.ones(len(rows)),
            "critical": np.array([row.severity == "critical" for row in rows], dtype=float),
        },
    )


Between = tuple[Instant | None, Instant | None]
"""From a moment until before another; None: without an end on that side."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which events are asked for; what is left out lets all through.

    ``state`` may also be `OPEN`, `UNASSIGNED` or `VALID`, ``category`` the first part of several; ``area``, ``grid``
    and ``assignee`` may be `NONE`. Each of ``words`` must stand in what was said of an event (search.py), or name
    somebody where ``names_people``. ``reported`` and ``reached_in`` are (from, until before), of when it was received
    and of when it came to the state ``reached``. ``is_overdue``: only what is open and past its limit, or in time.
    ``boxes`` are (west, south, east, north), in one of which it must lie.
    """

    state: Sequence[str] = ()
    category: str | None = None
    area: str | None = None
    grid: str | None = None
    severity: Sequence[str] = ()
    assignee: str | None = None
    reporter: str | None = None
    words: Sequence[str] = ()
    names_people: bool = False
    ids: Sequence[str] = ()
    is_overdue: bool | None = None
    reached: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    reported: Between = (None, None)
    reached_in: Between = (None, None)
    boxes: Sequence[tuple[float, float, float, float]] | None = None


def find(
    connection: Connection,
    community: str,
    wanted: Filter,
    *,
    limit: int,
    at: Instant | None = None,
    before: tuple[Instant, str] | None = None,
) -> list[Row[Any]]:
    """Events, newest first. ``before`` is (occurred, id) of the last one of the page before."""
    event = grid_event.c
    query = chosen(community, wanted, at).order_by(event.occurred.desc(), event.id.desc()).limit(limit)
    if before is not None:
        older = (event.occurred < before[0]) | ((event.occurred == before[0]) & (event.id < before[1]))
        query = query.where(older)
    return list(connection.execute(query))


def chosen(community: str, wanted: Filter, at: Instant | None) -> Select[Any]:
    """Select the events that are asked for, in no order."""
    event = grid_event.c
    is_by_id = bool(wanted.words or wanted.reached or wanted.ids)
    if at is not None:
        is_by_id |= is_few(wanted.state) or wanted.is_overdue is not None or wanted.assignee not in (None, NONE)
    query = with_state(community, at, is_by_id=is_by_id)
    if wanted.state:
        query = standing_in(query, wanted.state, community, at)
    if wanted.category is not None:
        # A group is asked for by its first part: "facility" is every "facility.*".
        part = event.category.startswith(f"{wanted.category}.", autoescape=True)
        query = query.where((event.category == wanted.category) | part)
    for column, code in ((event.area, wanted.area), (event.grid, wanted.grid)):
        if code is not None:
            query = query.where(column.is_(None) if code == NONE else column == code)
    if wanted.assignee is not None:
        query = held_by(query, wanted.assignee, community, at)
    if wanted.severity:
        query = query.where(event.severity.in_(wanted.severity))
    if wanted.reporter is not None:
        query = query.where(event.reporter.in_([wanted.reporter, f"user:{wanted.reporter}"]))
    if wanted.ids:
        query = query.where(event.id.in_(wanted.ids))
    for word in wanted.words:
        query = query.where(event.id.in_(search.matching(community, word, at, names_people=wanted.names_people)))
    if wanted.is_overdue is not None:
        is_late = _is_late(query, now() if at is None else at)
        query = standing_in(query, [OPEN], community, at).where(is_late if wanted.is_overdue else not_(is_late))
    if wanted.reached is not None:
        query = query.where(event.id.in_(_reached(wanted.reached, wanted.reached_in, at)))
    query = query.where(*_between(event.received, wanted.reported))
    if wanted.since is not None:
        query = query.where(event.occurred >= wanted.since)
    if wanted.until is not None:
        query = query.where(event.occurred <= wanted.until)
    if wanted.boxes is not None:
        query = query.where(or_(false(), *(_lies_in(box) for box in wanted.boxes)))
    return query


def _lies_in(box: tuple[float, float, float, float]) -> ColumnElement[bool]:
    west, south, east, north = box
    return grid_event.c.lon.between(west, east) & grid_event.c.lat.between(south, north)


def how_many(connection: Connection, community: str, wanted: Filter, at: Instant | None) -> int:
    """How many events are asked for."""
    if wanted == Filter(state=wanted.state, names_people=wanted.names_people):
        return how_many_stand(connection, community, wanted.state, at)
    asked = chosen(community, wanted, at).with_only_columns(grid_event.c.id)
    return connection.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _between(column: Any, span: Between) -> list[ColumnElement[bool]]:
    since, until = span
    return [*([column >= since] if since is not None else []), *([column < until] if until is not None else [])]


def _reached(state: str, span: Between, at: Instant | None) -> Select[Any]:
    """The events that came to a state in a span; a step that was taken back brought none there."""
    step = grid_event_transition.c
    came = (step.state == state, step.action.is_(None), stood(at))
    query = select(step.event_id).where(*came, *_between(step.at, span))
    return query if at is None else query.where(step.at <= at)


def _is_late(events: Select[Any], moment: Instant) -> ColumnElement[bool]:
    """Whether an event of `with_state` is past its limit."""
    columns = events.selected_columns
    found: ColumnElement[bool] = columns.due.is_not(None) & (columns.due <= moment)
    return found


def one(connection: Connection, community: str, event_id: str, at: Instant | None = None) -> Row[Any] | None:
    """One event."""
    query = with_state(community, at, is_by_id=at is not None)
    return connection.execute(query.where(grid_event.c.id == event_id)).one_or_none()


def board(connection: Connection, community: str, most: int, at: Instant | None = None) -> dict[str, list[Row[Any]]]:
    """state -> its open events: what lies with nobody, what is critical, what is due first; at most so many of each."""
    rows = open_events(community, at).subquery()
    order = (~is_unassigned(rows.c), rows.c.severity != "critical", rows.c.due.is_(None), rows.c.due, rows.c.occurred)
    rank = func.row_number().over(partition_by=rows.c.state, order_by=order).label("rank")
    ranked = select(rows, rank).subquery()
    found: dict[str, list[Row[Any]]] = {code: [] for code in open_states()}
    for row in connection.execute(select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.rank)):
        found[row.state].append(row)
    return found


def load(connection: Connection, community: str) -> dict[str, int]:
    """How many events each assignee has to do."""
    present = grid_event_present.c
    query = (
        select(present.assignee, func.count().label("n"))
        .where(present.community == community, present.state.in_(OF_ASSIGNEE), present.assignee.is_not(None))
        .group_by(present.assignee)
    )
    return {row.assignee: row.n for row in connection.execute(query)}


def duplicates(connection: Connection, community: str, row: Row[Any], at: Instant | None = None) -> list[str]:
    """Open events that may be the same matter: of the same category, near by, reported shortly before or after."""
    if row.lon is None:
        return []
    event = grid_event.c
    query = open_events(community, at).where(
        event.category == row.category,
        event.id != row.id,
        event.lon.is_not(None),
        event.received.between(row.received - SAME_WITHIN, row.received + SAME_WITHIN),
    )
    others = connection.execute(query.order_by(event.received)).all()
    if not others:
        return []
    x, y = to_metres(*positions([row, *others]))
    metres = np.hypot(x[1:] - x[0], y[1:] - y[0])
    return [other.id for other, far in zip(others, metres, strict=True) if far <= SAME_METRES]


def transitions(connection: Connection, event_id: str, at: Instant | None = None) -> list[dict[str, Any]]:
    """Every step of an event, oldest first."""
    query = select(grid_event_transition).where(grid_event_transition.c.event_id == event_id)
    if at is not None:
        query = query.where(grid_event_transition.c.at <= at)
    return [
        {
            "seq": row.seq,
            "to": row.state,
            "action": row.action,
            **in_all("name", step(RELEASED if _is_released(row) else row.action or row.state)),
            "at": format_rfc3339(row.at),
            "ts": format_rfc3339(row.made) if row.made else None,
            "actor": row.actor,
            "note": "" if _is_released(row) else row.note,
            "level": row.level,
            "assignee": row.assignee,
            "rating": row.rating,
            "merged_into": row.merged_into,
            "due": format_rfc3339(row.due) if row.due else None,
        }
        for row in connection.execute(query.order_by(grid_event_transition.c.seq))
    ]


def _is_released(row: Any) -> bool:
    return row.action == "assigned" and row.assignee is None


def tally(connection: Connection, community: str, at: Instant | None) -> dict[str, Any]:
    """How many are open, by severity and by state, late, and with nobody; and how many were closed today."""
    rows = open_events(community, at).subquery()
    columns = (rows.c.severity, rows.c.state, rows.c.assignee.is_(None).label("with_nobody"))
    counted = select(*columns, func.count().label("n")).group_by(*columns)
    by_severity, by_state, with_nobody = Counter[str](), Counter[str](), Counter[str]()
    for row in connection.execute(counted):
        by_severity[row.severity] += row.n
        by_state[row.state] += row.n
        with_nobody[row.state] += row.n if row.with_nobody else 0
    moment = at or now()
    due = select(rows.c.due).where(rows.c.due <= moment + SOON)
    dues = sorted(connection.scalars(due))
    overdue = sum(one <= moment for one in dues)
    closed = (
        select(func.count(grid_event_transition.c.event_id.distinct()))
        .join(grid_event, grid_event.c.id == grid_event_transition.c.event_id)
        .where(
            grid_event.c.community == community,
            grid_event_transition.c.state == "closed",
            grid_event_transition.c.action.is_(None),
            stood(at),
            grid_event_transition.c.at.between(local_midnight(moment), moment),
        )
    )
    return {
        "open": by_severity.total(),
        "unassigned": sum(with_nobody[state] for state in OF_ASSIGNEE | TO_BE_GIVEN),
        "given_to_nobody": sum(with_nobody[state] for state in OF_ASSIGNEE),
        "by_severity": {severity: by_severity[severity] for severity in SEVERITIES},
        "by_state": by_state,
        "closed_today": connection.scalar(closed) or 0,
        # Late now, and when the next ones will be: a screen counts on without asking.
        "overdue": overdue,
        "due_soon": [one // MILLISECOND for one in dues[overdue : overdue + SHOWN]],
    }
