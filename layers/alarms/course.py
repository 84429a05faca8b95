"""The course of alarms through a period, out of their steps: when each sounded, stood, was acknowledged."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from layers.alarms import life
from layers.alarms.tables import alarm, alarm_step
from layers.alarms.trials.past import columns
from store.instant import Instant

STANDING = frozenset({"unacknowledged", "acknowledged"})
"""In these states it stands before everybody's eyes."""
SUPPRESSED = ("suppress", "suppressed")

Of = tuple[str, str]
"""(rule, subject)."""


@dataclass(slots=True)
class Course:
    """What happened in a period. ``at``, ``of`` and ``priority`` are of each time that an alarm sounded.

    ``waited``: from the sounding to the acknowledgement. ``lasted``: of each sounding whose condition returned, for how
    long it held. ``stood``: from when to when each stood, None where it still does; those that begin before the period
    too. ``deeds``: how often each event came. ``names``: of the rules.
    """

    at: Any = field(default_factory=lambda: np.empty(0, np.int64))
    of: list[Of] = field(default_factory=list)
    priority: list[str] = field(default_factory=list)
    waited: list[Instant] = field(default_factory=list)
    lasted: list[tuple[Of, Instant]] = field(default_factory=list)
    stood: list[tuple[Of, Instant, Instant | None]] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)


def read(connection: Connection, community: str, since: Instant, until: Instant) -> Course:
    """Read the steps of all alarms that were open in [since, until), in one question."""
    a, s = alarm.c, alarm_step.c
    query = (
        select(s.alarm_id, s.event, s.state, s.at, a.rule, a.subject, a.priority, a.name, a.name_en)
        .join(alarm, a.id == s.alarm_id)
        .where(a.community == community, a.raised < until, a.cleared.is_(None) | (a.cleared >= since), s.at < until)
        .order_by(s.alarm_id, s.seq)
    )
    found = columns(connection, query)
    course = Course()
    if found is None:
        return course
    at: list[Instant] = []
    rows = list(zip(*found[:7], strict=True))
    course.names = dict(zip(found[4], zip(found[7], found[8], strict=True), strict=True))
    after = [*rows[1:], (None,) * 7]
    one = _Alarm()
    number = None
    for row, next_ in zip(rows, after, strict=True):
        alarm_id, event, state, when, rule, subject, priority = row
        if alarm_id != number:
            one, number = _Alarm(), alarm_id
        # Suppressed in the same moment, it did not sound.
        is_silent = next_[0] == alarm_id and next_[1:3] == SUPPRESSED and next_[3] == when
        if is_silent:
            state = "suppressed"
        if one.step(course, (rule, subject), event, state, when, since):
            at.append(when)
            course.of.append((rule, subject))
            course.priority.append(priority)
        if next_[0] != alarm_id and one.standing is not None:
            course.stood.append(((rule, subject), one.standing, None))
    course.at = np.array(at, np.int64)
    return course


@dataclass(slots=True)
class _Alarm:
    """How one alarm stands after a step."""

    state: str = life.NORMAL
    sounding: Instant | None = None
    holding: Instant | None = None
    standing: Instant | None = None

    def step(self, course: Course, of: Of, event: str, state: str, at: Instant, since: Instant) -> bool:
        """Take it a step on; whether it sounded anew within the period."""
        is_within = at >= since
        if is_within:
            course.deeds[event] += 1
        sounds = state == "unacknowledged" and (event == "raise" or self.state not in life.sounding())
        if self.standing is None and state in STANDING:
            self.standing = at
        elif self.standing is not None and state not in STANDING:
            course.stood.append((of, self.standing, at))
            self.standing = None
        if event in ("return", "withdraw"):
            if self.holding is not None and self.holding >= since:
                course.lasted.append((of, at - self.holding))
            self.holding = None
        elif sounds:
            self.holding = at
        if event == "acknowledge" and self.sounding is not None and is_within:
            course.waited.append(at - self.sounding)
        if sounds and self.sounding is None:
            self.sounding = at
        elif state not in life.sounding():
            self.sounding = None
        self.state = state
        return sounds and is_within
