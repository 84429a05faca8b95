"""The courses of those who watch a past day, kept between their questions: each goes on where the last answer ended."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cockpit.replay.course import Course
from geo import versions
from layers.problem import Problem
from sensors.devices import registry
from store import budgets, revision
from store.instant import Instant

FRESH_S = 10.0
"""Who begins is not given what was read longer ago: what came late is in the past by now."""
Key = tuple[str, Instant, tuple[int, ...]]
"""(community, time, what the registry and the ground are)."""


class KeptCourses:
    """Courses by where they are; the one that nobody asked for longest goes first. One is at work for one at a time."""

    def __init__(self) -> None:
        self._courses: OrderedDict[Key, Course] = OrderedDict()
        self._lock = threading.Lock()
        self._at_work: Counter[bool] = Counter()

    @contextmanager
    def work(self, *, is_stranger: bool) -> Iterator[None]:
        """Be one of the few that are worked on: each holds one of the threads that all questions share.

        Strangers are counted by themselves: the control room's replay waits for none of them.

        Raises
        ------
        Problem
            503 where ``replay_at_once`` others of one's kind are.
        """
        with self._lock:
            if self._at_work[is_stranger] >= budgets.current().replay_at_once:
                raise Problem(503, "busy", "other replays are being read", retry_after=1)
            self._at_work[is_stranger] += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work[is_stranger] -= 1

    def at(self, connection: Connection, community: str, at: Instant, *, is_begun: bool) -> Course:
        """The course that came to this time, no longer kept; one that is read now where there is none.

        Who is not ``is_begun`` yet is given one that was read a moment ago at most.
        """
        key = (community, at, _known(connection))
        with self._lock:
            found = self._courses.pop(key, None)
        if found is not None and (is_begun or time.monotonic() - found.read < FRESH_S):
            return found
        return Course(connection, community, at)

    def keep(self, connection: Connection, course: Course) -> None:
        """Keep it for whoever asks on, within the budget ``replay_kept_records``."""
        key = (course.community, course.at, _known(connection))
        with self._lock:
            self._courses[key] = course
            self._courses.move_to_end(key)
            total = sum(one.records for one in self._courses.values())
            while total > budgets.current().replay_kept_records and self._courses:
                _, gone = self._courses.popitem(last=False)
                total -= gone.records


def _known(connection: Connection) -> tuple[int, ...]:
    """Names and places are those of now, as wherever the past is asked for: with other ones all is read again."""
    return revision.several(connection, (registry.REVISION, versions.REVISION))
