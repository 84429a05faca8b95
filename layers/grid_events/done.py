"""When a step was done, as whoever did it tells: it may come long after, as a phone keeps it while it has no line."""

from sqlalchemy import Connection, func, or_, select

from layers.grid_events.tables import grid_event_transition
from layers.problem import Problem
from layers.roles import Actor
from sensors.refusal import Reason
from store.instant import MINUTE, SECOND, Instant, format_local, format_rfc3339
from store.language import say

CLOCKS_DIFFER: Instant = 2 * MINUTE
"""A phone goes by the server's time, which it may have been told of late; one that is further off is wrong."""


def checked(connection: Connection, event_id: str, told: Instant | None, actor: Actor, at: Instant) -> Instant | None:
    """The time to keep beside ``at``, when a step came; None where its maker tells none, or one that is still to come.

    It may lie before what others did with the event meanwhile: a phone without a line knew nothing of that.

    Raises
    ------
    Problem
        400 where it lies before the event came, or before what the same person did with it last.
    """
    if told is None or told > at:
        return None
    step = grid_event_transition.c
    known = select(func.max(func.coalesce(step.made, step.at)))
    own = or_(step.seq == 1, step.actor == actor.label)
    since: Instant = connection.execute(known.where(step.event_id == event_id, own)).scalar_one()
    if told < since - CLOCKS_DIFFER:
        shown = {
            name: format_local(one - one % SECOND).replace("T", " ") for name, one in (("ts", told), ("since", since))
        }
        raise Problem(
            400,
            "bad request",
            say("ts：{ts} 早于事件上报或本人上一步（{since}）", **shown),
            reason=str(Reason.BAD_TIME),
            server_time=format_rfc3339(at),
        )
    return told
