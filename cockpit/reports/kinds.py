"""The kinds of reports and their periods: kinds.toml, months, weeks and days by the clock in Asia/Shanghai."""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, cast

import msgspec

from layers.problem import Problem
from layers.sections import Named
from store.instant import DAY, HOUR, MINUTE, Instant, local_date, midnight
from store.language import Word
from store.periods import days_of

Code = Literal["month", "week", "day"]
FIRST_YEAR, LAST_YEAR = 2000, 2999
"""No sensor of a community is older, and a year that is far off is a slip."""


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a section a kind shows; None is everything."""

    figures: tuple[str, ...] | None = None
    charts: tuple[str, ...] | None = None
    tables: tuple[str, ...] | None = None


class Due(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a kind is made by itself: ``at`` of each day, of that ``day`` of a month, of that ``weekday``."""

    at: str
    day: int | None = None
    weekday: int | None = None

    def last(self, moment: Instant) -> Instant:
        """The last such moment at or before another."""
        hour, minute = map(int, self.at.split(":"))
        for back in range(32):
            day = local_date(moment) - timedelta(days=back)
            due = midnight(day) + hour * HOUR + minute * MINUTE
            if due <= moment and self.day in (None, day.day) and self.weekday in (None, day.isoweekday()):
                return due
        raise AssertionError("every month has the day, every week the weekday")


class Kind(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of report; ``headline`` are figures of its first page, as ``section.figure``."""

    title: str
    title_en: str
    role: Literal["steward", "manager", "admin"]
    due: Due
    keep_days: int
    headline: tuple[str, ...]
    sections: dict[str, Chosen]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its code."""
    rows = tomllib.loads((files("cockpit.reports") / "kinds.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, Kind])


class Period(msgspec.Struct, frozen=True):
    """A period as it is written (``2026-10``, ``2026-W44``, ``2026-10-31``): from a moment until before another."""

    code: str
    since: Instant
    until: Instant

    @property
    def word(self) -> Word:
        """The period as people read it."""
        first, last = local_date(self.since), local_date(self.until - 1)
        if re.fullmatch(r"\d{4}-\d{2}", self.code):
            return Word(f"{first.year} 年 {first.month} 月", f"{first:%B} {first.year}")
        if "W" in self.code:
            week = int(self.code[-2:])
            year, days = self.code[:4], f"{first:%-d %B} to {last:%-d %B %Y}"
            return Word(
                f"{year} 年第 {week} 周（{first.month} 月 {first.day} 日至 {last.month} 月 {last.day} 日）",
                f"week {week} of {year} ({days})",
            )
        return Word(f"{first.year} 年 {first.month} 月 {first.day} 日", f"{first:%A, %-d %B %Y}")


def period(kind: str, code: str) -> Period:
    """The period of a kind that a text names.

    Raises
    ------
    Problem
        400 where it names none.
    """
    try:
        day = DAY_IN[kind](code)
    except (ValueError, AttributeError):
        raise Problem(400, "bad parameter", f"{kind}: {code[:20]!r} is no {kind}; {EXAMPLES[kind]} is one") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Problem(400, "bad parameter", f"{kind}: {code[:20]!r} does not lie in {FIRST_YEAR} to {LAST_YEAR}")
    first, last = days_of(cast(Code, kind), day)
    return Period(code, midnight(first), midnight(last) + DAY)


def _month(code: str) -> date:
    found = re.fullmatch(r"(\d{4})-(\d{2})", code, re.ASCII)
    year, month = map(int, found.groups())  # type: ignore[union-attr]
    return date(year, month, 1)


def _week(code: str) -> date:
    found = re.fullmatch(r"(\d{4})-W(\d{2})", code, re.ASCII)
    year, week = map(int, found.groups())  # type: ignore[union-attr]
    return date.fromisocalendar(year, week, 1)


def _one_day(code: str) -> date:
    found = re.fullmatch(r"\d{4}-\d{2}-\d{2}", code, re.ASCII)
    return date.fromisoformat(found.group())  # type: ignore[union-attr]


DAY_IN: Mapping[str, Callable[[str], date]] = {"month": _month, "week": _week, "day": _one_day}
"""A day of the period that a text names."""
EXAMPLES: Mapping[str, str] = {"month": "2026-10", "week": "2026-W44", "day": "2026-10-31"}


def code_of(kind: str, moment: Instant) -> str:
    """The period of a kind that a moment lies in, as it is written."""
    day = local_date(moment)
    if kind == "month":
        return f"{day:%Y-%m}"
    if kind == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return day.isoformat()


def over_by(kind: str, moment: Instant) -> Period:
    """The last period of a kind that was over at a moment."""
    return period(kind, code_of(kind, period(kind, code_of(kind, moment)).since - 1))
