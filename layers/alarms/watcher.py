"""All rules over the stream of what is stored: only what changed is looked at, and of that what may change something.

Most values lie where no rule of theirs can change its mind; for those two comparisons are all. What remains is judged
once without a lock; where an alarm may begin, end, or a timer start or stop, it is judged again as the only writer of
alarms, after what others wrote meanwhile was read: several ingesters raise no alarm twice.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from layers.alarms import recall, rulebook
from layers.alarms.known import Known
from layers.alarms.machine import PENDING, RAISED, REST, Change, Machine
from layers.alarms.machines import Machines
from layers.alarms.occurrences import REVISION, Key, Occurred, Subject
from layers.alarms.recall import SOUND
from layers.alarms.rulebook import Book
from layers.alarms.rules import Rule
from layers.alarms.silence import Silence
from layers.alarms.standing import Standing
from layers.alarms.watched import Pair, Sample, Watched, judge
from sensors.devices.registry import REVISION as REGISTRY
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, FigureKey
from sensors.quality import Quality
from sensors.readings.columns import Series, Value
from store import revision
from store.instant import HOUR, MINUTE, SECOND, Instant
from store.language import Word

TOO_OLD: Instant = HOUR
"""What is told so late changes no alarm: it belongs to a time that is over."""
SETTLES: Instant = 10 * SECOND
"""After a start or an outage what waited at the broker comes first; until then no timer ends by the clock."""
OF_CLOCK = int(Quality.CLOCK_AHEAD | Quality.WRONG_CLOCK)
"""A sample whose time alone is in doubt counts, at the time when it came: smoke is smoke."""


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
        self._homes: dict[Key, Watched] = {}
        self._watched: dict[Series, Watched | None] = {}
        self._by_name: dict[tuple[str, str], Watched] = {}
        self._figures: dict[FigureKey, Watched] = {}
        self._said: dict[tuple[str, str | None], float | None] = {}
        self._series_of: dict[str, set[Series]] = {}
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
            self._watch_anew(others)
        self.machines.read(connection, rev, at)
        if others:
            self.machines.look_anew()
        self._look_anew(changed)
        if any(rule.op == "missing" for rule in others):
            self._load_silence(connection)
        elif changed:
            self.silence.change(connection, changed, self.known.silences(changed), self.machines.is_at_rest)
        return bool(others or changed)

    def _watch_anew(self, rules: Collection[Rule]) -> None:
        """These rules came, went or are others: what they watch is looked up again as it speaks."""
        metrics = {name for rule in rules for name in (rule.metric, rule.other) if name is not None}
        for of in [of for of in self._watched if of.metric in metrics]:
            one = self._watched.pop(of)
            if one is not None:
                self._let_go(one)
                if one.is_limit and one.value is not None:
                    self._said[of.device, of.metric] = one.value
            self._by_name.pop((of.device, of.metric), None)
        for key in [key for key in self._figures if key[3] in metrics]:
            self._let_go(self._figures.pop(key))

    def _let_go(self, one: Watched) -> None:
        for pair in one.pairs:
            self._homes.pop(_key(pair), None)

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
            self._look_anew(elsewhere)
        return bool(elsewhere)

    def _look_anew(self, codes: Iterable[str]) -> None:
        for code in codes:
            for one in self._series_of.pop(code, ()):
                self._watched.pop(one, None)

    def _settled(self, key: Key, machine: Machine) -> None:
        if machine.phase != REST:
            self._note_silent(key)
        elif (rule := self.known.rule(key)) is not None and rule.op == "missing":
            self.silence.again(key)
        home = self._homes.get(key)
        if home is not None:
            home.settle()

    # What a batch brings.

    def samples(self, connection: Connection, batch: Batch) -> list[Sample]:
        """The values of a batch that may change something, in the order of series and time."""
        found: list[Sample] = []
        if batch.is_shared:
            self._hear_others(connection, batch)
        new, watched, after = batch.new, self._watched, None
        for of, ts, value, quality, live in zip(new.series, new.ts, new.values, new.quality, new.live, strict=True):
            try:
                one = watched[of]
            except KeyError:
                one = watched[of] = self._watch(connection, of, ts)
            if one is None:
                continue
            # After one that may change something all that follow in its series are looked at.
            if of is not after and not quality and one.low <= value <= one.high:  # type: ignore[operator]
                if ts > one.newest:
                    one.newest = min(ts, batch.at)
                continue
            sample = _sample(one, ts, value, quality, live, batch.at)
            if sample is not None:
                found.append(sample)
                after = of
        return found + self._figure_samples(batch)

    def standing(self, connection: Connection, at: Instant, told: Mapping[FigureKey, float]) -> list[Sample]:
        """What rules have to judge that were just put on: what stands holds from now on, and need say no more.

        ``told`` are the figures of sites as they are.
        """
        return self._standing.samples(connection, at, told, lambda row: self._of_last(connection, row), self._of_figure)

    def _of_last(self, connection: Connection, row: Any) -> Watched | None:
        one = self._by_name.get((row.device_id, row.metric)) or self._watch_last(connection, row)
        return one if one is not None and row.ts >= one.newest else None

    def _watch_last(self, connection: Connection, row: Any) -> Watched | None:
        of = Series.of(row.device_id, row.metric)
        of.number = row.id
        made = self._watched[of] = self._watch(connection, of, row.ts)
        if made is not None:
            made.newest, made.value = row.ts, row.value
        return made

    def _figure_samples(self, batch: Batch) -> list[Sample]:
        found = []
        for key, (ts, value) in batch.figures.items():
            one = self._of_figure(key)
            if not one.low <= value <= one.high:
                found.append(one.sample(ts, value))
        return found

    def _of_figure(self, key: FigureKey) -> Watched:
        one = self._figures.get(key)
        if one is None:
            one = self._figures[key] = Watched(self._pairs_of_figure(key))
            self._homes |= {_key(pair): one for pair in one.pairs}
        return one

    def _watch(self, connection: Connection, of: Series, before: Instant) -> Watched | None:
        device = self.known.device(of.device)
        if device is None:
            return None
        rules, is_limit = self.known.rules_of(device, of.metric)
        self._series_of.setdefault(of.device, set()).add(of)
        pairs = [self._pair(rule, self.known.subject_of(device)) for rule in rules]
        if not pairs and not is_limit:
            return None
        made = Watched(pairs, is_limit)
        self._by_name[of.device, of.metric] = made
        self._read_limits(connection, of.device, {rule.other for rule in rules if rule.other is not None})
        self._homes |= {_key(pair): made for pair in pairs}
        if made.window and of.number:
            made.recall(recall.past(connection, of, before, made.window))
        return made

    def _hear_others(self, connection: Connection, batch: Batch) -> None:
        """What other ingesters stored of the series in a batch, where a rule asks for more than the value itself."""
        for of, begin, _ in batch.new.runs():
            one = self._watched.get(of)
            if one is None:
                continue
            if one.window:
                one.recall(recall.past(connection, of, batch.new.ts[begin], one.window))
            others = {pair.rule.other for pair in one.pairs if pair.rule.other is not None}
            self._read_limits(connection, of.device, others)
            for other in others:
                limit = self._by_name.get((of.device, other))
                if limit is not None:
                    limit.value = self._said.get((of.device, other), limit.value)

    def _read_limits(self, connection: Connection, device: str, others: set[str]) -> None:
        """What the metrics said last that are limits of others: they may say nothing for long after a start."""
        if others:
            self._said |= recall.limits(connection, device, others)

    def _pair(self, rule: Rule, subject: Subject) -> Pair:
        return Pair(rule, subject, self.machines.of((subject.community, rule.code, subject.id)))

    def _pairs_of_figure(self, key: FigureKey) -> list[Pair]:
        community, kind, code, metric = key
        rules = [
            rule for rule in self.known.books.get(community, {}).values() if rule.metric == metric and rule.of == kind
        ]
        pairs = [self._pair_of((community, rule.code, code)) for rule in rules if rule.site in (None, code)]
        return [pair for pair in pairs if pair is not None]

    # What becomes of it.

    def is_anything(self, batch: Batch, samples: Sequence[Sample], at: Instant) -> bool:
        """Whether the batch, or the time, changes anything; else nothing needs to be locked."""
        due = self.due
        if (due is not None and due <= at) or self.machines.outdated or self._heard_again(batch):
            return True
        for sample in samples:
            for place, pair in enumerate(sample.of.pairs):
                if pair.would_change(judge(sample, place, self._limit(pair)), sample.at):
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
                limit = self._limit(pair)
                # First the time: whether a value is back depends on whether the alarm had been raised by then.
                changes = pair.machine.pass_time(pair.rule, sample.at)
                changes += pair.machine.take(pair.rule, sample.at, judge(sample, place, limit), sample.value)
                found += self._occurred(pair, changes, limit)
                self.machines.changed(_key(pair))
        return found

    def timed_out(self, frontier: Instant) -> list[Occurred]:
        """What timers raise or return that ended by then."""
        found: list[Occurred] = []
        for key in self.machines.timed_out(frontier):
            pair = self._pair_of(key)
            if pair is not None:
                found += self._occurred(pair, pair.machine.pass_time(pair.rule, frontier), pair.rule.value)
                self.machines.changed(key)
        return found

    def silent(self, connection: Connection, at: Instant, listening_since: Instant | None) -> list[Occurred]:
        """The devices that have said nothing for too long."""
        found: list[Occurred] = []
        for key, since in self.silence.overdue(connection, at, listening_since):
            pair = self._pair_of(key)
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
        self.silence.heard(batch.seen)
        self.silence.heard(again)
        found: list[Occurred] = []
        for device, seen in sorted(again.items()):
            for key in sorted(self._silent.pop(device)):
                pair = self._pair_of(key)
                if pair is not None:
                    at = max(seen, pair.machine.since)
                    found += self._occurred(pair, pair.machine.take(pair.rule, at, False, None), None)
                    self.machines.changed(key)
                    self.silence.again(key)
        return found

    def gone(self) -> list[Key]:
        """What is not at rest though nothing watches it any more."""
        return [key for key in self.machines.awake if self.known.subject(key) is None]

    def _pair_of(self, key: Key) -> Pair | None:
        """What a key stands for; None where no rule that is on watches that subject any more."""
        found = self.known.subject(key)
        return None if found is None else self._pair(*found)

    def _limit(self, pair: Pair) -> float | None:
        if pair.rule.other is None:
            return pair.rule.value
        name = (pair.subject.id, pair.rule.other)
        of = self._by_name.get(name)
        value = self._said.get(name) if of is None or of.value is None else of.value
        return None if value is None else value + pair.rule.value

    def _occurred(self, pair: Pair, changes: Sequence[Change], limit: float | None) -> list[Occurred]:
        if not changes:
            return []
        behind = tuple(self.known.behind.get(pair.subject.id, ())) if pair.rule.suppresses_behind else ()
        # Where it is now: a device that moves within its area is watched on as it was.
        device = self.known.device(pair.subject.id) if pair.subject.device is not None else None
        subject = pair.subject if device is None else self.known.subject_of(device)
        words = self._words.get((subject.community, pair.rule.of, subject.id, pair.rule.metric or ""))
        return [
            Occurred(
                rule=pair.rule,
                subject=subject,
                is_raised=change.is_raised,
                at=change.at,
                value=change.value,
                threshold=limit if pair.rule.op != "missing" else None,
                words=words,
                behind=behind,
            )
            for change in changes
        ]


def _differing(before: Mapping[str, Book], after: Mapping[str, Book]) -> list[Rule]:
    """The rules of either that the other has not; one that changed is there as it was and as it is."""
    found: list[Rule] = []
    for community in before.keys() | after.keys():
        was, are = before.get(community, {}), after.get(community, {})
        for code in was.keys() | are.keys():
            if was.get(code) != are.get(code):
                found += [book[code] for book in (was, are) if code in book]
    return found


def _key(pair: Pair) -> Key:
    return pair.subject.community, pair.rule.code, pair.subject.id


def _sample(one: Watched, ts: Instant, value: Value, quality: int, live: bool, at: Instant) -> Sample | None:
    """A value that counts: said live, sound, a number, not older than the one before, nor of a time that is over."""
    if not live or isinstance(value, str) or quality & ~OF_CLOCK not in SOUND:
        return None
    if quality & OF_CLOCK:
        ts = at
    # A clock that ran ahead and was set right, the device's or ours, makes nobody deaf.
    newest = one.newest if one.newest <= at else 0
    if ts < newest or ts < at - TOO_OLD:
        return None
    sample = one.sample(ts, float(value))
    one.newest = min(ts, at)
    return sample
