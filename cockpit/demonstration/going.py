"""What goes with a demonstration: invented records with their parts, but none that something real names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, false, or_, select

from cockpit.demonstration.hanging import Link, brought, fields_of_rows, links, named, part_of, tables
from layers.services.registers.tables import register_value

SOME = 500


class Record(NamedTuple):
    """A record that others name."""

    table: str
    key: Any

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


@dataclass(frozen=True)
class Left:
    """An invented record that stays, and what real one names it."""

    record: Record
    named_by: Record


class Going:
    """The records that go, found once: `owner` has what each is a part of, None where it was itself brought."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.owner: dict[Record, Record | None] = {}
        self.left: list[Left] = []
        self._find()
        self._spare()

    def keys(self, table: str) -> list[Any]:
        """The keys of what goes of a table."""
        return sorted(record.key for record in self.owner if record.table == table)

    def conditions(self, table: Table) -> Iterator[ColumnElement[bool]]:
        """What of a table goes, in parts that a question can hold."""
        if table.name in named():
            yield from _among(named()[table.name], self.keys(table.name))
            return
        yield brought(table)
        yield from self._parts(table)

    def _find(self) -> None:
        of = [table for table in tables() if table.name in named()]
        for table in of:
            self._take(table, brought(table), is_part=False)
        before = -1
        while len(self.owner) > before:
            before = len(self.owner)
            for table in of:
                for condition in self._parts(table):
                    self._take(table, condition, is_part=True)

    def _take(self, table: Table, condition: ColumnElement[bool], *, is_part: bool) -> None:
        columns = part_of(table.name) if is_part else ()
        for key, *by in self._connection.execute(select(named()[table.name], *columns).where(condition)):
            owner = self._first(zip(columns, by, strict=True))
            self.owner.setdefault(Record(table.name, key), owner)

    def _first(self, by: Iterable[tuple[Any, Any]]) -> Record | None:
        """What a row is a part of, by the first of these columns that is not empty."""
        for column, value in by:
            if value is not None:
                possible = [Record(link.named.table.name, value) for link in _of(column)]
                return next((one for one in possible if one in self.owner), possible[0])
        return None

    def _parts(self, table: Table) -> Iterator[ColumnElement[bool]]:
        """Rows of a table that are parts of what goes."""
        empty: list[ColumnElement[bool]] = []
        for column in part_of(table.name):
            for link in _of(column):
                for found in _among(column, self.keys(link.named.table.name)):
                    yield and_(found, *empty)
            empty.append(column.is_(None))

    def _spare(self) -> None:
        """Let stay what is named by what stays, with all that hangs on it."""
        names = defaultdict[Record, list[Record]](list)
        for naming, is_named in self._names():
            names[naming].append(is_named)
        parts = defaultdict[Record, list[Record]](list)
        for part, owner in self.owner.items():
            if owner is not None:
                parts[owner].append(part)
        waiting = [(one, by) for by, ones in names.items() if by not in self.owner for one in ones]
        while waiting:
            record, by = waiting.pop()
            if record not in self.owner:
                continue
            owner = self.owner.pop(record)
            if owner is None:
                self.left.append(Left(record, by))
            else:
                waiting.append((owner, by))
            waiting += [(part, by) for part in parts[record]]
            waiting += [(one, record) for one in names[record]]

    def _names(self) -> Iterator[tuple[Record, Record]]:
        """Who names what goes without being a part of it."""
        for table in tables():
            for link in links().get(table.name, ()):
                if link.naming not in part_of(table.name):
                    yield from self._namers(table, link)
        c = register_value.c
        for register, field in fields_of_rows():
            for some in _among(c.number, self.keys("register_row")):
                query = select(c.row_id, c.number).where(c.register == register, c.field == field, some)
                for row, number in self._connection.execute(query):
                    yield Record("register_row", int(row)), Record("register_row", int(number))

    def _namers(self, table: Table, link: Link) -> Iterator[tuple[Record, Record]]:
        of, own = link.named.table.name, named().get(table.name)
        is_brought = brought(table) if own is None else false()
        by = [own] if own is not None else list(part_of(table.name)) or list(table.primary_key)
        for some in _among(link.naming, self.keys(of)):
            for value, *known in self._connection.execute(select(link.naming, *by).where(some, ~is_brought)):
                if own is not None:
                    naming: Record | None = Record(table.name, known[0])
                else:
                    naming = self._first(zip(by, known, strict=True))
                yield naming or Record(table.name, known[0]), Record(of, value)


def _of(column: Any) -> list[Link]:
    return [link for link in links().get(column.table.name, ()) if link.naming is column]


def _among(column: Any, keys: list[Any]) -> Iterator[ColumnElement[bool]]:
    is_text = column.type.python_type is str
    values = [str(key) for key in keys] if is_text else keys
    for first in range(0, len(values), SOME):
        yield column.in_(values[first : first + SOME])


def by_others(table: Table) -> ColumnElement[bool]:
    """Whether somebody who exists wrote a part: an account or a token."""
    if "actor" not in table.c or not part_of(table.name):
        return false()
    return or_(table.c.actor.startswith("user:"), table.c.actor.startswith("token:"))
