"""What is held of rooms: the occurrences of each booking, none of which meets another in its room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from geo.ground import place
from layers.problem import Problem
from layers.services.bookings.recurrence import LONGEST, Span
from layers.services.bookings.tables import booking_slot
from layers.services.registers import values as kept_values
from layers.services.registers.declare import registers
from layers.services.registers.tables import register_row
from store.instant import Instant, format_rfc3339, local_clock, local_date
from store.language import named, say
from store.once import alone

OF_ROOMS, OF_SITES = "rooms", "sites"
NAMED_DEEP = 3


@dataclass(frozen=True, order=True)
class Room:
    """What is booked: a place of a layer of the ground."""

    community: str
    layer: str
    code: str

    @property
    def name(self) -> str:
        """What it is called in the language that is spoken."""
        found = place(self.community, self.layer, self.code)
        return self.code if found is None else named(found)


def hold(connection: Connection, number: int, room: Room | None, spans: Iterable[Span], at: Instant) -> None:
    """Let a row of a register have a room at these times, and at no others from now on; None: no room at all.

    What it had and has still is left as it is, so that the past is told as it was.

    Raises
    ------
    Problem
        409 that names what is in the way, its room and its time.
    """
    # One at a time in a community: whoever enters many bookings at once has them in any order of rooms.
    community = room.community if room else _community(connection, number)
    alone(connection, "bookings", community)
    wanted = set(spans) if room else set[Span]()
    left = []
    for slot in _own(connection, number):
        span = Span(slot.starts, slot.ends)
        if room and (slot.layer, slot.room) == (room.layer, room.code) and span in wanted:
            wanted.discard(span)
        else:
            left.append(slot.id)
    if left:
        connection.execute(update(booking_slot).where(booking_slot.c.id.in_(left)).values(dropped=at))
    if not room or not wanted:
        return
    asked = sorted(wanted)
    other = in_the_way(connection, number, room, asked)
    if other is not None:
        raise _taken(connection, room, other)
    of = {"row_id": number, "community": room.community, "layer": room.layer, "room": room.code, "entered": at}
    rows = [of | {"starts": span.starts, "ends": span.ends} for span in asked]
    connection.execute(insert(booking_slot), rows)


def in_the_way(connection: Connection, number: int, room: Room, spans: Sequence[Span]) -> Row[Any] | None:
    """The first occurrence of another row that meets one of these spans, which are in order; None where none does."""
    c = booking_slot.c
    query = (
        select(booking_slot)
        .where(c.community == room.community, c.layer == room.layer, c.room == room.code, c.dropped.is_(None))
        .where(c.row_id != number, c.ends > spans[0].starts)
        .where(c.starts < max(span.ends for span in spans), c.starts > spans[0].starts - LONGEST)
        .order_by(c.starts)
    )
    others, place_in = connection.execute(query).all(), 0
    for span in spans:
        # Neither the others nor the spans meet among themselves, so both are in order of their ends too.
        while place_in < len(others) and others[place_in].ends <= span.starts:
            place_in += 1
        if place_in < len(others) and others[place_in].starts < span.ends:
            return others[place_in]
    return None


def called(connection: Connection, number: int, deep: int = 0) -> str:
    """What a row is called: the words of its label, without anything personal."""
    c = register_row.c
    found = connection.execute(select(c.community, c.register, c.data).where(c.id == number)).one_or_none()
    declared = registers(found.community).get(found.register) if found else None
    if found is None or declared is None:
        return f"#{number}"
    values, words = kept_values.unpacked(found.data), []
    for field in (declared.field(code) for code in declared.label):
        value = None if field.personal else values.get(field.code)
        if field.type == "row" and isinstance(value, int) and deep < NAMED_DEEP:
            words.append(called(connection, value, deep + 1))
        elif field.type == "text" and value:
            words.append(str(value))
    return " ".join(words) or f"#{number}"


def when(span: Any) -> str:
    """A span as people say it: ``2026-11-27 19:30–23:20``."""
    day, last = local_date(span.starts), local_date(span.ends)
    ends = local_clock(span.ends) if last == day else f"{last} {local_clock(span.ends)}"
    return f"{day} {local_clock(span.starts)}–{ends}"


def _taken(connection: Connection, room: Room, other: Row[Any]) -> Problem:
    title = called(connection, other.row_id)
    detail = say(
        "{room} {time} 已有「{title}」（编号 {number}）",
        room=room.name,
        time=when(other),
        title=title,
        number=other.row_id,
    )
    return Problem(
        409, "room taken", detail, booking=other.row_id, room=room.code,
        starts=format_rfc3339(other.starts), ends=format_rfc3339(other.ends),
    )  # fmt: skip


def _own(connection: Connection, number: int) -> Sequence[Row[Any]]:
    c = booking_slot.c
    return connection.execute(select(booking_slot).where(c.row_id == number, c.dropped.is_(None))).all()


def _community(connection: Connection, number: int) -> str:
    return str(connection.scalar(select(register_row.c.community).where(register_row.c.id == number)))


def known_at(at: Instant | None) -> Any:
    """The condition that an occurrence counts, now or as it was known at a time."""
    c = booking_slot.c
    if at is None:
        return c.dropped.is_(None)
    return (c.entered <= at) & or_(c.dropped.is_(None), c.dropped > at)
