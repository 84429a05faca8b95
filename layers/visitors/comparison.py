"""Those who entered today beside like days: a week ago, a year ago, the same lunar date; None where nobody counted."""

from typing import Any

from sqlalchemy import Connection, select

from layers.lunar import lunar, solar
from layers.visitors import passed
from layers.visitors.tables import site_day
from store.instant import DAY, Instant, day_of, local_date, midnight
from store.language import in_all

WEEK, YEAR = 7, 364
"""Days; whole weeks, so that a Sunday stands beside a Sunday."""


def comparison(
    connection: Connection, community: str, site: str, moment: Instant, since: Instant | None = None
) -> dict[str, dict[str, Any] | None]:
    """Of each like day: its date, who had entered by the same time of day, and who entered in all.

    Counted from the same time of day on as those of today, who stand beside it: ``since``, or midnight.
    ``last_year_lunar`` is the day of the same lunar date, beside which a festival stands; ``lunar`` is what it is
    called.
    """
    long = moment - (day_of(moment) if since is None else since)
    then = same_lunar_date(moment)
    told = None if then is None else _day(connection, community, site, then, long)
    return {
        "last_week": _day(connection, community, site, moment - WEEK * DAY, long),
        "last_year": _day(connection, community, site, moment - YEAR * DAY, long),
        "last_year_lunar": None if told is None else told | in_all("lunar", lunar(local_date(moment))),
    }


def same_lunar_date(moment: Instant) -> Instant | None:
    """The same time of the day that had this lunar date a lunar year ago.

    None where that year had no such day: a leap month comes again after years, a thirtieth not every year.
    """
    today = lunar(local_date(moment))
    try:
        day = solar(today.year - 1, today.month, today.day, is_leap=today.is_leap)
    except ValueError:
        return None
    if lunar(day).day != today.day:
        return None
    return midnight(day) + (moment - day_of(moment))


def _day(connection: Connection, community: str, site: str, then: Instant, long: Instant) -> dict[str, Any] | None:
    start = then - long
    day, c = day_of(start), site_day.c
    whole = connection.scalar(select(c.entered).where(c.community == community, c.site == site, c.day == day))
    if whole is None:
        return None

    def entered(until: Instant) -> float:
        return sum(one.entered for one in passed.hours(connection, community, [site], day, until, until).values())

    # What is kept of hours is whole: a span that begins within one is what is left of two.
    until_then = entered(then) - (entered(start) if start > day else 0.0)
    return {"date": local_date(start).isoformat(), "entered_by_now": round(until_then), "entered": round(whole)}
