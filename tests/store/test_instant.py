"""Time as the store keeps it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.instant import (
    DAY,
    HOUR,
    SHANGHAI,
    format_local,
    format_rfc3339,
    from_datetime,
    local_clock,
    local_hour,
    local_midnight,
    parse_local,
    parse_rfc3339,
    to_datetime,
)

INSTANTS = st.integers(from_datetime(datetime(1990, 1, 1, tzinfo=UTC)), from_datetime(datetime(2200, 1, 1, tzinfo=UTC)))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(INSTANTS)
def test_no_digit_is_lost_on_the_way_to_rfc_3339_and_back(instant: int) -> None:
    assert parse_rfc3339(format_rfc3339(instant)) == instant


@given(INSTANTS, OFFSETS)
def test_the_offset_of_a_time_does_not_change_the_moment(instant: int, offset: timezone) -> None:
    assert parse_rfc3339(to_datetime(instant).astimezone(offset).isoformat()) == instant


@pytest.mark.parametrize("text", ["", "now", "2026-11-24", "2026-11-24T08:00:00", "2026-13-01T00:00:00Z", "1764000000"])
def test_a_time_without_an_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|RFC 3339"):
        parse_rfc3339(text)


@given(INSTANTS)
def test_an_address_names_a_time_by_the_clock_of_shanghai_and_loses_no_digit(instant: int) -> None:
    # Summer time, last used in 1991, had an hour twice.
    since = from_datetime(datetime(1992, 1, 1, tzinfo=UTC))
    assert parse_local(format_local(max(instant, since))) == max(instant, since)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-24T08:05", "2026-11-24 08:05", "2026/11/24 8:05", "2026年11月24日 8：05", "2026年11月24日8:05"),
        *("2026-11-24T08:05:00", "2026-11-24T00:05:00Z", "2026-11-24T00:05:00 00:00", " 2026-11-24T08:05:00+08:00 "),
    ],
)
def test_a_time_is_read_as_people_type_it_where_they_are(text: str) -> None:
    assert format_rfc3339(parse_local(text)) == "2026-11-24T00:05:00Z"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, "not a time") for text in ("", "gestern", "2026-11-24T08:05x", "2026-11-248:05")),
        *((text, "is a number") for text in ("1764000000", "1764000000000", "17640101123")),
        *((text, "which number is the month") for text in ("3/4/2026", "11-12-26 20:00", "3.4.2026")),
        *((text, "names no day") for text in ("20:00", "8：05")),
        *(
            (text, "that there is not")
            for text in ("2026-02-30", "2026-11-24 25:00", "2026/13/1 8:00", "2026-02-29T08:00Z")
        ),
        ("1991-09-15 01:30", "came twice"),
        ("1991-04-14 02:30", "never came"),
    ],
)
def test_a_time_that_may_be_several_or_none_is_refused_by_what_is_wrong_with_it(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_local(text)


@given(INSTANTS, st.integers(0, 23))
def test_the_last_such_hour_is_within_a_day_and_shows_that_hour_in_shanghai(instant: int, hour: int) -> None:
    mark = local_hour(instant, hour)
    # Summer time, last used in 1991, made days of 25 hours.
    assert mark <= instant < mark + DAY + HOUR
    assert (to_datetime(mark).astimezone(SHANGHAI).hour, mark % HOUR) == (hour, 0)


def test_the_day_begins_at_16_00_utc() -> None:
    before = parse_rfc3339("2026-11-24T15:59:59.999999Z")
    assert format_rfc3339(local_midnight(before)) == "2026-11-23T16:00:00Z"
    assert format_rfc3339(local_midnight(before + 1)) == "2026-11-24T16:00:00Z"
    assert (local_clock(before), local_clock(before + 1)) == ("23:59", "00:00")
