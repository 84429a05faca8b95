"""Whose turn it is to write to a SQLite database: one writer of a process after the other, ingest first.

SQLite lets one writer in and has the others ask again and again, which is unfair: one of them may wait
for ten seconds while others come and go. Here they stand in line, and what devices say goes to its head.
Other processes still wait by SQLite's own way.
"""

import heapq
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

    def __init__(self) -> None:
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
            yield
        finally:
            self._pass_on()

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
        return _lines.setdefault(path, Line())
