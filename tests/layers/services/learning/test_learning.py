"""Courses: never more learners than places, a line that keeps its order, a room for one thing at a time."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.learning import figures, places
from layers.services.learning.tables import course_place, enrolment
from layers.services.lines import Filling
from layers.services.registers import queries
from layers.services.registers.behind import Row, behind
from store.engine import apart, writing
from store.instant import DAY, HOUR, format_rfc3339, local_date, now
from store.turns import Duty
from tests.database import new_database
from tests.layers.services.registers import CLERK, COMMUNITY, SEAL, add, change, shipped, standing, stands, void, writer

ROOM = "centre-2-calligraphy"
_cards = count(1)


def by(code: str) -> Any:
    return writer(shipped(code))


def person(engine: Engine, born: str | None = None) -> Row:
    return add(engine, by("persons"), card=f"C{next(_cards)}", name="某某", born=born)


def course(engine: Engine, offered: int = 2, name: str = "软笔书法", **more: Any) -> Row:
    given = {"name": name, "hall": "open", "subject": "calligraphy", "places": offered, "room": ROOM} | more
    return add(engine, by("courses"), **given)


def enrol(engine: Engine, of: Row, who: Row, **more: Any) -> Row:
    return add(engine, by("enrolments"), course=of.id, person=who.id, channel="offline", **more)


def lesson(engine: Engine, of: Row, starts: int, **more: Any) -> Row:
    times = {"starts": format_rfc3339(starts), "ends": format_rfc3339(starts + HOUR)}
    return add(engine, by("sessions"), course=of.id, **times, **more)


def test_who_comes_to_a_full_course_waits_and_moves_up_in_order(engine: Engine) -> None:
    calligraphy = course(engine, 2)
    one, two, three, four = [enrol(engine, calligraphy, person(engine)) for _ in range(4)]
    assert standing(engine, one, two, three, four) == ["enrolled", "enrolled", "waiting", "waiting"]
    left = change(engine, by("enrolments"), one, left=local_date(now()).isoformat())
    assert standing(engine, one, two, three, four) == ["left", "enrolled", "enrolled", "waiting"]
    assert stands(engine, three).reason == ""
    with engine.connect() as connection:
        history = queries.versions(connection, SEAL, COMMUNITY, "enrolments", three.id)
        line = figures.line(connection, SEAL, COMMUNITY, calligraphy.id)
        told = behind("enrolments").told(connection, [one.id, two.id, three.id, four.id])
    assert told == {four.id: {"position": 1}}
    assert [(action, row.reason) for action, row in history] == [("add", ""), ("change", "候补递进")]
    assert line is not None
    assert (line["free"], [(one["position"], one["id"]) for one in line["waiting"]]) == (0, [(1, four.id)])
    # Who comes back stands at the end of the line.
    change(engine, by("enrolments"), left, left=None)
    assert standing(engine, one, four) == ["waiting", "waiting"]
    void(engine, by("enrolments"), stands(engine, two))
    assert standing(engine, one, three, four) == ["waiting", "enrolled", "enrolled"]


def test_more_places_let_those_who_wait_move_up_and_fewer_than_are_taken_are_refused(engine: Engine) -> None:
    tea = course(engine, 1, "茶艺")
    rows = [enrol(engine, tea, person(engine)) for _ in range(4)]
    tea = change(engine, by("courses"), tea, places=3)
    assert standing(engine, *rows) == ["enrolled", "enrolled", "enrolled", "waiting"]
    with pytest.raises(Problem, match="已有 3 人有名额"):
        change(engine, by("courses"), tea, places=2)
    with pytest.raises(Problem, match="还有 4 人报名或候补"):
        void(engine, by("courses"), tea)
    for row in rows:
        void(engine, by("enrolments"), stands(engine, row))
    void(engine, by("courses"), tea)


def test_the_database_itself_takes_no_more_than_there_are_places(engine: Engine) -> None:
    full = course(engine, 1)
    enrol(engine, full, person(engine))
    with pytest.raises(IntegrityError, match="course_place_taken"), writing(engine) as connection:
        connection.execute(update(course_place).values(taken=course_place.c.taken + 1))


def test_a_course_is_for_its_ages_at_the_first_day_of_its_term(engine: Engine) -> None:
    today = local_date(now())
    term = add(engine, by("terms"), name="春季", starts=f"{today.year + 1}-03-01", ends=f"{today.year + 1}-06-30")
    young = course(engine, 9, "四点半", hall="half_past_four", term=term.id, age_from=7, age_to=12)
    enrol(engine, young, person(engine, f"{today.year - 6}-03-01"))
    enrol(engine, young, person(engine, f"{today.year - 12}-03-02"))
    for born, age in ((f"{today.year - 6}-03-02", 6), (f"{today.year - 12}-03-01", 13)):
        with pytest.raises(Problem, match=f"开课时 {age} 岁"):
            enrol(engine, young, person(engine, born))
    with pytest.raises(Problem, match="请先登记出生日期"):
        enrol(engine, young, person(engine))


def test_a_closed_course_takes_nobody_and_nobody_is_in_a_course_twice(engine: Engine) -> None:
    of, who = course(engine, 5), person(engine)
    enrol(engine, of, who)
    with pytest.raises(Problem, match="已登记"):
        enrol(engine, of, who)
    change(engine, by("courses"), of, state="closed")
    with pytest.raises(Problem, match="已停止报名"):
        enrol(engine, of, person(engine))


def test_a_lesson_and_a_rehearsal_are_never_in_one_room_at_once(engine: Engine) -> None:
    of, starts = course(engine), now() + DAY
    lesson(engine, of, starts, topic="临帖")
    booking = {
        "room": ROOM,
        "purpose": "rehearsal",
        "title": "合唱团排练",
        "starts": format_rfc3339(starts + HOUR // 2),
    }
    booking |= {"ends": format_rfc3339(starts + 2 * HOUR)}
    with pytest.raises(Problem, match=r"软笔书法教室 .* 已有「软笔书法 临帖」"):
        add(engine, by("bookings"), **booking)
    made = add(engine, by("bookings"), **booking | {"room": "centre-2-tea"})
    with pytest.raises(Problem, match="合唱团排练"):
        lesson(engine, of, starts + HOUR // 2, room="centre-2-tea")
    void(engine, by("bookings"), made)
    held = lesson(engine, of, starts + HOUR // 2, room="centre-2-tea")
    lesson(engine, of, starts, venue="广场")
    void(engine, by("sessions"), held)
    add(engine, by("bookings"), **booking | {"room": "centre-2-tea"})
    bare = course(engine, 3, "太极", room=None)
    with pytest.raises(Problem, match="没有固定教室"):
        lesson(engine, bare, starts)


def test_attendance_is_of_who_is_enrolled_once_and_finds_the_lesson_by_the_time(engine: Engine) -> None:
    of, other = course(engine, 1), course(engine, 5, "茶艺", room="centre-2-tea")
    held = lesson(engine, of, now() - HOUR // 2)
    lesson(engine, other, now() - HOUR // 2)
    learner, waits = person(engine), person(engine)
    enrolled = enrol(engine, of, learner)
    enrol(engine, of, waits)
    came = add(engine, by("attendance"), person=learner.id, present="present", came=format_rfc3339(now()))
    assert came.values["session"] == held.id
    with pytest.raises(Problem, match="已登记"):
        add(engine, by("attendance"), person=learner.id, present="late", session=held.id)
    with pytest.raises(Problem, match="没有报名这门课"):
        add(engine, by("attendance"), person=waits.id, present="present", session=held.id)
    with pytest.raises(Problem, match="没有其报名的课"):
        add(engine, by("attendance"), person=waits.id, present="present")
    with pytest.raises(Problem, match="已有 1 人的考勤"):
        void(engine, by("sessions"), held)
    # Who left since came all the same.
    change(engine, by("enrolments"), enrolled, left=local_date(now()).isoformat())
    change(engine, by("attendance"), came, present="late")
    void(engine, by("attendance"), stands(engine, came))
    add(engine, by("attendance"), person=learner.id, present="present", session=held.id)


def test_learners_of_the_year_are_persons_by_age_and_none_under_five_is_told(engine: Engine) -> None:
    year = local_date(now()).year
    one, two = course(engine, 20), course(engine, 20, "茶艺")
    for number in range(11):
        who = person(engine, f"{year - 70}-01-01" if number < 5 else f"{year - 30}-01-01")
        first = enrol(engine, one, who)
        if number % 2:
            enrol(engine, two, who)
    enrol(engine, one, person(engine, f"{year - 9}-01-01"), day=f"{year - 1}-12-31")
    with engine.connect() as connection:
        found = figures.learners(connection, SEAL, COMMUNITY)
        told = figures.told(connection, SEAL, COMMUNITY)
        before = figures.learners(connection, SEAL, COMMUNITY, first.at - 1)
    assert found == {"age": {"elderly": 5, "working": 6}, "channel": {"offline": 11}}
    assert sum(before["age"].values()) == 10
    assert (told["learners"], told["target"], told["share"], told["year"]) == (11, 400, 0.0275, year)
    assert {row["code"]: row["learners"] for row in told["by_age"]} == {
        "young": 0,
        "working": 6,
        "elderly": 5,
        "unknown": 0,
    }
    void(engine, by("enrolments"), stands(engine, first))
    enrol(engine, two, person(engine))
    with engine.connect() as connection:
        told = figures.told(connection, SEAL, COMMUNITY)
    small = {row["code"]: row["learners"] for row in told["by_age"]}
    assert None in small.values()
    assert not {1, 2, 3, 4} & set(small.values())


def check(engine: Engine) -> None:
    """The counts are those of the enrolments, no course has more learners than places, and nobody waits in vain."""
    with engine.connect() as connection:
        for row in connection.execute(select(course_place)):
            mine = connection.execute(select(enrolment).where(enrolment.c.course_id == row.course_id)).all()
            enrolled = [one for one in mine if one.standing == "enrolled"]
            waiting = [one for one in mine if one.standing == "waiting"]
            assert row.taken == len(enrolled) <= row.places
            assert not waiting or row.taken == row.places
        stood = {one.row_id: one.standing for one in connection.execute(select(enrolment)) if one.standing != "void"}
        rows = queries.rows(connection, SEAL, COMMUNITY, "enrolments", stood)
    assert {number: row.values["standing"] for number, row in rows.items()} == stood


def test_of_many_who_enrol_and_leave_at_once_as_many_as_places_are_enrolled(engine: Engine) -> None:
    """Threads, each with an engine of its own as a process has."""
    workers, most = (8, 3) if engine.dialect.name == "postgresql" else (3, 2)
    of = course(engine, most)
    people = [[person(engine) for _ in range(3)] for _ in range(workers)]
    engines = [apart(engine, Duty.PAGES) for _ in range(workers)]

    def work(number: int) -> None:
        mine = [enrol(engines[number], of, who) for who in people[number]]
        for row in mine[::-1][:2]:
            void(engines[number], by("enrolments"), stands(engines[number], row))

    with ThreadPoolExecutor(workers) as pool:
        failures = [one.exception() for one in [pool.submit(work, number) for number in range(workers)]]
    for one in engines:
        one.dispose()
    # Whose row moved up between the look and the void is told so, and looks again.
    assert all(one is None or (isinstance(one, Problem) and one.title == "changed meanwhile") for one in failures)
    with writing(engine) as connection:
        places.LINE.fill_all(connection, Filling(community=COMMUNITY, actor=CLERK, seal=SEAL, at=now()))
    check(engine)


SCRIPT = """
import sys
from cryptography.fernet import Fernet
from layers.roles import Actor
from layers.services.registers import declare, write
from layers.services.registers.writer import Writer
from store.engine import open_engine, writing
from store.seal import Seal
url, course, *people = sys.argv[1:]
by = Writer(register=declare.registers("heling")["enrolments"], community="heling", actor=Actor("a", "steward"),
            seal=Seal(Fernet.generate_key()))
engine = open_engine(url)
for person in people:
    with writing(engine) as connection:
        given = {"course": course, "person": person, "channel": "online"}
        write.add(connection, by, write.Asked(given=given))
"""


def test_two_processes_fill_the_places_of_one_course(tmp_path: Path) -> None:
    engine = new_database(tmp_path)
    of = course(engine, 5)
    people = [person(engine) for _ in range(8)]
    halves = [[str(who.id) for who in people[part::2]] for part in range(2)]
    started = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(engine.url), str(of.id), *half]) for half in halves]
    assert [one.wait(60) for one in started] == [0, 0]
    check(engine)
    with engine.connect() as connection:
        offered = places.LINE.offered(connection, of.id)
    assert offered is not None
    assert (offered.taken, offered.drawn) == (5, 8)


class Lines(RuleBasedStateMachine):
    """Any mix of enrolling, leaving, coming back, voiding and changing the places: the line keeps its order."""

    engine: Engine

    @initialize(offered=st.integers(1, 3))
    def begin(self, offered: int) -> None:
        self.course = course(self.engine, offered, f"课 {next(_cards)}")
        self.places = offered
        self.enrolled, self.line = list[int](), list[int]()
        self.gone = list[int]()

    def _fill(self) -> None:
        while self.line and len(self.enrolled) < self.places:
            self.enrolled.append(self.line.pop(0))

    def _row(self, number: int) -> Row:
        with self.engine.connect() as connection:
            found = queries.row(connection, SEAL, COMMUNITY, "enrolments", number)
        assert found is not None
        return found

    @rule()
    def come(self) -> None:
        self.line.append(enrol(self.engine, self.course, person(self.engine)).id)
        self._fill()

    @precondition(lambda self: self.enrolled or self.line)
    @rule(data=st.data(), is_void=st.booleans())
    def go(self, data: Any, is_void: bool) -> None:
        number = data.draw(st.sampled_from(self.enrolled + self.line))
        if is_void:
            void(self.engine, by("enrolments"), self._row(number))
        else:
            change(self.engine, by("enrolments"), self._row(number), left=local_date(now()).isoformat())
            self.gone.append(number)
        (self.enrolled if number in self.enrolled else self.line).remove(number)
        self._fill()

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def come_back(self, data: Any) -> None:
        number = data.draw(st.sampled_from(self.gone))
        change(self.engine, by("enrolments"), self._row(number), left=None)
        self.gone.remove(number)
        self.line.append(number)
        self._fill()

    @rule(offered=st.integers(1, 4))
    def offer(self, offered: int) -> None:
        try:
            self.course = change(self.engine, by("courses"), self.course, places=offered)
        except Problem as refused:
            assert (refused.status, offered < len(self.enrolled)) == (409, True)  # noqa: PT017
            return
        self.places = offered
        self._fill()

    @precondition(lambda self: self.enrolled or self.line)
    @rule(data=st.data(), channel=st.sampled_from(["online", "offline"]))
    def tell_otherwise(self, data: Any, channel: str) -> None:
        number = data.draw(st.sampled_from(self.enrolled + self.line))
        change(self.engine, by("enrolments"), self._row(number), channel=channel)

    @invariant()
    def the_line_is_as_reckoned(self) -> None:
        with self.engine.connect() as connection:
            line = figures.line(connection, SEAL, COMMUNITY, self.course.id)
        assert line is not None
        assert [one["id"] for one in line["waiting"]] == self.line
        assert line["taken"] == len(self.enrolled) <= line["places"] == self.places


MACHINE = settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def machine(engine: Engine) -> Iterator[Any]:
    yield type("Machine", (Lines,), {"engine": engine})
    check(engine)


def test_the_line_keeps_its_order(machine: Any) -> None:
    run_state_machine_as_test(machine, settings=MACHINE)
