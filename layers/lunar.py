"""The Chinese lunar calendar (农历): what a day is called in it, and which day a lunar date falls on.

Tables of borax, which follow GB/T 33661-2017 (农历的编算和颁行) and the Hong Kong Observatory's conversion table,
from 1900 to 2100. Days are those of Asia/Shanghai. A leap month (闰月) follows the month whose number it bears.
"""

from dataclasses import dataclass
from datetime import date

from borax.calendars.lunardate import (  # type: ignore[import-untyped]
    MAX_LUNAR_YEAR,
    MAX_SOLAR_DATE,
    MIN_LUNAR_YEAR,
    MIN_SOLAR_DATE,
    LCalendars,
    LunarDate,
)

FIRST_YEAR: int = MIN_LUNAR_YEAR
LAST_YEAR: int = MAX_LUNAR_YEAR
FIRST_DAY: date = MIN_SOLAR_DATE
LAST_DAY: date = MAX_SOLAR_DATE
MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
TENS = ("初", "十", "廿", "三")
DIGITS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
ROUND = {10: "初十", 20: "二十", 30: "三十"}


@dataclass(frozen=True, order=True, slots=True)
class Lunar:
    """A day of the lunar calendar; they sort in the order in which they come."""

    year: int
    month: int
    is_leap: bool
    day: int

    @property
    def name(self) -> str:
        """``八月十三``, ``闰六月初一``.

        >>> Lunar(2026, 8, False, 13).name
        '八月十三'
        """
        return ("闰" if self.is_leap else "") + day_name(self.month, self.day)

    @property
    def short(self) -> str:
        """The day alone, and the month on its first: ``十三``, ``八月``.

        >>> Lunar(2026, 8, False, 13).short, Lunar(2025, 6, True, 1).short
        ('十三', '闰六月')
        """
        return self.name.removesuffix("初一") if self.day == 1 else self.name.partition("月")[2]

    @property
    def name_en(self) -> str:
        """``lunar 8-13``, ``lunar leap 6-1``."""
        return f"lunar {'leap ' if self.is_leap else ''}{self.month}-{self.day}"


def day_name(month: int, day: int) -> str:
    """A day of a month that is not leap, as people say it.

    >>> [day_name(1, 1), day_name(9, 9), day_name(12, 20), day_name(8, 21)]
    ['正月初一', '九月初九', '腊月二十', '八月廿一']
    """
    return f"{MONTHS[month - 1]}月{ROUND.get(day) or TENS[day // 10] + DIGITS[day % 10 - 1]}"


def lunar(day: date) -> Lunar:
    """What a day is in the lunar calendar.

    >>> lunar(date(2025, 7, 25))
    Lunar(year=2025, month=6, is_leap=True, day=1)

    Raises
    ------
    ValueError
        If it lies outside of `FIRST_DAY` to `LAST_DAY`.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"the lunar calendar is known from {FIRST_DAY} to {LAST_DAY}")
    found = LunarDate.from_solar_date(day.year, day.month, day.day)
    return Lunar(found.year, found.month, bool(found.leap), found.day)


def solar(year: int, month: int, day: int, *, is_leap: bool = False) -> date:
    """The day on which a lunar date of a lunar year falls; the last of its month where that has no 30th.

    >>> solar(2026, 8, 13)
    datetime.date(2026, 9, 23)

    Raises
    ------
    ValueError
        If the year has no such month, or lies outside of `FIRST_YEAR` to `LAST_YEAR`.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}")
    if not 1 <= month <= 12 or not 1 <= day <= 30 or (is_leap and leap_month(year) != month):
        raise ValueError(f"no {'leap ' if is_leap else ''}day {month}-{day} in the lunar year {year}")
    last: int = LCalendars.ndays(year, month, int(is_leap))
    found: date = LunarDate(year, month, min(day, last), int(is_leap)).to_solar_date()
    return found


def leap_month(year: int) -> int | None:
    """The month that comes twice in a lunar year."""
    return LCalendars.leap_month(year) or None
