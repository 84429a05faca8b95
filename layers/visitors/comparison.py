"""Those who entered today beside the same day of last week and of last year; None where nobody counted then."""

from typing import Any

from sqlalchemy import Connection, select

from layers.visitors import passed
from layers.visitors.tables import site_day
from store.instant import DAY, SHANGHAI, Instant, day_of, to_datetime

DAYS_BEFORE = {"last_week": 7, "last_year": 364}
"""Whole weeks, so that a Sunday stands beside a Sunday."""


def comparison(connection: Connection, community: str, site: str, moment: Instant) -> dict[str, dict[str, Any] | None]:
    """Of each day in `DAYS_BEFORE`: its date, who had entered by the same time of day, and who entered in all."""
    found: dict[str, dict[str, Any] | None] = {}
    for name, days in DAYS_BEFORE.items():
        then = moment - days * DAY
        c = site_day.c
        query = select(c.entered).where(c.community == community, c.site == site, c.day == day_of(then))
        whole = connection.scalar(query)
        if whole is None:
            found[name] = None
            continue
        hours = passed.hours(connection, community, [site], day_of(then), then, then)
        until_then = sum(people.entered for people in hours.values())
        day = to_datetime(then).astimezone(SHANGHAI)
        found[name] = {"date": day.date().isoformat(), "entered_by_now": round(until_then), "entered": round(whole)}
    return found
