"""The steps (steps.toml), and how many rows each has: what is done is seen in the database and nowhere kept."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, func, select

from layers.declare import layers
from store.metadata import metadata


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"equal": "is"}):
    """A row of the table; its words and conditions are told there."""

    name: str
    name_en: str
    todo: str
    todo_en: str
    page: str
    table: str
    shared: bool = False
    community: str | None = None
    equal: dict[str, str] = {}
    null: tuple[str, ...] = ()
    above: dict[str, int] = {}
    at_least: int = 1


@cache
def steps() -> dict[str, Step]:
    """Every step by its code, in order."""
    layers()  # whose tables some are counted in
    read = tomllib.loads((files("cockpit.first_hour") / "steps.toml").read_text(encoding="utf-8"))
    return msgspec.convert(read, dict[str, Step])


def count(connection: Connection, step: Step, community: str) -> int:
    """How many rows of a step there are, no more than it needs: it is done where they are ``at_least`` so many."""
    table = metadata.tables[step.table]
    enough = select(*table.primary_key.columns).where(*_fits(table, step, community)).limit(step.at_least)
    return int(connection.scalar(select(func.count()).select_from(enough.subquery())) or 0)


def _fits(table: Table, step: Step, community: str) -> list[ColumnElement[bool]]:
    values: dict[str, Any] = {**step.equal, **({step.community: community} if step.community else {})}
    return [
        *(table.c[name] == value for name, value in values.items()),
        *(table.c[name].is_(None) for name in step.null),
        *(table.c[name] > value for name, value in step.above.items()),
    ]
