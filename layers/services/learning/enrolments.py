"""What stands behind the register ``enrolments``: never more learners than places, and a line that keeps its order."""

from datetime import date

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.ages import age_on
from layers.services.learning import places
from layers.services.lines import Comers
from layers.services.registers import queries
from layers.services.registers.behind import Row, Writing
from store.instant import local_date
from store.language import say

COURSES, TERMS, PERSONS = "courses", "terms", "persons"
CLOSED = "closed"


class Enrolments(Comers):
    """A person in a course: with a place, in line for one, or no more."""

    line = places.LINE
    field = "course"

    def check_may(self, connection: Connection, writing: Writing, number: int) -> None:
        """Refuse whom a course is not for: it is closed, or for another age."""
        _check_may(connection, writing, number)


def _check_may(connection: Connection, writing: Writing, course: int) -> None:
    """Refuse whom a course is not for."""
    found = queries.row(connection, writing.seal, writing.community, COURSES, course)
    if found is None or found.is_voided:
        raise Problem(409, "no such course", say("编号 {number} 不是课程", number=course))
    if found.state == CLOSED:
        raise Problem(409, "course closed", say("「{course}」已停止报名", course=found.values.get("name")))
    least, most = found.values.get("age_from"), found.values.get("age_to")
    if least is None and most is None:
        return
    person = queries.row(connection, writing.seal, writing.community, PERSONS, int(str(writing.values["person"])))
    born = person.values.get("born") if person else None
    if not born:
        raise Problem(409, "age unknown", say("这门课限定年龄，请先登记出生日期"))
    age = age_on(str(born), _first_day(connection, writing, found))
    if not (int(str(least or 0)) <= age <= int(str(200 if most is None else most))):
        band = say("{least} 至 {most} 岁", least=least or 0, most="∞" if most is None else most)
        detail = say("开课时 {age} 岁，这门课为 {band}", age=age, band=band)
        raise Problem(409, "not of the age", detail, age=age)


def _first_day(connection: Connection, writing: Writing, course: Row) -> date:
    """The day by which ages count: the term's first, today where the course has no term or it has begun."""
    today = local_date(writing.at)
    number = course.values.get("term")
    term = queries.row(connection, writing.seal, writing.community, TERMS, number) if isinstance(number, int) else None
    first = term.values.get("starts") if term else None
    return max(today, date.fromisoformat(str(first))) if first else today


BEHIND = Enrolments()
