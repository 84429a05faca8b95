"""Opening the database: SQLite in WAL by default, PostgreSQL by its URL."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from store import budgets
from store.turns import Duty, line_of

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # FULL, not NORMAL: a device is told "stored" after the commit, so the commit must be on the disk.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    # A log that grew while a backup held it back gives its room back after.
    "PRAGMA journal_size_limit=67108864",
)

CACHE_KIB = {Duty.INGEST: 8_192, Duty.PAGES: 2_048, Duty.BACKGROUND: 2_048}
"""What a connection to SQLite may keep of the file.

Each has a cache of its own and never gives it back, and loses what is in it with each commit of another: a process
would grow with the file for weeks. The system's own cache serves all of them at once.
"""

ARCHIVE, SHARED = "archive", "shared"
"""The folder with a folder of archived months for each database; and that of the one that communities share."""
WIPING = ("OFF", "ON", "FAST")
"""What SQLite's ``secure_delete`` answers by number."""

BUSY_TIMEOUT_MS = 10_000
POSTGRES_LINE: dict[str, Any] = {
    "connect_timeout": 5,
    # A machine that lost its power says no good-bye: without these it is waited for a quarter of an hour.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
INGEST_CONNECTIONS = 8
BACKGROUND_WAIT_S = 30.0
KEYS_A_QUERY = 5_000
"""Keys of two columns in one IN: below the number of variables that either database takes."""


def open_engine(url: str, duty: Duty = Duty.INGEST, archive: Path | None = None) -> Engine:
    """Open a database.

    Parameters
    ----------
    url
        SQLAlchemy URL: ``sqlite:///path/to/file`` or ``postgresql+psycopg://...``.
    duty
        What for. Each duty has connections of its own: pages never take one from ingest, and where
        theirs are all in use they are told so soon (`sqlalchemy.exc.TimeoutError`).
    archive
        The folder of what of it is kept in files; by default beside a SQLite file, and none of PostgreSQL.
    """
    return _open(make_url(url), duty, archive)


def apart(engine: Engine, duty: Duty) -> Engine:
    """The same database through connections of its own."""
    return _open(engine.url, duty, archive_of(engine))


def archive_of(bind: Engine | Connection) -> Path | None:
    """The folder of what of a database is kept in files; None where it has none."""
    folder: Path | None = bind.get_execution_options().get("cockpit_archive")
    return folder


def archive_beside(database: str | Path) -> Path:
    """The folder that a SQLite file has for it by default."""
    return Path(database).resolve().parent / ARCHIVE / SHARED


def _open(url: URL, duty: Duty, archive: Path | None) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, connect_args=POSTGRES_LINE, **_pool(duty))
        engine.update_execution_options(cockpit_archive=archive)
        return engine
    busy_ms = int(budgets.current().write_wait_seconds * 1_000) if duty is Duty.PAGES else BUSY_TIMEOUT_MS
    is_file = url.database not in (None, "", ":memory:")
    engine = create_engine(url, connect_args={"timeout": busy_ms / 1_000}, **(_pool(duty) if is_file else {}))
    if is_file and url.database:
        archive = archive or archive_beside(url.database)
        engine.update_execution_options(cockpit_line=line_of(url.database), cockpit_duty=duty, cockpit_archive=archive)
    event.listen(engine, "connect", lambda connection, _record: _prepare_sqlite(connection, CACHE_KIB[duty]))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _pool(duty: Duty) -> dict[str, Any]:
    numbers = budgets.current()
    size, wait_s = {
        Duty.INGEST: (INGEST_CONNECTIONS, BACKGROUND_WAIT_S),
        Duty.PAGES: (numbers.page_connections, numbers.wait_seconds),
        Duty.BACKGROUND: (numbers.background_connections, BACKGROUND_WAIT_S),
    }[duty]
    # The one given back last is taken first: its cache is warm, and those that a rush opened stay small.
    return {"pool_size": size, "max_overflow": 0, "pool_timeout": wait_s, "pool_use_lifo": True}


def is_sqlite(url: str) -> bool:
    """Whether the URL names a SQLite database."""
    return make_url(url).get_backend_name() == "sqlite"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that two writers wait for
    each other instead of failing in the middle; those of one process in line, ingest first.
    """
    with (
        engine.connect().execution_options(cockpit_writing=True) as connection,
        _turn(engine),
        connection.begin(),
    ):
        yield connection


@contextmanager
def erasing(engine: Engine, tables: Sequence[str]) -> Iterator[Connection]:
    """A transaction after which nothing of what it took away is left in the database's files.

    A database only marks what is deleted or overwritten as free. SQLite wipes it (``secure_delete``) and empties its
    log; PostgreSQL's VACUUM takes old rows out of these tables. PostgreSQL's own log keeps them until it is recycled,
    backups longer.
    """
    is_lite = engine.dialect.name == "sqlite"
    with writing(engine) as connection:
        if is_lite:
            was = WIPING[connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()]
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        try:
            yield connection
        finally:
            if is_lite:
                # Some builds wipe always: the connection goes back as it came.
                connection.exec_driver_sql(f"PRAGMA secure_delete={was}")
    statements = ["PRAGMA wal_checkpoint(TRUNCATE)"] if is_lite else [f"VACUUM {table}" for table in tables]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def know_anew(engine: Engine, tables: Sequence[str]) -> None:
    """Let PostgreSQL look at tables that many rows came into at once: until it has, it may ask them in a ruinous order.

    It would look by itself, within a minute or so. SQLite asks by its indexes whatever there is.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in tables:
                connection.exec_driver_sql(f"ANALYZE {table}")


def be_hasty(engine: Engine) -> None:
    """Let what is written through an engine's connections be told as done before it is on the disk.

    For what can be written again. When the machine stops the newest of it may be lost, never what was written before
    it, and nothing is broken: SQLite's log, as PostgreSQL's, keeps the order. To be asked before it connects.
    """
    word = "PRAGMA synchronous=NORMAL" if engine.dialect.name == "sqlite" else "SET synchronous_commit TO off"

    def connected(dbapi_connection: Any, _record: object) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(word)
        cursor.close()
        if engine.dialect.name != "sqlite":
            dbapi_connection.commit()

    event.listen(engine, "connect", connected)


def _turn(engine: Engine) -> AbstractContextManager[None]:
    options = engine.get_execution_options()
    line = options.get("cockpit_line")
    return nullcontext() if line is None else line.turn(options["cockpit_duty"])


def upsert(connection: Connection, table: Any) -> Any:
    """``INSERT`` of the connection's own dialect, which knows ``on_conflict_do_*``."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


# One object each, so that a statement that is made of it can be kept.
_SQLITE_GREATEST, _SQLITE_LEAST = func.max, func.min
_GREATEST, _LEAST = func.greatest, func.least


def greatest(connection: Connection) -> Any:
    """The function that takes the greatest of its arguments: each dialect has its own name for it."""
    return _SQLITE_GREATEST if connection.dialect.name == "sqlite" else _GREATEST


def least(connection: Connection) -> Any:
    """The function that takes the least of its arguments."""
    return _SQLITE_LEAST if connection.dialect.name == "sqlite" else _LEAST


def _prepare_sqlite(dbapi_connection: sqlite3.Connection, cache_kib: int) -> None:
    # The driver's own BEGIN is deferred and late; ours is sent by the "begin" event.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (*SQLITE_PRAGMAS, f"PRAGMA cache_size=-{cache_kib}"):
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cockpit_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
