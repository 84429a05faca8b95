"""Many rows at once: each stored once, and told which were new."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import psycopg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Double,
    Integer,
    Select,
    SmallInteger,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from store.engine import upsert

ROWS_A_STATEMENT = 500
"""Of five values each: well below the number of variables that SQLite takes."""
TOGETHER_FROM = 4
"""Rows from which one statement pays for being made."""
STATEMENTS_KEPT = 256
SQLITE = sqlite.dialect(paramstyle="qmark")
COPY_FROM = 100
"""Rows from which COPY's staging table pays for its two further round trips."""

POSTGRES_TYPES = {BigInteger: "int8", Integer: "int4", SmallInteger: "int2", Double: "float8", String: "text"}


def insert_new(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]] | None:
    """Insert the rows whose primary key is not there yet; returns the keys of those, or None for "all".

    Rows have their values in the order of the table's columns. On PostgreSQL many rows go by binary
    COPY into a staging table of the session and from there with ON CONFLICT DO NOTHING. On SQLite
    many rows go in one statement, which runs outside of Python's lock.
    """
    if not rows:
        return None
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        return _copy_new(connection, table, rows)
    if connection.dialect.name == "sqlite":
        with connection.begin_nested() as attempt:
            if _insert_sqlite(connection, table, rows) == len(rows):
                return None
            attempt.rollback()
    names = [column.name for column in table.columns]
    statement = upsert(connection, table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    new = connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])
    return [tuple(row) for row in new]


def _insert_sqlite(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert what is not there yet; returns how many rows were."""
    count = 0
    for first in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[first : first + ROWS_A_STATEMENT]
        values = tuple(chain.from_iterable(some))
        count += connection.exec_driver_sql(_insert_statement(table, len(some)), values).rowcount
    return count


@cache
def _insert_statement(table: Table, rows: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours


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


def _copy_new(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    cursor = connection.connection.cursor()
    try:
        return _copied(cursor, table, columns, keys, rows)
    except psycopg.Error as error:
        # As SQLAlchemy says it of its own statements: callers know one kind of error.
        raise DBAPIError.instance("COPY", None, error, psycopg.Error, dialect=connection.dialect) from error
    finally:
        cursor.close()


def _copied(
    cursor: Any, table: Table, columns: str, keys: str, rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table.name}_in (LIKE {table.name}) ON COMMIT DELETE ROWS")
    with cursor.copy(f"COPY {table.name}_in ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([POSTGRES_TYPES[type(column.type)] for column in table.columns])
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name}_in"  # noqa: S608 - names of ours
        f" ORDER BY {keys} ON CONFLICT DO NOTHING RETURNING {keys}"
    )
    return list(cursor.fetchall())
