"""What can be a rule, and when one watches."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.alarms.look import looks
from layers.alarms.rules import PRIORITIES, Rule, Schedule, defaults, faults, read
from layers.visitors.capacity import levels
from store.instant import DAY, MINUTE, SHANGHAI, from_datetime

BASE: dict[str, Any] = {"code": "a.b", "name": "规则", "metric": "pm2_5", "op": ">", "value": 1}
MONDAY = from_datetime(datetime(2026, 11, 23, tzinfo=SHANGHAI))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def test_a_level_of_visitors_is_called_as_the_levels_are() -> None:
    said = [(one.name, one.name_en) for one in looks().derived["visitors.level"].values]
    assert said == [(level.name, level.name_en) for level in levels.by_rank()]


def test_the_rules_that_ship_are_without_fault_and_named_in_two_languages() -> None:
    for rule in defaults().values():
        assert faults(rule) == {}, rule.code
        assert rule.name
        assert rule.name_en
        assert rule.priority in PRIORITIES
        assert set(rule.suppresses) | set(rule.suppresses_behind) <= defaults().keys()


def test_breakpoints_of_air_name_the_edition_that_they_are_of() -> None:
    assert {rule.code for rule in defaults().values() if rule.code.startswith("air.") and not rule.edition} == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "Ä"),
        ("code", "a..b"),
        ("code", "x" * 65),
        ("name", " "),
        ("value", float("nan")),
        ("value", float("inf")),
        ("deadband", -1),
        ("on_delay_s", -1),
        ("on_delay_s", 8 * 86_400),
        ("off_delay_s", 8 * 86_400),
        ("kind", "toaster"),
        ("metric", "no_such"),
        ("other", "no_such"),
        ("schedule", {"from": "25:00"}),
        ("schedule", {"days": []}),
        ("schedule", {"days": [8]}),
        ("guidance", "\x1cfetch the ladder"),
        ("guidance", "\u2060"),
    ],
)
def test_each_fault_is_told_by_its_field(field: str, value: Any) -> None:
    assert field in faults(read(BASE | {field: value}))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"op": "rate", "value": 0}, "value"),
        ({"op": "rate", "window_s": 0}, "window_s"),
        ({"op": "count"}, "op"),
        ({"op": "missing", "value": -1}, "value"),
        ({"op": "rate", "metric": "visitors.level"}, "op"),
        ({"metric": None}, "metric"),
        ({"op": "rate", "other": "pm10"}, "other"),
    ],
)
def test_operations_that_do_not_fit_are_told(more: dict[str, Any], field: str) -> None:
    assert field in faults(read(BASE | more))


@pytest.mark.parametrize("more", [{"op": "=>"}, {"value": "x"}, {"colour": "red"}, {"priority": "urgent"}])
def test_what_is_no_rule_at_all_cannot_be_read(more: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(BASE | more)


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_a_schedule_holds_by_the_clock_on_the_day_that_it_began(begin: int, end: int, minute: int) -> None:
    schedule = Schedule(clock(begin), clock(end), days=(1, 3))
    of_day, day = minute % 1440, minute // 1440
    if begin < end:
        expected = begin <= of_day < end and day in (0, 2)
    else:
        expected = (of_day >= begin and day in (0, 2)) or (of_day < end and day in (1, 3))
    assert schedule.holds(MONDAY + minute * MINUTE) == expected
    assert schedule.holds(MONDAY + minute * MINUTE + 28 * DAY) == expected


def test_a_rule_survives_being_kept() -> None:
    for rule in defaults().values():
        assert read(msgspec.json.decode(msgspec.json.encode(rule))) == rule
    odd = Rule(code="x", name="x", op="missing", schedule=Schedule("22:00", "06:00", (1,)), devices=("a", "b"))
    assert read(msgspec.json.decode(msgspec.json.encode(odd))) == odd
