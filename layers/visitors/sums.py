"""Sums of the steps: by gate and hour, by site and day, and the walk of the people inside of each hour.

Kept by difference, so that no question adds up more than a day's hours.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, func, select

from layers.visitors.spread import by_hour
from layers.visitors.steps import Change, Row
from layers.visitors.tables import gate_flow_hour, gate_step, site_day, site_walk
from store import revision
from store.bulk import is_one_of, upsert_all
from store.instant import HOUR, Instant, day_of

WalkKey = tuple[str, str, Instant]
"""(community, site, hour)."""


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
    def added(insert: Any) -> Any:
        sums = {name: table.c[name] + insert.excluded[name] for name in names}
        return insert.on_conflict_do_update(index_elements=key, set_=sums)

    upsert_all(connection, table, rows, added)


def _walk(connection: Connection, moved: dict[WalkKey, list[Change]]) -> None:
    if not moved:
        return
    columns = (site_walk.c.community, site_walk.c.site, site_walk.c.hour)
    kept = {
        (row.community, row.site, row.hour): row
        for row in connection.execute(select(site_walk).where(is_one_of(connection, columns, list(moved))))
    }
    rows = []
    for key, changes in sorted(moved.items()):
        known = kept.get(key)
        goes_on = known is not None and all(
            change.before is None and change.after.ts > known.until for change in changes
        )
        walked = _gone_on(known, [c.after for c in changes]) if goes_on else _walked_anew(connection, key)
        rows.append(dict(zip(("community", "site", "hour"), key, strict=True)) | walked)
    upsert_all(connection, site_walk, rows, _rewalked)


def _gone_on(known: Any, steps: list[Row]) -> dict[str, Any]:
    """The walk with steps that are newer than all of it."""
    moments: dict[Instant, float] = defaultdict(float)
    for step in steps:
        moments[step.ts] += step.net
    net, lowest = known.net, known.lowest
    for _, people in sorted(moments.items()):
        net += people
        lowest = min(lowest, net)
    return {"net": net, "lowest": lowest, "until": max(moments)}


def _walked_anew(connection: Connection, key: WalkKey) -> dict[str, Any]:
    net, lowest, until = walk_of(connection, key, key[2], key[2] + HOUR - 1)
    return {"net": net, "lowest": lowest, "until": until}


def walk_of(connection: Connection, key: WalkKey, first: Instant, last: Instant) -> tuple[float, float, Instant]:
    """(what it adds in all, the lowest that the sum stood at, its last moment) of the steps of a part of an hour.

    What passes at one moment through all gates of the site is one step.
    """
    c = gate_step.c
    moments = (
        select(c.ts, func.sum(c.net).label("net"))
        .where(c.community == key[0], c.site == key[1], c.ts.between(first, last))
        .group_by(c.ts)
        .subquery()
    )
    stood = select(moments.c.ts, moments.c.net, func.sum(moments.c.net).over(order_by=moments.c.ts).label("stood"))
    walk = stood.subquery()
    found = connection.execute(select(func.sum(walk.c.net), func.min(walk.c.stood), func.max(walk.c.ts))).one()
    return (0.0, 0.0, first) if found[2] is None else (found[0], found[1], found[2])


def _rewalked(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("net", "lowest", "until")}
    return insert.on_conflict_do_update(index_elements=["community", "site", "hour"], set_=changed)
