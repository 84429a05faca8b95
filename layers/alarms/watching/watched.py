"""A series under the eyes of its rules: what of it needs no look, and what each rule makes of the rest."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from layers.alarms.occurrences import Subject
from layers.alarms.rules import AMOUNTS, Rule
from layers.alarms.watching.machine import PENDING, RAISED, REST, Machine, holds, quiet
from store.instant import Instant


@dataclass(slots=True)
class Pair:
    """A rule, what it watches, and how far it has come with it."""

    rule: Rule
    subject: Subject
    machine: Machine

    @property
    def does_hold(self) -> bool:
        """Whether the condition held with the last sample."""
        return self.machine.phase in (PENDING, RAISED)

    def would_change(self, holds_now: bool, at: Instant) -> bool:
        """Whether a sample of this kind changes what the machine is at."""
        machine = self.machine
        return holds_now != self.does_hold or (machine.due is not None and machine.due <= at)


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
    looked at: none before it counts. ``window`` is the longest that a rule asks for, ``windows`` are those of the
    pairs, by their place. ``is_limit``: its newest value is the limit of a rule over another metric.
    """

    pairs: list[Pair]
    is_limit: bool = False
    low: float = inf
    high: float = -inf
    newest: Instant = 0
    window: Instant = 0
    value: float | None = None
    windows: dict[int, "Window"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        amounts = {place: pair.rule for place, pair in enumerate(self.pairs) if pair.rule.op in AMOUNTS}
        self.windows = {place: Window(rule) for place, rule in amounts.items()}
        self.window = max((rule.window for rule in amounts.values()), default=0)
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
        self.remember(at, value)
        return Sample(self, at, value, {place: one.holds() for place, one in self.windows.items()})

    def recall(self, values: Iterable[tuple[Instant, float]]) -> None:
        """Have in the windows these values and no others."""
        self.windows = {place: Window(self.pairs[place].rule) for place in self.windows}
        for at, value in values:
            self.remember(at, value)

    def remember(self, at: Instant, value: float) -> None:
        """Take a value into the windows."""
        for one in self.windows.values():
            one.add(at, value)


class Window:
    """The values of a rule's window, of which the sum, the least and the greatest are known without a walk."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._values: deque[tuple[Instant, float]] = deque()
        # For a rise the least, for a fall the greatest: each value that may still become it, in the order of time.
        self._far: deque[tuple[Instant, float]] = deque()
        self._total = 0.0
        self._last = 0.0

    def add(self, at: Instant, value: float) -> None:
        """Take a value in, and let go of what is older than the window."""
        rule, far = self._rule, self._far
        if rule.op == "count":
            self._values.append((at, value))
            self._total += value
            while self._values[0][0] <= at - rule.window:
                self._total -= self._values.popleft()[1]
            return
        sign = 1 if rule.value > 0 else -1
        while far and sign * far[-1][1] >= sign * value:
            far.pop()
        far.append((at, value))
        while far[0][0] <= at - rule.window:
            far.popleft()
        self._last = value

    def holds(self) -> bool:
        """Whether the condition holds with the newest value."""
        rule = self._rule
        if rule.op == "count":
            return self._total >= rule.value
        change = self._last - self._far[0][1]
        return change >= rule.value if rule.value > 0 else change <= rule.value


def judge(sample: Sample, place: int, limit: float | None) -> bool:
    """Whether the condition of a pair holds with a sample; ``limit`` is None where it is not known."""
    pair = sample.of.pairs[place]
    rule = pair.rule
    if limit is None or rule.op == "missing" or not rule.is_on(sample.at):
        return False
    if place in sample.amounts:
        return sample.amounts[place]
    return holds(rule, sample.value, limit, is_raised=pair.machine.is_raised)
