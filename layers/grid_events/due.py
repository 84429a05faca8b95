"""When what is to be done next is due: a pure function of the steps before, walked by the table of clocks.toml."""

from dataclasses import dataclass, replace

from layers import working_time
from layers.grid_events.rules import FIRST, categories, clocks
from store.instant import Instant

WARN_SHARE = 0.8
"""Of the limit: from then on the event is about to be late."""


@dataclass(frozen=True)
class Clock:
    """``due`` and ``warn`` are moments; while it is stopped ``left`` holds what is left of the limit instead.

    ``left`` is in microseconds of the limit's own kind of time, working or by the clock; below 0 where the
    event was late already. ``limit`` is which one it is, a name in ``clocks.toml``: stopped, it goes on only
    where that is what is to be done.
    """

    due: Instant | None = None
    warn: Instant | None = None
    left: int | None = None
    is_working: bool = True
    limit: str | None = None


NO_CLOCK = Clock()


def next_clock(
    before: Clock, state: str, came_from: str | None, category: str, at: Instant, severity: str | None = None
) -> Clock:
    """The clock after a step at a time.

    Parameters
    ----------
    before
        The clock of the state left.
    state, came_from
        The state entered and the one left; None for the first one.
    category, severity
        Of the event; a severity left out is the category's own.

    Raises
    ------
    KeyError
        If the table has no such step.
    """
    what = "starts" if came_from is None else clocks().steps[came_from][state]
    if what == "ends":
        return NO_CLOCK
    if what == "runs":
        return before
    if what == "stops":
        return _stopped(before, at)
    limit = clocks().limit_of[state]
    if what == "resumes" and before.left is not None and before.limit == limit:
        return _resumed(before, before.left, at)
    return _started(limit, category, severity or categories()[category].severity, at)


def first_clock(category: str, severity: str, at: Instant) -> Clock:
    """The clock of an event that was just reported."""
    return next_clock(NO_CLOCK, FIRST, None, category, at, severity)


def _started(name: str, category: str, severity: str, at: Instant) -> Clock:
    row = categories()[category].limits.get(name) or clocks().limits[name]
    limit = working_time.limit(row[severity])
    return Clock(limit.after(at), limit.after(at, WARN_SHARE), None, limit.is_working, name)


def _stopped(before: Clock, at: Instant) -> Clock:
    if before.due is None:
        return before
    left = working_time.between(at, before.due) if before.is_working else before.due - at
    return replace(before, due=None, warn=None, left=left)


def _resumed(before: Clock, left: int, at: Instant) -> Clock:
    if left <= 0:
        # It was late when it was suspended, and is so still, by as much.
        due = working_time.back(at, -left) if before.is_working and left else at + left
        return replace(before, due=due, warn=due, left=None)
    rest = working_time.Limit(left, before.is_working)
    return replace(before, due=rest.after(at), warn=rest.after(at, WARN_SHARE), left=None)
