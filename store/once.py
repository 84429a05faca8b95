"""What is filed several times at once is filed once: those who would file the same wait for each other."""

import threading
import time

from sqlalchemy import Connection, text

PAUSE_S = 0.05
PATIENCE_S = 10.0
QUEUED_MS = 500


def alone(connection: Connection, *what: object) -> None:
    """Hold, until the transaction ends, the one right to file ``what``; then look whether somebody has already.

    On SQLite a transaction that writes is alone anyway (`store.engine.writing`).
    """
    _lock(connection, "pg_advisory_xact_lock", what)


def together(connection: Connection, *what: object) -> None:
    """Hold, until the transaction ends, ``what`` as it is: with all others who do, and with nobody who is `alone`."""
    _lock(connection, "pg_advisory_xact_lock_shared", what)


def alone_in_between(connection: Connection, *what: object, patience_s: float = PATIENCE_S) -> None:
    """As `alone`, where the others who hold it `together` must not wait: asked for again and again, without a queue.

    PostgreSQL lets nobody in behind one who waits. So it is waited for only at the very end, where others never left a
    moment between them, and no longer than half a second.

    Raises
    ------
    OperationalError
        If they did not let go of it then either; the transaction is over.
    """
    if connection.dialect.name != "postgresql":
        return
    until, pause = time.monotonic() + patience_s, threading.Event()
    while not _lock(connection, "pg_try_advisory_xact_lock", what):
        if time.monotonic() >= until:
            connection.execute(text(f"SET LOCAL lock_timeout = {QUEUED_MS}"))
            _lock(connection, "pg_advisory_xact_lock", what)
            connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
            return
        # Not time.sleep, which fails where the time of day is faked, as tests of the past do.
        pause.wait(PAUSE_S)


def _lock(connection: Connection, lock: str, what: tuple[object, ...]) -> bool:
    """Whether it is held now; what waits for it always says so."""
    if connection.dialect.name != "postgresql":
        return True
    key = "\n".join(map(repr, what))
    said = connection.scalar(text(f"SELECT {lock}(hashtextextended(:key, 0))"), {"key": key})
    return said is not False
