"""Inserting many rows by column, each key once: in few statements, outside of Python's lock as far as it goes."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import BigInteger, Connection, Double, Integer, SmallInteger, String, Table
from sqlalchemy.exc import DBAPIError

from store.bulk import ROWS_A_STATEMENT
from store.engine import upsert

COPY_FROM = 100
"""Rows from which COPY pays for its further round trips."""

POSTGRES_TYPES = {BigInteger: "int8", Integer: "int4", SmallInteger: "int2", Double: "float8", String: "text"}
WIRE_TYPES = {"int8": ">i8", "int4": ">i4", "int2": ">i2", "float8": ">f8"}
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
COPY_END = struct.pack("!h", -1)

FEW = 50
"""Rows of one statement."""

Columns = Mapping[str, Any]
"""Name -> the value of each row; or one value, a whole number or None, for all rows."""


def insert_new(connection: Connection, table: Table, columns: Columns) -> list[tuple[Any, ...]] | None:
    """Insert the rows whose primary key is not there yet; returns the keys of those, or None for "all".

    On PostgreSQL many rows go by binary COPY; where some of them are there already, by a staging table of the session
    and from there with ON CONFLICT DO NOTHING. On SQLite many rows go in one statement.
    """
    count = max(len(column) for column in columns.values() if _is_of_each(column))
    if connection.dialect.name == "postgresql" and count >= COPY_FROM:
        return _copy_new(connection, table, columns, count)
    if connection.dialect.name == "sqlite":
        return _insert_few(connection, table, columns) if count <= FEW else _insert_sqlite(connection, table, columns)
    statement = upsert(connection, table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    new = connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in _rows(columns, count)])
    return [tuple(row) for row in new]


def _is_of_each(column: Any) -> bool:
    return isinstance(column, list)


def _rows(columns: Columns, count: int) -> Sequence[tuple[Any, ...]]:
    return list(zip(*(one if _is_of_each(one) else [one] * count for one in columns.values()), strict=True))


def _insert_few(connection: Connection, table: Table, columns: Columns) -> list[tuple[Any, ...]] | None:
    """Told which rows are new, each time: for a few it costs less than a savepoint to come back to."""
    [(statement, values, count)] = _statements(table, columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    new = connection.exec_driver_sql(f"{statement} RETURNING {keys}", values).all()
    return None if len(new) == count else [tuple(row) for row in new]


def _insert_sqlite(connection: Connection, table: Table, columns: Columns) -> list[tuple[Any, ...]] | None:
    with connection.begin_nested() as attempt:
        statements = _statements(table, columns)
        if all(connection.exec_driver_sql(one, values).rowcount == count for one, values, count in statements):
            return None
        attempt.rollback()
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    found: list[tuple[Any, ...]] = []
    for statement, values, _ in _statements(table, columns):
        found += map(tuple, connection.exec_driver_sql(f"{statement} RETURNING {keys}", values))
    return found


def _statements(table: Table, columns: Columns) -> Iterator[tuple[str, tuple[Any, ...], int]]:
    """(statement, its values, how many rows it brings)."""
    each = [one for one in columns.values() if _is_of_each(one)]
    shape = tuple((name, "?" if _is_of_each(one) else _literal(one)) for name, one in columns.items())
    for first in range(0, len(each[0]), ROWS_A_STATEMENT):
        some = [one[first : first + ROWS_A_STATEMENT] for one in each]
        count = len(some[0])
        yield _insert_statement(table, shape, count), tuple(chain.from_iterable(zip(*some, strict=True))), count


def _literal(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))


@cache
def _insert_statement(table: Table, shape: tuple[tuple[str, str], ...], rows: int) -> str:
    row = f"({', '.join(value for _, value in shape)})"
    names = ", ".join(f'"{name}"' for name, _ in shape)
    return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours


def _copy_new(connection: Connection, table: Table, columns: Columns, count: int) -> list[tuple[Any, ...]] | None:
    cursor = connection.connection.cursor()
    try:
        return _copy_or_stage(connection, cursor, table, columns, count)
    except psycopg.Error as error:
        # As SQLAlchemy says it of its own statements: callers know one kind of error.
        raise DBAPIError.instance("COPY", None, error, psycopg.Error, dialect=connection.dialect) from error
    finally:
        cursor.close()


def _copy_or_stage(
    connection: Connection, cursor: Any, table: Table, columns: Columns, count: int
) -> list[tuple[Any, ...]] | None:
    try:
        # Straight into the table, which takes half as long as from a staging table with ON CONFLICT: what devices
        # say is nearly always new.
        with connection.begin_nested():
            _copy(cursor, table, table.name, columns, count)
        return None
    except psycopg.errors.UniqueViolation:
        return _insert_staged(cursor, table, columns, count)


def _insert_staged(cursor: Any, table: Table, columns: Columns, count: int) -> list[tuple[Any, ...]]:
    staging = f"{table.name}_in"
    names = ", ".join(f'"{name}"' for name in columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {table.name}) ON COMMIT DELETE ROWS")
    _copy(cursor, table, staging, columns, count)
    cursor.execute(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging}"  # noqa: S608 - names of ours
        f" ORDER BY {keys} ON CONFLICT DO NOTHING RETURNING {keys}"
    )
    return list(cursor.fetchall())


def _copy(cursor: Any, table: Table, into: str, columns: Columns, count: int) -> None:
    types = [POSTGRES_TYPES[type(table.c[name].type)] for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    with cursor.copy(f"COPY {into} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        if _is_of_numbers(columns, types):
            copy.write(_written(columns, types, count))
        else:
            copy.set_types(types)
            for row in _rows(columns, count):
                copy.write_row(row)


def _is_of_numbers(columns: Columns, types: list[str]) -> bool:
    return all(
        (kind in WIRE_TYPES and None not in one) if _is_of_each(one) else (one is None or kind in WIRE_TYPES)
        for one, kind in zip(columns.values(), types, strict=True)
    )


def _written(columns: Columns, types: list[str], count: int) -> bytes:
    """The rows as PostgreSQL's COPY reads them in its binary form (its documentation, COPY, "Binary Format")."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for place, (one, kind) in enumerate(zip(columns.values(), types, strict=True)):
        fields.append((f"size{place}", ">i4"))
        if _is_of_each(one) or one is not None:
            fields.append((f"value{place}", WIRE_TYPES[kind]))
    rows = np.empty(count, np.dtype(fields))
    rows["fields"] = len(types)
    for place, one in enumerate(columns.values()):
        is_there = _is_of_each(one) or one is not None
        rows[f"size{place}"] = rows.dtype[f"value{place}"].itemsize if is_there else -1
        if is_there:
            rows[f"value{place}"] = one
    return COPY_HEAD + rows.tobytes() + COPY_END
