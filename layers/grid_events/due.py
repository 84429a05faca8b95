"""When what is to be done next is due: a pure function of the steps before."""

from dataclasses import dataclass, replace

from layers import working_time
from layers.grid_events.rules import categories, states
from store.instant import Instant

WARN_SHARE = 0.8
"""Of the limit: from then on the event is about to be late."""


@dataclass(frozen=True)
class Clock:
    """``due`` and ``warn`` are moments; while it is stopped ``left`` holds what is left of the limit instead.

    ``left`` is in microseconds of the limit's own kind of time, working or by the clock; below 0 where the
    event was late already.
    """

    due: Instant | None = None
    warn: Instant | None = None
    left: int | None = None
    is_working: bool = True


NO_CLOCK = Clock()


def next_clock(before: Clock, state: str, came_from: str | None, category: str, at: Instant) -> Clock:
    """The clock after a step into ``state`` at a time; ``came_from`` is the state before."""
    kind = states()[state].clock
    if came_from is not None and states()[came_from].clock == "stopped" and kind not in (None, "stopped"):
        return _resumed(before, at)
    if kind is None:
        return NO_CLOCK
    if kind == "runs":
        return before
    if kind == "stopped":
        return _stopped(before, at)
    limit = working_time.limit(categories()[category]["limit"] if kind == "category" else kind)
    return Clock(limit.after(at), limit.after(at, WARN_SHARE), None, limit.is_working)


def _stopped(before: Clock, at: Instant) -> Clock:
    if before.due is None:
        return before
    left = working_time.between(at, before.due) if before.is_working else before.due - at
    return replace(before, due=None, warn=None, left=left)


def _resumed(before: Clock, at: Instant) -> Clock:
    if before.left is None:
        return before
    if before.left <= 0:
        # It was late when it was suspended, and is so still.
        return replace(before, due=at + before.left, warn=at + before.left, left=None)
    rest = working_time.Limit(before.left, before.is_working)
    return replace(before, due=rest.after(at), warn=rest.after(at, WARN_SHARE), left=None)
