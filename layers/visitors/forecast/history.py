"""What was counted at a site, by day and hour, for a forecast: read from sums of hours, its own hour from steps.

The last months, and of earlier years only the days that are like today or tomorrow: so a forecast of a site with
years of history costs what one with months does.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, func, select

from layers.visitors import passed
from layers.visitors.capacity import rules as visitor_rules
from layers.visitors.forecast.days import TAKEN_OF_EARLIER_YEARS, KindOf, like_of_earlier_years
from layers.visitors.forecast.model import HOURS, History
from layers.visitors.forecast.rules import rules
from layers.visitors.inside import inside
from layers.visitors.tables import gate_flow_hour, site_count, site_walk
from store.instant import DAY, HOUR, Instant, local_date, local_hour, midnight

Span = tuple[Instant, Instant]
"""From a moment on, up to another one that is not of it."""


def read(connection: Connection, community: str, site: str, moment: Instant, kind: KindOf) -> History:
    """Whole hours before the moment; the last two rows are its own day and the next.

    Late readings count, as everywhere: what was known then is not kept apart.
    """
    today = local_date(moment)
    recent = [today - timedelta(days=n) for n in range(rules().history_days, -2, -1)]
    earlier = [one for one in _of_earlier_years(today, kind) if one < recent[0]]
    days = (*earlier, *recent)
    until = moment - moment % HOUR
    entered, left = (np.full(len(days) * HOURS, np.nan) for _ in range(2))
    begun, ended = (np.full(len(days) * HOURS, np.nan) for _ in range(2))
    places = {midnight(day): place * HOURS for place, day in enumerate(days)}
    for span in _spans(days, until):
        flow = _flow(connection, community, site, span)
        walked = _walked(connection, community, site, span, flow)
        for hour, (come, gone) in flow.items():
            place = _place(places, hour)
            if hour in walked and place is not None:
                entered[place], left[place] = come, gone
                begun[place], ended[place] = walked[hour]
    shape = (len(days), HOURS)
    return History(
        days, entered.reshape(shape), left.reshape(shape), begun.reshape(shape), ended.reshape(shape), len(earlier)
    )


def in_this_hour(connection: Connection, community: str, site: str, moment: Instant) -> float | None:
    """Who entered in the hour of the moment up to it; None where no gate said anything in it by then.

    The hour's sum holds what came after a past moment too.
    """
    hour = moment - moment % HOUR
    by_gate = passed.hours(connection, community, [site], hour, moment, moment)
    entered = [people.entered for (_, _, begin), people in by_gate.items() if begin == hour]
    return sum(entered) if entered else None


def _of_earlier_years(today: date, kind: KindOf) -> list[date]:
    asked = [day for day in (today, today + timedelta(days=1)) if kind(day) in TAKEN_OF_EARLIER_YEARS]
    years, around = rules().earlier_years, rules().around_days
    return sorted({one for day in asked for one in like_of_earlier_years(day, years, around)})


def _spans(days: Sequence[date], until: Instant) -> list[Span]:
    """Runs of days that follow each other, up to a moment."""
    found: list[Span] = []
    for day in days:
        begin = midnight(day)
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], min(begin + DAY, until))
        elif begin < until:
            found.append((begin, min(begin + DAY, until)))
    return found


def _flow(connection: Connection, community: str, site: str, span: Span) -> dict[Instant, tuple[float, float]]:
    c = gate_flow_hour.c
    query = (
        select(c.hour, func.sum(c.entered), func.sum(c.left))
        .where(c.community == community, c.hour >= span[0], c.hour < span[1], c.site == site)
        .group_by(c.hour)
    )
    return {hour: (float(entered), float(left)) for hour, entered, left in connection.execute(query)}


def _walked(
    connection: Connection, community: str, site: str, span: Span, heard: Iterable[Instant]
) -> dict[Instant, tuple[float, float]]:
    """hour -> people inside at its beginning and its end, with resets and what somebody counted (inside.py).

    ``heard`` are hours in which a gate said something, were it only that nobody passed. The first day begins at
    nought at midnight: those inside since the reset before it are left out until the next one.
    """
    c = site_walk.c
    query = select(c.hour, c.net, c.lowest).where(c.community == community, c.site == site)
    rows = connection.execute(query.where(c.hour >= span[0], c.hour < span[1]))
    strides: dict[Instant, tuple[float, float]] = dict.fromkeys(heard, (0.0, 0.0))
    strides |= {hour: (net, lowest) for hour, net, lowest in rows}
    counted = _counted_hours(connection, community, site, span)
    strides |= {hour: strides.get(hour, (0.0, 0.0)) for hour in counted}
    found: dict[Instant, tuple[float, float]] = {}
    people, walked_to = 0.0, span[0]
    for hour, (net, lowest) in sorted(strides.items()):
        if local_hour(hour, visitor_rules()["reset_hour"]) >= walked_to:
            people = 0.0
        after = net + max(people, -lowest)
        if hour in counted:
            last = hour + HOUR - 1
            after = inside(connection, community, site, last, last).people
        found[hour] = (people, after)
        people, walked_to = after, hour + HOUR
    return found


def _counted_hours(connection: Connection, community: str, site: str, span: Span) -> set[Instant]:
    """The hours in which somebody counted who is inside."""
    c = site_count.c
    query = select(c.at).where(c.community == community, c.site == site, c.at >= span[0], c.at < span[1])
    return {at - at % HOUR for (at,) in connection.execute(query)}


def _place(places: dict[Instant, int], hour: Instant) -> int | None:
    begin = midnight(local_date(hour))
    return places[begin] + (hour - begin) // HOUR if begin in places else None
