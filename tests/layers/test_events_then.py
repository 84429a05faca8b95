"""How events stood at a past time is what a search through all their steps says, whatever their histories."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select

from layers.grid_events import queries, search
from layers.grid_events.queries import Filter
from layers.grid_events.rules import NONE, OF_ASSIGNEE, OPEN, TO_BE_GIVEN, UNASSIGNED, VALID, open_states
from layers.grid_events.tables import grid_event, grid_event_search, grid_event_transition

PEOPLE = (None, "李网格", "王五")
STATES = ("reported", "filed", "dispatched", "in_hand", "handled", "closed", "void")
moments = st.integers(1, 12)
step = st.tuples(st.sampled_from(STATES), moments, st.sampled_from(PEOPLE), st.none() | moments)
event = st.tuples(moments, st.sampled_from(["heling", "tahai"]), st.lists(step, max_size=5))
histories = st.lists(event, max_size=8)

Said = tuple[int, str, list[tuple[str, int, str | None, int | None]]]


def keep(connection: Connection, said: list[Said]) -> None:
    for number, (came, community, steps) in enumerate(said):
        code = f"event-{number}"
        row = {"id": code, "community": community, "reporter": "t", "reporter_ref": code, "category": "other"}
        row |= {"title": "路灯", "detail": "", "area": None, "grid": None, "occurred": 100 - number, "received": came}
        row["severity"] = ("minor", "major", "critical")[number % 3]
        connection.execute(insert(grid_event).values(row))
        connection.execute(insert(grid_event_search).values(search.found_by(row)))
        # The first step is the report itself; those that follow are of any time, also of the same.
        for seq, (state, at, who, due) in enumerate([("reported", came, None, None), *steps], 1):
            values = {"event_id": code, "seq": seq, "state": state, "at": at, "actor": "t", "note": ""}
            connection.execute(insert(grid_event_transition).values(values | {"assignee": who, "due": due}))


def searched(connection: Connection, at: int) -> list[Any]:
    """The events as of a time, the newest first: of each the newest step by then, among all that it had."""
    steps = grid_event_transition.alias("step")
    of_event = grid_event_transition.c.event_id == grid_event.c.id
    last = select(func.max(grid_event_transition.c.seq)).where(of_event, grid_event_transition.c.at <= at)
    told = ("state", "seq", "level", "assignee", "rating", "due", "warn")
    query = select(grid_event, *(steps.c[name] for name in told), steps.c.at.label("state_since"))
    is_newest = (steps.c.event_id == grid_event.c.id) & (steps.c.seq == last.scalar_subquery())
    query = query.select_from(grid_event).join(steps, is_newest)
    query = query.where(grid_event.c.community == "heling", grid_event.c.received <= at)
    return list(connection.execute(query.order_by(grid_event.c.occurred.desc())))


def of_nobody(row: Any) -> bool:
    return row.assignee is None and row.state in OF_ASSIGNEE | TO_BE_GIVEN


def is_open(row: Any) -> bool:
    return row.state in open_states()


def is_late(row: Any, at: int) -> bool:
    return row.due is not None and row.due <= at


ASKED: list[tuple[Filter, Any]] = [
    (Filter(), lambda row, at: True),
    (Filter(state=[OPEN]), lambda row, at: is_open(row)),
    (Filter(state=["filed"]), lambda row, at: row.state == "filed"),
    (Filter(state=["closed"]), lambda row, at: row.state == "closed"),
    (Filter(state=[VALID]), lambda row, at: row.state != "void"),
    (Filter(state=[UNASSIGNED]), lambda row, at: of_nobody(row)),
    (Filter(state=[UNASSIGNED, "handled"]), lambda row, at: of_nobody(row) or row.state == "handled"),
    (Filter(state=["closed", "filed"]), lambda row, at: row.state in ("closed", "filed")),
    (Filter(assignee="李网格"), lambda row, at: row.assignee == "李网格"),
    (Filter(assignee=NONE), lambda row, at: row.assignee is None),
    (Filter(assignee="王五", state=["closed"]), lambda row, at: row.assignee == "王五" and row.state == "closed"),
    (Filter(is_overdue=True), lambda row, at: is_open(row) and is_late(row, at)),
    (Filter(is_overdue=False), lambda row, at: is_open(row) and not is_late(row, at)),
    (Filter(severity=["critical"], state=[OPEN]), lambda row, at: row.severity == "critical" and is_open(row)),
    (Filter(words=["网格"], names_people=True), lambda row, at: "网格" in (row.assignee or "")),
    (Filter(words=["网格", "路灯"], names_people=True), lambda row, at: "网格" in (row.assignee or "")),
    (Filter(words=["网格"]), lambda row, at: False),
    (Filter(ids=["event-1", "event-2"]), lambda row, at: row.id in ("event-1", "event-2")),
]


def compare(connection: Connection, at: int) -> None:
    there = searched(connection, at)
    for wanted, holds in ASKED:
        expected = [row for row in there if holds(row, at)]
        assert queries.find(connection, "heling", wanted, limit=99, at=at) == expected, wanted
        assert queries.how_many(connection, "heling", wanted, at) == len(expected), wanted
    of_open = [row for row in there if is_open(row)]
    counts = queries.tally(connection, "heling", at)
    assert counts["by_state"] == Counter(row.state for row in of_open)
    assert (counts["open"], counts["overdue"]) == (len(of_open), sum(is_late(row, at) for row in of_open))
    assert counts["unassigned"] == sum(of_nobody(row) for row in of_open)
    assert counts["given_to_nobody"] == sum(of_nobody(row) and row.state in OF_ASSIGNEE for row in of_open)
    board = queries.board(connection, "heling", 99, at)
    assert {row.id: (state, row.seq) for state, rows in board.items() for row in rows} == {
        row.id: (row.state, row.seq) for row in of_open
    }
    shown = queries.records(connection, "heling", None, at)
    assert {code: one["seq"] for code, one in shown.items() if code != queries.TALLY} == {
        row.id: row.seq for row in of_open
    }
    assert set(queries.located(connection, "heling", at).ids) == {row.id for row in of_open}
    for row in there:
        assert queries.one(connection, "heling", row.id, at) == row


def test_the_past_is_what_a_search_through_all_steps_says_after_any_history(engine: Engine) -> None:
    @settings(max_examples=25, deadline=None)
    @given(histories, st.integers(0, 13))
    def check(said: list[Said], at: int) -> None:
        with engine.connect() as connection:
            keep(connection, said)
            compare(connection, at)
            connection.rollback()

    check()


@pytest.mark.parametrize("at", range(14))
def test_the_past_of_each_moment_of_a_day(engine: Engine, at: int) -> None:
    said: list[Said] = [
        (2, "heling", [("filed", 3, None, 5), ("dispatched", 4, "李网格", 7), ("in_hand", 6, "王五", 7)]),
        (3, "heling", [("filed", 3, None, 4), ("closed", 9, "李网格", None)]),
        (5, "tahai", [("dispatched", 6, "李网格", 7)]),
        (8, "heling", [("void", 10, None, None)]),
    ]
    with engine.connect() as connection:
        keep(connection, said)
        compare(connection, at)
        connection.rollback()
