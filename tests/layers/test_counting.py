"""Counting over gates, sites and time: what is kept of the counters, and what the figures say of themselves."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from layers.visitors import corrections
from layers.visitors.tables import gate_step
from sensors.devices import registry
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime, now
from tests.database import add, new_database
from tests.layers.alarms.stand import MANAGER
from tests.layers.counting import Sent, doubts, hours, send, site, sums_up

NOON = from_datetime(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 12:00 in Shanghai
MIDNIGHT = NOON - 12 * HOUR


@pytest.fixture
def gate(engine: Engine) -> str:
    """A gate of the scenic area."""
    return add(engine, "gate-1", "gate", site="fangyan").id


def totals(*run: float, metric: str = "enter_total", until: Instant = NOON, every: Instant = 10 * SECOND) -> list[Sent]:
    """A batch for each total of a run that ends at a time."""
    return [[(until - (len(run) - 1 - i) * every, {metric: float(total)})] for i, total in enumerate(run)]


def test_fifty_overnight_guests_leave_and_sixty_arrive(engine: Engine, gate: str) -> None:
    send(engine, gate, [(NOON - 2 * MINUTE, {"enter": 0, "leave": 50})], [(NOON - MINUTE, {"enter": 60, "leave": 0})])
    assert site(engine, NOON)["inside"] == 60
    assert doubts(engine, NOON)["clamped"] == ["inside"]
    assert site(engine, NOON)["clamped"] == 50


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_walk_is_that_of_the_clock_over_all_gates_in_whatever_order_they_send(
    engine: Engine, gate: str, order: tuple[int, ...]
) -> None:
    add(engine, "gate-2", "gate", site="fangyan")
    sent = [
        (gate, NOON - 150 * MINUTE, {"leave": 50.0}),
        ("gate-2", NOON - 90 * MINUTE, {"enter": 60.0}),
        (gate, NOON - 30 * MINUTE, {"leave": 20.0}),
        ("gate-2", NOON - 10 * MINUTE, {"enter": 3.0}),
    ]
    for number in order:
        device, ts, values = sent[number]
        send(engine, device, [(ts, values)])
    assert [site(engine, NOON - minutes * MINUTE)["inside"] for minutes in (151, 149, 89, 29, 0)] == [
        None, 0, 60, 40, 43
    ]  # fmt: skip


def test_what_passes_at_one_moment_is_one_step(engine: Engine, gate: str) -> None:
    add(engine, "gate-2", "gate", site="fangyan")
    send(engine, gate, [(NOON, {"leave": 5})])
    send(engine, "gate-2", [(NOON, {"enter": 5})])
    assert (site(engine, NOON)["inside"], site(engine, NOON)["clamped"]) == (0, 0)


def test_lines_of_a_gate_are_counters_of_their_own(engine: Engine, gate: str) -> None:
    both = [(100, 500), (110, 505), (115, None), (118, 1), (120, 4)]
    for number, (first, second) in enumerate(both):
        values = {"enter_total": float(first)} | ({"enter_total_2": float(second)} if second is not None else {})
        send(engine, gate, [(NOON + number * SECOND, values)])
    assert site(engine, NOON + MINUTE)["entered_today"] == 20 + 5 + 4


def test_a_line_beyond_those_of_the_table_counts_too(engine: Engine, gate: str) -> None:
    send(engine, gate, *totals(10, 14, metric="enter_total_7"), quality=2)
    assert site(engine, NOON)["entered_today"] == 4
    send(engine, gate, [(NOON, {"enter_rate": 50.0, "leave_total_x": 9.0})], quality=2)
    assert (site(engine, NOON)["entered_today"], site(engine, NOON)["left_today"]) == (4, 0)


def test_a_gate_that_is_revoked_or_moved_takes_nothing_of_the_past_along(engine: Engine, gate: str) -> None:
    at = now()
    send(engine, gate, [(at - 30 * SECOND, {"enter_total": 1000})], [(at - 20 * SECOND, {"enter_total": 1040})])
    add(engine, "gate-2", "gate", site="fangyan")
    send(engine, "gate-2", [(at - 20 * SECOND, {"enter": 2})])
    before = site(engine, None)
    with engine.connect() as connection:
        known = next(d for d in registry.read_all(connection) if d.id == gate)
    registry.add(engine, replace(known, site="square"), reissue=True)
    assert site(engine, None)["inside"] == before["inside"] == 42
    assert site(engine, None, "square")["inside"] is None
    later = now() + SECOND
    send(engine, gate, [(at - 10 * SECOND, {"enter_total": 1041})], [(later, {"enter_total": 1100})])
    send(engine, gate, [(later + SECOND, {"enter_total": 1103})])
    assert site(engine, None)["inside"] == 43, "a late reading belongs to where the gate stood then"
    assert site(engine, None, "square")["inside"] == 3
    registry.revoke(engine, "gate-2")
    assert site(engine, None)["inside"] == 43
    assert "gate-2" not in site(engine, None)["gates"]


def test_one_silent_gate_of_two_makes_the_figures_doubtful(engine: Engine, gate: str) -> None:
    add(engine, "gate-2", "gate", site="fangyan")
    at = now()
    send(engine, gate, [(at, {"enter": 1})])
    [doubt] = site(engine, None)["doubt"]
    assert (doubt["code"], doubt["gates"]) == ("gate_silent", ["gate-2"])
    send(engine, "gate-2", [(at, {"leave": 0})])
    assert site(engine, None)["doubt"] == []
    assert doubts(engine, at + HOUR)["gate_silent"] == ["entered_today", "inside", "left_today"]


def test_a_step_that_no_gate_can_do_is_left_out_of_every_sum_and_said(engine: Engine, gate: str) -> None:
    send(engine, gate, *totals(1000, 1005, 13005, 13008))
    found = site(engine, NOON)
    assert (found["inside"], found["entered_today"], found["entered_year"]) == (8, 8, 8)
    assert sum(hour["entered"] for hour in hours(engine, NOON)) == 8
    assert doubts(engine, NOON)["suspect"] == ["entered_today", "inside"]


def test_who_came_in_an_outage_over_midnight_and_four_is_not_the_peak_of_eight(engine: Engine, gate: str) -> None:
    before, after = MIDNIGHT - HOUR, MIDNIGHT + 8 * HOUR
    send(engine, gate, [(before, {"enter_total": 1000, "leave_total": 900})])
    send(engine, gate, [(after, {"enter_total": 1900, "leave_total": 1350})])
    found = {hour["hour"]: hour["entered"] for hour in hours(engine, after)}
    assert sum(found.values()) == 900
    assert max(found.values()) == 100
    record = site(engine, after)
    assert (record["entered_today"], record["left_today"]) == (800, 400)
    assert record["inside"] == 400 - 200, "of the four hours since 04:00"
    assert record["entered_year"] == 900
    assert doubts(engine, after)["silence"] == ["entered_today", "inside", "left_today"]
    assert sum(spread for _, _, spread in record["hours"]) == 1350
    # Of five in the morning nobody knew anything yet.
    assert (site(engine, MIDNIGHT + 5 * HOUR)["entered_today"], site(engine, MIDNIGHT + 5 * HOUR)["inside"]) == (0, 0)
    # A late total from within the silence makes it known better, and everything adds up all the same.
    send(engine, gate, [(MIDNIGHT, {"enter_total": 1000})])
    assert site(engine, after)["entered_today"] == 900
    assert sum(hour["entered"] for hour in hours(engine, after)) == 900


def test_a_silence_within_the_day_leaves_its_figures_sound(engine: Engine, gate: str) -> None:
    send(engine, gate, *totals(100, 190, until=NOON, every=3 * HOUR))
    assert site(engine, NOON)["entered_today"] == 90
    assert "silence" not in doubts(engine, NOON)


def test_the_sums_agree_with_the_steps_after_every_kind_of_fault(engine: Engine, gate: str) -> None:
    send(engine, gate, *totals(5000, 5010, 0, 5011, 90000, 5012, 3, 5, until=NOON - DAY))
    send(engine, gate, *totals(900, 950, 40, until=NOON, every=2 * HOUR))
    send(engine, gate, [(NOON - DAY - 15 * SECOND, {"enter_total": 5012})])
    with engine.connect() as connection:
        steps = connection.execute(select(gate_step)).all()
    counted = sum(step.counted for step in steps)
    assert site(engine, NOON)["entered_year"] == counted
    assert counted == sum(step.people for step in steps if step.trust < 2)


def test_no_question_of_the_present_reads_through_the_history_of_a_gate(tmp_path: Path) -> None:
    engine = new_database(tmp_path)
    add(engine, "gate-1", "gate", site="fangyan")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    send(engine, "gate-1", *totals(1000, 1010, 1020))
    site(engine, None)
    site(engine, NOON)
    questions = [(text, values) for text, values in asked if text.lstrip().startswith(("SELECT", "WITH"))]
    with engine.connect() as connection:
        plans = [
            str(step[3])
            for text, values in questions
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
        ]
    kept = ("gate_step", "gate_flow_hour", "site_day", "site_walk")
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in kept] == []


def test_who_entered_and_left_since_the_people_inside_were_set_sum_up_to_them(engine: Engine, gate: str) -> None:
    reset = NOON - 8 * HOUR
    send(engine, gate, [(reset - HOUR, {"enter": 40})])
    send(engine, gate, [(reset + HOUR, {"enter": 10}), (reset + HOUR + MINUTE, {"leave": 4})])
    send(engine, gate, [(reset + 2 * HOUR, {"leave": 9}), (reset + 3 * HOUR, {"enter": 5})])
    known = site(engine, NOON)
    assert (known["inside"], known["since"]) == (
        5,
        {"ts": reset // 1000, "base": 0, "is_counted": False, "entered": 15, "left": 13, "corrected": 3},
    )
    [doubt] = [one for one in known["doubt"] if one["code"] == "clamped"]
    assert (doubt["gates"], doubt["since"]) == ([gate], (reset + 2 * HOUR) // 1000)


def test_after_a_count_on_the_spot_the_sum_begins_with_it(engine: Engine, gate: str) -> None:
    send(engine, gate, [(now() - 2 * SECOND, {"enter": 40})])
    with writing(engine) as connection:
        corrections.set_inside(connection, "heling", "fangyan", 100, "清点", MANAGER)
    at = now()
    send(engine, gate, [(at, {"enter": 7}), (at + SECOND // 2, {"leave": 3})])
    for moment in (None, at + SECOND):
        known = site(engine, moment)
        told = {name: known["since"][name] for name in ("base", "is_counted", "entered", "left", "corrected")}
        assert told == {"base": 100, "is_counted": True, "entered": 7, "left": 3, "corrected": 0}
        assert sums_up(known)
        assert known["inside"] == 104
