"""When a festival is on by the lunar calendar, in days of Asia/Shanghai."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from layers.lunar import FIRST_YEAR, LAST_YEAR, solar
from layers.visitors.festivals.plans import Calendar
from store.instant import Instant, local_date, midnight


@dataclass(frozen=True, slots=True)
class Window:
    """The days of one year's festival, the last included, and its climaxes."""

    first: date
    last: date
    peaks: tuple[date, ...]

    @property
    def begin(self) -> Instant:
        """Midnight before the first day."""
        return midnight(self.first)

    @property
    def end(self) -> Instant:
        """Midnight after the last day."""
        return midnight(self.last + timedelta(days=1))


def windows(calendar: Calendar, moment: Instant) -> tuple[Window, ...]:
    """The festivals of the years around a moment, oldest first; years beyond the calendar's tables have none."""
    return _windows(calendar, local_date(moment).year)


def window_at(calendar: Calendar, day: date) -> Window | None:
    """The festival that a day belongs to."""
    return next((one for one in _windows(calendar, day.year) if one.first <= day <= one.last), None)


@lru_cache(maxsize=256)
def _windows(calendar: Calendar, year: int) -> tuple[Window, ...]:
    around = range(max(FIRST_YEAR, year - 2), min(LAST_YEAR - 1, year + 1) + 1)
    return tuple(_window(calendar, one) for one in around)


def _window(calendar: Calendar, year: int) -> Window:
    def on(of: tuple[int, int]) -> date:
        """A day of the festival that may begin in one lunar year and end in the next."""
        return solar(year + (of < calendar.first), *of)

    return Window(on(calendar.first), on(calendar.last), tuple(on(peak) for peak in calendar.peaks))
