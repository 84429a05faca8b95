"""The lunar calendar, held against other sources: Hong Kong's almanac, the State Council's notices, a browser's ICU."""

from datetime import date, timedelta
from itertools import pairwise

import chinese_calendar  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from layers.lunar import FIRST_DAY, FIRST_YEAR, LAST_DAY, LAST_YEAR, Lunar, day_name, leap_month, lunar, solar

NEW_YEARS = """
2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26
2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05
2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13
2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24
2040-02-12 2041-02-01 2042-01-22 2043-02-10 2044-01-30 2045-02-17 2046-02-06 2047-01-26 2048-02-14 2049-02-02
2050-01-23
"""
"""First days of the lunar years 2000 to 2050, by the Hong Kong Observatory's Gregorian-lunar conversion table."""
LEAP_MONTHS = {2001: 4, 2004: 2, 2006: 7, 2009: 5, 2012: 4, 2014: 9, 2017: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5}
LEAP_MONTHS |= {2031: 3, 2033: 11, 2036: 6, 2039: 5, 2042: 2, 2044: 7, 2047: 5, 2050: 3}
ICU = """() => {
  const format = new Intl.DateTimeFormat("en-u-ca-chinese", {
    timeZone: "UTC", year: "numeric", month: "numeric", day: "numeric" });
  const found = [];
  for (let day = Date.UTC(2000, 1, 5); day < Date.UTC(2051, 0, 1); day += 86400000) {
    const parts = Object.fromEntries(format.formatToParts(day).map((part) => [part.type, part.value]));
    if (parts.day === "1") found.push([new Date(day).toISOString().slice(0, 10), parts.relatedYear, parts.month]);
  }
  return found;
}"""
ICU_ERRS = frozenset({"2012-08-18", "2018-11-07", "2027-02-07", "2030-02-02"})
"""Months whose new moon comes within ten minutes of midnight in Beijing: ICU has them a day off the almanac."""
days = st.dates(FIRST_DAY, LAST_DAY)


def test_new_year_falls_where_the_almanac_has_it() -> None:
    told = [date.fromisoformat(text) for text in NEW_YEARS.split()]
    assert [solar(year, 1, 1) for year in range(2000, 2051)] == told
    assert [lunar(day) for day in told] == [Lunar(year, 1, False, 1) for year in range(2000, 2051)]


def test_leap_months_are_those_of_the_almanac() -> None:
    assert {year: leap_month(year) for year in range(2000, 2051) if leap_month(year)} == LEAP_MONTHS


def test_holidays_of_the_state_council_fall_on_their_lunar_days() -> None:
    of_notices = {"Dragon Boat Festival": (5, 5), "Mid-autumn Festival": (8, 15), "Spring Festival": (1, 1)}
    told = {(day.year, name) for day, name in chinese_calendar.holidays.items() if name in of_notices}
    assert len(told) > 50
    # A mid-autumn within the national holiday bears that one's name.
    assert [one for one in told if not chinese_calendar.is_holiday(solar(one[0], *of_notices[one[1]]))] == []


def test_the_fair_of_2020_was_announced_for_these_days() -> None:
    assert (solar(2020, 8, 1), solar(2020, 9, 9)) == (date(2020, 9, 17), date(2020, 10, 25))


def test_every_month_of_half_a_century_begins_where_a_browser_has_it(page: Page) -> None:
    told = {text: (int(year), month) for text, year, month in page.evaluate(ICU)}
    assert len(told) > 600
    wrong = []
    for text, (year, month) in told.items():
        ours = lunar(date.fromisoformat(text))
        if (ours.year, f"{ours.month}{'bis' if ours.is_leap else ''}", ours.day) != (year, month, 1):
            wrong.append((text, year, month, ours))
    assert [one for one in wrong if one[0] not in ICU_ERRS] == []


@given(days)
def test_a_day_and_its_lunar_date_are_one(day: date) -> None:
    known = lunar(day)
    assert solar(known.year, known.month, known.day, is_leap=known.is_leap) == day
    assert known.name.endswith(day_name(known.month, known.day))


@given(st.dates(FIRST_DAY, LAST_DAY - timedelta(days=400)))
def test_lunar_dates_sort_as_days_do_and_months_have_29_or_30(day: date) -> None:
    run = [lunar(day + timedelta(days=n)) for n in range(400)]
    # A leap month bears the number of the one before it, and sorts behind it.
    assert all(one < next_one for one, next_one in pairwise(run))
    lengths = [before.day for before, after in pairwise(run) if after.day == 1]
    assert set(lengths) <= {29, 30}


@given(st.integers(FIRST_YEAR, LAST_YEAR), st.integers(1, 12))
def test_a_month_without_a_30th_ends_on_its_last_day(year: int, month: int) -> None:
    last = lunar(solar(year, month, 30))
    assert (last.month, last.is_leap) == (month, False)
    if solar(year, month, 30) < LAST_DAY:
        assert lunar(solar(year, month, 30) + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("given_date", "why"),
    [((1899, 1, 1), "is known from 1900"), ((2101, 1, 1), "to 2100"), ((2026, 13, 1), "no day"), ((2026, 1, 31), "no")],
)
def test_what_is_no_lunar_date_is_refused(given_date: tuple[int, int, int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        solar(*given_date)
    with pytest.raises(ValueError, match="no leap day"):
        solar(2026, 8, 1, is_leap=True)
