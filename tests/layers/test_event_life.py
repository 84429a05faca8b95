"""The life of an event, walked at random by all roles; and its clock."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import Engine, select

from layers.grid_events import queries, write
from layers.grid_events.due import NO_CLOCK, Clock, next_clock
from layers.grid_events.rules import FIRST_LEVEL, OF_ASSIGNEE, actions, levels, states
from layers.grid_events.tables import grid_event_transition
from layers.grid_events.write import Wanted
from layers.problem import Problem
from layers.roles import ROLES, Actor, may
from store import audit
from store.engine import writing
from store.instant import HOUR, MINUTE
from tests.database import new_database
from tests.layers.test_grid_events import file
from tests.layers.test_working_time import local, shown

ACTORS = [
    Actor("李网格", "steward"),
    Actor("周网格", "steward", kind="user"),
    Actor("王经理", "manager", kind="user"),
    *(Actor("某人", role) for role in ROLES),
]
STAFF = frozenset({"李网格", "周网格", "王经理"})
"""The accounts; 王经里 is none of them."""


class Life(RuleBasedStateMachine):
    """What the table says against what the database holds; replayed from the beginning at every moment."""

    engine: Engine
    count = 0

    @initialize()
    def report(self) -> None:
        """A new event."""
        Life.count += 1
        self.event, _ = file(self.engine, f"walk-{Life.count}")
        self.state, self.level, self.seq = "reported", FIRST_LEVEL, 1
        self.assignee: str | None = None
        self.closed_by = ""
        self.history: list[tuple[int, str, str, str | None]] = []
        self._note()

    @rule(
        to=st.sampled_from([*states(), *actions(), "done"]),
        actor=st.sampled_from(ACTORS),
        assignee=st.sampled_from([None, None, "李网格", "周网格", "王经里"]),
        is_stale=st.sampled_from([False, False, False, True]),
        rating=st.sampled_from([None, 1, 5]),
    )
    def ask(self, to: str, actor: Actor, assignee: str | None, is_stale: bool, rating: int | None) -> None:
        """Somebody asks for something; what comes of it is what the table says."""
        expected = self._expected(to, actor, assignee, is_stale, rating)
        wanted = Wanted(to=to, seen=self.seq - 1 if is_stale else self.seq, assignee=assignee, rating=rating)
        try:
            with writing(self.engine) as connection:
                write.advance(connection, "heling", self.event, wanted, actor, STAFF)
            status = 200
        except Problem as problem:
            status = problem.status
        assert status == expected, (self.state, to, actor, assignee)
        if status == 200:
            self._follow(to, actor, assignee)
        self._check()

    def _expected(self, to: str, actor: Actor, assignee: str | None, is_stale: bool, rating: int | None) -> int:
        if is_stale:
            return 409
        if to in actions():
            return self._expected_of_action(to, actor, assignee)
        if to not in states():
            return 400
        least = states()[self.state].to.get(to)
        if least is None:
            return 409
        if not self._suffices(actor, least):
            return 403
        if to == "rated" and self.closed_by == actor.label:
            return 403
        if to == "rated" and rating is None:
            return 400
        if to not in OF_ASSIGNEE:
            return 200
        if assignee is not None:
            return 200 if assignee in STAFF else 400
        has = self._hands(to, actor)
        return 409 if has is None and actor.kind == "user" and to != "sent_back" else 200

    def _hands(self, to: str, actor: Actor) -> str | None:
        """Who has it after a step that names nobody; there is no grid here whose steward it could go to."""
        takes_on = to == "in_hand" and actor.kind == "user" and self.state in OF_ASSIGNEE
        return self.assignee or (actor.name if takes_on else None)

    def _expected_of_action(self, to: str, actor: Actor, assignee: str | None) -> int:
        action = actions()[to]
        if self.state not in action.states:
            return 409
        if not self._suffices(actor, action.role):
            return 403
        if to == "assigned":
            return 200 if assignee in STAFF else 400
        ends = {"escalated": list(levels())[-1], "fed_back": next(iter(levels()))}
        return 409 if self.level == ends[to] else 200

    def _suffices(self, actor: Actor, least: str) -> bool:
        in_hand = self.state in ("dispatched", "in_hand", "sent_back")
        is_others = in_hand and actor.role == "steward" and self.assignee not in (None, actor.name)
        return may(actor.role, least) and not is_others

    def _follow(self, to: str, actor: Actor, assignee: str | None) -> None:
        self.seq += 1
        order = list(levels())
        if to in states():
            if to in OF_ASSIGNEE:
                self.assignee = assignee or self._hands(to, actor)
            self.state = to
            self.closed_by = actor.label if to == "closed" else self.closed_by
        elif to == "assigned":
            self.assignee = assignee
        else:
            self.level = order[order.index(self.level) + (1 if to == "escalated" else -1)]
        self._note()

    def _note(self) -> None:
        steps = grid_event_transition
        with self.engine.connect() as connection:
            newest = select(steps.c.at).where(steps.c.event_id == self.event, steps.c.seq == self.seq)
            self.history.append((connection.scalar(newest) or 0, self.state, self.level, self.assignee))

    def _check(self) -> None:
        with self.engine.connect() as connection:
            for index, (at, *told) in enumerate(self.history):
                if index + 1 < len(self.history) and self.history[index + 1][0] == at:
                    continue  # two rows in the same microsecond
                row = queries.one(connection, "heling", self.event, at)
                assert row is not None
                assert [row.state, row.level, row.assignee] == told
            now_row: Any = queries.one(connection, "heling", self.event)
            assert (now_row.state, now_row.seq) == (self.state, self.seq)


def test_no_forbidden_step_succeeds_and_no_permitted_one_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    Life.engine = new_database(tmp_path_factory.mktemp("life"))
    Life.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
    Life.TestCase().runTest()
    with Life.engine.connect() as connection:
        assert audit.verify(connection).fault is None


def walk(category: str, *steps: tuple[str, str]) -> Clock:
    """The clock after steps into states at times."""
    clock, before = NO_CLOCK, None
    for state, at in steps:
        clock = next_clock(clock, state, before, category, local(at))
        before = state
    return clock


def test_the_clock_of_a_category_runs_from_dispatch_and_goes_on_in_hand() -> None:
    clock = walk(
        "environment.waste",
        ("reported", "2026-09-30 16:00"),
        ("filed", "2026-09-30 16:10"),
        ("dispatched", "2026-09-30 16:30"),
        ("in_hand", "2026-10-08 08:35"),
    )
    assert shown(clock.due or 0) == "2026-10-08 11:30"
    assert shown(clock.warn or 0) == "2026-10-08 10:42"


def test_suspended_time_does_not_count() -> None:
    steps = (("dispatched", "2026-11-23 09:00"), ("in_hand", "2026-11-23 09:30"), ("suspended", "2026-11-23 10:00"))
    stopped = walk("environment.waste", *steps)
    assert (stopped.due, stopped.left) == (None, 3 * HOUR)
    resumed = walk("environment.waste", *steps, ("in_hand", "2026-11-25 16:30"))
    assert shown(resumed.due or 0) == "2026-11-26 10:30"


def test_what_was_late_when_it_was_suspended_is_late_still() -> None:
    clock = walk(
        "safety.fire",
        ("dispatched", "2026-11-23 09:00"),
        ("suspended", "2026-11-23 10:30"),
        ("dispatched", "2026-11-24 09:00"),
    )
    assert clock.due == local("2026-11-24 09:00") - 30 * MINUTE


def test_work_that_is_sent_back_has_its_limit_anew_and_what_has_ended_none() -> None:
    steps = (("dispatched", "2026-11-23 09:00"), ("in_hand", "2026-11-23 09:10"), ("handled", "2026-11-23 09:30"))
    back = walk("safety.fire", *steps, ("sent_back", "2026-11-23 11:00"))
    assert shown(back.due or 0) == "2026-11-23 12:00"
    assert walk("safety.fire", *steps, ("verified", "2026-11-23 11:00"), ("closed", "2026-11-23 11:10")) == NO_CLOCK
