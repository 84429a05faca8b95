"""When something was observed: a rate of alarms over days on which nobody measured would flatter."""

import numpy as np
from sqlalchemy import Connection, select

from sensors.tables import device, reading_hour, series
from store.bulk import is_one_of
from store.instant import HOUR, Instant

ASKED = 200
"""Series that are asked, evenly among all: where they said nothing for an hour, hardly anybody did."""

Hours = np.ndarray
"""The beginnings of hours, rising, shape (n,)."""


def hours(connection: Connection, community: str, since: Instant, until: Instant) -> Hours:
    """The hours of [since, until) in which a device of the community said something sound."""
    query = select(series.c.id).join(device, device.c.id == series.c.device_id).where(device.c.community == community)
    known = list(connection.scalars(query.order_by(series.c.id)))
    asked = known[:: -(-len(known) // ASKED)] if known else []
    c = reading_hour.c
    of_asked = is_one_of(connection, (c.series_id,), [(number,) for number in asked])
    within = (c.hour >= since // HOUR * HOUR) & (c.hour < until)
    found = connection.scalars(select(c.hour).where(of_asked, within).distinct()) if asked else ()
    return np.array(sorted(found), dtype=np.int64)


def length(of: Hours, since: Instant, until: Instant) -> Instant:
    """How much of [since, until) lies within these hours."""
    return int((np.minimum(of + HOUR, until) - np.maximum(of, since)).sum())
