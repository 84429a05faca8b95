"""What stands behind the register ``enrolments``: never more learners than places, and a line that keeps its order."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.ages import age_on
from layers.services.learning import places
from layers.services.learning.places import ENROLLED, GAVE_UP, LEFT, VOID, WAITING, Filling
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import Instant, local_date
from store.language import say

COURSES, TERMS, PERSONS = "courses", "terms", "persons"
CLOSED = "closed"


class Enrolments(Behind):
    """A person in a course: with a place, in line for one, or no more."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """How the enrolment stands, and its number in the order of those who came to the course."""
        values, today = writing.values, local_date(writing.at)
        day = values.get("day") or today.isoformat()
        left = values.get("left")
        if str(day) > today.isoformat() or str(left or "") > today.isoformat():
            raise Problem(422, "bad request", say("报名与退出的日期不能晚于今天"))
        places.lock(connection, writing.community)
        course = int(str(values["course"]))
        known = places.known(connection, writing.before.id if writing.before else None)
        if left:
            had_place = known is None or known.standing in (ENROLLED, LEFT)
            standing, ticket = (LEFT if had_place else GAVE_UP), known.ticket if known else 0
        elif known is not None and known.standing in (ENROLLED, WAITING):
            standing, ticket = known.standing, known.ticket
        else:
            # Who comes back stands at the end of the line.
            _check_may(connection, writing, course)
            standing, ticket = places.drawn(connection, course)
        return {"day": day, "standing": standing, "ticket": ticket or places.drawn(connection, course)[1]}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Keep the count, and let the first in line move up into a place that came free."""
        places.lock(connection, row.community)
        course, person = int(str(row.values["course"])), int(str(row.values["person"]))
        standing = VOID if row.is_voided else str(row.values["standing"])
        known = places.known(connection, row.id)
        ticket = known.ticket if known and row.is_voided else int(str(row.values["ticket"]))
        places.set_standing(connection, row.id, course, person, standing, ticket)
        filling = Filling(community=row.community, actor=writing.actor, seal=writing.seal, at=row.at)
        places.fill(connection, course, filling)

    def told(
        self, connection: Connection, rows: Sequence[int], at: Instant | None = None
    ) -> Mapping[int, Mapping[str, Value]]:
        """In which position each stands who waits; of a past time only who waited is told, as the row says it."""
        return {} if at is not None else {row: {"position": place} for row, place in places.positions(connection, rows)}


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
