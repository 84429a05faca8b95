"""What stands behind the register ``sessions``: a lesson books its room, as a rehearsal does."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, insert, not_, select, update

from layers.problem import Problem
from layers.services.bookings import slots
from layers.services.bookings.recurrence import LONGEST, Span
from layers.services.bookings.slots import OF_ROOMS, Room
from layers.services.learning.tables import course_session
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Row, Value, Writing
from layers.services.registers.tables import register_row, register_value
from store.instant import HOUR
from store.language import say

COURSES, ATTENDANCE = "courses", "attendance"


class Sessions(Behind):
    """A lesson of a course at a time, in a room that nothing else is in, or at a place in words."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """The course's own room, where neither room nor place was said."""
        _span(writing.values)
        course = queries.row(
            connection, writing.seal, writing.community, COURSES, int(str(writing.values.get("course") or 0))
        )
        if course is None or course.is_voided:
            raise Problem(409, "no such course", say("编号 {number} 不是课程", number=writing.values.get("course")))
        if writing.values.get("room") or writing.values.get("venue"):
            return {}
        room = course.values.get("room")
        if not room:
            raise Problem(422, "bad request", say("这门课没有固定教室；请填房间或地点"))
        return {"room": room}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Hold the room, and let attendance find the lesson."""
        if row.is_voided:
            _check_nobody_came(connection, row)
        code, span = row.values.get("room"), _span(row.values)
        room = Room(row.community, OF_ROOMS, str(code)) if code and not row.is_voided else None
        slots.hold(connection, row.id, room, [span], row.at)
        lesson = {
            "course_id": row.values["course"], "starts": span.starts, "ends": span.ends, "voided": row.is_voided,
        }  # fmt: skip
        mine = course_session.c.row_id == row.id
        if writing.before is None:
            connection.execute(insert(course_session).values(lesson | {"row_id": row.id}))
        else:
            connection.execute(update(course_session).where(mine).values(lesson))


def _span(values: Mapping[str, Value]) -> Span:
    starts, ends = values.get("starts"), values.get("ends")
    if (
        not isinstance(starts, int)
        or not isinstance(ends, int)
        or not starts < ends <= starts + min(LONGEST, 12 * HOUR)
    ):
        raise Problem(422, "bad request", say("结束要晚于开始，一节课最长 12 小时"))
    return Span(starts, ends)


def _check_nobody_came(connection: Connection, row: Row) -> None:
    value = register_value.c
    query = (
        select(func.count())
        .select_from(register_value)
        .join(register_row, register_row.c.id == value.row_id)
        .where(value.community == row.community, value.register == ATTENDANCE, value.field == "session")
        .where(value.number == row.id, not_(register_row.c.voided))
    )
    count = connection.scalar(query) or 0
    if count:
        raise Problem(409, "session in use", say("这节课已有 {count} 人的考勤；请先作废考勤", count=count), count=count)


BEHIND = Sessions()
