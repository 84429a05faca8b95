"""What stands when a rule is put on: it need not be said once more to be judged."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from layers.alarms import rulebook
from layers.alarms.rules import CLOCK_OFFSET, Rule
from layers.alarms.watching import recall
from layers.alarms.watching.known import Known
from layers.alarms.watching.watched import Sample, Watched
from sensors.intake.batch import FigureKey
from store.instant import HOUR, SECOND, Instant

LASTING = frozenset({">", ">=", "<", "<=", "==", "!="})
"""Of these the value counts that stands; of a change, a count or a silence time has to pass."""
LATELY: Instant = HOUR
"""How long after a rule was put on a process that begins judges by it what stands."""


class Standing:
    """The rules that were put on and have not yet judged what stands.

    ``looks_back``: whether at the beginning those count too that were put on before it. Nobody knows then what the
    process before it still judged; to judge what was judged already changes nothing.
    """

    def __init__(self, known: Known, looks_back: bool) -> None:
        self._known = known
        self._looks_back = looks_back
        self._rules: list[Rule] = []

    def put_on(self, connection: Connection, before: Mapping[str, rulebook.Book], at: Instant) -> None:
        """Take note of the rules that are new since the books were others; {}: since there were none."""
        rules = [(code, rule) for code, book in self._known.books.items() for rule in book.values()]
        if before:
            self._rules += [rule for code, rule in rules if code in before and before[code].get(rule.code) != rule]
        elif self._looks_back:
            lately = rulebook.kept_since(connection, at - LATELY)
            self._rules += [rule for code, rule in rules if (code, rule.code) in lately]

    def samples(
        self,
        connection: Connection,
        at: Instant,
        told: Mapping[FigureKey, float],
        of_series: Callable[[Any], Watched | None],
        of_figure: Callable[[FigureKey], Watched],
    ) -> list[Sample]:
        """What these rules have to judge, once: what is sound and of a device that is not stale, and figures of sites.

        ``told`` are the figures of sites as they are; the callables find what watches a row of the series, a figure.
        """
        rules = [rule for rule in self._rules if rule.op in LASTING]
        self._rules = []
        if not rules:
            return []
        found = [(of_series(row), row.value) for row in self._said(connection, rules, at)]
        figures = dict(told) | self._clocks(connection, rules, at)
        found += [(of_figure(key), value) for key, value in figures.items()]
        samples = []
        for one, value in found:
            if one is not None and any(pair.rule in rules for pair in one.pairs):
                # Whatever else watches it stays as it is.
                others = {place: pair.does_hold for place, pair in enumerate(one.pairs) if pair.rule not in rules}
                samples.append(Sample(one, at, value, others))
        return samples

    def _said(self, connection: Connection, rules: list[Rule], at: Instant) -> Iterator[Any]:
        metrics = {rule.metric for rule in rules if rule.of == "device"}
        rows = recall.standing(connection, metrics) if metrics else iter(())
        return (row for row in rows if self._is_fresh(row.device_id, row.ts, at))

    def _clocks(self, connection: Connection, rules: list[Rule], at: Instant) -> dict[FigureKey, float]:
        if not any(rule.metric == CLOCK_OFFSET for rule in rules):
            return {}
        rows = [row for row in recall.clocks(connection) if self._is_fresh(row.device_id, row.last_seen, at)]
        devices = {row.device_id: self._known.device(row.device_id) for row in rows}
        return {
            (device.community, "device", device.id, CLOCK_OFFSET): abs(row.offset) / SECOND
            for row in rows
            if (device := devices[row.device_id]) is not None
        }

    def _is_fresh(self, code: str, said: Instant, at: Instant) -> bool:
        device = self._known.device(code)
        return device is not None and said <= at < device.stale_at(said)
