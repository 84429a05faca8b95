"""A demonstration taken out of a database, and nothing real with it.

Invented records go with their parts: their steps, versions, photos, postings. One that a real record names stays,
marked as what it is, and is told. hanging.py says what is a part of what.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, delete, func, select, true, update

from cockpit.demonstration.going import Going, Left, by_others
from cockpit.demonstration.hanging import tables
from cockpit.demonstration.unguarded import unguarded
from cockpit.errors import BadSetting
from cockpit.reports.kept import is_invented
from cockpit.reports.tables import report, report_file
from geo import versions
from layers.services.activities.places import LINE as ACTIVITIES
from layers.services.bookings.tables import tour_day, tour_party
from layers.services.canteen.tables import canteen_closing, canteen_posting
from layers.services.learning.places import LINE as COURSES
from layers.services.lines import ENROLLED
from layers.services.points.tables import (
    goods_movement,
    goods_stock,
    points_account,
    points_entry,
    points_lot,
    points_lot_use,
)
from layers.visitors.capacity.tables import site_level, site_level_log
from layers.visitors.tables import site_day, site_walk
from sensors.devices.registry import REVISION
from sensors.tables import device, device_site
from store import audit, demonstration, revision
from store.databases import Databases
from store.demonstration import demonstration_record, invented
from store.engine import writing
from store.held import Held, held
from store.instant import now


@dataclass
class Cleared:
    """What went: rows by table, and of these how many somebody real had added to invented records; what was left."""

    rows: dict[str, int] = field(default_factory=dict)
    by_others: int = 0
    left: list[Left] = field(default_factory=list)


def clear(databases: Databases, actor: str) -> Cleared:
    """Take the demonstration out of all databases.

    Raises
    ------
    BadSetting
        If there is none, or one lives in a database.
    """
    tables()
    engines = []
    for engine in databases.all:
        with engine.connect() as connection:
            if demonstration.began(connection) is not None or demonstration.is_any_left(connection):
                engines.append(engine)
    if not engines:
        raise BadSetting("demo: no demonstration began in this database (COCKPIT_DATA_DIR, COCKPIT_DATABASE_URL)")
    try:
        with held(engines, demonstration.LIVES):
            found = [_clear(engine, actor) for engine in engines]
    except Held:
        raise BadSetting("demo: a demonstration lives in this database; stop cockpit up --demo first") from None
    rows: dict[str, int] = defaultdict(int)
    for one in found:
        for table, count in one.rows.items():
            rows[table] += count
    return Cleared(
        dict(sorted(rows.items())), sum(one.by_others for one in found), [x for one in found for x in one.left]
    )


def _clear(engine: Engine, actor: str) -> Cleared:
    with writing(engine) as connection, unguarded(connection):
        going = Going(connection)
        sites = _sites(connection)
        counts = _closings(connection, going)
        counts += _reports(connection)
        total = Cleared(left=going.left)
        for table in reversed(tables()):
            if table not in (demonstration_record, demonstration.demonstration):
                for condition in going.conditions(table):
                    theirs = select(func.count()).select_from(table).where(condition, by_others(table))
                    total.by_others += connection.scalar(theirs) or 0
                    counts.append((table.name, connection.execute(delete(table).where(condition)).rowcount))
        _put_right(connection, sites)
        counts += _forget(connection, going)
        for name, count in counts:
            if count:
                total.rows[name] = total.rows.get(name, 0) + count
        for name in (REVISION, versions.REVISION):
            revision.bump(connection, name)
        told = {"rows": sum(total.rows.values()), "left": len(going.left)}
        audit.record(connection, actor, "demonstration.clear", "demonstration", told)
    return total


def _forget(connection: Connection, going: Going) -> list[tuple[str, int]]:
    """The database is a demonstration's no more; what is left of it still says what it is."""
    c = demonstration_record.c
    left: ColumnElement[bool] = true()
    for table, way in demonstration.known_by().items():
        kind = way.removeprefix("noted:")
        if kind != way:
            keys = [str(one.record.key) for one in going.left if one.record.table == table]
            left = and_(left, ~((c.kind == kind) & c.ref.in_(keys)))
    gone = connection.execute(delete(demonstration_record).where(left)).rowcount
    began = connection.execute(delete(demonstration.demonstration)).rowcount
    if going.left:
        demonstration.leave(connection, now())
    return [(demonstration_record.name, gone), (demonstration.demonstration.name, began)]


def _closings(connection: Connection, going: Going) -> list[tuple[str, int]]:
    """A closing that adds up invented meals says nothing, nor do those after it, which build on it; they come anew."""
    c, posting = canteen_closing.c, canteen_posting.c
    first: dict[str, str] = {}

    def note(community: str, day: str) -> None:
        first[community] = min(first.get(community, day), day)

    for condition in going.conditions(canteen_posting):
        days = select(posting.community, func.min(posting.account_day)).where(condition).group_by(posting.community)
        for community, day in connection.execute(days):
            note(community, day)
    for community, day in connection.execute(select(c.community, c.through).where(invented(canteen_closing))):
        note(community, day)
    gone = [
        connection.execute(delete(canteen_closing).where(c.community == community, c.through >= day)).rowcount
        for community, day in first.items()
    ]
    return [(canteen_closing.name, sum(gone))]


def _reports(connection: Connection) -> list[tuple[str, int]]:
    """Reports of the demonstration's figures; others stay."""
    c = report.c
    query = select(c.id, c.figures).where(c.figures.is_not(None))
    numbers = [row.id for row in connection.execute(query) if is_invented(row.figures)]
    counts = []
    for some in _chunks(numbers):
        for column in (report_file.c.report_id, c.id):
            counts.append(
                (column.table.name, connection.execute(delete(column.table).where(column.in_(some))).rowcount)
            )
    return counts


def _sites(connection: Connection) -> set[tuple[str, str]]:
    """Sites whose gates are all a demonstration's: their sums are, too."""
    real = case((device.c.source.is_(None), 1), else_=0)
    query = (
        select(device.c.community, device_site.c.site, func.sum(real))
        .join(device, device.c.id == device_site.c.device_id)
        .where(device_site.c.site.is_not(None))
        .group_by(device.c.community, device_site.c.site)
    )
    return {(row[0], row[1]) for row in connection.execute(query) if not row[2]}


def _put_right(connection: Connection, sites: Iterable[tuple[str, str]]) -> None:
    """What sums up over many, worked out anew from what is left."""
    for community, site in sites:
        for table in (site_day, site_walk, site_level, site_level_log):
            connection.execute(delete(table).where(table.c.community == community, table.c.site == site))
    c, entry = points_account.c, points_entry.c
    came, went = _sum(entry.amount, entry.target == c.id), _sum(entry.amount, entry.source == c.id)
    connection.execute(update(points_account).values(balance=came - went))
    used = select(entry.source).union(select(entry.target))
    connection.execute(delete(points_account).where(c.person.is_(None), c.id.not_in(used)))
    lot, use = points_lot.c, points_lot_use.c
    connection.execute(update(points_lot).values(rest=lot.amount - _sum(use.amount, use.lot_id == lot.entry_id)))
    stock, movement = goods_stock.c, goods_movement.c
    connection.execute(update(goods_stock).values(pieces=_sum(movement.pieces, movement.goods == stock.row_id)))
    for line in (ACTIVITIES, COURSES):
        came_in = func.count().filter(line.comers.c.standing == ENROLLED)
        taken = select(came_in).where(line.of == line.offer).scalar_subquery()
        connection.execute(update(line.offers).values(taken=taken))
    day, party = tour_day.c, tour_party.c
    of_day = and_(party.product_id == day.product_id, party.day == day.day)
    connection.execute(update(tour_day).values(taken=_sum(party.people, of_day)))


def _sum(column: Any, where: Any) -> Any:
    return select(func.coalesce(func.sum(column), 0)).where(where).scalar_subquery()


def _chunks(values: list[Any], some: int = 500) -> Iterable[list[Any]]:
    return (values[first : first + some] for first in range(0, len(values), some))
