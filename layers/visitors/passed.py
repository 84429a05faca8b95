"""How many passed, hour by hour, as it is known now or was of a past time."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select, text

from layers.visitors.counter import LONGEST_SILENCE
from layers.visitors.spread import by_hour
from layers.visitors.tables import gate_flow_hour, gate_step, site_day
from store.instant import HOUR, Instant, day_of, start_of_local_year

DOUBTFUL = text("(gate_step.trust > 0 OR gate_step.decision IS NOT NULL)")
"""As the partial index has it, so that it is used."""


@dataclass(slots=True)
class Passed:
    """People who entered and left, and how many of both are spread over a silence."""

    entered: float = 0.0
    left: float = 0.0
    spread: float = 0.0

    def add(self, way: str, people: float, is_spread: bool = False) -> None:
        """Add people who went one way."""
        if way == "entered":
            self.entered += people
        else:
            self.left += people
        if is_spread:
            self.spread += people


Hours = dict[tuple[str, str, Instant], Passed]
"""(site, device, start of the hour) -> people."""


def hours(
    connection: Connection, community: str, sites: list[str], since: Instant, moment: Instant, at: Instant | None
) -> Hours:
    """People through each gate by the hour, from the hour of ``since`` to the moment.

    Where ``at`` is a past time nothing counts that was said later: the last hour ends at it, and people
    of a silence that ended later came when it ended.
    """
    c = gate_flow_hour.c
    query = select(c.site, c.device_id, c.hour, c.entered, c.left, c.spread).where(
        c.community == community, c.site.in_(sites), c.hour.between(since - since % HOUR, moment)
    )
    if at is not None:
        query = query.where(c.hour < at - at % HOUR)
    found: Hours = defaultdict(Passed)
    for site, device, hour, entered, left, spread in connection.execute(query):
        found[site, device, hour] = Passed(entered, left, spread)
    if at is not None:
        _last_hour(connection, community, sites, at, found)
        for row in _spread(connection, community, sites, at):
            _correct(found, row, since - since % HOUR, at)
    return found


def _last_hour(connection: Connection, community: str, sites: list[str], at: Instant, found: Hours) -> None:
    c = gate_step.c
    hour = at - at % HOUR
    query = (
        select(c.site, c.device_id, c.counter, func.sum(c.counted))
        .where(c.community == community, c.site.in_(sites), c.ts.between(hour, at), c.since.is_(None))
        .group_by(c.site, c.device_id, c.counter)
    )
    for site, device, counter, people in connection.execute(query):
        found[site, device, hour].add(way_of(counter), people)


def _spread(connection: Connection, community: str, sites: list[str], at: Instant) -> list[Row]:  # type: ignore[type-arg]
    """Steps whose people are spread over a silence that touches the hour of ``at`` or ended later."""
    c = gate_step.c
    query = select(gate_step).where(
        c.community == community,
        c.site.in_(sites),
        DOUBTFUL,
        c.since.is_not(None),
        c.ts.between(at - at % HOUR, at + LONGEST_SILENCE),
        c.since < at,
    )
    return list(connection.execute(query))


def _correct(found: Hours, row: Row, first: Instant, at: Instant) -> None:  # type: ignore[type-arg]
    last = at - at % HOUR
    for hour, people in by_hour(row.ts, row.since, row.counted):
        if row.ts > at and first <= hour < last:
            found[row.site, row.device_id, hour].add(way_of(row.counter), -people, True)
        elif row.ts <= at and hour == last:
            found[row.site, row.device_id, hour].add(way_of(row.counter), people, True)


def entered_this_year(
    connection: Connection, community: str, site: str, today: float, moment: Instant, at: Instant | None
) -> int:
    """People who entered since 1 January; ``today`` are those of the moment's day."""
    c = site_day.c
    year, midnight = start_of_local_year(moment), day_of(moment)
    days = select(func.sum(c.entered)).where(c.community == community, c.site == site, c.day >= year, c.day < midnight)
    before = connection.scalar(days) or 0.0
    later = 0.0
    for row in _spread(connection, community, [site], at) if at is not None else []:
        if row.ts > moment and way_of(row.counter) == "entered":
            later += sum(p for hour, p in by_hour(row.ts, row.since, row.counted) if year <= hour < midnight)
    return round(before - later + today)


def way_of(counter: str) -> str:
    """``entered`` or ``left``, by the name of a counter."""
    return "entered" if counter.startswith("enter") else "left"
