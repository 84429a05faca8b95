"""What one process does at a time in a database, whatever machine it runs on; the right to it ends with the process."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError


class Held(Exception):
    """Another process has it."""


class Holding:
    """That it is held."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    @property
    def is_sure(self) -> bool:
        """Whether it is certain still: a connection that broke let another in."""
        try:
            return all(one.scalar(text("SELECT 1")) == 1 for one in self._connections)
        except SQLAlchemyError:
            return False


@contextmanager
def held(engines: Iterable[Engine], what: str) -> Iterator[Holding]:
    """Be the only one who does ``what`` in these databases, in this block.

    On SQLite by a lock on a file beside the database, on PostgreSQL by one of a connection: either is released when the
    process is gone, however it went.

    Raises
    ------
    Held
        If another does.
    """
    with ExitStack() as stack:
        connections: list[Connection] = []
        for engine in engines:
            if engine.dialect.name == "sqlite":
                stack.enter_context(_file(Path(f"{engine.url.database}-{what}")))
            else:
                connections.append(stack.enter_context(_session(engine, what)))
        yield Holding(connections)


@contextmanager
def _file(path: Path) -> Iterator[None]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(path.name) from None
        yield
    finally:
        os.close(file)


@contextmanager
def _session(engine: Engine, what: str) -> Iterator[Connection]:
    key = {"key": f"cockpit {what}"}
    # Outside of the pool, and of any transaction: it lasts.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key):
            raise Held(what)
        yield connection
