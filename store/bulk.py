"""Many rows at once: each stored once, and told which were new."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Double,
    Integer,
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

from store.engine import upsert

COPY_FROM = 100
"""Rows from which COPY's staging table pays for its two further round trips."""

POSTGRES_TYPES = {BigInteger: "int8", Integer: "int4", SmallInteger: "int2", Double: "float8", String: "text"}


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Insert the rows whose primary key is not there yet; returns the keys of those.

    On PostgreSQL many rows go by binary COPY into a staging table of the session and from there with
    ON CONFLICT DO NOTHING.
    """
    if not rows:
        return []
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        return _copy_new(connection, table, rows)
    statement = upsert(connection, table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return [tuple(row) for row in connection.execute(statement, list(rows))]


def upsert_all(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], conflict: Callable[[Any], Any]
) -> None:
    """Insert rows of different keys; ``conflict`` adds the ON CONFLICT clause to the statement that it is given.

    On PostgreSQL all rows go in one statement, a column an array; row by row it would be a hundred
    times slower.
    """
    if not rows:
        return
    insert = upsert(connection, table)
    if connection.dialect.name != "postgresql":
        connection.execute(conflict(insert), list(rows))
        return
    names = list(rows[0])
    columns = [func.unnest(cast(bindparam(name), ARRAY(table.c[name].type))).label(name) for name in names]
    statement = conflict(insert.from_select(names, select(*columns)))
    connection.execute(statement, {name: [row[name] for row in rows] for name in names})


def is_one_of(connection: Connection, columns: Sequence[Any], keys: Sequence[tuple[Any, ...]]) -> Any:
    """The condition that the columns are one of the keys; at most `KEYS_A_QUERY` of them.

    PostgreSQL compares a written list key by key; from arrays it makes a hash.
    """
    if connection.dialect.name != "postgresql":
        return tuple_(*columns).in_(list(keys))
    parts = [
        func.unnest(cast(literal([key[i] for key in keys], ARRAY(column.type)), ARRAY(column.type)))
        for i, column in enumerate(columns)
    ]
    return tuple_(*columns).in_(select(*parts))


def _copy_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table.name}_in (LIKE {table.name}) ON COMMIT DELETE ROWS")
        with cursor.copy(f"COPY {table.name}_in ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([POSTGRES_TYPES[type(column.type)] for column in table.columns])
            for row in rows:
                copy.write_row([row[name] for name in names])
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name}_in"  # noqa: S608 - names of ours
            f" ORDER BY {keys} ON CONFLICT DO NOTHING RETURNING {keys}"
        )
        return list(cursor.fetchall())
    finally:
        cursor.close()
