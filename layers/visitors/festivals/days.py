"""On which days a site's festivals were on, are, or will be: by the calendar and by what was done by hand."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from layers import declare
from layers.visitors.festivals.plans import Plan, plans
from layers.visitors.festivals.state import On, standing
from layers.visitors.festivals.tables import festival_step
from store.instant import DAY, Instant, midnight

OnDay = Callable[[date], list[On]]
"""A day -> the festivals that are on at its end, today at the moment; of days to come as far as is known."""


def of_site(connection: Connection, community: str, site: str | None, moment: Instant) -> OnDay:
    """Those of a site, None: of all, by what had been planned and done up to a moment."""
    known = [plan for plan in plans(connection, community, moment).values() if site is None or site in plan.sites]
    c = festival_step.c
    query = select(festival_step).where(c.community == community, c.at <= moment).order_by(c.id)
    steps: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        steps[row.festival].append(row)
    return on_day(known, steps, moment)


def told_days(connection: Connection, community: str, moment: Instant) -> declare.OnDay:
    """The festivals of all sites as calendars show them."""
    found = of_site(connection, community, None, moment)
    return lambda day: [
        {
            "code": one.plan.code,
            "name": one.plan.name,
            "name_en": one.plan.name_en or one.plan.name,
            "is_peak": one.is_peak,
        }
        for one in found(day)
    ]


def on_day(known: Iterable[Plan], steps: Mapping[str, Sequence[Row[Any]]], moment: Instant) -> OnDay:
    """The same of plans and of what was done by hand, oldest first."""
    planned = tuple(known)

    def found(day: date) -> list[On]:
        begin = midnight(day)
        # The day of the moment is as it stands; one to come is asked at its noon.
        at = begin + DAY // 2 if begin > moment else min(moment, begin + DAY - 1)
        stand = (standing(plan, _last(steps.get(plan.code, ()), at), at) for plan in planned)
        return [one for one in stand if one is not None]

    return found


def _last(steps: Sequence[Row[Any]], at: Instant) -> Row[Any] | None:
    return next((step for step in reversed(steps) if step.at <= at), None)
