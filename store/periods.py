"""Periods of the calendar: days, weeks from Monday, months and years, each by its first and its last day."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

Calendar = Literal["day", "week", "month", "year"]


def days_of(period: Calendar, day: date) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in; of the last week there is, the last day there is.

    >>> days_of("week", date(2026, 11, 27))
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 29))
    >>> days_of("week", date(9999, 12, 31))
    (datetime.date(9999, 12, 27), datetime.date(9999, 12, 31))
    """
    match period:
        case "week":
            first = day - timedelta(days=day.weekday())
            return first, first + min(timedelta(days=6), date.max - first)
        case "month":
            return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
        case "year":
            return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day, day
