"""Bookings: one thing at a time in a room, whatever is entered, changed or voided; the database itself holds it."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
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
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.bookings import live, use
from layers.services.bookings.recurrence import Span
from layers.services.bookings.slots import Room
from layers.services.bookings.tables import booking_slot
from layers.services.registers.behind import Row
from store.engine import apart, writing
from store.instant import DAY, HOUR, MINUTE, format_rfc3339, now, parse_local
from store.turns import Duty
from tests.layers.services.registers import add, change, shipped, void, writer

HALL = "centre-1-rehearsal"
STUDY = "centre-1-study"


def bookings() -> Any:
    return writer(shipped("bookings"))


def book(engine: Engine, starts: str, ends: str, title: str = "排练", room: str = HALL, **more: Any) -> Row:
    given = {"room": room, "purpose": "rehearsal", "title": title, "starts": starts, "ends": ends, "afterwards": True}
    given |= more
    return add(engine, bookings(), **given)


def held(engine: Engine, room: str = HALL) -> list[Span]:
    c = booking_slot.c
    with engine.connect() as connection:
        query = select(c.starts, c.ends).where(c.room == room, c.dropped.is_(None)).order_by(c.starts)
        return [Span(*row) for row in connection.execute(query)]


def test_the_refusal_names_what_is_in_the_way_its_room_and_its_time(engine: Engine) -> None:
    nightly = book(engine, "2026-11-27 19:30", "2026-11-27 23:20", "十八蝴蝶舞团排练", recurrence="FREQ=DAILY;COUNT=30")
    with pytest.raises(Problem) as refused:
        book(engine, "2026-12-05 23:00", "2026-12-06 00:30", "例会")
    assert refused.value.status == 409
    assert refused.value.detail == f"排练厅 2026-12-05 19:30–23:20 已有「十八蝴蝶舞团排练」（编号 {nightly.id}）"
    assert refused.value.more["booking"] == nightly.id
    assert refused.value.more["starts"] == "2026-12-05T11:30:00Z"
    assert len(held(engine)) == 30


def test_one_begins_as_another_ends_and_other_rooms_do_not_meet(engine: Engine) -> None:
    book(engine, "2026-11-27 19:30", "2026-11-27 23:20")
    book(engine, "2026-11-27 23:20", "2026-11-28 01:00")
    book(engine, "2026-11-27 18:00", "2026-11-27 19:30")
    book(engine, "2026-11-27 19:30", "2026-11-27 23:20", room=STUDY)
    assert len(held(engine)) == 3


def test_the_square_is_booked_as_rooms_are(engine: Engine) -> None:
    daily = {
        "purpose": "exercise",
        "title": "迈动健身队",
        "site": "square",
        "people": 100,
        "afterwards": True,
        "recurrence": "FREQ=DAILY;COUNT=9",
    }
    times = {"starts": "2026-11-27 19:00", "ends": "2026-11-27 20:30"}
    add(engine, bookings(), **daily, **times)
    with pytest.raises(Problem, match="中心广场"):
        add(engine, bookings(), **daily, **times)
    with pytest.raises(Problem, match="填一个"):
        add(engine, bookings(), **daily, **times, room=HALL)
    with pytest.raises(Problem, match="填一个"):
        add(engine, bookings(), purpose="exercise", title="无处", afterwards=True, **times)


def test_what_has_begun_is_booked_only_where_somebody_means_it(engine: Engine) -> None:
    moment = now()
    hour = moment - moment % HOUR
    times = {"starts": format_rfc3339(hour - HOUR), "ends": format_rfc3339(hour + HOUR)}
    with pytest.raises(Problem, match="已经过去；若是补记已经进行过的使用，请把「补记」选为「是」"):
        book(engine, **times, afterwards=None)
    made = book(engine, **times)
    # The hour that has begun is still to be had; what stands is mended whenever it began.
    book(engine, format_rfc3339(hour), format_rfc3339(hour + HOUR), room=STUDY, afterwards=None)
    mended = change(engine, bookings(), made, title="加排", afterwards=None)
    with pytest.raises(Problem, match="已经过去"):
        change(engine, bookings(), mended, starts=format_rfc3339(hour - 2 * HOUR))


def test_nobody_books_a_corridor_or_the_control_room(engine: Engine) -> None:
    hour = now() + DAY
    times = {"starts": format_rfc3339(hour), "ends": format_rfc3339(hour + HOUR)}
    for room in ("centre-1-corridor", "centre-1-cockpit"):
        with pytest.raises(Problem, match="不供选用"):
            book(engine, **times, room=room)
    with engine.connect() as connection:
        told = use.told(connection, "heling", hour, hour + DAY, hour, None)
    assert {"centre-1-corridor", "centre-2-corridor", "centre-1-cockpit"}.isdisjoint(one["room"] for one in told)
    assert {HALL, STUDY} <= {one["room"] for one in told}


def test_a_night_that_is_left_out_is_free_and_one_that_moved_is_not(engine: Engine) -> None:
    nightly = book(engine, "2026-11-27 19:30", "2026-11-27 23:20", recurrence="FREQ=DAILY;COUNT=5")
    book(engine, "2026-12-03 19:00", "2026-12-03 20:00", "例会")
    with pytest.raises(Problem, match="例会"):
        change(engine, bookings(), nightly, exceptions="2026-11-29 -> 2026-12-03 18:00")
    changed = change(engine, bookings(), nightly, exceptions="2026-11-28, 2026-11-29 -> 2026-12-03 20:00")
    book(engine, "2026-11-28 19:30", "2026-11-28 23:20", "讲座")
    book(engine, "2026-11-29 19:30", "2026-11-29 23:20", "讲座")
    with pytest.raises(Problem, match="讲座"):
        change(engine, bookings(), changed, exceptions=None)


def test_what_a_change_leaves_as_it_was_is_not_held_anew(engine: Engine) -> None:
    nightly = book(engine, "2026-11-27 19:30", "2026-11-27 23:20", recurrence="FREQ=DAILY;COUNT=5")
    change(engine, bookings(), nightly, recurrence="FREQ=DAILY;COUNT=6")
    with engine.connect() as connection:
        rows = connection.execute(select(booking_slot)).all()
    assert len(rows) == 6
    assert all(row.dropped is None for row in rows)


def test_a_void_booking_frees_its_room_and_the_past_is_told_as_it_was_known(engine: Engine) -> None:
    starts = parse_local("2026-11-27 19:30")
    made = book(engine, "2026-11-27 19:30", "2026-11-27 23:20")
    before = now()
    voided = void(engine, bookings(), made)
    assert held(engine) == []
    with engine.connect() as connection:
        for at, known in (
            (made.at - 1, []),
            (before, [Span(starts, starts + 3 * HOUR + 50 * MINUTE)]),
            (voided.at, []),
        ):
            found = use.busy(connection, "heling", starts - DAY, starts + DAY, at)
            assert found.get(Room("heling", "rooms", HALL), []) == known


def test_the_database_itself_takes_no_two_at_once(engine: Engine) -> None:
    made = book(engine, "2026-11-27 19:30", "2026-11-27 23:20")
    starts = parse_local("2026-11-27 23:00")
    row = {"row_id": made.id, "community": "heling", "layer": "rooms", "room": HALL, "entered": 0}
    row |= {"starts": starts, "ends": starts + HOUR}
    with pytest.raises(IntegrityError, match="booking_slot_once"), writing(engine) as connection:
        connection.execute(insert(booking_slot).values(row))
    with writing(engine) as connection:
        connection.execute(insert(booking_slot).values(row | {"dropped": 1}))
        connection.execute(insert(booking_slot).values(row | {"community": "tahai"}))
        connection.execute(insert(booking_slot).values(row | {"starts": starts + HOUR, "ends": starts + 2 * HOUR}))
    with pytest.raises(IntegrityError, match="booking_slot_once"), writing(engine) as connection:
        connection.execute(update(booking_slot).where(booking_slot.c.dropped == 1).values(dropped=None))
    with pytest.raises(IntegrityError, match="booking_slot_lasts"), writing(engine) as connection:
        connection.execute(insert(booking_slot).values(row | {"room": STUDY, "ends": starts}))


def test_of_several_who_book_the_same_hour_at_once_one_has_it(engine: Engine) -> None:
    """Threads, each with an engine of its own as a process has; series that meet in one night only."""
    engines = [apart(engine, Duty.PAGES) for _ in range(4)]

    def try_to(number: int) -> bool:
        starts = f"2026-12-{10 - number:02d} 19:00"
        try:
            book(
                engines[number],
                starts,
                starts[:-5] + "20:00",
                f"第 {number} 家",
                recurrence=f"FREQ=DAILY;COUNT={number + 1}",
            )
        except Problem as refused:
            return refused.status != 409
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(try_to, range(4)))
    for one in engines:
        one.dispose()
    assert sum(won) == 1


def test_use_is_told_by_hour_and_for_now_without_a_word_of_what_for(engine: Engine) -> None:
    starts = parse_local("2026-11-27 19:30")
    book(engine, "2026-11-27 19:30", "2026-11-27 21:00")
    book(engine, "2026-11-27 21:00", "2026-11-27 23:20", "例会")
    with engine.connect() as connection:
        rooms = use.told(connection, "heling", starts, starts + DAY, starts + HOUR, None)
    hall = next(one for one in rooms if one["room"] == HALL)
    assert (hall["busy"], hall["until"], hall["minutes"]) == (True, "2026-11-27T15:20:00Z", 230)
    assert [hour["minutes"] for hour in hall["hours"]] == [30, 60, 60, 60, 20]
    assert hall["hours"][0]["from"] == "2026-11-27T11:00:00Z"
    study = next(one for one in rooms if one["room"] == STUDY)
    assert (study["busy"], study["until"], study["hours"]) == (False, None, [])
    assert "例会" not in str(rooms)


def test_screens_are_told_the_spans_of_the_coming_days(engine: Engine) -> None:
    moment = now()
    tomorrow = moment - moment % HOUR + DAY
    made = book(engine, format_rfc3339(tomorrow), format_rfc3339(tomorrow + HOUR))
    with engine.connect() as connection:
        all_of_them = live.records(connection, "heling")
        assert all_of_them[f"rooms/{HALL}"]["busy"] == [[tomorrow // 1000, (tomorrow + HOUR) // 1000]]
        assert all_of_them[f"rooms/{STUDY}"]["busy"] == []
        assert live.records(connection, "heling", {f"rooms/{STUDY}"}).keys() == {f"rooms/{STUDY}"}
        assert live.records(connection, "heling", None, made.at - 1)[f"rooms/{HALL}"]["busy"] == []


DAYS = st.integers(1, 9)
CLOCKS = st.integers(0, 47)
LENGTHS = st.integers(1, 60)
ROOMS = st.sampled_from([HALL, STUDY])
RULES = st.one_of(
    st.none(),
    st.builds("FREQ=DAILY;INTERVAL={};COUNT={}".format, st.integers(1, 3), st.integers(1, 6)),
    st.builds("FREQ=WEEKLY;COUNT={}".format, st.integers(1, 3)),
)
EXCEPTIONS = st.one_of(
    st.none(),
    st.builds("2026-12-{:02d}".format, st.integers(1, 14)),
    st.builds("2026-12-{:02d} -> 2026-12-{:02d} 09:30".format, st.integers(1, 14), st.integers(1, 14)),
)


class Histories(RuleBasedStateMachine):
    """Any mix of bookings, changes and voids, on one database; none ever meets another, and none is refused in vain."""

    engine: Engine

    @initialize()
    def begin(self) -> None:
        self.rows: list[Row] = []
        self.base = parse_local("2026-12-01 00:00")
        with writing(self.engine) as connection:
            connection.execute(update(booking_slot).where(booking_slot.c.dropped.is_(None)).values(dropped=1))

    def _given(self, day: int, clock: int, length: int) -> dict[str, str]:
        starts = self.base + (day - 1) * DAY + clock * 30 * MINUTE
        return {"starts": format_rfc3339(starts), "ends": format_rfc3339(starts + length * 20 * MINUTE)}

    @rule(day=DAYS, clock=CLOCKS, length=LENGTHS, room=ROOMS, recurrence=RULES, exceptions=EXCEPTIONS)
    def book(
        self, day: int, clock: int, length: int, room: str, recurrence: str | None, exceptions: str | None
    ) -> None:
        given = self._given(day, clock, length) | {"room": room, "recurrence": recurrence, "exceptions": exceptions}
        try:
            self.rows.append(add(self.engine, bookings(), purpose="other", title="某事", afterwards=True, **given))
        except Problem as refused:
            self._is_rightly(refused)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), day=DAYS, clock=CLOCKS, length=LENGTHS, room=ROOMS, recurrence=RULES, exceptions=EXCEPTIONS)
    def edit(
        self, data: Any, day: int, clock: int, length: int, room: str, recurrence: str | None, exceptions: str | None
    ) -> None:
        row = data.draw(st.sampled_from(self.rows))
        given = self._given(day, clock, length) | {"room": room, "recurrence": recurrence, "exceptions": exceptions}
        try:
            changed = change(self.engine, bookings(), row, **given)
        except Problem as refused:
            self._is_rightly(refused)
        else:
            self.rows[self.rows.index(row)] = changed

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def give_up(self, data: Any) -> None:
        row = data.draw(st.sampled_from(self.rows))
        void(self.engine, bookings(), row)
        self.rows.remove(row)

    def _is_rightly(self, refused: Problem) -> None:
        assert refused.status in (409, 422)
        if refused.status == 409:
            assert refused.more["booking"] in {row.id for row in self.rows}

    @invariant()
    def nothing_meets(self) -> None:
        for room in (HALL, STUDY):
            spans = held(self.engine, room)
            assert all(one.ends <= other.starts for one, other in pairwise(spans))


HISTORIES = settings(max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def machine(engine: Engine) -> Any:
    return type("Machine", (Histories,), {"engine": engine})


def test_bookings_never_meet(machine: Any) -> None:
    run_state_machine_as_test(machine, settings=HISTORIES)
