"""The trial of a rule against every reading, one after the other, through the machine of the engine."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from layers.alarms.rules import Rule, Schedule, read
from layers.alarms.trials import gaps, past
from layers.alarms.trials.trial import trial, within
from layers.alarms.watching.machine import Change, Machine, holds
from layers.problem import Problem
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.quality import Quality
from sensors.readings import observations as readings
from sensors.readings.columns import Observation, Observations, SeriesIndex
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant, format_rfc3339, from_datetime
from tests.database import ensure_months
from tests.thorough import THOROUGH

MONDAY = from_datetime(datetime(2026, 11, 2, tzinfo=UTC))
STORED = settings(
    max_examples=40 if THOROUGH else 12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
_numbers = count()

Said = tuple[Instant, float, int]
"""(time, value, quality)."""

WALKS = st.lists(
    st.tuples(
        st.sampled_from([30 * SECOND, 5 * MINUTE, 10 * MINUTE, 50 * MINUTE, 3 * HOUR, 30 * HOUR]),
        st.integers(0, 8),
        st.sampled_from([0, 0, 0, 0, int(Quality.UNKNOWN_METRIC), int(Quality.OUT_OF_RANGE), int(Quality.WRONG_CLOCK)]),
    ),
    max_size=60,
)
SCHEDULES = st.sampled_from(
    [None, None, Schedule("06:00", "22:00"), Schedule("22:00", "06:00", (1, 2, 3)), Schedule(days=(6, 7))]
)
COMPARED = st.builds(
    Rule,
    code=st.just("trial"),
    name=st.just("试"),
    metric=st.just("pm2_5"),
    op=st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    value=st.integers(0, 8).map(float),
    deadband=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    on_delay_s=st.sampled_from([0.0, 60.0, 600.0, 4_000.0, 90_000.0]),
    off_delay_s=st.sampled_from([0.0, 60.0, 600.0, 4_000.0]),
    schedule=SCHEDULES,
)
AMOUNTS = st.builds(
    Rule,
    code=st.just("trial"),
    name=st.just("试"),
    metric=st.just("enter"),
    op=st.sampled_from(["rate", "count"]),
    value=st.sampled_from([-4.0, -1.0, 1.0, 3.0, 9.0]),
    window_s=st.sampled_from([45.0, 600.0, 3_600.0, 5_000.0, 100_000.0]),
    on_delay_s=st.sampled_from([0.0, 600.0]),
    off_delay_s=st.sampled_from([0.0, 600.0]),
    schedule=SCHEDULES,
)


def times(walk: Sequence[tuple[Instant, int, int]], begin: Instant) -> list[Said]:
    """The steps of a walk as what was said."""
    found, at = [], begin
    for step, value, quality in walk:
        at += step
        found.append((at, float(value), quality))
    return found


def stored(engine: Engine, said: dict[str, list[Said]], **properties: Any) -> str:
    """A new device that said these values of metrics; returns its id."""
    name = f"air-{next(_numbers)}"
    registry.add(engine, Device(id=name, community="heling", kind="air", name=name, **properties))
    rows = [Observation(name, metric, *one) for metric, some in said.items() for one in some]
    ensure_months(engine, [row.ts for row in rows])
    with writing(engine) as connection:
        index = SeriesIndex()
        readings.store(connection, index, Observations.of(index, rows))
    return name


def of_device(rule: Rule, device: str) -> Rule:
    """The rule about one device only."""
    return read({**{name: getattr(rule, name) for name in rule.__struct_fields__}, "devices": (device,)})


def tried(engine: Engine, rule: Rule, device: str, since: Instant, until: Instant) -> dict[str, Any]:
    with engine.connect() as connection:
        return trial(connection, "heling", of_device(rule, device), since, until)


def plain(rule: Rule, said: list[Said], others: list[Said] | None, since: Instant, until: Instant) -> list[Any]:
    """Every sound reading through a machine."""
    machine, changes = Machine(), list[Change]()
    sound = [(ts, value) for ts, value, quality in said if quality in (0, 2)]
    for ts, value in sound:
        if not since <= ts < until:
            continue
        changes += machine.pass_time(rule, ts)
        limit: float | None = rule.value
        if others is not None:
            known = [one for at, one, quality in others if at <= ts and quality in (0, 2)]
            limit = known[-1] + rule.value if known else None
        window = [one for at, one in sound if ts - rule.window < at <= ts and at >= since - rule.window]
        if rule.op == "rate":
            past_limit = value - min(window) >= rule.value if rule.value > 0 else value - max(window) <= rule.value
        elif rule.op == "count":
            past_limit = sum(window) >= rule.value
        else:
            past_limit = limit is not None and holds(rule, value, limit, is_raised=machine.is_raised)
        changes += machine.take(rule, ts, past_limit and rule.is_on(ts), value)
    changes += machine.pass_time(rule, until - 1)
    return told(changes)


def told(changes: list[Change]) -> list[Any]:
    found: list[Any] = []
    for change in changes:
        if change.is_raised:
            found.append([format_rfc3339(change.at), None, change.value])
        else:
            found[-1][1] = format_rfc3339(change.at)
    return found


def listed(answer: dict[str, Any]) -> list[Any]:
    return [[one["raised"], one["returned"], one["value"]] for one in answer["would_have"]]


PERIODS = st.tuples(st.integers(0, 30 * 60), st.integers(1, 100 * 60)).map(
    lambda m: (MONDAY + m[0] * MINUTE, MONDAY + (m[0] + m[1]) * MINUTE)
)


@STORED
@given(COMPARED, WALKS, PERIODS)
@example(
    Rule(code="trial", name="试", metric="pm2_5", op=">", value=0.0),
    [(3 * HOUR, 1, 0), (3 * HOUR, 1, 0)],
    (MONDAY + 3 * HOUR + MINUTE, MONDAY + 6 * HOUR + MINUTE),
).via("of its first hour all was said before it began")
def test_a_trial_finds_what_every_reading_through_the_machine_would_raise(
    engine: Engine, rule: Rule, walk: list[Any], period: tuple[Instant, Instant]
) -> None:
    said = times(walk, MONDAY)
    device = stored(engine, {"pm2_5": said})
    assert listed(tried(engine, rule, device, *period)) == plain(rule, said, None, *period)


@STORED
@given(AMOUNTS, WALKS, PERIODS)
def test_a_trial_of_a_change_or_a_count_looks_at_the_whole_window(
    engine: Engine, rule: Rule, walk: list[Any], period: tuple[Instant, Instant]
) -> None:
    said = times(walk, MONDAY)
    device = stored(engine, {"enter": said})
    assert listed(tried(engine, rule, device, *period)) == plain(rule, said, None, *period)


@STORED
@given(COMPARED, WALKS, WALKS, PERIODS)
def test_a_trial_compares_with_what_another_metric_said_last(
    engine: Engine, rule: Rule, walk: list[Any], other: list[Any], period: tuple[Instant, Instant]
) -> None:
    said, limits = times(walk, MONDAY), times(other, MONDAY)
    device = stored(engine, {"pm2_5": said, "pm10": limits})
    against = read({**{name: getattr(rule, name) for name in rule.__struct_fields__}, "other": "pm10", "value": -1.0})
    assert listed(tried(engine, against, device, *period)) == plain(against, said, limits, *period)


@STORED
@given(WALKS, WALKS, PERIODS, st.sampled_from([0.0, 240.0, 4_000.0]), st.sampled_from([0.0, 300.0]))
@example([], [], (MONDAY, MONDAY + DAY), 0.0, 0.0)
def test_a_trial_of_silence_finds_the_gaps_between_all_that_a_device_says(
    engine: Engine, walk: list[Any], other: list[Any], period: tuple[Instant, Instant], limit: float, delay: float
) -> None:
    said, others = times(walk, MONDAY), times(other, MONDAY + MINUTE)
    device = stored(engine, {"pm2_5": said, "pm10": others}, interval_s=200.0)
    rule = Rule(code="trial", name="试", op="missing", value=limit, on_delay_s=delay, off_delay_s=delay)
    since, until = period
    heard = sorted({one[0] for one in (*said, *others)})
    missed_after = round((limit or 600) * SECOND)
    machine, changes = Machine(), list[Change]()
    last = since if heard and heard[0] < since else None
    for ts in [*(ts for ts in heard if since <= ts < until), until]:
        if last is not None and ts - last > missed_after:
            changes += machine.take(rule, last + missed_after, True, None)
            if ts < until:
                changes += machine.take(rule, ts, False, None)
        last = ts
    changes += machine.pass_time(rule, until - 1)
    assert listed(tried(engine, rule, device, since, until)) == told(changes)


@given(
    st.builds(
        Schedule,
        st.integers(0, 1439).map(lambda m: f"{m // 60:02}:{m % 60:02}"),
        st.integers(0, 1439).map(lambda m: f"{m // 60:02}:{m % 60:02}"),
        st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
    ),
    st.lists(st.integers(MONDAY, MONDAY + 14 * DAY), min_size=1),
)
def test_hours_and_days_hold_for_many_times_at_once_as_for_each(schedule: Schedule, some: list[Instant]) -> None:
    import numpy as np

    assert within(schedule, np.array(some)).tolist() == [schedule.holds(one) for one in some]


def test_a_rule_that_holds_everywhere_ends_early_and_says_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "VALUES_AT_MOST", 20)
    said = [(MONDAY + n * 10 * MINUTE, float(n % 2), 0) for n in range(600)]
    device = stored(engine, {"pm2_5": said})
    rule = Rule(code="trial", name="试", metric="pm2_5", op=">", value=0.5)
    answer = tried(engine, rule, device, MONDAY, MONDAY + 5 * DAY)
    assert answer["truncated"]
    assert answer["until"] == format_rfc3339(MONDAY + 3 * HOUR)
    assert listed(answer) == plain(rule, said, None, MONDAY, MONDAY + 3 * HOUR)


def test_a_trial_of_silence_ends_early_where_too_much_was_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "SAID_AT_MOST", 20)
    said = [(MONDAY + n * 10 * MINUTE, 1.0, 0) for n in range(600) if n not in (9, 10, 11, 400)]
    device = stored(engine, {"pm2_5": said}, interval_s=200.0)
    rule = Rule(code="trial", name="试", op="missing", value=900)
    whole = tried(engine, rule, device, MONDAY, MONDAY + 3 * HOUR)
    assert (whole["truncated"], whole["count"]) == (False, 1)
    answer = tried(engine, rule, device, MONDAY, MONDAY + 5 * DAY)
    assert (answer["truncated"], answer["until"]) == (True, format_rfc3339(MONDAY + 3 * HOUR))
    assert listed(answer) == listed(whole)


def test_at_most_a_thousand_are_listed_and_all_are_counted(engine: Engine) -> None:
    said = [(MONDAY + n * MINUTE, float(n % 2), 0) for n in range(2_400)]
    device = stored(engine, {"pm2_5": said})
    answer = tried(
        engine, Rule(code="t", name="t", metric="pm2_5", op=">", value=0.5), device, MONDAY, MONDAY + 2 * DAY
    )
    assert (answer["count"], answer["listed"], len(answer["would_have"])) == (1_200, 1_000, 1_000)
    assert answer["would_have"][0]["raised"] == format_rfc3339(MONDAY + MINUTE)
    assert not answer["truncated"]


def test_a_gateway_is_silent_when_all_behind_it_are(engine: Engine) -> None:
    registry.add(engine, Device(id="gw-trial", community="heling", kind="gateway", name="gw", interval_s=60))
    stored(engine, {"pm2_5": [(MONDAY + n * MINUTE, 1.0, 0) for n in range(10)]}, gateway="gw-trial", interval_s=60)
    rule = Rule(code="t", name="t", op="missing", devices=("gw-trial",))
    with engine.connect() as connection:
        alone = trial(connection, "heling", rule, MONDAY, MONDAY + HOUR)
        both = trial(connection, "heling", Rule(code="t", name="t", op="missing"), MONDAY, MONDAY + HOUR)
    assert alone["devices"] == 0, "it says nothing itself, and those behind it are not watched"
    assert ["gw-trial", format_rfc3339(MONDAY + 12 * MINUTE)] in [
        [one["device"], one["raised"]] for one in both["would_have"]
    ]


@pytest.mark.parametrize("metric", ["visitors.level", "system.disk_free"])
def test_what_is_not_kept_as_readings_cannot_be_tried(engine: Engine, metric: str) -> None:
    with engine.connect() as connection, pytest.raises(Problem, match=metric) as refused:
        trial(connection, "heling", Rule(code="t", name="t", metric=metric, op=">", value=1), MONDAY, MONDAY + DAY)
    assert refused.value.status == 422
