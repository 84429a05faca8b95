"""Many rows at once: each stored once, and told which were new."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Select,
    Table,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

ROWS_A_STATEMENT = 500
"""Of five values each: well below the number of variables that SQLite takes."""
TOGETHER_FROM = 4
"""Rows from which one statement pays for being made."""
STATEMENTS_KEPT = 256
SQLITE = sqlite.dialect(paramstyle="qmark")


def upsert_all(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    conflict: Callable[[Any], Any],
    also: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows of different keys; ``conflict`` adds the ON CONFLICT clause to the statement that it is given.

    What ``conflict`` says is asked for once and kept: what differs from time to time it names by ``bindparam``, and
    ``also`` has its value.

    On PostgreSQL all rows go in one statement, a column an array; row by row it would be a hundred
    times slower. On SQLite many go in one too: each row by itself gives Python's lock away and waits
    to get it back, which where pages are busy takes longer than all else.
    """
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        if len(rows) < TOGETHER_FROM and not also:
            connection.execute(conflict(sqlite.insert(table)), list(rows))
        else:
            _upsert_sqlite(connection, table, rows, conflict, also or {})
        return
    names = list(rows[0])
    columns = [func.unnest(cast(bindparam(name), ARRAY(table.c[name].type))).label(name) for name in names]
    statement = conflict(postgresql.insert(table).from_select(names, select(*columns)))
    connection.execute(statement, {name: [row[name] for row in rows] for name in names} | dict(also or {}))


def as_it_was(insert: Any) -> Any:
    """A row that is there already stays as it is."""
    return insert.on_conflict_do_nothing()


def _upsert_sqlite(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    conflict: Callable[[Any], Any],
    also: Mapping[str, Any],
) -> None:
    before, names, after, bound = _upsert_statement(table, tuple(rows[0]), conflict)
    further = [also.get(name, value) for name, value in bound]
    row = f"({', '.join('?' * len(names))})"
    for first in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[first : first + ROWS_A_STATEMENT]
        values = [one[name] for one in some for name in names]
        statement = f"{before}VALUES {', '.join([row] * len(some))}{after}"
        connection.exec_driver_sql(statement, (*values, *further))


@lru_cache(maxsize=STATEMENTS_KEPT)
def _upsert_statement(
    table: Table, names: tuple[str, ...], conflict: Callable[[Any], Any]
) -> tuple[str, list[str], str, list[tuple[str, Any]]]:
    """What stands before the values, their order, what stands after them, and the names and values of that."""
    compiled = conflict(sqlite.insert(table).values(dict.fromkeys(names))).compile(dialect=SQLITE)
    width = len(names)
    order, bound = compiled.positiontup[:width], compiled.positiontup[width:]
    before, after = compiled.string.split(f"VALUES ({', '.join('?' * width)})", 1)
    return before, order, after, [(name, compiled.params[name]) for name in bound]


def given(connection: Connection, columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> Select[Any]:
    """Rows that are at hand as rows of the database, with the names and types of the columns; numbers and text only.

    However many there are, the statement is the same: written out, each of them would be compiled
    anew, and PostgreSQL would compare a written list key by key.
    """
    if connection.dialect.name == "postgresql":
        arrays = [(literal([row[i] for row in rows], ARRAY(c.type)), c) for i, c in enumerate(columns)]
        return select(*(func.unnest(cast(array, ARRAY(c.type))).label(c.name) for array, c in arrays))
    each = func.json_each(literal(json.dumps(rows))).table_valued("value")
    parts = (func.json_extract(each.c.value, f"$[{i}]", type_=c.type).label(c.name) for i, c in enumerate(columns))
    return select(*parts)


def is_one_of(connection: Connection, columns: Sequence[Any], keys: Sequence[tuple[Any, ...]]) -> Any:
    """The condition that the columns are one of the keys."""
    return tuple_(*columns).in_(given(connection, columns, keys))
