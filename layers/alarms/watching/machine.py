"""One rule watching one subject: at rest, about to be raised, raised, about to return; pure, and in event time.

A sample says whether the condition holds at its time. It must hold for the on-delay before the alarm is raised, and be
gone, beyond the deadband, for the off-delay before it returns (ISA-18.2-2016, 3.1 and 6.5.4). What is due by time is
done at its time, whether a later sample or the clock brings it up: so the same samples give the same alarms whenever
they are looked at.
"""

from dataclasses import dataclass
from math import inf, nextafter

from layers.alarms.rules import Rule
from store.instant import Instant

REST, PENDING, RAISED, LEAVING = "rest", "pending", "raised", "leaving"


@dataclass(slots=True, frozen=True)
class Change:
    """The alarm was raised, or returned, at a time; ``value`` is what was said last."""

    is_raised: bool
    at: Instant
    value: float | None


@dataclass(slots=True)
class Machine:
    """``since`` is when the phase began, ``due`` when the next one begins by time alone, ``version`` the rule's."""

    phase: str = REST
    since: Instant = 0
    due: Instant | None = None
    value: float | None = None
    version: int = 0

    @property
    def is_raised(self) -> bool:
        """Whether the alarm's condition counts as holding."""
        return self.phase in (RAISED, LEAVING)

    def take(self, rule: Rule, at: Instant, holds: bool, value: float | None) -> list[Change]:
        """What a sample changes, and what had become due before it."""
        # What was said before it began changes nothing before it began.
        at = max(at, self.since) if self.phase != REST else at
        changes = self.pass_time(rule, at)
        if holds == (self.phase in (PENDING, RAISED)):
            self.value = value
            return changes
        self.value = value
        if self.phase == REST:
            self._begin(PENDING, at, rule.on_delay)
        elif self.phase == PENDING:
            self._begin(REST, at)
        elif self.phase == RAISED:
            self._begin(LEAVING, at, rule.off_delay)
        else:
            self._begin(RAISED, at)
        return changes + self.pass_time(rule, at)

    def pass_time(self, rule: Rule, at: Instant) -> list[Change]:
        """What has become due by a time."""
        if self.due is None or self.due > at:
            return []
        due = self.due
        self._begin(RAISED if self.phase == PENDING else REST, due)
        return [Change(self.phase == RAISED, due, self.value)]

    def _begin(self, phase: str, at: Instant, delay: Instant | None = None) -> None:
        self.phase, self.since = phase, at
        self.due = None if delay is None else at + delay


def holds(rule: Rule, value: float, limit: float, *, is_raised: bool) -> bool:
    """Whether a value is beyond the limit; of a raised alarm, not yet back by the deadband."""
    band = rule.deadband if is_raised else 0.0
    match rule.op:
        case ">":
            return value > limit - band
        case ">=":
            return value >= limit - band
        case "<":
            return value < limit + band
        case "<=":
            return value <= limit + band
        case "==":
            return value == limit
        case "!=":
            return value != limit
    raise ValueError(rule.op)


def quiet(rule: Rule, machine: Machine) -> tuple[float, float]:
    """The values, from and to, that change nothing in its phase; ``(inf, -inf)`` where each must be looked at."""
    if rule.other is not None or (rule.schedule is not None and machine.phase != REST):
        return inf, -inf
    if rule.op not in (">", ">=", "<", "<="):
        return _quiet_of_equal(rule, machine)
    limit = rule.value
    is_upper = rule.op in (">", ">=")
    if machine.is_raised:
        limit += -rule.deadband if is_upper else rule.deadband
    # The greatest value for which it does not hold, or the least for which it does, and the other way round.
    below = nextafter(limit, -inf) if rule.op in (">=", "<") else limit
    beyond = nextafter(limit, inf) if rule.op in (">", "<=") else limit
    does_hold = machine.phase in (PENDING, RAISED)
    if is_upper:
        return (beyond, inf) if does_hold else (-inf, below)
    return (-inf, below) if does_hold else (beyond, inf)


def _quiet_of_equal(rule: Rule, machine: Machine) -> tuple[float, float]:
    does_hold = machine.phase in (PENDING, RAISED)
    if (rule.op == "==" and does_hold) or (rule.op == "!=" and not does_hold):
        return rule.value, rule.value
    if rule.op == "==" and rule.value == 1:
        return -inf, nextafter(1.0, -inf)
    return inf, -inf
