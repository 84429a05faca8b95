"""What stands behind the register ``attendance``: only who is enrolled comes to a lesson, each once."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from layers.problem import Problem
from layers.services.learning.tables import course_session, enrolment
from layers.services.lines import ENROLLED, LEFT
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Value, Writing
from store.instant import MINUTE, Instant, local_date
from store.language import say

EARLY = 30 * MINUTE
"""So long before a lesson, and after it, somebody who is found by the time of the tap is taken to come to it."""


class Attendance(Behind):
    """Whether a learner came to a lesson of a course that they have a place in."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """The lesson, where none was named: the one that is now, of a course that the person has a place in."""
        person = int(str(writing.values["person"]))
        came = writing.values.get("came")
        moment = came if isinstance(came, int) else writing.at
        session = writing.values.get("session")
        if not isinstance(session, int):
            session = _now(connection, person, moment)
        before = writing.before.values if writing.before else {}
        if (before.get("session"), before.get("person")) != (session, person):
            _check_enrolled(connection, writing, session, person)
        return {"session": session, "came": moment}


def _now(connection: Connection, person: int, moment: Instant) -> int:
    lesson, c = course_session.c, enrolment.c
    query = (
        select(lesson.row_id)
        .join(enrolment, c.course_id == lesson.course_id)
        .where(c.person_id == person, c.standing == ENROLLED, ~lesson.voided)
        .where(lesson.starts - EARLY <= moment, lesson.ends + EARLY > moment)
        .order_by(lesson.starts)
    )
    found = connection.scalars(query).all()
    if len(found) != 1:
        many = say("此时有 {count} 节其报名的课；请选课次", count=len(found))
        raise Problem(409, "which session", many if found else say("此时没有其报名的课；请选课次"))
    return int(found[0])


def _check_enrolled(connection: Connection, writing: Writing, session: int, person: int) -> None:
    lesson = connection.execute(select(course_session).where(course_session.c.row_id == session)).one_or_none()
    if lesson is None or lesson.voided:
        raise Problem(409, "no such session", say("编号 {number} 不是课次", number=session))
    c = enrolment.c
    query = select(c.row_id, c.standing).where(c.person_id == person, c.course_id == lesson.course_id)
    for found in connection.execute(query.where(c.standing.in_([ENROLLED, LEFT]))):
        if found.standing == ENROLLED:
            return
        # Who left since may have come before; it is often written down later.
        row = queries.row(connection, writing.seal, writing.community, "enrolments", found.row_id)
        left = str(row.values.get("left") or "") if row else ""
        if left >= local_date(lesson.starts).isoformat():
            return
    raise Problem(409, "not enrolled", say("没有报名这门课"))


BEHIND = Attendance()
