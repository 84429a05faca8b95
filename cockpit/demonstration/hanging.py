"""How records hang together: which are parts of which, and which only name others (traces.toml, foreign keys)."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Table

from cockpit.reports import tables as _reports  # noqa: F401 - its tables are known once it is loaded
from geo.communities import communities
from layers.declare import layers
from layers.services.registers.declare import registers
from sensors.replay.sources import sources
from store.demonstration import invented, known_by
from store.metadata import metadata


class Link(NamedTuple):
    """A column that names records, and the column that it names."""

    naming: Column[Any]
    named: Column[Any]


@cache
def traces() -> Mapping[str, Mapping[str, Any]]:
    """traces.toml."""
    return tomllib.loads((files("cockpit.demonstration") / "traces.toml").read_text(encoding="utf-8"))


def tables() -> list[Table]:
    """Every table there is, what is named before what names it."""
    layers()  # their tables are known once they are loaded
    return list(metadata.sorted_tables)


@cache
def links() -> Mapping[str, Sequence[Link]]:
    """table -> what its rows name."""
    found: dict[str, list[Link]] = defaultdict(list)
    for table in tables():
        for constraint in table.foreign_key_constraints:
            # A key of two columns names the community beside the record.
            for element in constraint.elements:
                if element.parent.name != "community":
                    found[table.name].append(Link(element.parent, element.column))
    for naming, named in traces()["names"].items():
        for one in [named] if isinstance(named, str) else named:
            column = _column(naming)
            found[column.table.name].append(Link(column, _column(one)))
    return found


@cache
def part_of(table: str) -> Sequence[Column[Any]]:
    """The columns by which a table's rows are parts of a record; the next is asked where the first is empty."""
    own, of = metadata.tables[table], links().get(table, ())
    if table in traces()["part_of"]:
        return [own.c[name] for name in traces()["part_of"][table]]
    naming = list(dict.fromkeys(link.naming for link in of))
    for some in ([one for one in naming if one.name == "row_id"], [one for one in naming if one.primary_key], naming):
        if len(some) == 1:
            return some
    if naming:
        raise LookupError(f"traces.toml does not say what a row of {table} is a part of")
    return []


@cache
def named() -> Mapping[str, Column[Any]]:
    """table -> the column by which others name its rows; of those that are named."""
    found: dict[str, Column[Any]] = {}
    for of in links().values():
        for link in of:
            if found.setdefault(link.named.table.name, link.named) is not link.named:
                raise LookupError(f"rows of {link.named.table.name} are named by two columns")
    return found


def fields_of_rows() -> set[tuple[str, str]]:
    """Registers and their fields that name a row."""
    return {
        (code, field.code)
        for community in communities()
        for code, register in registers(community).items()
        for field in register.fields
        if field.type == "row"
    }


def brought(table: Table) -> ColumnElement[bool]:
    """Whether a demonstration brought a record: invented, or a device of the packaged recordings and what it raised."""
    if known_by().get(table.name) != "source":
        return invented(table)
    # Not null besides: a question of nothing has no answer, and its opposite none either.
    return invented(table) | (table.c.source.is_not(None) & table.c.source.in_(list(sources())))


def _column(text: str) -> Column[Any]:
    table, _, name = text.partition(".")
    return metadata.tables[table].c[name]
