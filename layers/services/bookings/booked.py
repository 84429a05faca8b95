"""What stands behind the register ``bookings``: its occurrences hold their room."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.bookings import slots
from layers.services.bookings.recurrence import Span, Unclear, occurrences
from layers.services.bookings.slots import OF_ROOMS, OF_SITES, Room
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import HOUR, local_clock, local_date
from store.language import say


class Bookings(Behind):
    """A booking is of one room, or of one place under the sky, at times that never meet another's there."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; what cannot be is refused before it is written."""
        room_of(writing.community, writing.values)
        spans_of(writing.values)
        check_begins(writing)
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Hold the room at those times; a booking that is void holds it no more."""
        room = None if row.is_voided else room_of(row.community, row.values)
        slots.hold(connection, row.id, room, spans_of(row.values) if room else (), row.at)


def check_begins(writing: Writing) -> None:
    """Whether it may begin when it says: who enters what has taken place says that this is meant.

    The hour that has begun can still be booked; a booking that keeps its beginning can be mended at any time.

    Raises
    ------
    Problem
        422 where it begins in the past, and nobody says that it is entered afterwards.
    """
    starts = writing.values.get("starts")
    before = None if writing.before is None else writing.before.values.get("starts")
    if not isinstance(starts, int) or starts == before or writing.values.get("afterwards"):
        return
    if starts < writing.at - writing.at % HOUR:
        when = f"{local_date(starts)} {local_clock(starts)}"
        detail = say("开始的时间 {when} 已经过去；若是补记已经进行过的使用，请把「补记」选为「是」", when=when)
        raise Problem(422, "bad request", detail)


def room_of(community: str, values: Mapping[str, Value]) -> Room:
    """The room or place of a booking's values.

    Raises
    ------
    Problem
        422 where there is none, or both.
    """
    given = [(layer, values.get(code)) for layer, code in ((OF_ROOMS, "room"), (OF_SITES, "site"))]
    named = [Room(community, layer, str(code)) for layer, code in given if code]
    if len(named) != 1:
        raise Problem(422, "bad request", say("房间与室外场所，填一个，只填一个"))
    return named[0]


def spans_of(values: Mapping[str, Value]) -> list[Span]:
    """Every time that a booking's values say.

    Raises
    ------
    Problem
        422 with why they cannot be.
    """
    starts, ends = values.get("starts"), values.get("ends")
    if not isinstance(starts, int) or not isinstance(ends, int):
        raise Problem(422, "bad request", say("开始与结束都要填"))
    try:
        return occurrences(starts, ends, str(values.get("recurrence") or ""), str(values.get("exceptions") or ""))
    except Unclear as error:
        raise Problem(422, "bad request", str(error)) from None


BEHIND = Bookings()
