"""The places of courses: who gets one, who waits, and who moves up.

Whoever changes any of it is alone in the community (`lock`) until the transaction ends, and has locked the row of the
register that is changed before. So nobody may wait for another's row once alone: who stands first in line while
somebody else changes that very row is passed over for the moment, and that other fills the place as soon as it is its
turn; `fill_all` does where that one gave up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy import Row as Found

from layers.problem import Problem
from layers.roles import Actor
from layers.services.learning.tables import course_place, enrolment
from layers.services.registers import kept, queries
from layers.services.registers.behind import Value, Writing
from layers.services.registers.declare import registers
from layers.services.registers.tables import register_row
from layers.services.registers.writer import Writer
from store import audit
from store.instant import Instant
from store.language import say
from store.once import alone
from store.seal import Seal

ENROLMENTS = "enrolments"
ENROLLED, WAITING, LEFT, GAVE_UP, VOID = "enrolled", "waiting", "left", "gave_up", "void"
"""Has a place; stands in line; had one; stood in line and stands there no more; was entered by mistake."""


@dataclass(frozen=True, kw_only=True)
class Filling:
    """On whose behalf, and when, somebody moves up."""

    community: str
    actor: Actor
    seal: Seal
    at: Instant


def lock(connection: Connection, community: str) -> None:
    """Be the only one who changes places of a community's courses, until the transaction ends."""
    alone(connection, "learning", community)


def of_course(connection: Connection, course: int) -> Found[Any] | None:
    """A course's places; None where it is no course."""
    return connection.execute(select(course_place).where(course_place.c.course_id == course)).one_or_none()


def _locked(connection: Connection, course: int) -> Found[Any] | None:
    query = select(course_place).where(course_place.c.course_id == course)
    return connection.execute(query.with_for_update(key_share=True)).one_or_none()


def offer(connection: Connection, course: int, places: int, filling: Filling) -> None:
    """Let a course have so many places from now on; who waits moves up into new ones.

    Raises
    ------
    Problem
        409 where more are taken.
    """
    lock(connection, filling.community)
    offered = _locked(connection, course)
    if offered is None:
        new = {"course_id": course, "community": filling.community, "places": places, "taken": 0, "drawn": 0}
        connection.execute(insert(course_place).values(new))
        return
    if places < offered.taken:
        raise Problem(
            409, "places taken", say("已有 {taken} 人有名额，不能少于此数", taken=offered.taken), taken=offered.taken
        )
    connection.execute(update(course_place).where(course_place.c.course_id == course).values(places=places))
    fill(connection, course, filling)


def known(connection: Connection, number: int | None) -> Found[Any] | None:
    """An enrolment as it stands, by the number of its row."""
    return connection.execute(select(enrolment).where(enrolment.c.row_id == number)).one_or_none()


def drawn(connection: Connection, course: int) -> tuple[str, int]:
    """The standing and the ticket of who comes now: a place where one is free and nobody waits for it, else the line.

    Raises
    ------
    Problem
        409 where it is no course.
    """
    found = _locked(connection, course)
    if found is None:
        raise Problem(409, "no such course", say("编号 {number} 不是课程", number=course))
    is_free = found.taken < found.places and not waiting(connection, course)
    return (ENROLLED if is_free else WAITING), found.drawn + 1


def waiting(connection: Connection, course: int) -> int:
    """How many wait."""
    c = enrolment.c
    return connection.scalar(select(func.count()).where(c.course_id == course, c.standing == WAITING)) or 0


def positions(connection: Connection, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of these enrolments those that wait, each with its position in the line of its course, from 1."""
    c, ahead = enrolment.c, enrolment.alias("ahead")
    mine = (ahead.c.course_id == c.course_id) & (ahead.c.standing == WAITING) & (ahead.c.ticket <= c.ticket)
    position = select(func.count()).select_from(ahead).where(mine).scalar_subquery()
    query = select(c.row_id, position).where(c.row_id.in_(rows), c.standing == WAITING)
    for row, place in connection.execute(query):
        yield int(row), int(place)


def set_standing(connection: Connection, number: int, course: int, person: int, standing: str, ticket: int) -> None:
    """Let an enrolment stand so; the course's count follows, and the database takes no more than there are places."""
    before = known(connection, number)
    more = (standing == ENROLLED) - (before is not None and before.standing == ENROLLED)
    c = course_place.c
    highest = update(course_place).where(c.course_id == course, c.drawn < ticket).values(drawn=ticket)
    connection.execute(highest)
    if more:
        connection.execute(update(course_place).where(c.course_id == course).values(taken=c.taken + more))
    row = {"standing": standing, "ticket": ticket}
    if before is None:
        new = row | {"row_id": number, "course_id": course, "person_id": person}
        connection.execute(insert(enrolment).values(new))
    else:
        connection.execute(update(enrolment).where(enrolment.c.row_id == number).values(row))


def fill(connection: Connection, course: int, filling: Filling) -> int:
    """Let those who wait move up into free places, in the order of their tickets; how many did."""
    count = 0
    while (first := _first(connection, course)) is not None and _is_ours(connection, first.row_id):
        before = queries.row(connection, filling.seal, filling.community, ENROLMENTS, first.row_id)
        if before is None:
            break
        set_standing(connection, first.row_id, course, first.person_id, ENROLLED, first.ticket)
        _told(connection, filling, before, {**before.values, "standing": ENROLLED})
        count += 1
    return count


def fill_all(connection: Connection, filling: Filling) -> int:
    """The same for every course of a community that has places free and people who wait; how many moved up."""
    lock(connection, filling.community)
    c, line = course_place.c, enrolment.c
    query = (
        select(c.course_id)
        .where(c.community == filling.community, c.taken < c.places)
        .where(select(line.row_id).where(line.course_id == c.course_id, line.standing == WAITING).exists())
        .order_by(c.course_id)
    )
    return sum(fill(connection, course, filling) for course in connection.scalars(query).all())


def _first(connection: Connection, course: int) -> Found[Any] | None:
    """Who is first in line; None where no place is free, or nobody waits."""
    found = _locked(connection, course)
    if found is None or found.taken >= found.places:
        return None
    c = enrolment.c
    query = select(enrolment).where(c.course_id == course, c.standing == WAITING).order_by(c.ticket).limit(1)
    return connection.execute(query).one_or_none()


def _is_ours(connection: Connection, number: int) -> bool:
    query = select(register_row.c.id).where(register_row.c.id == number).with_for_update(skip_locked=True)
    return connection.scalar(query) is not None


def _told(connection: Connection, filling: Filling, before: Any, values: Mapping[str, Value]) -> None:
    """The row of the register says that its learner moved up: a version more, with the reason."""
    by = Writer(
        register=registers(filling.community)[ENROLMENTS], community=filling.community, actor=filling.actor,
        seal=filling.seal,
    )  # fmt: skip
    writing = Writing(
        community=filling.community, register=ENROLMENTS, at=max(filling.at, before.at), actor=filling.actor,
        values=values, before=before, is_voiding=False, seal=filling.seal, reason=say("候补递进"),
    )  # fmt: skip
    kept.version(connection, by, before, writing, before.state)
    told = {"community": filling.community, "fields": ["standing"]}
    audit.record(connection, filling.actor.label, "register.change", f"{ENROLMENTS}/{before.id}", told)
