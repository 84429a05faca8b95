"""Rows of an event's history: only ever added, the newest is how it stands."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, tuple_

from layers.grid_events.due import NO_CLOCK, Clock
from layers.grid_events.hands import is_unassigned
from layers.grid_events.rules import UNDONE, states
from layers.grid_events.standing import ByRow
from layers.grid_events.tables import grid_event_transition
from store import origins, revision
from store.instant import Instant

REVISION = "grid_events"
"""Raised with every step, so that of two who tell the screens of the tally the later one is believed."""


@dataclass(frozen=True)
class Row:
    """A row of the history."""

    seq: int
    state: str
    actor: str
    note: str
    at: Instant
    level: str
    action: str | None = None
    assignee: str | None = None
    rating: int | None = None
    merged_into: str | None = None
    clock: Clock = NO_CLOCK
    ref: str | None = None
    made: Instant | None = None

    @property
    def is_unassigned(self) -> bool:
        """Whether it should be in somebody's hands, and is in nobody's."""
        return is_unassigned(self.state, self.assignee)


def of(found: Any) -> Row:
    """The row that a row of `grid_event_transition` holds, without what its maker called it and when it was made."""
    return Row(
        seq=found.seq,
        state=found.state,
        actor=found.actor,
        note=found.note,
        at=found.at,
        level=found.level,
        action=found.action,
        assignee=found.assignee,
        rating=found.rating,
        merged_into=found.merged_into,
        clock=Clock(found.due, found.warn, found.time_left, found.working, found.limit_name),
    )


def add(connection: Connection, event_id: str, row: Row) -> None:
    """Add a row; fails where the event has one of its number."""
    values = {
        "event_id": event_id,
        "seq": row.seq,
        "state": row.state,
        "action": row.action,
        "actor": row.actor,
        "note": row.note,
        "at": row.at,
        "level": row.level,
        "assignee": row.assignee,
        "rating": row.rating,
        "merged_into": row.merged_into,
        "due": row.clock.due,
        "warn": row.clock.warn,
        "time_left": row.clock.left,
        "working": row.clock.is_working,
        "limit_name": row.clock.limit,
        "ref": row.ref,
        "made": row.made,
    }
    connection.execute(insert(grid_event_transition).values(values))
    origins.moved(connection, event_id, row.state, states()[row.state].open, row.at)
    revision.bump(connection, REVISION)


def stood(at: Instant | None = None) -> ColumnElement[bool]:
    """Whether a step of `grid_event_transition` was not taken back, by a time."""
    step = grid_event_transition.c
    later = grid_event_transition.alias("later").c
    undone = select(later.event_id, later.seq - 1).where(later.action == UNDONE)
    if at is not None:
        # By the index of what was undone: by the one of times all steps until then would be looked at.
        undone = undone.where(ByRow(later.at) <= at)
    return tuple_(step.event_id, step.seq).not_in(undone)
