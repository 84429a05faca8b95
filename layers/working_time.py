"""Working time: what so many working hours after a moment is, and how much of it lies between two moments.

A working day has the hours of ``calendar.toml``; a limit of n working days is n times the working time of
one. Days are those of Asia/Shanghai.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]

from store.instant import DAY, HOUR, MINUTE, SHANGHAI_OFFSET, Instant
from store.language import Word

EPOCH_DAY = date(1970, 1, 1)
LEAST_HOLIDAYS = 13
"""So many days off a year has by law since 2025 (Regulation on Public Holidays): a file with fewer is not whole."""
UNITS = {"m": MINUTE, "h": HOUR, "wh": HOUR, "wd": None}
"""Unit of a limit -> how long it is; a working day is as long as the calendar says. m and h go by the clock."""


class DayKind(StrEnum):
    """How a day is worked: ``working_weekend`` is one of 调休, a weekend's day that is worked on for a holiday."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    WORKING_WEEKEND = "working_weekend"


@dataclass(frozen=True)
class Limit:
    """A time limit: ``amount`` in microseconds of working time, or of the clock."""

    amount: int
    is_working: bool

    def after(self, start: Instant, share: float = 1.0) -> Instant:
        """The moment at which so large a share of the limit has passed since ``start``."""
        amount = int(self.amount * share)
        return add(start, amount) if self.is_working else start + amount


@cache
def limit(text: str) -> Limit:
    """Read a limit: ``10m`` and ``1h`` by the clock, ``4wh`` working hours, ``2wd`` working days.

    Raises
    ------
    ValueError
        If it is none.
    """
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :]
    if unit not in UNITS:
        raise ValueError(f"limit {text!r} ends in none of {', '.join(UNITS)}")
    amount = float(number) * (UNITS[unit] or _day_length())
    return Limit(int(amount), unit.startswith("w"))


def last_known_year() -> int:
    """The last year whose holidays are known, from the library or from a calendar's file that lists a whole year's."""
    year = int(max(day.year for day in chinese_calendar.holidays))
    while holidays_listed(year + 1) >= LEAST_HOLIDAYS:
        year += 1
    return year


def holidays_listed(year: int) -> int:
    """How many holidays of a year a calendar's file lists."""
    return sum(day.year == year for day in _table()["holidays"])


@cache
def is_workday(day: date) -> bool:
    """Whether public offices work on a day."""
    own = _table()
    if day in own["holidays"]:
        return False
    if day in own["workdays"]:
        return True
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # a year that no notice was read for
        return day.weekday() < 5


def kind_of(day: date) -> tuple[DayKind, Word | None]:
    """Whether a day is worked on, and the holiday that it belongs to, where the notices name one.

    >>> kind_of(date(2026, 2, 17))
    (<DayKind.HOLIDAY: 'holiday'>, Word(name='春节', name_en='Spring Festival'))
    """
    is_weekend = day.weekday() >= 5
    if is_workday(day):
        return (DayKind.WORKING_WEEKEND if is_weekend else DayKind.WORKDAY), None
    name = None if day in _table()["holidays"] else chinese_calendar.holidays.get(day)
    word = next((Word(one.chinese, one.value) for one in chinese_calendar.Holiday if one.value == name), None)
    return (DayKind.WEEKEND if is_weekend and not word and day not in _table()["holidays"] else DayKind.HOLIDAY), word


def add(start: Instant, amount: int) -> Instant:
    """The moment at which ``amount`` microseconds of working time have passed since ``start``; 0 or more."""
    day, left = _day(start), amount
    while True:
        for begin, end in _spans(day):
            begin = max(begin, start)
            if begin < end:
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += timedelta(days=1)


def back(end: Instant, amount: int) -> Instant:
    """The last moment since which ``amount`` microseconds of working time have passed at ``end``; more than 0."""
    day, left = _day(end), amount
    while True:
        for begin, stop in reversed(_spans(day)):
            stop = min(stop, end)
            if begin < stop:
                if left <= stop - begin:
                    return stop - left
                left -= stop - begin
        day -= timedelta(days=1)


def between(start: Instant, end: Instant) -> int:
    """Microseconds of working time from ``start`` to ``end``; negative where ``end`` is before ``start``."""
    if end < start:
        return -between(end, start)
    day, last, found = _day(start), _day(end), 0
    while day <= last:
        found += sum(max(0, min(stop, end) - max(begin, start)) for begin, stop in _spans(day))
        day += timedelta(days=1)
    return found


def _day(instant: Instant) -> date:
    return EPOCH_DAY + timedelta(days=(instant + SHANGHAI_OFFSET) // DAY)


def _spans(day: date) -> list[tuple[Instant, Instant]]:
    if not is_workday(day):
        return []
    midnight = (day - EPOCH_DAY).days * DAY - SHANGHAI_OFFSET
    return [(midnight + begin, midnight + end) for begin, end in _hours()]


def configure(path: Path | None) -> None:
    """Take the operator's calendar, a file like ``calendar.toml``, before the one that ships; None: that one.

    Raises
    ------
    ValueError
        If it is no such file; nothing is changed then.
    """
    own = _read(path.read_text(encoding="utf-8")) if path is not None else {}
    _own.clear()
    _own.update(own)
    for answers in (limit, is_workday, _calendar, _table, _hours):
        answers.cache_clear()


_own: dict[str, list[Any]] = {}


def _read(text: str) -> dict[str, list[Any]]:
    table = tomllib.loads(text)
    for name in table.keys() & {"holidays", "workdays"}:
        for day in table[name]:
            try:
                date.fromisoformat(str(day))
            except ValueError as error:
                lines = [number for number, line in enumerate(text.splitlines(), 1) if str(day) in line]
                where = f"line {lines[0]}, " if lines else ""
                raise ValueError(f"{where}{name}: {str(day)!r} is no day, as 2027-01-01 is ({error})") from None
    return _checked(table)


def _checked(table: dict[str, Any]) -> dict[str, list[Any]]:
    unknown = sorted(set(table) - {"hours", "holidays", "workdays"})
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of hours, holidays, workdays")
    both = {str(day) for day in table.get("holidays", ())} & {str(day) for day in table.get("workdays", ())}
    if both:
        raise ValueError(f"{min(both)} is a holiday and a working day")
    before = 0
    for begin, end in table.get("hours", ()):
        if not before <= _clock(begin) < _clock(end) <= DAY:
            raise ValueError(f"hours {begin} to {end}: spans follow each other within a day")
        before = _clock(end)
    if not table.get("hours", [0]):
        raise ValueError("hours: a working day has some")
    return table


@cache
def _calendar() -> dict[str, list[Any]]:
    shipped = tomllib.loads((files("layers") / "calendar.toml").read_text(encoding="utf-8"))
    return shipped | _own


@cache
def _table() -> dict[str, frozenset[date]]:
    return {
        name: frozenset(date.fromisoformat(str(day)) for day in _calendar()[name]) for name in ("holidays", "workdays")
    }


@cache
def _hours() -> list[tuple[int, int]]:
    return [(_clock(begin), _clock(end)) for begin, end in _calendar()["hours"]]


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * MINUTE


def _day_length() -> int:
    return sum(end - begin for begin, end in _hours())
