"""The machine of a rule: event time, whoever looks and whenever."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from layers.alarms.rules import Rule
from layers.alarms.watching.machine import Change, Machine, holds, quiet
from store.instant import SECOND, Instant

RULES = st.builds(
    Rule,
    code=st.just("r"),
    name=st.just("规则"),
    metric=st.just("pm2_5"),
    op=st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    value=st.integers(-2, 4).map(float),
    deadband=st.sampled_from([0.0, 0.25, 1.0]),
    on_delay_s=st.sampled_from([0.0, 3.0, 10.0]),
    off_delay_s=st.sampled_from([0.0, 3.0, 10.0]),
)
WALKS = st.lists(st.tuples(st.integers(0, 12), st.integers(-8, 16).map(lambda n: n / 4)), max_size=30)


def walked(rule: Rule, walk: list[tuple[int, float]], looks: list[int]) -> list[Change]:
    """Take the samples, and let the clock look between them."""
    machine, found, at = Machine(), list[Change](), 0
    for place, (step, value) in enumerate(walk):
        for look in looks:
            if place % 3 == look % 3 and look < step:
                found += machine.pass_time(rule, at + look * SECOND)
        at += step * SECOND
        found += machine.pass_time(rule, at)
        found += machine.take(rule, at, holds(rule, value, rule.value, is_raised=machine.is_raised), value)
    return found + machine.pass_time(rule, at + 100 * SECOND)


@given(RULES, WALKS, st.lists(st.integers(0, 11), max_size=5).map(sorted))
def test_when_the_clock_looks_changes_nothing(rule: Rule, walk: list[tuple[int, float]], looks: list[int]) -> None:
    assert walked(rule, walk, looks) == walked(rule, walk, [])


@given(RULES, WALKS)
def test_raised_and_returned_take_turns_in_the_order_of_time(rule: Rule, walk: list[tuple[int, float]]) -> None:
    found = walked(rule, walk, [])
    assert [one.is_raised for one in found] == [place % 2 == 0 for place in range(len(found))]
    assert [one.at for one in found] == sorted(one.at for one in found)


@given(RULES, WALKS)
def test_an_alarm_is_raised_once_the_condition_held_for_the_on_delay_and_not_before(
    rule: Rule, walk: list[tuple[int, float]]
) -> None:
    times: list[tuple[Instant, float]] = []
    for step, value in walk:
        times.append(((times[-1][0] if times else 0) + step * SECOND, value))
    for change in walked(rule, walk, []):
        if change.is_raised:
            begun = change.at - rule.on_delay
            during = [value for at, value in times if begun <= at < change.at or at == begun]
            assert during
            # Without a delay, of several at one moment any may be what raised it.
            said = during[-1:] if rule.on_delay else during
            assert any(holds(rule, value, rule.value, is_raised=False) for value in said)


@given(RULES, WALKS)
def test_a_value_in_the_quiet_range_changes_no_phase(rule: Rule, walk: list[tuple[int, float]]) -> None:
    machine: Any = Machine()
    for at, (_, value) in enumerate(walk):
        low, high = quiet(rule, machine)
        phase, due = machine.phase, machine.due
        machine.take(rule, 0, holds(rule, value, rule.value, is_raised=machine.is_raised), value)
        if low <= value <= high and (due is None or due > 0):
            assert machine.phase == phase, (at, value)


@given(RULES, st.integers(-20, 20).map(lambda n: n / 4))
def test_a_raised_alarm_holds_wherever_it_would_be_raised(rule: Rule, value: float) -> None:
    if holds(rule, value, rule.value, is_raised=False):
        assert holds(rule, value, rule.value, is_raised=True)
