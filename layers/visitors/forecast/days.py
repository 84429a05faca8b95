"""Kinds of days: working days and weekends as they are worked (调休), holidays, festivals and their climaxes."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from layers.lunar import lunar, solar
from layers.visitors.festivals.days import OnDay
from layers.visitors.forecast.rules import rules
from layers.working_time import is_workday

KindOf = Callable[[date], str]
"""A day -> its kind, of forecast.toml."""
HOLIDAY_RUN = 3
"""So many days off in a row are a holiday; a weekend is two."""
ONE_DAY = timedelta(days=1)
TAKEN_OF_EARLIER_YEARS = frozenset({"holiday", "festival", "peak"})
"""Kinds that come but once a year."""


def weekly(day: date) -> str:
    """The kind by the weekday alone: for places whose holidays are not known."""
    return "workday" if day.weekday() < 5 else "weekend"


@lru_cache(maxsize=4096)
def official(day: date) -> str:
    """The kind by the notices of the State Council, with days off and worked in exchange (调休)."""
    if is_workday(day):
        return "workday"
    run = 1 + _off(day, ONE_DAY) + _off(day, -ONE_DAY)
    return "holiday" if run >= HOLIDAY_RUN else "weekend"


def _off(day: date, step: timedelta) -> int:
    """How many days off follow without a break, as far as it matters."""
    following = 0
    while following < HOLIDAY_RUN and not is_workday(day + step * (following + 1)):
        following += 1
    return following


def with_festivals(on_day: OnDay) -> KindOf:
    """The official kind, but for days on which a festival is on, by the calendar or by hand."""

    def kind(day: date) -> str:
        found = on_day(day)
        if any(one.is_peak for one in found):
            return "peak"
        return "festival" if found else official(day)

    return kind


def like_of_earlier_years(day: date, years: int, around: int) -> list[date]:
    """The same lunar date, and the same date, of the years before, each with the days around it."""
    known = lunar(day)
    middles = [solar(known.year - back, known.month, known.day) for back in range(1, years + 1)]
    middles += [_same_date(day, back) for back in range(1, years + 1)]
    found = {middle + ONE_DAY * offset for middle in middles for offset in range(-around, around + 1)}
    return sorted(one for one in found if one < day)


def _same_date(day: date, back: int) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - back, day=28 if is_leap_day else day.day)


def weights(days: Sequence[date], kind: KindOf) -> np.ndarray:
    """How much each day says of each: row d, column e is the weight of e for d, nought where e is not before d."""
    known = rules()
    kinds = [kind(day) for day in days]
    codes = list(known.kind)
    likeness = np.array([[known.likeness(one, other) for other in codes] for one in codes])
    number = np.array([codes.index(one) for one in kinds])
    by_weekday = np.array([known.kind[one].by_weekday for one in kinds])
    weekday = np.array([day.weekday() for day in days])
    ordinal = np.array([day.toordinal() for day in days])
    age = ordinal[:, None] - ordinal[None, :]
    same = number[:, None] == number[None, :]
    other_weekday = same & by_weekday[:, None] & (weekday[:, None] != weekday[None, :])
    recent = np.maximum(known.recency ** np.maximum(age, 0), np.where(same & ~by_weekday[:, None], known.oldest, 0.0))
    found = likeness[number[:, None], number[None, :]] * recent * np.where(other_weekday, known.other_weekday, 1.0)
    return np.where(age > 0, found, 0.0)
