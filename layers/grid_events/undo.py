"""A step that is taken back by whoever made it, within a minute, where nothing of it has left the house.

Nothing is ever removed from an event's history: a row more says that it stands as before.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from layers.grid_events import rows
from layers.grid_events.rows import Row
from layers.grid_events.rules import OF_ASSIGNEE, UNDONE
from layers.grid_events.tables import grid_event_transition
from layers.grid_events.write import overtaken, present_of
from layers.problem import Problem
from layers.roles import Actor
from store import audit
from store import notices as store_notices
from store.instant import MINUTE, now
from store.language import say

WITHIN = MINUTE


def take_back(
    connection: Connection, community: str, event_id: str, seen: int, actor: Actor, staff: Collection[str]
) -> None:
    """Let an event stand as it did before its newest step; ``staff`` are the accounts that it can lie with.

    Raises
    ------
    Problem
        404 for an unknown event; 409 where there is a newer step than the one that was ``seen``, where that is an
        event's first, was itself taken back, was made more than a minute ago, or was told to somebody outside, and
        where it would lie with somebody who has no account there any more; 403 where somebody else made it.
    """
    newest, _event = present_of(connection, community, event_id)
    if newest.seq != seen:
        raise overtaken(newest)
    if newest.actor != actor.label:
        raise Problem(403, "not one's own step", say("只能撤回自己刚办的一步"))
    if newest.seq == 1 or newest.action == UNDONE:
        raise Problem(409, "nothing to take back", say("这一步不能撤回"))
    moment = max(now(), newest.at)
    if moment - newest.at > WITHIN:
        raise Problem(409, "too late", say("已过一分钟，不能再撤回"))
    if not store_notices.take_back(connection, f"event:{event_id}:{newest.seq}:"):
        raise Problem(409, "told already", say("通知已经发出，不能撤回"))
    before = _before(connection, event_id, newest.seq)
    if before.state in OF_ASSIGNEE and before.assignee is not None and before.assignee not in staff:
        gone = say("「{name}」已没有在用账号，不能撤回", name=before.assignee)
        raise Problem(409, "nobody to give it to", gone, reason="unassigned")
    row = replace(before, seq=newest.seq + 1, actor=actor.label, note="", at=moment, action=UNDONE, merged_into=None)
    try:
        with connection.begin_nested():
            rows.add(connection, event_id, row)
    except IntegrityError:
        # On a database that takes several writers, a step that came meanwhile has this number now.
        raise overtaken(present_of(connection, community, event_id)[0]) from None
    told = {"to": UNDONE, "from": newest.action or newest.state, "seq": row.seq, "assignee": row.assignee}
    audit.record(connection, actor.label, "event.step", event_id, told)


def _before(connection: Connection, event_id: str, seq: int) -> Row:
    step = grid_event_transition.c
    query = select(grid_event_transition).where(step.event_id == event_id, step.seq == seq - 1)
    return rows.of(connection.execute(query).one())
