"""What devices measured in spans of whole days in Asia/Shanghai: means of a metric, and how far counters moved on.

A counter, as a power meter's, only grows. How far it moved on a day is from the greatest value of the day before to its
own greatest. On a day on which it began anew (what it said fell below all of the day before) how far it moved is not
known: such a day adds nothing. The first day of a counter adds what it grew by within it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, case, func, literal, select, union_all

from geo.ground import places
from sensors.readings.begun import sums
from sensors.readings.summary import really_measured
from sensors.tables import device, device_place, reading_day, series
from store.instant import DAY, Instant, day_of, now

BEFORE = 31 * DAY
"""So long before a span it is looked for what a counter said last."""


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What was measured in a span, by a device or in an area: how many values, their sum, how far counters moved on.

    ``place`` is the number of the span; ``device`` is None of a sum over an area's devices; ``source`` says of
    what is no real sensor's whose it is.
    """

    device: str | None
    area: str | None
    source: str | None
    place: int
    n: int
    total: float
    moved: float


Spans = Sequence[tuple[Instant, Instant]]
"""Spans of whole days that follow each other: from the first instant until before the second."""


def of_devices(connection: Connection, community: str, metric: str, spans: Spans, at: Instant | None) -> list[Sum]:
    """What each device measured in each span.

    Once a real device measures the metric in an area, replayed ones are left out there, as they are out of the means
    that screens show.
    """
    return _sums(connection, community, metric, spans, at, by=("device_id", "area", "source"), is_counter=True)


def of_areas(
    connection: Connection, community: str, metric: str, spans: Spans, at: Instant | None, *, is_counter: bool
) -> list[Sum]:
    """The same by area, None outside of all; how far counters moved on only where it is said that they are some."""
    return _sums(connection, community, metric, spans, at, by=("area", "source"), is_counter=is_counter)


def _sums(
    connection: Connection,
    community: str,
    metric: str,
    spans: Spans,
    at: Instant | None,
    *,
    by: tuple[str, ...],
    is_counter: bool,
) -> list[Sum]:
    if not spans:
        return []
    moment = now() if at is None else at
    begun = spans[0][0] - (BEFORE if is_counter else 0)
    found = _days(connection, community, metric, begun, min(spans[-1][1], moment + 1), at).subquery()
    moved: ColumnElement[Any] = literal(0.0)
    if is_counter:
        following = {"partition_by": found.c.series_id, "order_by": found.c.day}
        high, low = (func.lag(column).over(**following) for column in (found.c.high, found.c.low))
        found = select(found, high.label("high_before"), low.label("low_before")).subquery()
        moved = _moved(found.c)
    number = case(*((found.c.day < until, literal(place)) for place, (_, until) in enumerate(spans)), else_=literal(-1))
    columns = [found.c[name] for name in by]
    added = (func.sum(found.c.n).label("n"), func.sum(found.c.total).label("total"), func.sum(moved).label("moved"))
    query = select(*columns, number.label("place"), *added).where(found.c.day >= spans[0][0])
    rows = connection.execute(query.group_by(*columns, "place").order_by(*columns, "place")).all()
    real = really_measured(connection, community, [metric], bool(places(community, "areas")), moment)
    return [
        Sum(
            device=getattr(row, "device_id", None),
            area=row.area,
            source=row.source,
            place=row.place,
            n=int(row.n),
            total=float(row.total),
            moved=float(row.moved or 0),
        )
        for row in rows
        if row.place >= 0 and (row.source is None or (metric, row.area) not in real)
    ]


def _moved(c: Any) -> ColumnElement[Any]:
    """How far a counter moved on: see above."""
    return case(
        (c.high_before.is_(None), c.high - c.low),
        (c.low >= c.high_before, c.high - c.high_before),
        # The day before it began anew, in the middle of it: what it said last that day is not known.
        (c.low >= c.low_before, c.high - c.low),
        else_=literal(0.0),
    )


def _days(
    connection: Connection, community: str, metric: str, since: Instant, until: Instant, at: Instant | None
) -> Any:
    """Select the sums of days of the community's devices; the day that had begun at a past time from its readings."""
    day = reading_day.c
    of = (
        series.c.id.label("series_id"),
        device.c.id.label("device_id"),
        device_place.c.area.label("area"),
        device.c.source.label("source"),
    )

    def joined(columns: Any, series_id: Any) -> Any:
        return (
            select(*of, *columns)
            .join(series, series.c.id == series_id)
            .join(device, device.c.id == series.c.device_id)
            .join(device_place, device_place.c.device_id == device.c.id)
            .where(device.c.community == community, series.c.metric == metric)
        )

    whole_until = until if at is None else day_of(at)
    whole = joined((day.day, day.n, day.total, day.low, day.high), day.series_id).where(
        day.day >= since, day.day < whole_until
    )
    if at is None or at >= until:
        return whole
    part = sums(connection, community, [metric], day_of(at), at).c
    begun = literal(day_of(at), BigInteger).label("day")
    return union_all(whole, joined((begun, part.n, part.total, part.low, part.high), part.series_id))
