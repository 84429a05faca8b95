"""A demonstration taken out of a database, to the last row; what others added stays.

What names a record that goes, goes with it: a step that somebody made on an invented event, an enrolment in an
invented course. traces.toml says where things are found; a test holds it to every table there is.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, and_, case, delete, func, select, true, update
from sqlalchemy.sql import ColumnElement

from cockpit.demonstration.tables import people
from cockpit.demonstration.unguarded import unguarded
from cockpit.errors import BadSetting
from cockpit.reports import tables as _reports  # noqa: F401 - its tables are known once it is loaded
from geo import versions
from geo.communities import communities
from layers.declare import layers
from layers.services.canteen.tables import canteen_closing, canteen_posting
from layers.services.points.tables import points_account, points_entry
from layers.services.registers.declare import registers
from layers.services.registers.tables import register_row, register_value
from layers.visitors.capacity.tables import site_level, site_level_log
from layers.visitors.tables import site_day, site_walk
from sensors.devices.registry import REVISION
from sensors.replay.sources import sources
from sensors.tables import device, device_site
from store import audit, demonstration, revision
from store.databases import Databases
from store.demonstration import INVENTED, demonstration_record
from store.engine import writing
from store.metadata import metadata

SOME = 500
Keys = set[Any]
Link = tuple[Column[Any], Column[Any]]
"""What names, and what is named."""


def clear(databases: Databases, actor: str) -> dict[str, int]:
    """Take the demonstration out of all databases; table -> how many rows went.

    Raises
    ------
    BadSetting
        If there is none.
    """
    layers()  # their tables are known once they are loaded
    counts: dict[str, int] = defaultdict(int)
    engines = []
    for engine in databases.all:
        with engine.connect() as connection:
            if demonstration.began(connection) is not None:
                engines.append(engine)
    if not engines:
        raise BadSetting("demo: no demonstration began in this database (COCKPIT_DATA_DIR, COCKPIT_DATABASE_URL)")
    for engine in engines:
        for table, count in _clear(engine, actor).items():
            counts[table] += count
    return dict(sorted(counts.items()))


@cache
def traces() -> dict[str, dict[str, Any]]:
    """traces.toml."""
    return tomllib.loads((files("cockpit.demonstration") / "traces.toml").read_text(encoding="utf-8"))


def _clear(engine: Engine, actor: str) -> dict[str, int]:
    with writing(engine) as connection, unguarded(connection):
        gone = _Gone(connection)
        gone.follow()
        counts = gone.delete()
        _put_right(connection, gone)
        for table in (demonstration_record, demonstration.demonstration):
            counts[table.name] = connection.execute(delete(table)).rowcount
        for name in (REVISION, versions.REVISION):
            revision.bump(connection, name)
        audit.record(connection, actor, "demonstration.clear", "demonstration", {"rows": sum(counts.values())})
    return {name: count for name, count in counts.items() if count}


class _Gone:
    """What goes: of records that others name their keys, of everything else the conditions that find it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.links = list(_links())
        self.keys: dict[Column[Any], Keys] = {named: set() for _, named in self.links}
        self.sites = self._sites()

    def follow(self) -> None:
        """Find every record that goes, from those that the demonstration noted to all that names them."""
        while True:
            before = sum(map(len, self.keys.values()))
            for table in {named.table for named in self.keys}:
                self._find(table)
            self.keys[register_row.c.id] |= self._rows_that_name()
            if sum(map(len, self.keys.values())) == before:
                return

    def delete(self) -> dict[str, int]:
        """Delete what was found, what names before what is named."""
        counts: dict[str, int] = defaultdict(int)
        for table in reversed(metadata.sorted_tables):
            if table in (demonstration_record, demonstration.demonstration):
                continue
            own = [column for column in self.keys if column.table is table]
            found: list[ColumnElement[bool]] = []
            found += [column.in_(some) for column in own for some in _chunks(self.keys[column])]
            found += list(self._conditions(table))
            for condition in found:
                counts[table.name] += self._connection.execute(delete(table).where(condition)).rowcount
        return dict(counts)

    def _find(self, table: Table) -> None:
        own = [column for column in self.keys if column.table is table]
        for condition in self._conditions(table):
            for row in self._connection.execute(select(*own).where(condition)):
                for column, value in zip(own, row, strict=True):
                    if value is not None:
                        self.keys[column].add(value)

    def _conditions(self, table: Table) -> Iterator[ColumnElement[bool]]:
        how = traces()["own"].get(table.name)
        if how == "source":
            yield table.c.source.in_(list(sources()))
        if how == "actor":
            yield table.c.actor.startswith(f"{INVENTED}:", autoescape=True)
        if how == "all":
            yield true()
        if how == "staff":
            yield table.c.name.in_([one.name for one in people().staff.values()])
        if table.name in traces()["made"]:
            of = _column(traces()["made"][table.name])
            first = select(of).where(of.table.c.seq == 1, of.table.c.actor.startswith(f"{INVENTED}:", autoescape=True))
            yield next(iter(table.primary_key)).in_(first)
        for kind, name in traces()["noted"].items():
            if name == table.name:
                key = next(iter(table.primary_key))
                refs = self._connection.scalars(
                    select(demonstration_record.c.ref).where(demonstration_record.c.kind == kind)
                )
                wanted = [int(ref) if key.type.python_type is int else ref for ref in refs]
                yield from (key.in_(some) for some in _chunks(wanted))
        for naming, named in self.links:
            if naming.table is table:
                values = self.keys[named]
                is_text = naming.type.python_type is str
                yield from (naming.in_(some) for some in _chunks(str(one) if is_text else one for one in values))

    def _rows_that_name(self) -> Keys:
        """Rows of registers with a field that names a row that goes."""
        found: Keys = set()
        for register, field in _fields_of_rows():
            columns = register_value.c
            of = and_(columns.register == register, columns.field == field)
            for some in _chunks(self.keys[register_row.c.id]):
                found |= set(self._connection.scalars(select(columns.row_id).where(of, columns.number.in_(some))))
        return found

    def _sites(self) -> set[tuple[str, str]]:
        """Sites whose gates are all a demonstration's: their sums are, too."""
        real = case((device.c.source.is_(None), 1), else_=0)
        query = (
            select(device.c.community, device_site.c.site, func.sum(real))
            .join(device, device.c.id == device_site.c.device_id)
            .where(device_site.c.site.is_not(None))
            .group_by(device.c.community, device_site.c.site)
        )
        return {(row[0], row[1]) for row in self._connection.execute(query) if not row[2]}


def _put_right(connection: Connection, gone: _Gone) -> None:
    """What sums up over many, worked out anew from what is left."""
    for community, site in gone.sites:
        for table in (site_day, site_walk, site_level, site_level_log):
            connection.execute(delete(table).where(table.c.community == community, table.c.site == site))
    c, entry = points_account.c, points_entry.c
    came = select(func.coalesce(func.sum(entry.amount), 0)).where(entry.target == c.id).scalar_subquery()
    went = select(func.coalesce(func.sum(entry.amount), 0)).where(entry.source == c.id).scalar_subquery()
    connection.execute(update(points_account).values(balance=came - went))
    used = select(entry.source).union(select(entry.target))
    connection.execute(delete(points_account).where(c.person.is_(None), c.id.not_in(used)))
    # A closing adds up all meals of its day: with invented ones among them it says nothing.
    left = select(canteen_posting.c.community)
    connection.execute(delete(canteen_closing).where(canteen_closing.c.community.not_in(left)))


def _links() -> Iterator[Link]:
    for table in metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            # A key of two columns names the community beside the record.
            for element in constraint.elements:
                if element.parent.name != "community":
                    yield element.parent, element.column
    for naming, named in traces()["names"].items():
        for one in [named] if isinstance(named, str) else named:
            yield _column(naming), _column(one)


def _column(text: str) -> Column[Any]:
    table, _, name = text.partition(".")
    return metadata.tables[table].c[name]


def _fields_of_rows() -> set[tuple[str, str]]:
    return {
        (code, field.code)
        for community in communities()
        for code, register in registers(community).items()
        for field in register.fields
        if field.type == "row"
    }


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    known = sorted(values)
    for first in range(0, len(known), SOME):
        yield known[first : first + SOME]
