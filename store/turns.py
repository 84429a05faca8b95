"""Whose turn it is to write to a SQLite database: one writer of a process after the other, ingest first.

SQLite lets one writer in and has the others ask again and again, which is unfair: one of them may wait
for ten seconds while others come and go. Here they stand in line, and what devices say goes to its head.
Between processes the heads of their lines wait for a lock on a file beside the database: whoever lets
go of it wakes the one who waits.
"""

import fcntl
import heapq
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

from sqlalchemy.exc import TimeoutError as StoreBusy

from store import budgets

LONGEST_WAIT_S = 30.0


class Duty(IntEnum):
    """What an engine is for, the most urgent first: devices, those who look and ask, what can wait."""

    INGEST = 0
    PAGES = 1
    BACKGROUND = 2


class Line:
    """The writers of one database in this process."""

    def __init__(self, gate: Path) -> None:
        self._gate_file = gate
        self._gate: int | None = None
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
        self._take(duty, budgets.current().write_wait_seconds if duty is Duty.PAGES else LONGEST_WAIT_S)
        try:
            with self._among_processes():
                yield
        finally:
            self._pass_on()

    @contextmanager
    def _among_processes(self) -> Iterator[None]:
        """At the head of the line: wait for at most what another process is writing just now."""
        if self._gate is None:
            self._gate = os.open(self._gate_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def __del__(self) -> None:
        if self._gate is not None:
            os.close(self._gate)

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


_lines: WeakValueDictionary[Path, Line] = WeakValueDictionary()
_lines_lock = threading.Lock()


def line_of(database: str) -> Line:
    """The line of a SQLite file: the same for all engines of this process."""
    path = Path(database).resolve()
    with _lines_lock:
        return _lines.setdefault(path, Line(path.with_name(f"{path.name}-turn")))
