"""A people counter: what it says, in the order of its times, becomes people who passed.

Pure: a state and the next words of one counter (one line of one gate in one direction) give the next
state and the steps that they make or change. The last step is that of the words themselves; others
take back what an earlier reading was believed to mean. Whatever order readings arrive in, the result
is that of their times, since whoever keeps the steps counts on from the state before a late one.

==========================================  ======================================================
what a total does                           what is made of it, and why
==========================================  ======================================================
the first ever, or the first at a site      nobody: it says where the counter stands
rises by what the gate can pass             the difference
rises by more (``IMPOSSIBLE``)              suspect, left out until a person decides: a counter that
                                            was exchanged, a flipped bit. The next reading shows which
                                            level stands: a rise from the high one keeps the step
                                            suspect; back on the old level it was a ``SPIKE``, nobody
falls by a little (``DIP``)                 nobody, and the old level stands: rounding, somebody who
                                            turned round, an older message that comes late. Not more
                                            than a tenth and not more than ten
falls near the top of 16 or 32 bit          ``ROLLOVER``: what was left to the top, and the new total
falls to what can have come since           ``RESTART``: the new total. Who came between the last
                                            total and the power cut is lost
falls to anything else (``FALL``)           nobody, doubtful, until it is clear: three readings that
                                            rise from there are an ``EXCHANGE`` of hardware
comes back to the level before a fall       the fall was a ``DIP`` (a power cut's 0, a lost register):
                                            what it gave is taken back, the difference to the old level
                                            counts. Could the low level have led there as well, it is
                                            ``AMBIGUOUS``: counted so, since fewer people is what the
                                            counter proves, and doubtful
falls where a rollover is possible but far  ``AMBIGUOUS``: counted as a restart, and doubtful
rises after a long silence (``SILENCE``)    the difference, spread over the silence, and doubtful:
                                            nobody knows when they came. Longer than 31 days: suspect
==========================================  ======================================================

A single count (``COUNT``) is people since the message before; more than the gate can pass in that time
is suspect. Where a counter sends both kinds they are counted once: a total's difference is less what
single counts have told already, and a single count beside a total of the same moment tells nothing more.
Where only single counts came for a long silence of the total, the next total says where the counter
stands, no more: who came is told, and nothing grows with the time that it was not said.
"""

from enum import IntEnum, StrEnum

import msgspec

from store.instant import DAY, MINUTE, SECOND, Instant

SILENCE = 15 * MINUTE
SILENT_INTERVALS = 3
"""A counter was silent after three of its intervals, and never before a quarter of an hour."""
LONGEST_SILENCE = 31 * DAY
"""Beyond it nobody can say that the counter went on counting people of this gate."""
SMALL_SHARE = 0.1
SMALL_PEOPLE = 10
BITS = (16, 32)
NEAR_TOP = 0.01
"""Of a counter's range: closer to its top a fall is a rollover; farther off restarts are likelier."""
RISES_NEEDED = {True: 2, False: 3}
"""Readings that make a new level believed, by whether its first one was explained by something."""
LONG_ENOUGH = 30
"""Readings after which a level is believed although it never rose: what stands that long is the counter's."""


class Verdict(StrEnum):
    """What a reading was taken for."""

    COUNT = "count"
    FIRST = "first"
    RISE = "rise"
    DIP = "dip"
    RESTART = "restart"
    ROLLOVER = "rollover"
    FALL = "fall"
    EXCHANGE = "exchange"
    AMBIGUOUS = "ambiguous"
    SILENCE = "silence"
    IMPOSSIBLE = "impossible"
    SPIKE = "spike"


class Trust(IntEnum):
    """How far a step is to be believed; a suspect one is counted only when a person says so."""

    SOUND = 0
    DOUBTFUL = 1
    SUSPECT = 2


class Gate(msgspec.Struct, frozen=True):
    """What the gate can pass, in persons a minute (None: no limit is known), and how often it sends, in seconds."""

    per_minute: float | None
    interval_s: float

    def can_pass(self, people: float, elapsed: Instant) -> bool:
        """Whether so many can have come; a message may hold one interval more than lies between two times."""
        if self.per_minute is None:
            return True
        longest = elapsed + max(round(self.interval_s * SECOND), MINUTE)
        return people <= self.per_minute * longest / MINUTE

    def is_silence(self, elapsed: Instant) -> bool:
        """Whether the counter was silent for so long that nobody knows when people came."""
        return elapsed > max(SILENCE, round(SILENT_INTERVALS * self.interval_s * SECOND))


class Said(msgspec.Struct, frozen=True):
    """What a counter said of one moment: a total, people since its last message, or both."""

    ts: Instant
    total: float | None = None
    single: float | None = None
    site: str | None = None


class Step(msgspec.Struct, frozen=True, array_like=True):
    """People who passed up to a moment; ``since`` is when the silence began over which they are spread."""

    ts: Instant
    people: float
    verdict: Verdict
    trust: Trust = Trust.SOUND
    since: Instant | None = None


class Level(msgspec.Struct, frozen=True, array_like=True):
    """Where a total stands."""

    value: float
    ts: Instant


class Other(msgspec.Struct, frozen=True, array_like=True):
    """A level beside the believed one, after a fall or an impossible rise, until it is clear which of them stands.

    ``steps`` are what it gave so far, ``owed`` what single counts had told of that already.
    """

    is_below: bool
    is_explained: bool
    first: Level
    last: Level
    readings: int
    steps: tuple[Step, ...]
    owed: float = 0.0


class State(msgspec.Struct, frozen=True, array_like=True):
    """What must be known of a counter to count on: ``ahead`` are people that single counts told since the level."""

    site: str | None = None
    level: Level | None = None
    other: Other | None = None
    ahead: float = 0.0
    heard: Instant | None = None

    @property
    def is_settled(self) -> bool:
        """Whether no later reading can change an earlier step."""
        return self.other is None


def count(state: State | None, said: Said, gate: Gate) -> tuple[State, tuple[Step, ...]]:
    """Take the next words of a counter."""
    if state is None or state.site != said.site:
        # A gate that is carried elsewhere takes nothing along.
        state = State(site=said.site)
    if said.total is None:
        return _single(state, said, gate)
    if state.level is None:
        return _first(state, said, said.total, gate)
    here = Level(said.total, said.ts)
    beside = state.other
    judged = _from_level(state.level, here, gate) if beside is None else _beside(state.level, beside, here, gate)
    return _counted_once(state, said, gate, judged)


def _single(state: State, said: Said, gate: Gate) -> tuple[State, tuple[Step, ...]]:
    people = said.single or 0.0
    if state.level is not None and gate.is_silence(said.ts - state.level.ts):
        # The people since then are told; of the level nothing need be known any more.
        state = State(site=state.site, heard=state.heard)
    moved = msgspec.structs.replace(state, heard=said.ts)
    if not _can_tell(state, said, gate):
        return moved, (Step(said.ts, people, Verdict.IMPOSSIBLE, Trust.SUSPECT),)
    if state.level is not None:
        moved = msgspec.structs.replace(moved, ahead=state.ahead + people)
    return moved, (Step(said.ts, people, Verdict.COUNT),)


def _first(state: State, said: Said, total: float, gate: Gate) -> tuple[State, tuple[Step, ...]]:
    people = (said.single or 0.0) if _can_tell(state, said, gate) else 0.0
    known = State(said.site, Level(total, said.ts), heard=said.ts)
    return known, (Step(said.ts, people, Verdict.FIRST),)


def _can_tell(state: State, said: Said, gate: Gate) -> bool:
    """Whether the gate can have passed what a single count tells."""
    return state.heard is None or gate.can_pass(said.single or 0.0, said.ts - state.heard)


class Judged(msgspec.Struct, frozen=True):
    """The believed level, the one beside it, the steps, and the level that the last step counts from."""

    level: Level
    other: Other | None
    steps: tuple[Step, ...]
    base: Level


def _counted_once(state: State, said: Said, gate: Gate, judged: Judged) -> tuple[State, tuple[Step, ...]]:
    """Take off a total's step what single counts have told already."""
    step, other = judged.steps[-1], judged.other
    owed = state.other.owed if state.other is not None and judged.base is state.level else 0.0
    ahead = state.ahead + owed
    told = min(ahead, step.people)
    net = _placed(step, step.people - told, judged.base, gate)
    if other is not None:
        tentative = (*other.steps, net) if net.people or net.trust else other.steps
        other = msgspec.structs.replace(other, steps=tentative, owed=other.owed + told)
    return State(said.site, judged.level, other, ahead - told, said.ts), (*judged.steps[:-1], net)


def _placed(step: Step, people: float, base: Level, gate: Gate) -> Step:
    """The step with so many people, spread over the silence before it where there was one."""
    step = msgspec.structs.replace(step, people=people)
    silent = step.ts - base.ts
    if not people or step.trust is Trust.SUSPECT or not gate.is_silence(silent):
        return step
    is_too_long = silent > LONGEST_SILENCE
    verdict = Verdict.SILENCE if is_too_long or step.trust is Trust.SOUND else step.verdict
    trust = Trust.SUSPECT if is_too_long else Trust.DOUBTFUL
    since = max(base.ts, step.ts - LONGEST_SILENCE)
    return msgspec.structs.replace(step, verdict=verdict, trust=trust, since=since)


def _from_level(level: Level, here: Level, gate: Gate) -> Judged:
    people = here.value - level.value
    if people >= 0:
        if gate.can_pass(people, here.ts - level.ts):
            return Judged(here, None, (Step(here.ts, people, Verdict.RISE),), level)
        return Judged(level, _beginning(False, True, here), (_impossible(here, people),), level)
    if _is_small_fall(level.value, here.value):
        return Judged(Level(level.value, here.ts), None, (Step(here.ts, 0.0, Verdict.DIP),), level)
    step = _fall(level, here, gate)
    return Judged(level, _beginning(True, step.verdict is not Verdict.FALL, here), (step,), level)


def _beside(level: Level, other: Other, here: Level, gate: Gate) -> Judged:
    """A reading while it is not clear which of two levels stands."""
    is_back = _leads(level, here, gate) and (other.is_below or here.value < other.first.value)
    is_on = _leads(other.last, here, gate)
    if is_back and (other.is_below or not is_on):
        return _back(level, other, here, is_on)
    if is_on:
        return _on(level, other, here)
    if here.value > other.last.value:
        step = _impossible(here, here.value - other.last.value)
        return Judged(other.last, _beginning(False, True, here), (step,), other.last)
    if other.is_below:
        step = _fall(other.last, here, gate)
        if len(other.steps) >= LONG_ENOUGH:
            # A counter that only falls leads nowhere back: what it gave stands, doubtful, and it begins here.
            return Judged(here, None, (step,), other.last)
        again = _beginning(True, step.verdict is not Verdict.FALL, here)
        again = msgspec.structs.replace(again, steps=other.steps, owed=other.owed)
        return Judged(level, again, (step,), other.last)
    # What was higher than possible is contradicted by this reading, wherever this one stands.
    judged = _from_level(level, here, gate)
    return msgspec.structs.replace(judged, steps=(*_taken_back(other), *judged.steps))


def _back(level: Level, other: Other, here: Level, is_on: bool) -> Judged:
    """A reading at the level that stood before; ``is_on`` says that the one beside could have led there as well."""
    people = max(0.0, here.value - level.value)
    step = Step(here.ts, people, Verdict.RISE)
    if is_on and other.is_explained:
        step = Step(here.ts, people, Verdict.AMBIGUOUS, Trust.DOUBTFUL)
    return Judged(Level(max(level.value, here.value), here.ts), None, (*_taken_back(other), step), level)


def _on(level: Level, other: Other, here: Level) -> Judged:
    """A reading that goes on from the level beside; after some of them that one is believed."""
    people = max(0.0, here.value - other.last.value)
    last = Level(other.last.value + people, here.ts)
    readings = other.readings + 1
    step = Step(here.ts, people, Verdict.RISE if people else Verdict.DIP)
    if not other.is_explained:
        step = Step(here.ts, people, Verdict.EXCHANGE, Trust.DOUBTFUL)
    has_risen = readings >= RISES_NEEDED[other.is_explained] and last.value > other.first.value
    if has_risen or readings >= LONG_ENOUGH:
        return Judged(last, None, (step,), other.last)
    return Judged(level, msgspec.structs.replace(other, last=last, readings=readings), (step,), other.last)


def _fall(level: Level, here: Level, gate: Gate) -> Step:
    """What a fall from a level means at first sight."""
    elapsed = here.ts - level.ts
    over = [(2**bits - level.value + here.value, 2**bits) for bits in BITS if level.value < 2**bits]
    rolled = [(people, top) for people, top in over if gate.can_pass(people, elapsed)]
    near = [people for people, top in rolled if top - level.value <= NEAR_TOP * top]
    if near:
        return Step(here.ts, near[0], Verdict.ROLLOVER)
    if not gate.can_pass(here.value, elapsed):
        return Step(here.ts, 0.0, Verdict.FALL, Trust.DOUBTFUL)
    if rolled and gate.per_minute is not None:
        return Step(here.ts, here.value, Verdict.AMBIGUOUS, Trust.DOUBTFUL)
    return Step(here.ts, here.value, Verdict.RESTART)


def _beginning(is_below: bool, is_explained: bool, here: Level) -> Other:
    return Other(is_below, is_explained, here, here, 1, ())


def _impossible(here: Level, people: float) -> Step:
    return Step(here.ts, people, Verdict.IMPOSSIBLE, Trust.SUSPECT)


def _taken_back(other: Other) -> tuple[Step, ...]:
    verdict = Verdict.DIP if other.is_below else Verdict.SPIKE
    return tuple(Step(step.ts, 0.0, verdict) for step in other.steps)


def _leads(level: Level, here: Level, gate: Gate) -> bool:
    """Whether a counter that stood at a level can say this now."""
    people = here.value - level.value
    return gate.can_pass(people, here.ts - level.ts) if people >= 0 else _is_small_fall(level.value, here.value)


def _is_small_fall(before: float, after: float) -> bool:
    return after > 0 and before - after <= max(1.0, min(SMALL_PEOPLE, SMALL_SHARE * before))
