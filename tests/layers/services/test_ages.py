"""Full years: a birthday is the first day of the new age, and 29 February has one every year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.services.ages import age_on

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("1956-11-27", "2026-11-26", 69),
        ("1956-11-27", "2026-11-27", 70),
        ("1946-11-28", "2026-11-27", 79),
        ("1946-11-28", "2026-11-28", 80),
        ("1956-02-29", "2026-02-28", 69),
        ("1956-02-29", "2026-03-01", 70),
        ("1948-02-29", "2028-02-28", 79),
        ("1948-02-29", "2028-02-29", 80),
        ("1956-01-01", "2025-12-31", 69),
        ("2026-11-27", "2026-11-27", 0),
        ("2026-11-28", "2026-11-27", -1),
    ],
)
def test_age_at_a_day(born: str, day: str, age: int) -> None:
    assert age_on(born, date.fromisoformat(day)) == age


@given(DAYS, DAYS)
def test_a_year_is_added_on_one_day_of_each_year(born: date, day: date) -> None:
    today, yesterday = age_on(born.isoformat(), day), age_on(born.isoformat(), day - timedelta(1))
    is_birthday = (day.month, day.day) == (born.month, born.day)
    has_none = (born.month, born.day) == (2, 29) and (day.year % 4 != 0 or day.year == 1900 or day.year == 2100)
    assert today - yesterday == (is_birthday or (has_none and (day.month, day.day) == (3, 1)))
