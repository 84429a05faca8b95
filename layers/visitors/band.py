"""The people inside with their doubt: between how many and how many they are, by what the gates err by.

A counter that misses some misses them all day: its error is one factor on all who passed through it since the people
inside were set, at the reset or by a count on the spot, so it grows with them and does not average out. Within one
counter (a gate, one way) the errors so add up as they are; the errors of different counters know nothing of each other
and add up by their squares (JCGM 100:2008, GUM, 5.1.2 for what is uncorrelated, 5.2.2 note 1 for what is wholly
correlated). Adding up all of them as they are would say that every gate errs to the worst at once: a band some three
times as wide with four gates, and of no use. A gate's error is an expanded uncertainty (k = 2, 95 %), and so is the
band's.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from layers.visitors import errors, passed
from layers.visitors.inside import Inside, reset_before
from layers.visitors.passed import Hours
from layers.visitors.tables import gate_step
from store.instant import HOUR, Instant

Through = Mapping[tuple[str, str], float]
"""(gate, "entered" or "left") -> people who passed since the people inside were set."""


class Band(NamedTuple):
    """Least and most people inside; ``is_default`` where an error counts that nobody measured."""

    low: int
    high: int
    is_default: bool


def band(people: float, through: Through, known: Mapping[str, errors.Error]) -> Band:
    """The band around the people inside.

    >>> band(900, {("g", "entered"): 1000, ("g", "left"): 100}, {"g": errors.Error(5.0)})
    Band(low=849, high=951, is_default=False)
    """
    squares, is_default = 0.0, False
    for (gate, _), count in through.items():
        error = known.get(gate) or errors.default()
        squares += (count * error.percent / 100) ** 2
        is_default |= error.is_default and count > 0
    half, middle = math.sqrt(squares), round(people)
    return Band(max(0, math.floor(middle - half)), math.ceil(middle + half), is_default)


def of_site(
    connection: Connection,
    community: str,
    site: str,
    hours: Hours,
    walked: Inside,
    moment: Instant,
    at: Instant | None,
    known: Mapping[str, errors.Error],
) -> Band:
    """The band of a site.

    Parameters
    ----------
    hours
        People through its gates by the hour, since the reset at least.
    walked
        The people inside, and since when they are counted on.
    """
    begin = reset_before(moment) if walked.counted is None else walked.counted + 1
    first = begin if begin % HOUR == 0 else begin - begin % HOUR + HOUR
    through: dict[tuple[str, str], float] = defaultdict(float)
    for (of, gate, hour), people in hours.items():
        if of == site and hour >= first:
            through[gate, "entered"] += people.entered
            through[gate, "left"] += people.left
    if first != begin:
        until = first - 1 if at is None else min(first - 1, at)
        for gate, way, count in _part(connection, community, site, begin, until):
            through[gate, way] += count
    return band(walked.people, through, known)


def now_or_then(
    connection: Connection, community: str, site: str, walked: Inside, moment: Instant, at: Instant | None
) -> Band:
    """The band of one site, with all that it follows from asked for."""
    hours = passed.hours(connection, community, [site], reset_before(moment), moment, at)
    known = errors.of_gates(connection, community, moment, at)
    return of_site(connection, community, site, hours, walked, moment, at, known)


def _part(
    connection: Connection, community: str, site: str, begin: Instant, until: Instant
) -> list[tuple[str, str, float]]:
    """People through each counter in a part of an hour."""
    c = gate_step.c
    query = (
        select(c.device_id, c.counter, func.sum(func.abs(c.net)))
        .where(c.community == community, c.site == site, c.ts.between(begin, until))
        .group_by(c.device_id, c.counter)
    )
    rows = connection.execute(query)
    return [(gate, "entered" if counter.startswith("enter") else "left", count) for gate, counter, count in rows]
