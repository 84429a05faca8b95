"""What is under the eyes of rules: which of them watch each series and figure, and what of a batch they have to see."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from layers.alarms.occurrences import Key, Subject
from layers.alarms.rules import Rule
from layers.alarms.watching import recall
from layers.alarms.watching.known import Known
from layers.alarms.watching.machines import Machines
from layers.alarms.watching.recall import SOUND
from layers.alarms.watching.watched import Pair, Sample, Watched
from sensors.intake.batch import Batch, FigureKey
from sensors.quality import Quality
from sensors.readings.columns import Series, Value
from store.instant import HOUR, Instant

TOO_OLD: Instant = HOUR
"""What is told so late changes no alarm: it belongs to a time that is over."""
OF_CLOCK = int(Quality.CLOCK_AHEAD | Quality.WRONG_CLOCK)
"""A sample whose time alone is in doubt counts, at the time when it came: smoke is smoke."""


class Sight:
    """What rules watch, looked up as it speaks and kept until rules or devices are others."""

    def __init__(self, known: Known, machines: Machines) -> None:
        self._known = known
        self._machines = machines
        self._homes: dict[Key, Watched] = {}
        self._watched: dict[Series, Watched | None] = {}
        self._by_name: dict[tuple[str, str], Watched] = {}
        self._figures: dict[FigureKey, Watched] = {}
        self._said: dict[tuple[str, str | None], float | None] = {}
        self._series_of: dict[str, set[Series]] = {}

    def settle(self, key: Key) -> None:
        """How far a rule has come with a subject is known anew: what it need not look at is another span."""
        home = self._homes.get(key)
        if home is not None:
            home.settle()

    def watch_anew(self, rules: Collection[Rule]) -> None:
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
            self._homes.pop(key_of(pair), None)

    def look_anew(self, codes: Iterable[str]) -> None:
        """These devices are others, or elsewhere: which rules watch them is looked up again as they speak."""
        for code in codes:
            for one in self._series_of.pop(code, ()):
                self._watched.pop(one, None)

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

    def of_last(self, connection: Connection, row: Any) -> Watched | None:
        """What watches a row of what devices said last; None where nothing does, or it was looked at before."""
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
            one = self.of_figure(key)
            if not one.low <= value <= one.high:
                found.append(one.sample(ts, value))
        return found

    def of_figure(self, key: FigureKey) -> Watched:
        """What watches a figure."""
        one = self._figures.get(key)
        if one is None:
            one = self._figures[key] = Watched(self._pairs_of_figure(key))
            self._homes |= {key_of(pair): one for pair in one.pairs}
        return one

    def _watch(self, connection: Connection, of: Series, before: Instant) -> Watched | None:
        device = self._known.device(of.device)
        if device is None:
            return None
        rules, is_limit = self._known.rules_of(device, of.metric)
        self._series_of.setdefault(of.device, set()).add(of)
        pairs = [self._pair(rule, self._known.subject_of(device)) for rule in rules]
        if not pairs and not is_limit:
            return None
        made = Watched(pairs, is_limit)
        self._by_name[of.device, of.metric] = made
        self._read_limits(connection, of.device, {rule.other for rule in rules if rule.other is not None})
        self._homes |= {key_of(pair): made for pair in pairs}
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
        return Pair(rule, subject, self._machines.of((subject.community, rule.code, subject.id)))

    def _pairs_of_figure(self, key: FigureKey) -> list[Pair]:
        community, kind, code, metric = key
        rules = [
            rule for rule in self._known.books.get(community, {}).values() if rule.metric == metric and rule.of == kind
        ]
        pairs = [self.pair_of((community, rule.code, code)) for rule in rules if rule.site in (None, code)]
        return [pair for pair in pairs if pair is not None]

    def pair_of(self, key: Key) -> Pair | None:
        """What a key stands for; None where no rule that is on watches that subject any more."""
        found = self._known.subject(key)
        return None if found is None else self._pair(*found)

    def limit(self, pair: Pair) -> float | None:
        """The limit that holds for a pair now; None where it is what another metric says, and that said nothing yet."""
        if pair.rule.other is None:
            return pair.rule.value
        name = (pair.subject.id, pair.rule.other)
        of = self._by_name.get(name)
        value = self._said.get(name) if of is None or of.value is None else of.value
        return None if value is None else value + pair.rule.value


def key_of(pair: Pair) -> Key:
    """By which a pair's machine is known."""
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
