"""Sums of the steps: by gate and hour, by site and day, and the walk of the people inside of each hour.

Kept by difference, so that no question adds up more than a day's hours.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, String, Table, and_, column, func, select

from layers.visitors.spread import by_hour
from layers.visitors.steps import Change, Row
from layers.visitors.tables import gate_flow_hour, gate_step, site_day, site_walk
from store import revision
from store.bulk import given, is_one_of, upsert_all
from store.instant import HOUR, Instant, day_of

WalkKey = tuple[str, str, Instant]
"""(community, site, hour)."""
Stride = tuple[str, str, Instant, Instant]
"""(community, site, its first moment, its last)."""
Walk = tuple[float, float, Instant]
"""(what it adds in all, the lowest that the sum stood at, its last moment) of the steps of a stride."""
STRIDE = (
    column("community", String),
    column("site", String),
    column("first", BigInteger),
    column("last", BigInteger),
)

REVISION = "visitors"
"""Raised with every count, so that of two who tell the screens of one the later one is believed."""


def add(connection: Connection, changes: Iterable[Change]) -> None:
    """Bring the sums to what the steps are now."""
    revision.bump(connection, REVISION)
    hours: dict[tuple[str, str, str, Instant], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    moved: dict[WalkKey, list[Change]] = defaultdict(list)
    for change in changes:
        for row, sign in ((change.before, -1), (change.after, 1)):
            if row is None or row.site is None:
                continue
            for hour, people in by_hour(row.ts, row.since, row.counted):
                sums = hours[row.community, row.site, row.device_id, hour]
                sums[row.way] += sign * people
                sums["spread"] += sign * people if row.since is not None else 0
        after = change.after
        if after.site is not None and after.net != (change.before.net if change.before else 0.0):
            moved[after.community, after.site, after.ts - after.ts % HOUR].append(change)
    _add_hours(connection, hours)
    _add_days(connection, hours)
    _walk(connection, moved)


def _add_hours(connection: Connection, hours: dict[tuple[str, str, str, Instant], dict[str, float]]) -> None:
    rows = [
        {"device_id": device, "site": site, "hour": hour, "community": community} | _named(sums, "spread")
        for (community, site, device, hour), sums in sorted(hours.items(), key=lambda one: one[0][2:] + one[0][:2])
    ]
    _add(connection, gate_flow_hour, ["device_id", "site", "hour"], ("entered", "left", "spread"), rows)


def _add_days(connection: Connection, hours: dict[tuple[str, str, str, Instant], dict[str, float]]) -> None:
    days: dict[WalkKey, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (community, site, _, hour), sums in hours.items():
        for way in ("entered", "left"):
            days[community, site, day_of(hour)][way] += sums[way]
    rows = [
        {"community": community, "site": site, "day": day} | _named(sums)
        for (community, site, day), sums in sorted(days.items())
    ]
    _add(connection, site_day, ["community", "site", "day"], ("entered", "left"), rows)


def _named(sums: dict[str, float], *more: str) -> dict[str, float]:
    return {name: sums[name] for name in ("entered", "left", *more)}


def _add(
    connection: Connection, table: Table, key: list[str], names: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    upsert_all(connection, table, rows, _added(table, tuple(key), names))


@cache
def _added(table: Table, key: tuple[str, ...], names: tuple[str, ...]) -> Callable[[Any], Any]:
    def added(insert: Any) -> Any:
        sums = {name: table.c[name] + insert.excluded[name] for name in names}
        return insert.on_conflict_do_update(index_elements=key, set_=sums)

    return added


def _walk(connection: Connection, moved: dict[WalkKey, list[Change]]) -> None:
    if not moved:
        return
    columns = (site_walk.c.community, site_walk.c.site, site_walk.c.hour)
    kept = {
        (row.community, row.site, row.hour): row
        for row in connection.execute(select(site_walk).where(is_one_of(connection, columns, list(moved))))
    }
    rows: dict[WalkKey, Walk] = {}
    anew: list[Stride] = []
    for key, changes in moved.items():
        known = kept.get(key)
        if known is not None and all(change.before is None and change.after.ts > known.until for change in changes):
            rows[key] = _gone_on(known, [change.after for change in changes])
        else:
            anew.append((*key, key[2] + HOUR - 1))
    rows |= {stride[:3]: walk for stride, walk in walks_of(connection, anew).items()}
    names = ("community", "site", "hour", "net", "lowest", "until")
    upsert_all(
        connection, site_walk, [dict(zip(names, key + rows[key], strict=True)) for key in sorted(rows)], _rewalked
    )


def _gone_on(known: Any, steps: list[Row]) -> Walk:
    """The walk with steps that are newer than all of it."""
    moments: dict[Instant, float] = defaultdict(float)
    for step in steps:
        moments[step.ts] += step.net
    net, lowest = known.net, known.lowest
    for _, people in sorted(moments.items()):
        net += people
        lowest = min(lowest, net)
    return net, lowest, max(moments)


def walks_of(connection: Connection, strides: list[Stride]) -> dict[Stride, Walk]:
    """The walk of each stride, in one question: a year of hours that comes late is told in few messages.

    What passes at one moment through all gates of the site is one step.
    """
    found: dict[Stride, Walk] = {stride: (0.0, 0.0, stride[2]) for stride in strides}
    if strides:
        for community, site, first, last, net, lowest, until in connection.execute(_walks(connection, strides)):
            found[community, site, first, last] = (net, lowest, until)
    return found


def _walks(connection: Connection, strides: list[Stride]) -> Any:
    c = gate_step.c
    asked = given(connection, STRIDE, strides).subquery()
    moments = (
        select(*asked.c, c.ts, func.sum(c.net).label("net"))
        .join_from(asked, gate_step, and_(c.community == asked.c.community, c.site == asked.c.site))
        .where(c.ts.between(asked.c.first, asked.c.last))
        .group_by(*asked.c, c.ts)
        .subquery()
    )
    own = [moments.c[part.name] for part in STRIDE]
    stood = func.sum(moments.c.net).over(partition_by=own, order_by=moments.c.ts).label("stood")
    walk = select(*own, moments.c.ts, moments.c.net, stood).subquery()
    told = [walk.c[part.name] for part in STRIDE]
    return select(*told, func.sum(walk.c.net), func.min(walk.c.stood), func.max(walk.c.ts)).group_by(*told)


def _rewalked(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("net", "lowest", "until")}
    return insert.on_conflict_do_update(index_elements=["community", "site", "hour"], set_=changed)
