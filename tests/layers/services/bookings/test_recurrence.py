"""Rules of RFC 5545: what they say, what of them is refused, and that they keep the wall clock."""

import time
from datetime import date, datetime
from itertools import pairwise

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from layers.services.bookings.recurrence import OCCURRENCES_MOST, Span, Unclear, occurrences
from store.instant import DAY, HOUR, MINUTE, local_clock, local_date, parse_local

STARTS = parse_local("2026-11-27 19:30")
ENDS = STARTS + 3 * HOUR + 50 * MINUTE


def days(spans: list[Span]) -> list[str]:
    return [local_date(span.starts).isoformat() for span in spans]


def test_once() -> None:
    assert occurrences(STARTS, ENDS) == [Span(STARTS, ENDS)]


def test_nightly_rehearsals_until_a_day_which_counts() -> None:
    found = occurrences(STARTS, ENDS, "FREQ=DAILY;UNTIL=20261231")
    assert (len(found), days(found)[-1]) == (35, "2026-12-31")
    assert {(local_clock(one.starts), local_clock(one.ends)) for one in found} == {("19:30", "23:20")}


def test_a_night_may_pass_midnight() -> None:
    found = occurrences(STARTS, STARTS + 5 * HOUR, "RRULE:FREQ=DAILY;COUNT=3")
    assert [(local_date(one.ends) - local_date(one.starts)).days for one in found] == [1, 1, 1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=FR,MO;COUNT=4", ["2026-11-27", "2026-11-30", "2026-12-04", "2026-12-07"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("FREQ=MONTHLY;BYDAY=4FR;COUNT=3", ["2026-11-27", "2026-12-25", "2027-01-22"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-4;COUNT=2", ["2026-11-27", "2026-12-28"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-11-27", "2027-11-27"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20261216T113000Z", ["2026-11-27", "2026-12-07"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20261217T113000Z", ["2026-11-27", "2026-12-07", "2026-12-17"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20261217T193000", ["2026-11-27", "2026-12-07", "2026-12-17"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20261217T192959", ["2026-11-27", "2026-12-07"]),
    ],
)
def test_rules(rule: str, expected: list[str]) -> None:
    assert days(occurrences(STARTS, ENDS, rule)) == expected


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=DAILY", "COUNT 或 UNTIL"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "只写一个"),
        ("COUNT=3", "FREQ"),
        ("FREQ=SECONDLY;COUNT=3", "FREQ"),
        ("FREQ=DAILY;COUNT=401", "400"),
        ("FREQ=DAILY;UNTIL=20280101", "最多重复 400 次"),
        ("FREQ=WEEKLY;COUNT=200", "最长 2 年"),
        ("FREQ=WEEKLY;UNTIL=20300101", "最长 2 年"),
        ("FREQ=WEEKLY;UNTIL=99999999", "不是日期"),
        ("FREQ=WEEKLY;UNTIL=20260101", "开始之前"),
        ("FREQ=WEEKLY;BYDAY=1FR;COUNT=2", "BYDAY=1FR"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "开始的那天"),
        ("FREQ=MONTHLY;BYDAY=1FR;COUNT=2", "开始的那天"),
        ("FREQ=DAILY;BYSETPOS=300;COUNT=2", "BYSETPOS"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=2", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=99999;COUNT=2", "INTERVAL=99999"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "COUNT=3"),
        ("FREQ=DAILY;COUNT=２", "COUNT"),
        ("EXRULE", "EXRULE"),
    ],
)
def test_what_is_no_bounded_rule_is_refused_with_why(rule: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        occurrences(STARTS, ENDS, rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=MONTHLY;BYDAY=5FR;BYMONTHDAY=1;COUNT=1",
        "FREQ=DAILY;INTERVAL=2;BYMONTH=11;BYMONTHDAY=27;BYDAY=FR;COUNT=400",
        "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=27;BYDAY=FR;COUNT=9",
    ],
)
def test_a_rule_that_finds_hardly_a_day_is_refused_at_once(rule: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Unclear):
        occurrences(STARTS, ENDS, rule)
    assert time.perf_counter() - began < 1


def test_days_are_left_out_and_moved() -> None:
    exceptions = "2026-11-28，2026-11-29 -> 2026-12-10 20:00\n2026-11-30 改到 2026-12-11 18:00"
    found = occurrences(STARTS, ENDS, "FREQ=DAILY;COUNT=5", exceptions)
    assert days(found) == ["2026-11-27", "2026-12-01", "2026-12-10", "2026-12-11"]
    assert [local_clock(one.starts) for one in found] == ["19:30", "19:30", "20:00", "18:00"]
    assert {one.ends - one.starts for one in found} == {ENDS - STARTS}


@pytest.mark.parametrize(
    ("exceptions", "why"),
    [
        ("2026-12-24", "没有这项预约"),
        ("2026-11-28, 2026-11-28", "没有这项预约"),
        ("2026-11-28 -> 2026-11-27 20:00", "相重"),
        ("2026-11-28 -> 2026-12-29", "应写作"),
        ("2026-11-28 -> 2036-12-29 20:00", "最长 2 年"),
        ("tomorrow", "应写作"),
        ("2026-11-27, 2026-11-28", "每一次都停办"),
    ],
)
def test_an_exception_that_is_none_is_refused_with_why(exceptions: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        occurrences(STARTS, ENDS, "FREQ=DAILY;COUNT=2", exceptions)


@pytest.mark.parametrize(
    ("length", "rule", "why"),
    [(0, "", "晚于"), (-1, "", "晚于"), (32 * DAY, "", "31 天"), (2 * DAY, "FREQ=DAILY;COUNT=2", "相重")],
)
def test_lengths(length: int, rule: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        occurrences(STARTS, STARTS + length, rule)


RULES = st.builds(
    lambda frequency, interval, days, months: (
        f"FREQ={frequency};INTERVAL={interval}"
        + (f";BYDAY={','.join(days)}" if days else "")
        + (f";BYMONTH={','.join(map(str, months))}" if months else "")
    ),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 9),
    st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), unique=True, max_size=3),
    st.lists(st.integers(1, 12), unique=True, max_size=4),
)


@given(rule=RULES, until=st.dates(date(2026, 11, 27), date(2027, 12, 20)))
def test_a_rule_says_what_rfc_5545_says(rule: str, until: date) -> None:
    try:
        found = occurrences(STARTS, STARTS + HOUR, f"{rule};UNTIL={until:%Y%m%d}")
    except Unclear:
        return
    first = datetime.fromisoformat("2026-11-27T19:30")
    expected = rrulestr(rule, dtstart=first).between(first, datetime.fromisoformat(f"{until}T23:59:59"), inc=True)
    assert days(found) == [one.date().isoformat() for one in expected]
    assert len(found) <= OCCURRENCES_MOST
    assert all(one.ends <= other.starts for one, other in pairwise(found))
