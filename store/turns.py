"""Whose turn it is to write to a SQLite database: one writer of a process after the other, ingest first.

SQLite lets one writer in and has the others ask again and again, which is unfair: one of them may wait
for ten seconds while others come and go. Here they stand in line, and what devices say goes to its head.
Between processes the heads of their lines ask for a lock on a file beside the database, far more often than
SQLite would; ingest says by a second one that it waits, and the others let it pass.
"""

import fcntl
import heapq
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

from sqlalchemy.exc import TimeoutError as StoreBusy

from store import budgets

LONGEST_WAIT_S = 30.0
ASK_EVERY_S = 0.001
POLITE_S = 0.25
"""So long others let ingest pass: one that hangs holds them up no longer than that."""


class Duty(IntEnum):
    """What an engine is for, the most urgent first: devices, those who look and ask, what can wait."""

    INGEST = 0
    PAGES = 1
    BACKGROUND = 2


class Line:
    """The writers of one database in this process."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._gate: int | None = None
        self._ahead: int | None = None
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: list[tuple[int, int, threading.Event]] = []
        self._number = count()

    @contextmanager
    def turn(self, duty: Duty) -> Iterator[None]:
        """Wait for one's turn, and have it.

        Raises
        ------
        StoreBusy
            If it does not come in time; for pages that is soon.
        """
        patience_s = budgets.current().write_wait_seconds if duty is Duty.PAGES else LONGEST_WAIT_S
        until = time.monotonic() + patience_s
        self._take(duty, patience_s)
        try:
            with self._among_processes(duty, until):
                yield
        finally:
            self._pass_on()

    @contextmanager
    def _among_processes(self, duty: Duty, until: float) -> Iterator[None]:
        """At the head of the line: wait for what another process is writing just now."""
        if self._gate is None:
            self._gate = _open_beside(self._database, "turn")
        if self._ahead is None:
            self._ahead = _open_beside(self._database, "ahead")
        if self._gate is None or self._ahead is None:
            yield  # by SQLite's own way, then: what the files are for is being fair
            return
        self._wait_for(self._gate, self._ahead, duty, until)
        try:
            yield
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    @staticmethod
    def _wait_for(gate: int, ahead: int, duty: Duty, until: float) -> None:
        is_polite_until = time.monotonic() + POLITE_S
        is_said = False
        pause = threading.Event()
        try:
            while not (_may(ahead, duty, is_polite_until) and _locked(gate)):
                if time.monotonic() > until:
                    raise StoreBusy("another process has been writing for too long")
                if duty is Duty.INGEST and not is_said:
                    is_said = _locked(ahead)
                # Not time.sleep, which fails where the time of day is faked, as tests of the past do.
                pause.wait(ASK_EVERY_S)
        finally:
            if is_said:
                fcntl.flock(ahead, fcntl.LOCK_UN)

    def __del__(self) -> None:
        for file in (self._gate, self._ahead):
            if file is not None:
                os.close(file)

    def _take(self, duty: Duty, patience_s: float) -> None:
        called = threading.Event()
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            place = (duty, next(self._number), called)
            heapq.heappush(self._waiting, place)
        if called.wait(patience_s):
            return
        with self._lock:
            if called.is_set():  # called between the end of the wait and here
                return
            self._waiting.remove(place)
            heapq.heapify(self._waiting)
        raise StoreBusy(f"others have been writing for {patience_s:g} s")

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._taken = False


def _open_beside(database: Path, name: str) -> int | None:
    """A file beside a database; as with SQLite's own, whoever may open the one may open the other."""
    try:
        gate = os.open(database.with_name(f"{database.name}-{name}"), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    with suppress(OSError):  # another user's, who did so
        kept = database.stat()
        os.fchown(gate, kept.st_uid, kept.st_gid)
        os.fchmod(gate, kept.st_mode & 0o666)
    return gate


def _locked(file: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _may(ahead: int, duty: Duty, is_polite_until: float) -> bool:
    """Whether it is nobody's turn before: ingest waits for no one's politeness, the others for a while for ingest."""
    if duty is Duty.INGEST or time.monotonic() > is_polite_until:
        return True
    if not _locked(ahead, fcntl.LOCK_SH):
        return False
    fcntl.flock(ahead, fcntl.LOCK_UN)
    return True


_lines: WeakValueDictionary[Path, Line] = WeakValueDictionary()
_lines_lock = threading.Lock()


def line_of(database: str) -> Line:
    """The line of a SQLite file: the same for all engines of this process."""
    path = Path(database).resolve()
    with _lines_lock:
        return _lines.setdefault(path, Line(path))
