"""Any sequence of what happens to alarms, through the table of states and the rows that keep it."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, select

from layers.alarms import life, operating
from layers.alarms.occurrences import Occurred, Subject, apply, lock
from layers.alarms.operating import Deed
from layers.alarms.rules import Rule
from layers.alarms.tables import alarm, alarm_step
from layers.problem import Problem
from layers.roles import Actor
from store.engine import writing
from store.instant import MINUTE, SECOND, Instant

MANAGER = Actor("li.si", "manager", "user")
START: Instant = 1_790_000_000_000_000
BOOK = {
    one.code: one
    for one in (
        Rule(code="plain", name="普通", metric="pm2_5", op=">", value=1),
        Rule(code="latched", name="锁定", metric="smoke", op="==", value=1, latched=True),
        Rule(code="graver", name="更重", metric="pm2_5", op=">", value=2, suppresses=("plain", "latched")),
    )
}
BOOKS = {"heling": BOOK}
DEVICES = ("air-0", "air-1")
KEYS = st.tuples(st.sampled_from(sorted(BOOK)), st.sampled_from(DEVICES))
BY_PEOPLE = sorted(code for code, event in life.life().events.items() if event.role is not None)
OUT_OF_SIGHT = {"shelved", "suppressed", "out_of_service"}


def test_every_way_of_the_table_leads_to_a_state_of_it() -> None:
    table = life.life()
    for event in table.events.values():
        for way in (event.to, event.active, event.inactive, event.latched):
            assert way.keys() | set(way.values()) <= table.states.keys()


def test_no_state_but_normal_is_over_and_each_can_end() -> None:
    table = life.life()
    assert [code for code, state in table.states.items() if not state.open] == [life.NORMAL]
    for code in life.open_states():
        assert life.after("withdraw", code, is_active=False) == life.NORMAL


@pytest.mark.parametrize("state", life.open_states())
@pytest.mark.parametrize("is_active", [True, False])
def test_from_each_state_that_the_condition_permits_a_way_leads_to_normal(state: str, is_active: bool) -> None:
    """By people and time, once the condition is gone."""
    reached, new = {state}, {state}
    while new:
        ways = {
            life.after(event, one, is_active=False, is_latched=is_latched)
            for one in new
            for event in life.life().events
            if event not in ("raise", "withdraw")
            for is_latched in (True, False)
        }
        new = {one for one in ways if one is not None} - reached
        reached |= new
    assert life.NORMAL in reached


def test_an_active_alarm_is_silenced_by_an_acknowledgement_or_kept_from_sight_and_by_nothing_else() -> None:
    for code in life.life().events:
        for state in life.sounding():
            after = life.after(code, state, is_active=code != "return")
            if after is not None and after not in life.sounding() | OUT_OF_SIGHT:
                assert code in ("acknowledge", "withdraw"), (state, code, after)


class Alarms(RuleBasedStateMachine):
    """Rules that raise and return, people and time, in any order, on one database."""

    engine: Engine
    examples = 0

    def __init__(self) -> None:
        super().__init__()
        Alarms.examples += 1
        # Each example has devices of its own.
        self.suffix = f"-{Alarms.examples}"
        self.at = START
        self.active: dict[tuple[str, str], bool] = {}

    def _subject(self, device: str) -> Subject:
        name = device + self.suffix
        return Subject(community="heling", kind="device", id=name, device=name)

    def _occur(self, key: tuple[str, str], is_raised: bool) -> None:
        self.at += SECOND
        one = Occurred(
            rule=BOOK[key[0]], subject=self._subject(key[1]), is_raised=is_raised, at=self.at, value=3.0, threshold=1.0
        )
        with writing(self.engine) as connection:
            lock(connection)
            apply(connection, [one], BOOKS, self.at)
        self.active[key] = is_raised

    def _open(self) -> list[Any]:
        c = alarm.c
        with self.engine.connect() as connection:
            query = select(alarm).where(c.cleared.is_(None), c.subject.in_([one + self.suffix for one in DEVICES]))
            return list(connection.execute(query.order_by(c.rule, c.subject)))

    @rule(key=KEYS)
    def raised(self, key: tuple[str, str]) -> None:
        self._occur(key, True)

    @rule(key=KEYS)
    def returned(self, key: tuple[str, str]) -> None:
        self._occur(key, False)

    @precondition(lambda self: self._open())
    @rule(event=st.sampled_from(BY_PEOPLE), which=st.integers(0, 5), minutes=st.integers(1, 60))
    def done(self, event: str, which: int, minutes: int) -> None:
        some = self._open()
        one = some[which % len(some)]
        self.at += SECOND
        expected = life.after(event, one.state, is_active=one.is_active, is_latched=one.is_latched)
        deed = Deed(event=event, note="why", until=self.at + minutes * MINUTE)
        if expected is None:
            with pytest.raises(Problem, match="409"), writing(self.engine) as connection:
                operating.do(connection, "heling", [one.id], deed, MANAGER, self.at)
            return
        with writing(self.engine) as connection:
            operating.do(connection, "heling", [one.id], deed, MANAGER, self.at)
            state = connection.scalar(select(alarm.c.state).where(alarm.c.id == one.id))
        assert state == expected

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.at += minutes * MINUTE
        with writing(self.engine) as connection:
            lock(connection)
            operating.expire(connection, self.at)

    @rule(key=KEYS)
    def withdrawn(self, key: tuple[str, str]) -> None:
        self.at += SECOND
        with writing(self.engine) as connection:
            lock(connection)
            operating.withdraw(connection, [("heling", key[0], key[1] + self.suffix)], self.at)
        self.active[key] = False

    def _rows(self) -> list[Any]:
        names = [one + self.suffix for one in DEVICES]
        with self.engine.connect() as connection:
            return list(connection.execute(select(alarm).where(alarm.c.subject.in_(names))))

    @invariant()
    def what_is_over_is_normal_and_nothing_else_is(self) -> None:
        for row in self._rows():
            assert (row.cleared is not None) == (row.state == life.NORMAL), row

    @invariant()
    def one_is_open_for_a_rule_and_a_subject(self) -> None:
        keys = [(row.rule, row.subject) for row in self._open()]
        assert len(keys) == len(set(keys))

    @invariant()
    def what_holds_is_open_and_sounds_or_somebody_said_why_not(self) -> None:
        rows = {(row.rule, row.subject.removesuffix(self.suffix)): row for row in self._open()}
        for key, is_active in self.active.items():
            row = rows.get(key)
            if not is_active:
                assert row is None or not row.is_active
                continue
            assert row is not None, key
            assert row.is_active, row
            assert row.state in life.sounding() | OUT_OF_SIGHT or row.acknowledged is not None, row
            assert row.state != "returned", row
            if row.state == "suppressed":
                by = next(one for one in rows.values() if one.id == row.suppressed_by)
                assert by.is_active, "what suppresses it holds"

    @invariant()
    def steps_are_counted_without_a_gap_and_end_in_the_state(self) -> None:
        rows = {row.id: row for row in self._rows()}
        c = alarm_step.c
        with self.engine.connect() as connection:
            steps = list(connection.execute(select(alarm_step).where(c.alarm_id.in_(list(rows))).order_by(c.seq)))
        for number, row in rows.items():
            own = [step for step in steps if step.alarm_id == number]
            assert [step.seq for step in own] == list(range(1, row.seq + 1))
            assert own[-1].state == row.state


def test_any_sequence_of_events_keeps_what_an_alarm_promises(engine: Engine) -> None:
    Alarms.engine = engine
    # The table is the same on both; what differs is how rows are written.
    examples = 40 if engine.dialect.name == "sqlite" else 8
    run_state_machine_as_test(Alarms, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))
