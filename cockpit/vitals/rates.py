"""What only two looks tell: messages a second, the mean time of a commit, how fast the database grows."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cockpit.beside import Figures

APART_S, LONGEST_S = 5.0, 60.0
"""Looks are at least so far apart; what is told is of so long at most."""
GROWS_AFTER_S = 3_600.0
"""How fast it grows is told once it was watched for so long: a file grows in steps."""
DAY_S = 86_400.0


@dataclass(frozen=True)
class Look:
    """The counters at a moment of a clock that nobody sets."""

    at: float
    messages: float
    commits: float
    commit_s: float


class Rates:
    """Keeps the looks of the last minute, and the first one at the size of the database; nothing is asked for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: deque[Look] = deque()
        # Who looks at the page and who asks for metrics may come at once.
        self._lock = threading.Lock()
        self._first_size: tuple[float, float] | None = None

    def look(self, figures: Figures) -> None:
        """Take the counters as they are now; where they fell, their process was begun anew, and so is this."""
        now = Look(
            self._clock(),
            _sum(figures, "cockpit_messages_received", "_total"),
            _sum(figures, "cockpit_commit_seconds", "_count"),
            _sum(figures, "cockpit_commit_seconds", "_sum"),
        )
        with self._lock:
            if self._looks and now.messages < self._looks[-1].messages:
                self._looks.clear()
            while len(self._looks) > 1 and self._looks[0].at < now.at - LONGEST_S:
                self._looks.popleft()
            if not self._looks or now.at - self._looks[-1].at >= APART_S:
                self._looks.append(now)

    def messages_a_second(self) -> float | None:
        """None before there are two looks."""
        return self._between(lambda before, after: (after.messages - before.messages) / (after.at - before.at))

    def commit_ms(self) -> float | None:
        """None where nothing was committed meanwhile."""
        return self._between(_commit_ms)

    def growth_a_day(self, size: float) -> float | None:
        """In the unit of ``size``; None until it was watched for long enough."""
        now = self._clock()
        if self._first_size is None:
            self._first_size = now, size
        since, first = self._first_size
        return None if now - since < GROWS_AFTER_S else (size - first) / (now - since) * DAY_S

    def _between(self, told: Callable[[Look, Look], float | None]) -> float | None:
        with self._lock:
            return told(self._looks[0], self._looks[-1]) if len(self._looks) > 1 else None


def _commit_ms(before: Look, after: Look) -> float | None:
    commits = after.commits - before.commits
    return 1_000 * (after.commit_s - before.commit_s) / commits if commits > 0 else None


def _sum(figures: Figures, metric: str, ending: str) -> float:
    return sum(value for name, _, value in figures.get(metric, []) if name == metric + ending)
