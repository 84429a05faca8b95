"""The use of rooms on the live channel: when each is busy in the coming days, by which a screen knows what is so now.

A span begins and ends by time alone, which no message brings; so screens are told spans and look at their clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select, union_all

from layers.course import Span as Course
from layers.course import Told, moved
from layers.services.bookings import use
from layers.services.bookings.slots import Room
from layers.services.bookings.tables import booking_slot
from layers.services.registers.declare import Register
from layers.web import Services
from store.instant import MILLISECOND, Instant, day_of, now

USES_ROOMS = frozenset({"activities", "bookings", "sessions"})
"""Codes of what stands behind a register whose rows hold rooms."""


def key_of(room: Room) -> str:
    """The key of a room's record."""
    return f"{room.layer}/{room.code}"


def records(
    connection: Connection, community: str, keys: set[str] | None = None, at: Instant | None = None
) -> dict[str, Any]:
    """Each room's busy spans, from the beginning of the day until ``known_until``; no word of what for."""
    moment = now() if at is None else at
    since, until = day_of(moment), day_of(moment) + use.AHEAD
    found = use.busy(connection, community, since, until, at)
    return {
        key_of(room): {
            "room": room.code,
            "layer": room.layer,
            "busy": [[span.starts // MILLISECOND, span.ends // MILLISECOND] for span in found.get(room, ())],
            "known_until": until // MILLISECOND,
        }
        for room in _asked(community, keys, found)
    }


def tell(given: Services, community: str, register: Register) -> None:
    """Tell the screens, after a commit, how rooms are used where the rows of the register use them."""
    if register.behind not in USES_ROOMS:
        return
    with given.databases.of(community).connect() as connection:
        given.tell({community: {"services": records(connection, community)}})


def _asked(community: str, keys: set[str] | None, found: Mapping[Room, Any]) -> list[Room]:
    if keys is None:
        return use.rooms(community, found.keys())
    return [Room(community, layer, code) for layer, _, code in (key.partition("/") for key in sorted(keys))]


def _touched(connection: Connection, community: str, span: Course) -> Iterator[tuple[Instant, str]]:
    c = booking_slot.c
    of_each = [
        select(column.label("moment"), c.layer, c.room).where(c.community == community, span.holds(column))
        for column in (c.entered, c.dropped)
    ]
    for moment, layer, room in connection.execute(union_all(*of_each)):
        yield moment, f"{layer}/{room}"


def _due(known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    return set(known) if day_of(after) != day_of(until) else set()


def _read(connection: Connection, community: str, keys: set[str], at: Instant) -> Mapping[str, Told | Any]:
    return records(connection, community, keys, at)


moves = moved(_read, _touched, _due)
"""How the records changed in a span of the past."""
