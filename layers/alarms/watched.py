"""A series under the eyes of its rules: what of it needs no look, and what each rule makes of the rest."""

from collections import deque
from dataclasses import dataclass, field
from math import inf

from layers.alarms.machine import PENDING, RAISED, REST, Machine, holds, quiet
from layers.alarms.occurrences import Subject
from layers.alarms.rules import Rule
from store.instant import Instant

AMOUNTS = ("rate", "count")
"""Of these the history within a window counts, not the value alone."""


@dataclass(slots=True)
class Pair:
    """A rule, what it watches, and how far it has come with it."""

    rule: Rule
    subject: Subject
    machine: Machine

    def would_change(self, holds_now: bool, at: Instant) -> bool:
        """Whether a sample of this kind changes what the machine is at."""
        machine = self.machine
        return holds_now != (machine.phase in (PENDING, RAISED)) or (machine.due is not None and machine.due <= at)


@dataclass(slots=True)
class Sample:
    """A value that may change something; ``amounts`` are the verdicts of rules over a window, by the pair's place."""

    of: "Watched"
    at: Instant
    value: float
    amounts: dict[int, bool]


@dataclass(slots=True)
class Watched:
    """A series or a figure with the rules that watch it.

    ``low`` and ``high`` bound the values that change nothing, ``newest`` is the time of the newest sample that was
    looked at: none before it counts. ``past`` are the samples of the longest window that a rule asks for.
    ``is_limit``: its newest value is the limit of a rule over another metric.
    """

    pairs: list[Pair]
    is_limit: bool = False
    low: float = inf
    high: float = -inf
    newest: Instant = 0
    window: Instant = 0
    value: float | None = None
    past: deque[tuple[Instant, float]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.window = max((pair.rule.window for pair in self.pairs if pair.rule.op in AMOUNTS), default=0)
        self.settle()

    def settle(self) -> None:
        """Find anew which values change nothing."""
        self.low, self.high = (inf, -inf) if self.is_limit else (-inf, inf)
        for pair in self.pairs:
            if pair.rule.op == "missing":
                low, high = (-inf, inf) if pair.machine.phase == REST else (inf, -inf)
            else:
                low, high = quiet(pair.rule, pair.machine)
            self.low, self.high = max(self.low, low), min(self.high, high)

    def sample(self, at: Instant, value: float) -> Sample:
        """Take a value in, and find what the rules over a window say of it."""
        self.newest, self.value = at, value
        if not self.window:
            return Sample(self, at, value, {})
        self.past.append((at, value))
        while self.past[0][0] <= at - self.window:
            self.past.popleft()
        amounts = {place: self._amount(pair.rule) for place, pair in enumerate(self.pairs) if pair.rule.op in AMOUNTS}
        return Sample(self, at, value, amounts)

    def _amount(self, rule: Rule) -> bool:
        at, value = self.past[-1]
        within = [one for ts, one in self.past if ts > at - rule.window]
        if rule.op == "count":
            return sum(within) >= rule.value
        return value - min(within) >= rule.value if rule.value > 0 else value - max(within) <= rule.value


def judge(sample: Sample, place: int, limit: float | None) -> bool:
    """Whether the condition of a pair holds with a sample; ``limit`` is None where it is not known."""
    pair = sample.of.pairs[place]
    rule = pair.rule
    if limit is None or rule.op == "missing" or not rule.is_on(sample.at):
        return False
    if place in sample.amounts:
        return sample.amounts[place]
    return holds(rule, sample.value, limit, is_raised=pair.machine.is_raised)
