"""What of the alarms matters now: those of a priority that nobody has acknowledged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from layers.alarms import life, queries
from layers.alarms.rules import Priority
from layers.concerns import Concerns, Condition, Looked, Standing, Then
from layers.sources import Rows, address, at_of
from store.instant import Instant
from store.language import Word

MOST = "1000"


class AlarmsCondition(Condition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Those of a priority."""

    priority: Priority


def look(connection: Connection, community: str, asked: Sequence[AlarmsCondition], then: Then) -> Looked:
    """How many there are of each priority, the real and the oldest one first."""
    wanted = [one.priority for one in asked]
    found = queries.sounding(community, then.at).subquery()
    c = found.c
    order = (c.source.is_not(None), c.raised, c.id)
    place = func.row_number().over(partition_by=c.priority, order_by=order).label("place")
    many = func.count().over(partition_by=c.priority).label("many")
    first = select(found, place, many).where(c.priority.in_(wanted)).subquery()
    rows = {row.priority: row for row in connection.execute(select(first).where(first.c.place == 1))}
    earlier = queries.sounding(community, then.before).subquery()
    counted = select(earlier.c.priority, func.count().label("n")).group_by(earlier.c.priority)
    before = {row.priority: row.n for row in connection.execute(counted)}
    names = queries.places_by_code(community)
    return Looked(
        standing=[_standing(rows[code], before.get(code, 0), names) if code in rows else None for code in wanted]
    )


def _standing(row: Row[Any], before: int, names: dict[str, Any]) -> Standing:
    return Standing(
        value=row.many,
        before=before,
        since=row.raised,
        subject=Word(*(" · ".join(part for part in (name, row.label) if part) for name in (row.name, row.name_en))),
        place=queries.where(row) or names.get(row.site),
        lon=row.lon,
        lat=row.lat,
        thing=("alarm", row.id),
        source=row.source,
    )


def rows(community: str, asked: AlarmsCondition, at: Instant | None) -> Rows:
    """The list of the alarms of this priority that sound."""
    states = [state for state in life.open_states() if state in life.sounding()]
    of_page = [("community", community), ("state", "sounding"), ("priority", asked.priority), at_of(at)]
    of_api = [*(("state", state) for state in states), ("priority", asked.priority), ("limit", MOST), at_of(at)]
    return Rows(api=address(f"/api/v1/{community}/alarms", of_api), page=address("/alarms", of_page))


CONCERNS = Concerns(condition=AlarmsCondition, look=look, rows=rows)
