"""All rules over the stream of what is stored: only what changed is looked at, and of that what may change something.

Most values lie where no rule of theirs can change its mind; for those two comparisons are all. What remains is judged
once without a lock; where an alarm may begin, end, or a timer start or stop, it is judged again as the only writer of
alarms, after what others wrote meanwhile was read: several ingesters raise no alarm twice.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from layers.alarms import rulebook
from layers.alarms.evidence import of_silence, of_window
from layers.alarms.occurrences import REVISION, Key, Occurred
from layers.alarms.rulebook import Book
from layers.alarms.rules import AMOUNTS, Rule
from layers.alarms.watching.known import Known
from layers.alarms.watching.machine import PENDING, RAISED, REST, Change, Machine
from layers.alarms.watching.machines import Machines
from layers.alarms.watching.sight import Sight, key_of
from layers.alarms.watching.silence import Silence
from layers.alarms.watching.standing import Standing
from layers.alarms.watching.watched import Pair, Sample, judge
from sensors.devices.registry import REVISION as REGISTRY
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, FigureKey
from store import revision
from store.instant import MINUTE, SECOND, Instant
from store.language import Word

SETTLES: Instant = 10 * SECOND
"""After a start or an outage what waited at the broker comes first; until then no timer ends by the clock."""


class Watcher:
    """The rules of one database's communities and their subjects, kept between batches.

    ``words`` are those of figures, as they are told; ``looks_back``: as in `Standing`.
    """

    def __init__(self, words: Mapping[FigureKey, Word], *, looks_back: bool = True) -> None:
        self._words = words
        self.known = Known()
        self._standing = Standing(self.known, looks_back)
        self.silence = Silence()
        self.machines = Machines(self.known, self._settled)
        self._sight = Sight(self.known, self.machines)
        # The rules over silence that are raised, by device.
        self._silent: dict[str, set[Key]] = {}

    @property
    def due(self) -> Instant | None:
        """When the next timer ends, or the next device might be silent."""
        return min((one for one in (self.machines.due, self.silence.due) if one is not None), default=None)

    def refresh(self, connection: Connection, at: Instant) -> bool:
        """Read what changed of rules, devices and timers; whether rules or devices did."""
        registry, rules, rev = revision.several(connection, (REGISTRY, rulebook.REVISION, REVISION))
        before = self.known.books
        changed, are_rules_new = self.known.refresh(connection, registry, rules)
        others = _differing(before, self.known.books) if are_rules_new else []
        if others:
            self._standing.put_on(connection, before, at)
            self._sight.watch_anew(others)
        self.machines.read(connection, rev, at)
        if others:
            self.machines.look_anew()
        self._sight.look_anew(changed)
        if any(rule.op == "missing" for rule in others):
            self._load_silence(connection)
        elif changed:
            self.silence.change(connection, changed, self.known.silences(changed), self.machines.is_at_rest)
        return bool(others or changed)

    def _load_silence(self, connection: Connection) -> None:
        self.silence.load(connection, self.known.silences(), self.machines.is_at_rest)
        self._silent = {}
        for key in self.machines.awake:
            self._note_silent(key)

    def _note_silent(self, key: Key) -> None:
        rule = self.known.rule(key)
        if rule is not None and rule.op == "missing" and rule.metric is None:
            self._silent.setdefault(key[2], set()).add(key)

    def moved(self, devices: Sequence[Device]) -> bool:
        """Devices are in other places now: other rules are about those that are in another area; whether any is."""
        elsewhere = {one.id for one in devices if (known := self.known.device(one.id)) and known.area != one.area}
        if devices:
            self.known.moved(devices)
            self._sight.look_anew(elsewhere)
        return bool(elsewhere)

    def _settled(self, key: Key, machine: Machine) -> None:
        if machine.phase != REST:
            self._note_silent(key)
        elif (rule := self.known.rule(key)) is not None and rule.op == "missing":
            self.silence.again(key)
        self._sight.settle(key)

    def samples(self, connection: Connection, batch: Batch) -> list[Sample]:
        """The values of a batch that may change something, in the order of series and time."""
        return self._sight.samples(connection, batch)

    def standing(self, connection: Connection, at: Instant, told: Mapping[FigureKey, float]) -> list[Sample]:
        """What rules have to judge that were just put on: what stands holds from now on, and need say no more.

        ``told`` are the figures of sites as they are.
        """
        return self._standing.samples(
            connection, at, told, lambda row: self._sight.of_last(connection, row), self._sight.of_figure
        )

    # What becomes of it.

    def is_anything(self, batch: Batch, samples: Sequence[Sample], at: Instant) -> bool:
        """Whether the batch, or the time, changes anything; else nothing needs to be locked."""
        due = self.due
        if (due is not None and due <= at) or self.machines.outdated or self._heard_again(batch):
            return True
        for sample in samples:
            for place, pair in enumerate(sample.of.pairs):
                if pair.would_change(judge(sample, place, self._sight.limit(pair)), sample.at):
                    return True
        return False

    def _heard_again(self, batch: Batch) -> dict[str, Instant]:
        """When those were heard that had been silent; who is heard through a gateway, that is heard too."""
        if not self._silent:
            return {}
        seen = self.silence.with_gateways(batch.seen)
        found = {device: seen[device] for device in seen.keys() & self._silent.keys()}
        # What stands behind a gateway that was away could not be heard: it has its own time once more.
        behind = {one: at for gateway, at in found.items() for one in self.known.behind.get(gateway, ())}
        return {one: at for one, at in behind.items() if one in self._silent} | found

    def judged(self, samples: Sequence[Sample]) -> list[Occurred]:
        """What the samples raise or return, in their order."""
        found: list[Occurred] = []
        for sample in samples:
            for place, pair in enumerate(sample.of.pairs):
                limit = self._sight.limit(pair)
                # First the time: whether a value is back depends on whether the alarm had been raised by then.
                changes = pair.machine.pass_time(pair.rule, sample.at)
                changes += pair.machine.take(pair.rule, sample.at, judge(sample, place, limit), sample.value)
                found += self._occurred(pair, changes, limit)
                self.machines.changed(key_of(pair))
        return found

    def timed_out(self, frontier: Instant) -> list[Occurred]:
        """What timers raise or return that ended by then."""
        found: list[Occurred] = []
        for key in self.machines.timed_out(frontier):
            pair = self._sight.pair_of(key)
            if pair is not None:
                found += self._occurred(pair, pair.machine.pass_time(pair.rule, frontier), pair.rule.value)
                self.machines.changed(key)
        return found

    def silent(self, connection: Connection, at: Instant, listening_since: Instant | None) -> list[Occurred]:
        """The devices that have said nothing for too long."""
        found: list[Occurred] = []
        for key, since in self.silence.overdue(connection, at, listening_since):
            pair = self._sight.pair_of(key)
            if pair is None or pair.machine.phase in (PENDING, RAISED):
                continue
            if not pair.rule.is_on(at):
                self.silence.later(key, at + MINUTE)
            else:
                found += self._occurred(pair, pair.machine.take(pair.rule, since, True, None), None)
                self.machines.changed(key)
        return found

    def heard(self, batch: Batch) -> list[Occurred]:
        """Of those that were silent, the ones that are heard again."""
        again = self._heard_again(batch)
        self.silence.heard(batch.seen, batch.of_past)
        self.silence.heard(again, batch.of_past & again.keys())
        found: list[Occurred] = []
        for device, seen in sorted(again.items()):
            for key in sorted(self._silent.pop(device)):
                pair = self._sight.pair_of(key)
                if pair is not None:
                    at = max(seen, pair.machine.since)
                    found += self._occurred(pair, pair.machine.take(pair.rule, at, False, None), None)
                    self.machines.changed(key)
                    self.silence.again(key)
        return found

    def gone(self) -> list[Key]:
        """What is not at rest though nothing watches it any more."""
        return [key for key in self.machines.awake if self.known.subject(key) is None]

    def _occurred(self, pair: Pair, changes: Sequence[Change], limit: float | None) -> list[Occurred]:
        if not changes:
            return []
        behind = tuple(self.known.behind.get(pair.subject.id, ())) if pair.rule.suppresses_behind else ()
        # Where it is now: a device that moves within its area is watched on as it was.
        device = self.known.device(pair.subject.id) if pair.subject.device is not None else None
        subject = pair.subject if device is None else self.known.subject_of(device)
        words = self._words.get((subject.community, pair.rule.of, subject.id, pair.rule.metric or ""))
        words = words or of_window(pair.rule) or self._of_silence(pair)
        return [
            Occurred(
                rule=pair.rule,
                subject=subject,
                is_raised=change.is_raised,
                at=change.at,
                value=change.value,
                threshold=limit if pair.rule.op not in (*AMOUNTS, "missing") else None,
                words=words,
                behind=behind,
            )
            for change in changes
        ]

    def _of_silence(self, pair: Pair) -> Word | None:
        heard = self.silence.last_heard(key_of(pair)) if pair.rule.op == "missing" else None
        return None if heard is None else of_silence(heard)


def _differing(before: Mapping[str, Book], after: Mapping[str, Book]) -> list[Rule]:
    """The rules of either that the other has not; one that changed is there as it was and as it is."""
    found: list[Rule] = []
    for community in before.keys() | after.keys():
        was, are = before.get(community, {}), after.get(community, {})
        for code in was.keys() | are.keys():
            if was.get(code) != are.get(code):
                found += [book[code] for book in (was, are) if code in book]
    return found
