"""When rules watched what somebody said: a rate of alarms over hours in which nobody watched would flatter.

What is filled in later was watched by no rule, whatever hours it is of.
"""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection, select

from layers.alarms.tables import alarm_hour
from store.bulk import as_it_was, upsert_all
from store.instant import HOUR, Instant

Hours = np.ndarray
"""The beginnings of hours, rising, shape (n,)."""


class Watch:
    """Notes each hour of each community in which its rules watched, once."""

    def __init__(self) -> None:
        self._hour: Instant = -1
        self._noted: set[str] = set()

    def missing(self, at: Instant, communities: Iterable[str]) -> set[str]:
        """Of these communities the ones whose hour is not noted yet."""
        hour = at // HOUR * HOUR
        if hour != self._hour:
            self._hour, self._noted = hour, set()
        return set(communities) - self._noted

    def note(self, connection: Connection, communities: set[str]) -> None:
        """Note the hour that was asked for last, of these."""
        rows = [{"community": code, "hour": self._hour} for code in sorted(communities)]
        upsert_all(connection, alarm_hour, rows, as_it_was)
        self._noted |= communities


def hours(connection: Connection, community: str, since: Instant, until: Instant) -> Hours:
    """The hours of [since, until) in which rules of the community watched what was said."""
    c = alarm_hour.c
    query = select(c.hour).where(c.community == community, c.hour >= since // HOUR * HOUR, c.hour < until)
    return np.array(list(connection.scalars(query.order_by(c.hour))), dtype=np.int64)


def length(of: Hours, since: Instant, until: Instant) -> Instant:
    """How much of [since, until) lies within these hours."""
    return int((np.minimum(of + HOUR, until) - np.maximum(of, since)).sum())
