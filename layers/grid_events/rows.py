"""Rows of an event's history: only ever added, the newest is how it stands."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert

from layers.grid_events.due import NO_CLOCK, Clock
from layers.grid_events.hands import is_unassigned
from layers.grid_events.rules import states
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

    @property
    def is_unassigned(self) -> bool:
        """Whether it should be in somebody's hands, and is in nobody's."""
        return is_unassigned(self.state, self.assignee)


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
    }
    connection.execute(insert(grid_event_transition).values(values))
    origins.moved(connection, event_id, row.state, states()[row.state].open, row.at)
    revision.bump(connection, REVISION)
