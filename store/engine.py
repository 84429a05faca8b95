"""Opening the database: SQLite in WAL by default, PostgreSQL by its URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # FULL, not NORMAL: a device is told "stored" after the commit, so the commit must be on the disk.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
)

CONNECT_TIMEOUT_S = 5
KEYS_A_QUERY = 5_000
"""Keys of two columns in one IN: below the number of variables that either database takes."""


def open_engine(url: str) -> Engine:
    """Open a database.

    Parameters
    ----------
    url
        SQLAlchemy URL: ``sqlite:///path/to/file`` or ``postgresql+psycopg://...``.
    """
    server = {} if is_sqlite(url) else {"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_TIMEOUT_S}}
    engine = create_engine(url, **server)
    if is_sqlite(url):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def is_sqlite(url: str) -> bool:
    """Whether the URL names a SQLite database."""
    return make_url(url).get_backend_name() == "sqlite"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that two writers wait for
    each other instead of failing in the middle.
    """
    with engine.connect().execution_options(cockpit_writing=True) as connection, connection.begin():
        yield connection


def upsert(connection: Connection, table: Any) -> Any:
    """``INSERT`` of the connection's own dialect, which knows ``on_conflict_do_*``."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def greatest(connection: Connection) -> Any:
    """The function that takes the greatest of its arguments: each dialect has its own name for it."""
    return func.max if connection.dialect.name == "sqlite" else func.greatest


def least(connection: Connection) -> Any:
    """The function that takes the least of its arguments."""
    return func.min if connection.dialect.name == "sqlite" else func.least


def _prepare_sqlite(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN is deferred and late; ours is sent by the "begin" event.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cockpit_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
