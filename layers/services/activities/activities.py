"""What stands behind the register ``activities``: an activity books its room and has places."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.activities import places
from layers.services.bookings import slots
from layers.services.bookings.recurrence import LONGEST, Span
from layers.services.bookings.slots import OF_ROOMS, OF_SITES, Room
from layers.services.lines import ENROLLED, WAITING, Filling
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import DAY
from store.language import say

CANCELLED = "cancelled"


class Activities(Behind):
    """An activity at a time and a place; where it has places, people sign up for them."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; what cannot be is refused before it is written."""
        span_of(writing.values)
        room_of(writing.community, writing.values)
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Offer the places and hold the room; what is void or cancelled holds none."""
        places.LINE.lock(connection, row.community)
        if row.is_voided:
            _check_is_nobodys(connection, row.id)
        else:
            offered = int(str(row.values.get("places") or 0))
            places.LINE.offer_places(connection, row.id, offered, Filling.of(writing, row))
        is_off = row.is_voided or row.state == CANCELLED
        room = None if is_off else room_of(row.community, row.values)
        slots.hold(connection, row.id, room, [span_of(row.values)], row.at)


def span_of(values: Mapping[str, Value]) -> Span:
    """When an activity is.

    Raises
    ------
    Problem
        422 where it ends before it starts, or lasts longer than anything may.
    """
    starts, ends = values.get("starts"), values.get("ends")
    if not isinstance(starts, int) or not isinstance(ends, int) or not starts < ends <= starts + LONGEST:
        days = LONGEST // DAY
        raise Problem(422, "bad request", say("结束要晚于开始，一项活动最长 {days} 天", days=days))
    return Span(starts, ends)


def room_of(community: str, values: Mapping[str, Value]) -> Room | None:
    """The room or place outdoors of an activity; None where it is elsewhere.

    Raises
    ------
    Problem
        422 where both are named.
    """
    given = [(layer, values.get(code)) for layer, code in ((OF_ROOMS, "room"), (OF_SITES, "site"))]
    named = [Room(community, layer, str(code)) for layer, code in given if code]
    if len(named) > 1:
        raise Problem(422, "bad request", say("房间与室外场所，最多填一个"))
    return named[0] if named else None


def _check_is_nobodys(connection: Connection, activity: int) -> None:
    people = places.LINE.count(connection, activity, ENROLLED, WAITING)
    if people:
        detail = say("还有 {people} 人报名或候补；请转为「已取消」，或先作废报名", people=people)
        raise Problem(409, "activity in use", detail, people=people)


BEHIND = Activities()
