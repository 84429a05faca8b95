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


def comparison(connection: Connection, community: str, site: str, moment: Instant) -> dict[str, dict[str, Any] | None]:
    """Of each like day: its date, who had entered by the same time of day, and who entered in all.

    ``last_year_lunar`` is the day of the same lunar date, beside which a festival stands; ``lunar`` is what it is
    called.
    """
    then = same_lunar_date(moment)
    told = None if then is None else _day(connection, community, site, then)
    return {
        "last_week": _day(connection, community, site, moment - WEEK * DAY),
        "last_year": _day(connection, community, site, moment - YEAR * DAY),
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


def _day(connection: Connection, community: str, site: str, then: Instant) -> dict[str, Any] | None:
    c = site_day.c
    query = select(c.entered).where(c.community == community, c.site == site, c.day == day_of(then))
    whole = connection.scalar(query)
    if whole is None:
        return None
    hours = passed.hours(connection, community, [site], day_of(then), then, then)
    until_then = sum(people.entered for people in hours.values())
    return {"date": local_date(then).isoformat(), "entered_by_now": round(until_then), "entered": round(whole)}
