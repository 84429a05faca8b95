"""Floods of alarms: more than an operator can look at (ANSI/ISA-18.2-2016, 16.4.4; EEMUA 191).

A flood begins with ten new alarms within ten minutes for one operator, and ends when fewer than five came in ten
minutes. The first one that was raised within those ten minutes is kept: it is often the cause of the others.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from layers.alarms.tables import alarm, alarm_flood
from store.instant import MINUTE, Instant

WINDOW: Instant = 10 * MINUTE
BEGINS_AT = 10
ENDS_BELOW = 5


def joined(
    connection: Connection, community: str, raised: Sequence[dict[str, Any]], at: Instant
) -> tuple[int | None, list[str]]:
    """Count alarms that just began to sound, and are written, into a flood.

    Returns
    -------
    tuple
        Its number, None where there is none; and where it begins with these, every alarm that it begins with.
    """
    flood = going_on(connection, community)
    if flood is None:
        since = at - WINDOW
        # What was of a flood that is over begins no second one.
        query = _new(community, since).where(alarm.c.flood.is_(None))
        new = list(connection.execute(query.order_by(alarm.c.received, alarm.c.raised)))
        if len(new) < BEGINS_AT:
            return None, []
        row = {"community": community, "began": new[0].received, "first": _first(new).id, "count": len(new)}
        number = connection.execute(insert(alarm_flood).values(row).returning(alarm_flood.c.id)).scalar_one()
        first_ones = [one.id for one in new]
        connection.execute(update(alarm).where(alarm.c.id.in_(first_ones)).values(flood=number))
        return int(number), first_ones
    ids = [row["id"] for row in raised]
    connection.execute(update(alarm).where(alarm.c.id.in_(ids)).values(flood=flood.id))
    more = alarm_flood.c.count + len(ids)
    connection.execute(update(alarm_flood).where(alarm_flood.c.id == flood.id).values(count=more))
    return int(flood.id), []


def end(connection: Connection, community: str, at: Instant) -> bool:
    """End a flood that is over; whether there was one that is."""
    flood = going_on(connection, community)
    if flood is None:
        return False
    few = connection.scalar(select(func.count()).select_from(_new(community, at - WINDOW).subquery())) or 0
    if few >= ENDS_BELOW:
        return False
    connection.execute(update(alarm_flood).where(alarm_flood.c.id == flood.id).values(ended=at))
    return True


def going_on(connection: Connection, community: str, at: Instant | None = None) -> Any:
    """The flood that goes on, now or at a time: its row; None where there is none.

    At a time with as many as there were then; before so many had come as make one, nobody knew of it.
    """
    c, a = alarm_flood.c, alarm.c
    if at is None:
        query = select(alarm_flood).where(c.community == community, c.ended.is_(None))
    else:
        by_then = (a.community == community, a.received >= c.began, a.received <= at, a.flood == c.id)
        count = select(func.count()).where(*by_then).correlate(alarm_flood).scalar_subquery()
        query = select(c.id, c.began, c.ended, c.first, count.label("count"))
        query = query.where(c.community == community, c.began <= at, c.ended.is_(None) | (c.ended > at))
        query = query.where(count >= BEGINS_AT)
    return connection.execute(query.order_by(c.id.desc()).limit(1)).one_or_none()


def _first(new: Sequence[Any]) -> Any:
    """The one raised first within the ten minutes up to the last: what came late was raised before the burst."""
    since = max(one.raised for one in new) - WINDOW
    return min((one for one in new if one.raised > since), key=lambda one: (one.raised, one.received))


def _new(community: str, since: Instant) -> Any:
    """What sounded anew since a time; what was suppressed by design, shelved or out of service did not."""
    c = alarm.c
    sounded = c.suppressed_by.is_(None) & c.state.not_in(("suppressed", "out_of_service"))
    return select(c.id, c.received, c.raised).where(c.community == community, c.received > since, sounded)
