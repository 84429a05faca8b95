"""How far the rules have come with what they watch, as this process knows it and as all of them share it."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any

from sqlalchemy import Connection, select

from layers.alarms.occurrences import Key
from layers.alarms.tables import alarm_watch
from layers.alarms.watching.known import Known
from layers.alarms.watching.machine import PENDING, REST, Machine
from store.bulk import upsert_all
from store.instant import Instant


class Machines:
    """The machines of all rules and subjects; ``settled`` is called with each whose phase is known anew."""

    def __init__(self, known: Known, settled: Callable[[Key, Machine], None]) -> None:
        self._known = known
        self._settled = settled
        self._machines: dict[Key, Machine] = {}
        self._dues: list[tuple[Instant, Key]] = []
        self._awake: set[Key] = set()
        self._outdated: set[Key] = set()
        self._changed: set[Key] = set()
        self.rev = -1

    @property
    def due(self) -> Instant | None:
        """When the next timer ends."""
        return self._dues[0][0] if self._dues else None

    @property
    def awake(self) -> Set[Key]:
        """Those that are not at rest."""
        return self._awake

    @property
    def outdated(self) -> Set[Key]:
        """Those about to be raised by a rule as it was: it is another one since, and has to see for itself."""
        return self._outdated

    def of(self, key: Key) -> Machine:
        """The machine of a rule and a subject; one that nobody knew is at rest."""
        known = self._machines.get(key)
        if known is None:
            known = self._machines[key] = Machine()
        return known

    def is_at_rest(self, key: Key) -> bool:
        """Whether a rule is at rest with a subject."""
        machine = self._machines.get(key)
        return machine is None or machine.phase == REST

    def changed(self, key: Key) -> None:
        """Note that a machine moved, so that it is saved."""
        self._changed.add(key)

    def read(self, connection: Connection, rev: int, at: Instant) -> None:
        """Read how far rules have come that others wrote; ``rev`` is the revision of the alarms as it is now."""
        if rev == self.rev:
            return
        query = select(alarm_watch).where(alarm_watch.c.rev > self.rev)
        if self.rev < 0:
            query = query.where(alarm_watch.c.phase != REST)
        for row in connection.execute(query):
            key = (row.community, row.rule, row.subject)
            machine = self.of(key)
            machine.phase, machine.since, machine.due, machine.value = row.phase, row.since, row.due, row.value
            machine.version = row.version
            rule = self._known.rule(key)
            if rule is not None and machine.due is not None:
                # Written by a clock that was set back since: no timer runs for longer than its delay.
                delay = rule.on_delay if machine.phase == PENDING else rule.off_delay
                machine.due = min(machine.due, at + delay)
            self._settle(key, machine)
        self.rev = rev

    def look_anew(self) -> None:
        """Find what is outdated, after rules became others."""
        self._outdated = {key for key in self._awake if self._is_outdated(key, self._machines[key])}

    def _is_outdated(self, key: Key, machine: Machine) -> bool:
        return machine.phase == PENDING and machine.version != self._known.version(key)

    def _settle(self, key: Key, machine: Machine) -> None:
        if machine.due is not None:
            heapq.heappush(self._dues, (machine.due, key))
        if machine.phase == REST:
            self._awake.discard(key)
        else:
            self._awake.add(key)
        if self._is_outdated(key, machine):
            self._outdated.add(key)
        else:
            self._outdated.discard(key)
        self._settled(key, machine)

    def timed_out(self, frontier: Instant) -> Iterator[Key]:
        """Those whose timer ended by then, the first one first."""
        while self._dues and self._dues[0][0] <= frontier:
            due, key = heapq.heappop(self._dues)
            machine = self._machines.get(key)
            if machine is not None and machine.due == due:
                yield key

    def rest(self, keys: Iterable[Key]) -> None:
        """Put to rest what nothing watches any more, or what has to begin anew."""
        for key in keys:
            if not self.is_at_rest(key):
                machine = self._machines[key]
                machine.phase, machine.due = REST, None
                self._changed.add(key)

    def save(self, connection: Connection, rev: int, at: Instant) -> list[Key]:
        """Write how far the rules have come that moved, for others and for the next process.

        Returns those of which an off-delay runs, or was broken off: their alarms have no step of it.
        """
        rows = []
        for key in sorted(self._changed):
            machine = self._machines[key]
            machine.version = self._known.version(key)
            values = (*key, machine.phase, machine.since or at, machine.due, machine.value, rev, machine.version)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
        upsert_all(connection, alarm_watch, rows, _as_it_is_now)
        for key in self._changed:
            self._settle(key, self._machines[key])
        held = sorted(key for key in self._changed if self._machines[key].is_raised)
        self._changed = set()
        return held


COLUMNS = [column.name for column in alarm_watch.columns]


def _as_it_is_now(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in COLUMNS[3:]}
    return insert.on_conflict_do_update(index_elements=COLUMNS[:3], set_=changed)
