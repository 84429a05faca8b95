"""The people inside a site: a walk through its steps in the order of their times, never below nought.

It begins at nought at the reset (04:00), or at what somebody counted on the spot since. Each step of all
its gates together takes it up or down; where it would fall below nought it stays there, and how many
were taken off so is told: they entered uncounted, or were inside before the reset. Whole hours are walked
in one stride, since a walk that must not fall below nought is ``net + max(before, -lowest)``.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection, select

from layers.visitors import capacity
from layers.visitors.sums import Stride, walks_of
from layers.visitors.tables import site_count, site_walk
from store.instant import HOUR, Instant, local_hour


class Short(NamedTuple):
    """A stride, from ``first`` to ``last``, within which the walk would have fallen below nought."""

    first: Instant
    last: Instant
    before: float
    lowest: float


@dataclass(frozen=True, slots=True)
class Inside:
    """People inside, counted on since ``since`` from ``base``.

    ``clamped`` are those who left without having entered, and ``short`` the first stride in which any did; ``counted``
    is when somebody counted, None where the walk began at nought.
    """

    people: float
    since: Instant
    base: float = 0.0
    clamped: float = 0.0
    counted: Instant | None = None
    short: Short | None = None

    def walked(self, first: Instant, last: Instant, net: float, lowest: float) -> "Inside":
        """After a stride that adds ``net`` in all and stood at ``lowest`` at its lowest."""
        short = max(0.0, -lowest - self.people)
        begun = self.short or (Short(first, last, self.people, lowest) if short else None)
        return replace(self, people=self.people + net + short, clamped=self.clamped + short, short=begun)


def reset_before(moment: Instant) -> Instant:
    """When the people inside were last set to nought."""
    return local_hour(moment, capacity.rules()["reset_hour"])


def inside(connection: Connection, community: str, site: str, moment: Instant, at: Instant | None) -> Inside:
    """The people inside a site; up to the moment where ``at`` is a past time, else by all that was said."""
    reset = reset_before(moment)
    start = _counted(connection, community, site, reset, moment)
    found, begin = Inside(0.0, reset), reset
    if start is not None:
        found, begin = Inside(start.inside, start.at, start.inside, counted=start.at), start.at + 1
    first = begin if begin % HOUR == 0 else begin - begin % HOUR + HOUR
    last = None if at is None else at - at % HOUR
    if first != begin:
        until = first - 1 if at is None else min(first - 1, at)
        found = found.walked(begin, until, *_part(connection, (community, site, begin, until)))
    c = site_walk.c
    hours = select(c.hour, c.net, c.lowest).where(c.community == community, c.site == site, c.hour >= first)
    if last is not None:
        hours = hours.where(c.hour < last)
    for row in connection.execute(hours.order_by(c.hour)):
        found = found.walked(row.hour, row.hour + HOUR - 1, row.net, row.lowest)
    if at is not None and last is not None and last >= first:
        found = found.walked(last, at, *_part(connection, (community, site, last, at)))
    return found


def _part(connection: Connection, stride: Stride) -> tuple[float, float]:
    """What a part of an hour adds, and the lowest that the sum stood at."""
    return walks_of(connection, [stride])[stride][:2]


def _counted(connection: Connection, community: str, site: str, since: Instant, until: Instant):  # type: ignore[no-untyped-def]
    c = site_count.c
    query = select(c.at, c.inside).where(c.community == community, c.site == site, c.at.between(since, until))
    return connection.execute(query.order_by(c.at.desc(), c.id.desc()).limit(1)).one_or_none()
