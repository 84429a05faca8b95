"""Periods of indicators: days, weeks, months and years of the calendar in Asia/Shanghai, or none: as it stands."""

from typing import Literal

from layers.sources import Span
from store.instant import DAY, Instant, local_date, midnight
from store.language import Word, marked
from store.periods import Calendar, days_of

Period = Calendar | Literal["now"]
NAMES = {
    "day": Word(marked("今日"), "Today"),
    "week": Word(marked("本周"), "This week"),
    "month": Word(marked("本月"), "This month"),
    "year": Word(marked("本年"), "This year"),
    "now": Word(marked("现状"), "As it stands"),
}
SHOWN = {"day": 14, "week": 12, "month": 12, "year": 5, "now": 0}
"""How many periods a curve has, the present one among them."""


def span_of(period: Period, moment: Instant) -> Span | None:
    """The period that a moment lies in; None where the figure has none.

    >>> from store.instant import format_rfc3339, parse_local
    >>> found = span_of("month", parse_local("2026-11-27"))
    >>> format_rfc3339(found.since), format_rfc3339(found.until)
    ('2026-10-31T16:00:00Z', '2026-11-30T16:00:00Z')
    """
    if period == "now":
        return None
    return _span(period, moment)


def last_of(period: Period, moment: Instant, most: int | None = None) -> list[Span]:
    """The period that a moment lies in and those before it, oldest first."""
    if period == "now":
        return []
    spans = [_span(period, moment)]
    while len(spans) < (SHOWN[period] if most is None else most):
        spans.insert(0, _span(period, spans[0].since - 1))
    return spans


def _span(period: Calendar, moment: Instant) -> Span:
    first, last = days_of(period, local_date(moment))
    return Span(midnight(first), midnight(last) + DAY)
