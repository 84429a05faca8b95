"""What lies with somebody who has no account there any more is given to nobody (未指派), lest it is overlooked."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, select

from layers.grid_events import notices, rows
from layers.grid_events.rules import OF_ASSIGNEE
from layers.grid_events.tables import grid_event_present
from layers.grid_events.write import present_of
from layers.roles import Actor
from store import audit
from store.instant import now


def release(connection: Connection, community: str, staff: Collection[str], actor: Actor) -> set[str]:
    """Give what is in the hands of nobody of ``staff`` to nobody; returns the events."""
    present = grid_event_present.c
    held = (present.community == community, present.state.in_(OF_ASSIGNEE), present.assignee.is_not(None))
    found = list(connection.scalars(select(present.event_id).where(*held, present.assignee.not_in(list(staff)))))
    for event_id in found:
        before, event = present_of(connection, community, event_id)
        row = replace(
            before,
            seq=before.seq + 1,
            actor=actor.label,
            note="",
            at=max(now(), before.at),
            action="assigned",
            assignee=None,
            rating=None,
        )
        rows.add(connection, event_id, row)
        notices.tell_unassigned(connection, event, community, row)
        told = {"to": "assigned", "from": before.state, "seq": row.seq, "assignee": None}
        audit.record(connection, actor.label, "event.step", event_id, told)
    return set(found)
