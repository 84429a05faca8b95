"""How rooms are used: busy or free, by hour; never by whom or what for."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from geo.ground import place, places
from layers.services.bookings.recurrence import LONGEST, Span
from layers.services.bookings.slots import OF_ROOMS, Room, known_at
from layers.services.bookings.tables import booking_slot
from layers.services.registers.declare import registers
from store.instant import DAY, HOUR, MINUTE, Instant, format_rfc3339
from store.language import in_all

BOOKINGS = "bookings"
AHEAD = 8 * DAY
"""So far ahead it is told until when a room is free."""


def busy(
    connection: Connection, community: str, since: Instant, until: Instant, at: Instant | None = None
) -> dict[Room, list[Span]]:
    """When rooms are busy in a period, now or as it was known at a time; what follows at once is one span.

    So that nobody can tell how many bookings there are.
    """
    c = booking_slot.c
    query = (
        select(c.layer, c.room, c.starts, c.ends)
        .where(c.community == community, known_at(at))
        .where(c.starts < until, c.starts > since - LONGEST, c.ends > since)
        .order_by(c.layer, c.room, c.starts)
    )
    found: dict[Room, list[Span]] = {}
    for layer, code, starts, ends in connection.execute(query):
        spans = found.setdefault(Room(community, layer, code), [])
        if spans and starts <= spans[-1].ends:
            spans[-1] = Span(spans[-1].starts, max(spans[-1].ends, ends))
        else:
            spans.append(Span(starts, ends))
    return found


def rooms(community: str, used: Collection[Room]) -> list[Room]:
    """The rooms of the ground, and the other places that are used."""
    of_ground = [Room(community, OF_ROOMS, one.code) for one in places(community, OF_ROOMS)]
    return of_ground + sorted(room for room in used if room not in of_ground)


def bookable(community: str, used: Collection[Room]) -> list[Room]:
    """The same without what nobody books, by the kinds that the register of bookings leaves out; with what is used."""
    declared = registers(community).get(BOOKINGS)
    left_out = () if declared is None else declared.field("room").but
    kinds = {one.code: one.kind for one in places(community, OF_ROOMS)}
    return [
        room
        for room in rooms(community, used)
        if room in used or room.layer != OF_ROOMS or kinds.get(room.code) not in left_out
    ]


def presently(spans: Sequence[Span], moment: Instant) -> tuple[bool, Instant | None]:
    """Whether it is busy at a moment, and until when it stays so; None: no end is known."""
    for span in spans:
        if span.starts <= moment < span.ends:
            return True, span.ends
        if span.starts > moment:
            return False, span.starts
    return False, None


def by_hour(spans: Sequence[Span], since: Instant, until: Instant) -> dict[Instant, int]:
    """Minutes that are busy, by the beginning of each hour in which any is; parts of a minute count by their length."""
    found: dict[Instant, int] = {}
    for span in spans:
        begin, end = max(span.starts, since), min(span.ends, until)
        hour = begin - begin % HOUR
        while hour < end:
            found[hour] = found.get(hour, 0) + min(end, hour + HOUR) - max(begin, hour)
            hour += HOUR
    return {hour: round(length / MINUTE) for hour, length in found.items()}


def told(
    connection: Connection, community: str, since: Instant, until: Instant, moment: Instant, at: Instant | None
) -> list[dict[str, Any]]:
    """Each room with its use by hour in a period, whether it is busy at a moment, and until when."""
    in_period = busy(connection, community, since, until, at)
    ahead = busy(connection, community, moment, moment + AHEAD, at)
    return [
        _told(room, in_period.get(room, ()), ahead.get(room, ()), since, until, moment)
        for room in bookable(community, in_period.keys() | ahead.keys())
    ]


def _told(
    room: Room, spans: Sequence[Span], ahead: Sequence[Span], since: Instant, until: Instant, moment: Instant
) -> dict[str, Any]:
    is_busy, ends = presently(ahead, moment)
    hours = by_hour(spans, since, until)
    found = place(room.community, room.layer, room.code)
    return {
        "room": room.code,
        "layer": room.layer,
        **(in_all("name", found) if found else {"name": room.code, "name_en": room.code}),
        "busy": is_busy,
        "until": None if ends is None else format_rfc3339(ends),
        "minutes": sum(hours.values()),
        "hours": [{"from": format_rfc3339(hour), "minutes": minutes} for hour, minutes in hours.items()],
    }
