"""Counting against who truly passed, over random histories of faults, in whatever order messages arrive."""

from collections import defaultdict
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from layers.visitors.counter import Step, Trust, count
from layers.visitors.tables import gate_flow_hour, gate_step
from sensors.devices import registry
from sensors.replay import recording
from sensors.replay.replay import people_passed
from store.instant import DAY, HOUR, MINUTE, Instant, from_datetime
from tests.database import add
from tests.layers.counting import send, site, sums_up
from tests.layers.histories import GATE, History, arrivals, history

NOON = from_datetime(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 12:00 in Shanghai
MIDNIGHT = NOON - 12 * HOUR
STORED = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def in_order(told: History) -> list[Step]:
    """The steps of a history whose messages arrive in the order of their times."""
    state, found = None, {}
    for said in told.said:
        state, made = count(state, said, GATE)
        found |= {step.ts: step for step in made}
    return [found[ts] for ts in sorted(found)]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_happens_to_a_counter_all_who_passed_are_counted_and_nobody_else(seed: int) -> None:
    told = history(seed)
    steps = in_order(told)
    assert sum(step.people for step in steps if step.trust < Trust.SUSPECT) == told.passed, told.faults
    assert sum(step.trust is Trust.SUSPECT for step in steps) == told.suspects, told.faults


@STORED
@given(st.integers(0, 2**32))
def test_late_and_doubled_messages_end_in_what_those_in_order_make(engine: Engine, seed: int) -> None:
    told = history(seed)
    with engine.connect() as connection:
        number = connection.scalar(select(func.count(gate_step.c.device_id.distinct()))) or 0
    gate = add(engine, f"gate-{number}", "gate", site="square").id
    for batch in arrivals(told, Random(seed)):
        send(engine, gate, [(one.ts, values(one.total, one.single)) for one in batch])
    with engine.connect() as connection:
        steps = connection.execute(
            select(gate_step).where(gate_step.c.device_id == gate).order_by(gate_step.c.ts)
        ).all()
        hours = connection.scalar(select(func.sum(gate_flow_hour.c.entered)).where(gate_flow_hour.c.device_id == gate))
    kept = [(row.ts, row.people, row.verdict, row.trust, row.since) for row in steps]
    assert kept == [(s.ts, s.people, s.verdict, s.trust, s.since) for s in in_order(told)], told.faults
    assert hours == told.passed


def values(total: float | None, single: float | None) -> dict[str, float]:
    """What a message carries."""
    both = {"enter_total": total, "enter": single}
    return {name: value for name, value in both.items() if value is not None}


@STORED
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 700), st.integers(-40, 40)), max_size=25), st.randoms())
def test_the_people_inside_are_the_plain_walk_through_all_gates(
    engine: Engine, flows: list[tuple[int, int, int]], random: Random
) -> None:
    """Whole hours in one stride and late flows alike; each example on days and with gates of its own."""
    with engine.connect() as connection:
        example = len(registry.read_all(connection)) // 3
    noon = NOON - (3 * example + 3) * DAY
    gates = [add(engine, f"walk-{example}-{gate}", "gate", site="square").id for gate in range(3)]
    at_once: dict[tuple[int, Instant], int] = {(gate, noon - m * MINUTE): people for gate, m, people in flows}
    shuffled = list(at_once.items())
    random.shuffle(shuffled)
    for (gate, ts), people in shuffled:
        way = "enter" if people > 0 else "leave"
        send(engine, gates[gate], [(ts, {way: float(abs(people))})])
    for at in (noon - 355 * MINUTE, noon - 61 * MINUTE, noon):
        inside, moments = 0, defaultdict(int)
        for (_, ts), people in at_once.items():
            moments[ts] += people
        for ts, people in sorted(moments.items()):
            if noon - 8 * HOUR <= ts <= at:
                inside = max(0, inside + people)
        known = site(engine, at, "square")
        assert (known["inside"] or 0) == inside
        assert known["inside"] is None or sums_up(known)


@pytest.mark.parametrize("code", ["fangyan", "centre"])
def test_a_replayed_day_of_the_recording_balances_to_the_person(engine: Engine, code: str) -> None:
    tracks = [track for one in recording.packaged() for track in one.tracks if track.device.site == code]
    assert tracks
    moments: dict[Instant, int] = defaultdict(int)
    entered = left = 0
    for track in tracks:
        gate = add(engine, track.device.id, "gate", site=code, source="recording").id
        sent: list[tuple[Instant, dict[str, Any]]] = []
        for ts in range(MIDNIGHT + 5 * MINUTE, MIDNIGHT + DAY, 5 * MINUTE):
            came = people_passed(track, ts - 5 * MINUTE, ts)
            went = people_passed(track, ts - 5 * MINUTE - track.residence, ts - track.residence)
            sent.append((ts, {"enter": came, "leave": went}))
            moments[ts] += came - went
            entered, left = entered + came, left + went
        send(engine, gate, sent)
    inside = 0
    for ts, people in sorted(moments.items()):
        if ts >= MIDNIGHT + 4 * HOUR:
            inside = max(0, inside + people)
    found = site(engine, MIDNIGHT + DAY - 1, code)
    assert (found["entered_today"], found["left_today"], found["inside"]) == (entered, left, inside)
    recorded = sum(
        round((track.at(MIDNIGHT + hour * HOUR) or {}).get("enter", 0)) for track in tracks for hour in range(24)
    )
    last = sum(people_passed(track, MIDNIGHT + DAY - 5 * MINUTE, MIDNIGHT + DAY) for track in tracks)
    assert entered + last == recorded > 0
