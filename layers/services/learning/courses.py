"""What stands behind the register ``courses``: as many places as it says, never fewer than are taken."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from layers.problem import Problem
from layers.services.learning import places
from layers.services.learning.tables import course_session
from layers.services.lines import ENROLLED, WAITING, Filling
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import Instant
from store.language import say


class Courses(Behind):
    """A course has places, and ends only when nobody has one, waits for one, or expects a lesson."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; ages that no one can have are refused."""
        least, most = writing.values.get("age_from"), writing.values.get("age_to")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            raise Problem(422, "bad request", say("年龄下限 {least} 大于上限 {most}", least=least, most=most))
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Offer the places; a course that is void has none to offer, and must not be anybody's any more."""
        if row.is_voided:
            places.LINE.lock(connection, row.community)
            _check_is_nobodys(connection, row.id, row.at)
            return
        offered = int(str(row.values["places"]))
        places.LINE.offer_places(connection, row.id, offered, Filling.of(writing, row))


def _check_is_nobodys(connection: Connection, course: int, at: Instant) -> None:
    lesson = course_session.c
    people = places.LINE.count(connection, course, ENROLLED, WAITING)
    coming = select(func.count()).where(lesson.course_id == course, ~lesson.voided, lesson.ends > at)
    lessons = connection.scalar(coming) or 0
    if people or lessons:
        detail = say("还有 {people} 人报名或候补、{lessons} 节课未上；请先退出或作废", people=people, lessons=lessons)
        raise Problem(409, "course in use", detail, people=people, sessions=lessons)


BEHIND = Courses()
