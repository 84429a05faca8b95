"""Periods are those of the calendar in Asia/Shanghai and follow each other without a gap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.indicators.periods import SHOWN, Period, last_of, span_of
from store.instant import parse_local

FIRST, LAST = parse_local("1995-01-01"), parse_local("2090-01-01")


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("day", "2026-11-27", "2026-11-28"),
        ("week", "2026-11-23", "2026-11-30"),
        ("month", "2026-11-01", "2026-12-01"),
        ("year", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_is_of_the_calendar_in_shanghai(period: Period, since: str, until: str) -> None:
    # 23:30 in Shanghai, when it is still the afternoon in UTC.
    found = span_of(period, parse_local("2026-11-27 23:30"))
    assert found is not None
    assert (found.since, found.until) == (parse_local(since), parse_local(until))


@given(st.integers(FIRST, LAST), st.sampled_from(["day", "week", "month", "year"]))
def test_periods_follow_each_other_and_the_last_holds_the_moment(moment: int, period: Period) -> None:
    spans = last_of(period, moment)
    assert len(spans) == SHOWN[period]
    assert all(before.until == after.since for before, after in pairwise(spans))
    assert spans[-1].since <= moment < spans[-1].until


def test_what_is_as_it_stands_has_no_period() -> None:
    assert span_of("now", FIRST) is None
    assert last_of("now", FIRST) == []
