"""The use of rooms on the live channel: when each is busy in the coming days, by which a screen knows what is so now.

A span begins and ends by time alone, which no message brings; so screens are told spans and look at their clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select, union_all

from layers.course import Span as Course
from layers.services.bookings import use
from layers.services.bookings.slots import Room
from layers.services.bookings.tables import booking_slot
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


def _asked(community: str, keys: set[str] | None, found: Mapping[Room, Any]) -> list[Room]:
    if keys is None:
        return use.rooms(community, found.keys())
    return [Room(community, layer, code) for layer, _, code in (key.partition("/") for key in sorted(keys))]


def touched(connection: Connection, community: str, span: Course) -> Iterator[tuple[Instant, str]]:
    """When rooms were booked and given back in a span of the past, and their keys."""
    c = booking_slot.c
    of_each = [
        select(column.label("moment"), c.layer, c.room).where(c.community == community, span.holds(column))
        for column in (c.entered, c.dropped)
    ]
    for moment, layer, room in connection.execute(union_all(*of_each)):
        yield moment, f"{layer}/{room}"


def due(known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    """The keys of the rooms, where another day has begun."""
    return set(known) if day_of(after) != day_of(until) else set()
