"""Working time over weekends, 国庆 and working Saturdays (调休), held against the State Council's notices."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import working_time
from layers.working_time import add, between, is_workday, limit
from store.instant import DAY, HOUR, SHANGHAI, from_datetime, to_datetime


def local(text: str) -> int:
    """A time in Asia/Shanghai."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


def shown(instant: int) -> str:
    """The same as a clock shows it."""
    return to_datetime(instant).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "text", "due"),
    [
        ("2026-09-29 16:30", "2wh", "2026-09-30 09:30"),
        # 国庆 2026: off from 1 to 7 October, at work on Saturday the 10th.
        ("2026-09-30 17:00", "2wh", "2026-10-08 10:00"),
        ("2026-09-30 15:00", "1wd", "2026-10-08 15:00"),
        ("2026-10-03 11:00", "1wd", "2026-10-08 17:30"),
        ("2026-10-09 15:00", "2wd", "2026-10-12 15:00"),
        # 国庆 and 中秋 2025: off from 1 to 8 October, at work on Sunday 28 September and Saturday 11 October.
        ("2025-09-28 09:00", "1wd", "2025-09-29 09:00"),
        ("2025-09-30 10:00", "3wd", "2025-10-11 10:00"),
        # By the clock neither night nor holiday counts.
        ("2026-10-01 23:30", "2h", "2026-10-02 01:30"),
        # An ordinary weekend, and the midday break.
        ("2026-11-20 17:00", "1wh", "2026-11-23 09:00"),
        ("2026-11-25 11:30", "1wh", "2026-11-25 14:30"),
        ("2026-11-25 06:00", "4wh", "2026-11-25 14:30"),
    ],
)
def test_limits_end_when_people_expect(start: str, text: str, due: str) -> None:
    assert shown(limit(text).after(local(start))) == due


def test_a_year_that_no_notice_was_read_for_has_plain_weekends() -> None:
    assert is_workday(date(2035, 10, 1)) is True
    assert is_workday(date(2035, 10, 6)) is False


moments = st.integers(local("2024-01-01 00:00"), local("2026-12-01 00:00"))


@given(moments, st.integers(0, 40 * HOUR))
def test_what_was_added_lies_between(start: int, amount: int) -> None:
    end = add(start, amount)
    assert between(start, end) == amount
    assert between(end, start) == -amount


@given(moments, st.integers(0, 20 * DAY), st.integers(0, 20 * DAY))
def test_parts_of_a_span_add_up(start: int, first: int, second: int) -> None:
    middle = start + first
    assert between(start, middle) + between(middle, middle + second) == between(start, middle + second)


@pytest.mark.parametrize("text", ["", "2", "2d", "wh", "x2h"])
def test_what_is_no_limit_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|could not convert"):
        limit(text)


@pytest.fixture
def shipped_calendar() -> Iterator[None]:
    yield
    working_time.configure(None)


@pytest.mark.usefixtures("shipped_calendar")
def test_the_operators_calendar_counts_before_the_one_that_ships(tmp_path: Path) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text('hours = [["09:00", "12:00"]]\nholidays = ["2026-11-26"]\nworkdays = ["2026-11-28"]\n')
    wednesday = local("2026-11-25 11:00")
    assert shown(working_time.limit("1wd").after(wednesday)) == "2026-11-26 11:00"
    working_time.configure(path)
    assert shown(working_time.limit("1wd").after(wednesday)) == "2026-11-27 11:00"
    assert working_time.is_workday(date(2026, 11, 28))
    assert shown(working_time.limit("2wd").after(wednesday)) == "2026-11-28 11:00"


@pytest.mark.usefixtures("shipped_calendar")
@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('holiday = ["2026-11-26"]', "holiday"),
        ('holidays = [\n  "2026-11-26",\n  "2026-11-31",\n]', "line 3, holidays: '2026-11-31' is no day"),
        ('holidays = ["2026-11-26"]\nworkdays = ["2026-11-26"]', "2026-11-26"),
        ('hours = [["14:00", "12:00"]]', "14:00"),
        ("hours = []", "hours"),
        ("hours = [", "end of document"),
    ],
)
def test_a_calendar_that_will_not_do_is_refused_with_its_reason(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text(content)
    with pytest.raises(ValueError, match=named):
        working_time.configure(path)
    assert shown(working_time.limit("1wd").after(local("2026-11-25 11:00"))) == "2026-11-26 11:00"


@pytest.mark.usefixtures("shipped_calendar")
def test_a_year_is_known_once_a_whole_years_holidays_are_listed(tmp_path: Path) -> None:
    path, known = tmp_path / "calendar.toml", working_time.last_known_year()
    for days, until in ((1, known), (12, known), (13, known + 1)):
        listed = ", ".join(f'"{known + 1}-10-{day:02d}"' for day in range(1, days + 1))
        path.write_text(f"holidays = [{listed}]\n")
        working_time.configure(path)
        assert working_time.last_known_year() == until
