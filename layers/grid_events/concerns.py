"""What of the grid events matters now: open ones of a severity, late or in time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from layers.concerns import Concerns, Looked, Standing, Then
from layers.grid_events.ranks import EventsCondition
from layers.grid_events.rules import OPEN
from layers.grid_events.standing import open_events
from layers.grid_events.told import title_word, where
from layers.sources import Rows, address, at_of
from store.instant import Instant

MOST = "1000"


def look(connection: Connection, community: str, asked: Sequence[EventsCondition], then: Then) -> Looked:
    """How many there are of each severity, late and in time, the real and the longest one first."""
    c = present(community, then).subquery().c
    groups = (c.severity, c.is_late)
    order = (c.source.is_not(None), c.since, c.id)
    place = func.row_number().over(partition_by=groups, order_by=order).label("place")
    many = func.count().over(partition_by=groups).label("many")
    first = select(*c, place, many).subquery()
    found = connection.execute(select(first).where(first.c.place == 1))
    rows = {(row.severity, bool(row.is_late)): row for row in found}
    earlier = connection.execute(a_day_before(community, then))
    before = {(row.severity, bool(row.is_late)): row.n for row in earlier}
    keys = [(one.severity, one.overdue) for one in asked]
    return Looked(standing=[_standing(rows[key], before.get(key, 0)) if key in rows else None for key in keys])


def present(community: str, then: Then) -> Select[Any]:
    """Select the events that are open, with whether they are late and since when they are so, or there."""
    found = open_events(community, then.at).subquery()
    is_late = _is_late(found.c, then.moment)
    since = case((is_late == 1, found.c.due), else_=found.c.occurred)
    return select(found, is_late.label("is_late"), since.label("since"))


def a_day_before(community: str, then: Then) -> Select[Any]:
    """Select how many there were a day before, by severity and whether they were late."""
    found = open_events(community, then.before).subquery()
    is_late = _is_late(found.c, then.before).label("is_late")
    return select(found.c.severity, is_late, func.count().label("n")).group_by(found.c.severity, is_late)


def _is_late(columns: Any, moment: Instant) -> ColumnElement[int]:
    return case((columns.due <= moment, 1), else_=0)


def _standing(row: Row[Any], before: int) -> Standing:
    return Standing(
        value=row.many,
        before=before,
        since=row.since,
        subject=title_word(row),
        place=where(row),
        lon=row.lon,
        lat=row.lat,
        thing=("event", row.id),
        source=row.source,
    )


def rows(community: str, asked: EventsCondition, at: Instant | None) -> Rows:
    """The list of the open events of this severity that are late, or in time."""
    wanted = [("state", OPEN), ("severity", asked.severity), ("overdue", str(asked.overdue).lower())]
    return Rows(
        api=address(f"/api/v1/{community}/events", [*wanted, ("limit", MOST), at_of(at)]),
        page=address("/events", [("community", community), *wanted, at_of(at)]),
    )


CONCERNS = Concerns(condition=EventsCondition, look=look, rows=rows)
