"""How long questions may take: within `patience` a question of the database, or of archived months, is ended by it.

Who asks a database has no other means: a statement runs until it is done, whoever hung up meanwhile.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Timer
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's own steps, some of a millisecond."""
SOONEST_S = 0.05
CANCELLED = "57014"
"""PostgreSQL's word (SQLSTATE) for a statement that was ended from outside."""

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


class TooLong(Exception):
    """What was asked took longer than it may."""


@contextmanager
def patience(connection: Connection, seconds: float) -> Iterator[None]:
    """Let what is asked within, of this connection and of archived months, take so long in all.

    Raises
    ------
    TooLong
        When the time is over, from within a statement too.
    """
    ends = time.monotonic() + seconds
    token = _ends.set(ends)
    try:
        with _ended(connection, ends, seconds):
            yield
    except OperationalError as error:
        if _is_cancelled(error.orig):
            raise TooLong from None
        raise
    finally:
        _ends.reset(token)


def check() -> None:
    """Raise `TooLong` where the time is over; between questions, where no patience was told nothing."""
    ends = _ends.get()
    if ends is not None and time.monotonic() > ends:
        raise TooLong


@contextmanager
def ending(end: Callable[[], Any]) -> Iterator[None]:
    """Call ``end`` from another thread when the time is over; not where no patience was told."""
    ends = _ends.get()
    if ends is None:
        yield
        return
    check()
    # Not before the question has begun: it would pass unheard.
    timer = Timer(max(SOONEST_S, ends - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _ended(connection: Connection, ends: float, seconds: float) -> Iterator[None]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        # Until the transaction ends; of each statement, those before it are counted by `check`.
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1_000))}"))
        yield
        return
    driver.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _is_cancelled(error: BaseException | None) -> bool:
    name = getattr(error, "sqlite_errorname", None)
    return name == "SQLITE_INTERRUPT" or getattr(error, "sqlstate", None) == CANCELLED
