"""The calendar of a community (日历): what is on each day, for everybody; no person is named in it.

Activities, lessons, bookings that are said to be public, and festivals; with each day its lunar date, solar term,
traditional festival, and whether it is a holiday or a weekend that is worked on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from geo.ground import place
from geo.ground import places as places_of
from layers import declare
from layers.almanac import almanac
from layers.services.activities import found, places
from layers.services.activities.activities import CANCELLED, room_of, span_of
from layers.services.bookings.recurrence import LONGEST, Span
from layers.services.bookings.slots import OF_ROOMS, Room, known_at
from layers.services.bookings.tables import booking_slot
from layers.services.registers.behind import Row
from layers.services.registers.declare import registers
from layers.services.registers.told import word
from layers.working_time import last_known_year
from store.instant import DAY, Instant, format_rfc3339, local_date, midnight
from store.language import Word, in_all
from store.seal import Seal

BOOKINGS, CLUBS, COURSES, SESSIONS = "bookings", "clubs", "courses", "sessions"
NO_WORD = Word("", "")
NAMED = ("sites", "buildings", "areas")
"""Layers whose places people name in their own words, where they chose none of the list."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Days of a community, the last included, as they are known at a moment; ``at`` is None where that is now."""

    community: str
    first: date
    last: date
    moment: Instant
    at: Instant | None
    seal: Seal

    @property
    def since(self) -> Instant:
        """When the first day begins."""
        return midnight(self.first)

    @property
    def until(self) -> Instant:
        """When the last day ends."""
        return midnight(self.last) + DAY

    def days(self) -> Iterator[date]:
        """Each day."""
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that is on: what it is, when, where, and what everybody may know of it."""

    what: str
    id: int | str
    span: Span
    title: Word
    place: Word = NO_WORD
    kind: Word = NO_WORD
    club: str = ""
    series: str = ""
    is_cancelled: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


def told(connection: Connection, asked: Asked) -> dict[str, Any]:
    """The days with what is on each."""
    entries = sorted(
        [*_activities(connection, asked), *_lessons(connection, asked), *_bookings(connection, asked)],
        key=lambda one: (one.span, str(one.id)),
    )
    on_day = declare.days(connection, asked.community, asked.moment)
    return {
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "today": local_date(asked.moment).isoformat(),
        "holidays_until": last_known_year(),
        "days": [
            _day(day) | {
                "festivals": on_day(day),
                "entries": [_entry(one) for one in entries if _is_on(one.span, day)],
            }
            for day in asked.days()
        ],
    }  # fmt: skip


def _day(day: date) -> dict[str, Any]:
    found = almanac(day)
    return {
        "day": day.isoformat(),
        **in_all("lunar", found.lunar),
        **in_all("lunar_short", {"name": found.lunar.short, "name_en": f"{found.lunar.month}-{found.lunar.day}"}),
        **in_all("term", found.term or NO_WORD),
        **in_all("traditional", found.festival or NO_WORD),
        "kind": found.kind.value,
        "is_known": day.year <= last_known_year(),
        **in_all("holiday", found.holiday or NO_WORD),
    }


def _is_on(span: Span, day: date) -> bool:
    return span.starts < midnight(day) + DAY and span.ends > midnight(day)


def _entry(one: Entry) -> dict[str, Any]:
    return {
        "what": one.what,
        "id": one.id,
        "starts": format_rfc3339(one.span.starts),
        "ends": format_rfc3339(one.span.ends),
        **in_all("title", one.title),
        **in_all("place", one.place),
        **in_all("kind", one.kind),
        "club": one.club or None,
        "series": one.series or None,
        "cancelled": one.is_cancelled,
        **one.more,
    }


def _activities(connection: Connection, asked: Asked) -> Iterator[Entry]:
    rows = _rows(connection, asked, places.ACTIVITIES)
    clubs = found.by_number(connection, asked.seal, asked.community, CLUBS, _numbers(rows, "club"), asked.at)
    kinds = registers(asked.community)[places.ACTIVITIES].field("kind")
    for row in rows:
        club = clubs.get(_number(row, "club"))
        offered = row.values.get("places")
        yield Entry(
            what="activity",
            id=row.id,
            span=span_of(row.values),
            title=_said(row.values.get("title")),
            place=_where(asked.community, room_of(asked.community, row.values), row.values.get("venue")),
            kind=word(kinds, asked.community, str(row.values["kind"])),
            club=str(club.values.get("name") or "") if club else "",
            series=str(row.values.get("series") or ""),
            is_cancelled=row.state == CANCELLED,
            more={"places": offered} | _filled(connection, row, offered, asked),
        )


def _filled(connection: Connection, row: Row, offered: Any, asked: Asked) -> dict[str, Any]:
    """Whether all places are taken; of a past time it is not told. How many come is nobody's."""
    known = places.LINE.offered(connection, row.id) if offered and asked.at is None else None
    return {"full": None if known is None else known.taken >= known.places}


def _lessons(connection: Connection, asked: Asked) -> Iterator[Entry]:
    rows = _rows(connection, asked, SESSIONS)
    courses = found.by_number(connection, asked.seal, asked.community, COURSES, _numbers(rows, "course"), asked.at)
    halls = registers(asked.community)[COURSES].field("hall")
    for row in rows:
        course, room = courses.get(_number(row, "course")), row.values.get("room")
        if course is None:
            continue
        yield Entry(
            what="lesson",
            id=row.id,
            span=span_of(row.values),
            title=_said(course.values.get("name")),
            place=_where(
                asked.community, Room(asked.community, OF_ROOMS, str(room)) if room else None, row.values.get("venue")
            ),
            kind=word(halls, asked.community, str(course.values.get("hall"))),
        )


def _bookings(connection: Connection, asked: Asked) -> Iterator[Entry]:
    c = booking_slot.c
    query = (
        select(c.row_id, c.layer, c.room, c.starts, c.ends)
        .where(c.community == asked.community, known_at(asked.at))
        .where(c.starts < asked.until, c.starts > asked.since - LONGEST, c.ends > asked.since)
    )
    slots = connection.execute(query).all()
    numbers = {slot.row_id for slot in slots}
    rows = found.by_number(connection, asked.seal, asked.community, BOOKINGS, numbers, asked.at)
    purposes = registers(asked.community)[BOOKINGS].field("purpose")
    for slot in slots:
        row = rows.get(slot.row_id)
        if row is None or row.is_voided or row.values.get("public") is not True:
            continue
        yield Entry(
            what="booking",
            id=row.id,
            span=Span(slot.starts, slot.ends),
            title=_said(row.values.get("title")),
            place=_where(asked.community, Room(asked.community, slot.layer, slot.room)),
            kind=word(purposes, asked.community, str(row.values["purpose"])),
            club=str(row.values.get("club") or ""),
        )


def _rows(connection: Connection, asked: Asked, register: str) -> list[Row]:
    return found.between(connection, asked.seal, asked.community, register, asked.since, asked.until, asked.at)


def _number(row: Row, code: str) -> int:
    value = row.values.get(code)
    return value if isinstance(value, int) else 0


def _numbers(rows: Iterable[Row], code: str) -> set[int]:
    return {_number(row, code) for row in rows} - {0}


def _said(value: Any) -> Word:
    """What somebody wrote, in the one language that they wrote it in."""
    return Word(str(value or ""), str(value or ""))


def _where(community: str, room: Room | None, elsewhere: Any = None) -> Word:
    """What a room or place is called, or where it is else in somebody's words: also these may be a place's name."""
    if room is None:
        called = (one for layer in NAMED for one in places_of(community, layer) if elsewhere in (one.name, one.name_en))
        known = next(called, None) if elsewhere else None
        return Word(known.name, known.name_en or known.name) if known else _said(elsewhere)
    of_ground = place(room.community, room.layer, room.code)
    return Word(of_ground.name, of_ground.name_en or of_ground.name) if of_ground else Word(room.code, room.code)
