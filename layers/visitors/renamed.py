"""What is made of gates' readings that became readings of a counter, or are none any more: a word for a metric changed.

People of the past are counted, and counted no more, as if each reading had been said by its right name when it came.
"""

from collections import defaultdict

from sqlalchemy import Connection, select

from layers.visitors import sums
from layers.visitors.capacity import state
from layers.visitors.counters import Counter, counter_of, counts, gate, row
from layers.visitors.counting import Gone, count_on, count_without
from layers.visitors.steps import Change, alone
from sensors.devices.sites import sites_of
from sensors.readings.moving import Moved
from sensors.tables import reading, series
from store.instant import Instant, now


def follow(connection: Connection, moved: Moved) -> None:
    """Count what a gate is known to have said, or take out what it did not say."""
    counter = counter_of(moved.device, moved.metric)
    if counter is None:
        return
    device = moved.device
    alone(connection, {device.community})
    if moved.is_back:
        gone = Gone(counter.says, frozenset(moved.times))
        changes = count_without(connection, (device.id, counter.code), gone, gate(device))
    else:
        changes = _count(connection, moved, counter)
    sums.add(connection, changes)
    for site in sorted({change.after.site for change in changes if change.after.site is not None}):
        state.follow_by_hand(connection, device.community, site, now())


def _count(connection: Connection, moved: Moved, counter: Counter) -> list[Change]:
    device, sites = moved.device, sites_of(connection, [moved.device.id])
    c = reading.c
    query = (
        select(c.ts, c.value, c.quality)
        .join(series, series.c.id == c.series_id)
        .where(series.c.device_id == device.id, series.c.metric == moved.metric)
        .where(c.ts.between(moved.times[0], moved.times[-1]))
    )
    said: dict[Instant, dict[str, float]] = defaultdict(dict)
    for ts, value, quality in connection.execute(query.order_by(c.ts)):
        if counts(value, quality):
            said[ts][counter.says] = value
    wanted = [row(device, counter.code, ts, said[ts], sites) for ts in moved.times if ts in said]
    return count_on(connection, {(device.id, counter.code): wanted}, {device.id: gate(device)})
