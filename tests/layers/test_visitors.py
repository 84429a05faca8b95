"""Visitors: what gates send becomes people inside, entered and left."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from layers.visitors import capacity
from sensors.devices import registry
from store.instant import HOUR, MINUTE, SECOND, Instant, from_datetime
from tests.database import add
from tests.layers import counting
from tests.layers.counting import Sent, send

NOON = from_datetime(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 12:00 in Shanghai


def site(engine: Engine, at: Instant = NOON, code: str = "fangyan") -> dict[str, Any]:
    """What is known of a site."""
    return counting.site(engine, at, code)


@pytest.fixture
def gate(engine: Engine) -> str:
    """A gate of the scenic area."""
    return add(engine, "gate-1", "gate", site="fangyan").id


@pytest.fixture
def capacity_of_100() -> Iterator[None]:
    """The scenic area may hold a hundred."""
    capacity.configure({"fangyan": 100})
    yield
    capacity.configure({})


def test_a_site_without_a_gates_word_knows_nothing_rather_than_nought(engine: Engine, gate: str) -> None:
    found = counting.site(engine, None)
    assert gate in found["gates"]
    assert [found[name] for name in ("inside", "entered_today", "left_today", "capacity", "ratio", "level")] == [
        None
    ] * 6


def test_counts_of_several_gates_add_up(engine: Engine, gate: str) -> None:
    add(engine, "gate-2", "gate", site="fangyan")
    send(engine, gate, [(NOON - 10 * SECOND, {"enter": 5, "leave": 1}), (NOON, {"enter": 2})])
    send(engine, "gate-2", [(NOON, {"enter": 4, "leave": 3})])
    found = site(engine)
    assert (found["inside"], found["entered_today"], found["left_today"]) == (7, 11, 4)


def test_a_repeated_message_counts_once(engine: Engine, gate: str) -> None:
    message: Sent = [(NOON, {"enter": 5})]
    send(engine, gate, message, message)
    assert site(engine)["entered_today"] == 5


def test_totals_are_differences_and_the_first_one_only_says_where_the_counter_stands(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON - 2 * MINUTE, {"enter_total": 1000})])
    assert site(engine)["entered_today"] == 0
    send(engine, gate, [(NOON - MINUTE, {"enter_total": 1007})], [(NOON, {"enter_total": 1010})])
    assert site(engine)["entered_today"] == 10


def test_a_total_that_falls_is_a_counter_that_began_again(engine: Engine, gate: str) -> None:
    totals = (100, 110, 3, 8)
    send(engine, gate, *([(NOON - (4 - i) * MINUTE, {"enter_total": t})] for i, t in enumerate(totals)))
    assert site(engine)["entered_today"] == 10 + 3 + 5


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_in_whatever_order_totals_arrive_the_flow_is_that_of_the_clock(engine: Engine, data: st.DataObject) -> None:
    with engine.connect() as connection:
        gate = f"gate-{len(registry.read_all(connection)) + 1}"
    add(engine, gate, "gate", site="square")
    steps = data.draw(st.lists(st.integers(0, 50), min_size=1, max_size=12))
    totals = [sum(steps[: i + 1]) for i in range(len(steps))]
    sent = [(NOON - (len(steps) - i) * 11 * MINUTE, {"enter_total": float(t)}) for i, t in enumerate(totals)]
    shuffled = data.draw(st.permutations(sent))
    size = data.draw(st.integers(1, len(sent)))
    send(engine, gate, *(shuffled[i : i + size] for i in range(0, len(shuffled), size)))
    assert site(engine, code="square")["gates"][gate]["entered"] == totals[-1] - totals[0]


def test_today_begins_at_midnight_and_inside_at_four_in_shanghai(engine: Engine, gate: str) -> None:
    midnight = NOON - 12 * HOUR
    send(
        engine,
        gate,
        [
            (midnight - SECOND, {"enter": 100}),
            (midnight + HOUR, {"enter": 10}),
            (midnight + 5 * HOUR, {"enter": 1, "leave": 0}),
        ],
    )
    assert site(engine, midnight + 2 * HOUR)["inside"] == 110
    found = site(engine)
    assert (found["inside"], found["entered_today"]) == (1, 11)


def test_more_who_leave_than_entered_are_nobody_inside_and_not_fewer(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON, {"enter": 1, "leave": 5})])
    assert site(engine)["inside"] == 0


def test_a_suspect_count_is_not_counted(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON, {"enter": 1})])
    send(engine, gate, [(NOON - SECOND, {"enter": 1e6})], quality=1)
    assert site(engine)["entered_today"] == 1


def test_the_past_is_as_it_was(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON - 90 * MINUTE, {"enter": 3}), (NOON - 30 * MINUTE, {"enter": 4}), (NOON, {"leave": 7})])
    assert [site(engine, NOON - minutes * MINUTE)["inside"] for minutes in (91, 89, 31, 29, 0)] == [None, 3, 3, 7, 0]


def test_a_gate_that_comes_later_makes_nothing_of_before_doubtful(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON, {"enter": 3})])
    add(engine, "gate-of-later", "gate", site="fangyan")
    assert list(site(engine)["gates"]) == [gate]
    assert site(engine)["doubt"] == []
    assert "gate-of-later" in counting.site(engine, None)["gates"]


@pytest.mark.usefixtures("capacity_of_100")
@pytest.mark.parametrize(
    ("inside", "ratio", "level"),
    [
        (79, 0.79, "normal"),
        (80, 0.8, "yellow"),
        (89, 0.89, "yellow"),
        (90, 0.9, "orange"),
        (99, 0.99, "orange"),
        (100, 1.0, "red"),
    ],
)
def test_the_level_follows_the_configured_capacity(
    engine: Engine, gate: str, inside: int, ratio: float, level: str
) -> None:
    send(engine, gate, [(NOON, {"enter": inside})])
    found = site(engine)
    assert (found["capacity"], found["ratio"], found["level"]) == (100, ratio, level)
