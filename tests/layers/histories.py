"""Histories of people counters with the faults of the field, and who truly passed.

The plain reference of the counting: it knows who passed, since it makes them pass. What a counter says is
made from that by a register that restarts, runs over, is exchanged, and by messages that lie, are lost,
late or doubled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from layers.visitors.counter import Gate, Said
from store.instant import MINUTE, Instant

GATE = Gate(300, 60)
START = 1_795_500_000_000_000
TICK = MINUTE
APART = 6
"""Sound readings between two faults: of two at once nobody could tell what happened."""


@dataclass
class History:
    """What a counter said, in the order of its times, who passed, and what happened to it."""

    said: list[Said] = field(default_factory=list)
    passed: int = 0
    faults: list[str] = field(default_factory=list)
    suspects: int = 0


class Counter:
    """A people counter that things happen to."""

    def __init__(self, random: Random, sends_singles: bool) -> None:
        self.random = random
        self.bits = random.choice((16, 32, 64))
        self.register = random.choice((0, 5, 900, 40_000, 2**16 - 30, 2**32 - 40)) % 2**self.bits
        self.ts = START
        self.history = History()
        self._sends_singles = sends_singles
        self._unsent = 0
        self.say()

    def pass_by(self, people: int) -> None:
        """So many pass; the register runs over where it is full."""
        self.register = (self.register + people) % 2**self.bits
        self.history.passed += people
        self._unsent += people

    def say(self, total: int | None = None) -> None:
        """Say where the register stands, or something else."""
        single = float(self._unsent) if self._sends_singles else None
        self.history.said.append(Said(self.ts, float(self.register if total is None else total), single))
        self._unsent = 0

    def tick(self, least: int = 0) -> None:
        """A minute in which some pass."""
        self.ts += TICK
        self.pass_by(self.random.randint(least, 15))

    def sound(self, number: int) -> None:
        """Minutes in which nothing goes wrong; at the first somebody passes."""
        for place in range(number):
            self.tick(least=1 if place < APART else 0)
            self.say()

    def fault(self) -> None:
        """Something happens, of what can be told apart here."""
        happens = {
            "rounding": self.register > 200,
            "zero": self.register > 2_000,
            "zeros": self.register > 2_000,
            "restart": 100 < self.register < 0.98 * 2**self.bits and not self._is_near_top(),
            "spike": self.register + 90_000 < 2**self.bits,
            "exchange up": self.register + 90_000 < 2**self.bits,
            "exchange down": 4_000 < self.register < 40_000,
            "lost": True,
            "silence": not self._is_near_top(20_000),
        }
        name = self.random.choice([name for name, is_possible in happens.items() if is_possible])
        self.history.faults.append(name)
        getattr(self, "_" + name.replace(" ", "_"))()

    def _is_near_top(self, within: int = 1_500) -> bool:
        return any(0 <= 2**bits - self.register <= within for bits in (16, 32))

    def _rounding(self) -> None:
        self.tick()
        # The register may have run over with that tick; no counter says less than nought.
        rounded = max(0, self.register - self.random.randint(1, 9))
        self.say(rounded if self.history.said[-1].total else None)

    def _zero(self) -> None:
        self.tick()
        self.say(0)

    def _zeros(self) -> None:
        for _ in range(self.random.randint(2, 5)):
            self._zero()

    def _restart(self) -> None:
        self.register = 0
        self.tick()
        self.say()

    def _spike(self) -> None:
        self.tick()
        self.say(self.register + self.random.randint(5_000, 90_000))

    def _exchange_up(self) -> None:
        self.register += self.random.randint(5_000, 60_000)
        self.ts += TICK
        self.say()
        self.history.suspects += 1

    def _exchange_down(self) -> None:
        self.register = self.random.randint(1_500, self.register - 1_000)
        self.ts += TICK
        self.say()

    def _lost(self) -> None:
        for _ in range(self.random.randint(1, 10)):
            self.tick()

    def _silence(self) -> None:
        hours = self.random.randint(1, 40)
        self.ts += hours * 60 * TICK
        self.pass_by(self.random.randint(0, hours * 100))
        self.tick()
        self.say()


def history(seed: int) -> History:
    """One history."""
    random = Random(seed)
    counter = Counter(random, sends_singles=random.random() < 0.3)
    for _ in range(random.randint(1, 5)):
        counter.sound(random.randint(APART, APART + 4))
        counter.fault()
    counter.sound(APART)
    return counter.history


def arrivals(history: History, random: Random) -> Iterator[list[Said]]:
    """The messages as they arrive: shuffled, some twice, a few in each batch."""
    messages = history.said + random.sample(history.said, len(history.said) // 4)
    if random.random() < 0.7:
        random.shuffle(messages)
    while messages:
        size = random.randint(1, 8)
        yield messages[:size]
        del messages[:size]


def ends(history: History) -> Instant:
    """When it is over."""
    return history.said[-1].ts
