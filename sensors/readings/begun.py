"""What was measured from a time on until another, the sums of each series: of the hour or the day that had just begun.

Hours and days that are over are kept as sums; of those that are not, what was known by then is in the readings only.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, Connection, Double, Integer, Select, Subquery, func, select

from sensors.readings.archive import questions
from sensors.readings.archive.questions import Sum
from sensors.readings.observations import AVERAGED
from sensors.tables import device, reading, series
from store.bulk import given
from store.instant import Instant

COLUMNS = (
    Column("series_id", Integer),
    Column("n", Integer),
    Column("total", Double),
    Column("low", Double),
    Column("high", Double),
)


def sums(connection: Connection, community: str, metrics: Collection[str], since: Instant, until: Instant) -> Subquery:
    """The sums of each series of these metrics in [since, until]: series_id, n, total, low, high."""
    is_archived = questions.is_any(connection, since, until)
    of = select(series.c.id).join(device, device.c.id == series.c.device_id)
    of = of.where(device.c.community == community, series.c.metric.in_(metrics))
    hot = _of_database(of, since, until)
    if not is_archived:
        return hot.subquery()
    found: dict[int, Sum] = {number: tuple(one) for number, *one in connection.execute(hot)}
    cold = questions.sums(connection, list(connection.scalars(of)), since, until, AVERAGED)
    for number, one in cold.items():
        found[number] = _together(one, found[number]) if number in found else one
    return given(connection, COLUMNS, [(number, *one) for number, one in sorted(found.items())]).subquery()


def _of_database(of: Select[Any], since: Instant, until: Instant) -> Select[Any]:
    c = reading.c
    sums = (func.count().label("n"), func.sum(c.value).label("total"))
    bounds = (func.min(c.value).label("low"), func.max(c.value).label("high"))
    sound = (c.value.is_not(None), c.quality.in_(AVERAGED))
    within = (c.series_id.in_(of), c.ts.between(since, until))
    return select(c.series_id, *sums, *bounds).where(*within, *sound).group_by(c.series_id)


def _together(one: Sum, other: Sum) -> Sum:
    return one[0] + other[0], one[1] + other[1], min(one[2], other[2]), max(one[3], other[3])
