"""The steps of the counters as they are kept: counted on from the state before what is new, until nothing changes.

A reading that is newer than all before it costs one look at its counter's row. A late one counts on
from the reading before it, through those that came after, until a reading leaves its counter in the state
that is kept of it already: mostly the next one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, select, update

from layers.visitors.counter import Gate, State, Step, Trust, Verdict, count
from layers.visitors.steps import Change, Key, Row, keep, row_key, row_of
from layers.visitors.tables import gate_counter, gate_step
from store.bulk import is_one_of, upsert_all
from store.engine import KEYS_A_QUERY
from store.instant import Instant

CHUNK = 200

_state = msgspec.json.Decoder(State)


@dataclass(frozen=True, slots=True)
class Gone:
    """What a counter did not say after all: its ``total`` or ``single`` of these moments."""

    says: str
    times: frozenset[Instant]


NOTHING = Gone("total", frozenset())


def count_on(connection: Connection, new: Mapping[Key, list[Row]], gates: Mapping[str, Gate]) -> list[Change]:
    """Take new readings of counters, oldest first for each, and keep every step that they make or change."""
    newest = _newest(connection, list(new))
    return _counted(
        connection,
        [
            _Counting(connection, key, rows, newest.get(key), gates[key[0]], NOTHING)
            for key, rows in sorted(new.items())
        ],
    )


def count_without(connection: Connection, key: Key, gone: Gone, gate: Gate) -> list[Change]:
    """Take out what a counter did not say, with every step that was made of it or follows from it."""
    one = _Counting(connection, key, [], _newest(connection, [key]).get(key), gate, gone)
    changes = _counted(connection, [one])
    emptied = sorted(one.emptied)
    for first in range(0, len(emptied), CHUNK):
        some = gate_step.c.ts.in_(emptied[first : first + CHUNK])
        connection.execute(delete(gate_step).where(*_of_counter(key), some))
    if one.emptied and one.head is None:
        _set_back(connection, key)
    return changes + [Change(row, row.emptied()) for row in one.emptied.values()]


def _set_back(connection: Connection, key: Key) -> None:
    """Have a counter's newest reading be the one that is left, where its newest went."""
    of_counter = (gate_counter.c.device_id == key[0], gate_counter.c.counter == key[1])
    own = _of_counter(key)
    last = connection.execute(
        select(gate_step.c.ts, gate_step.c.state).where(*own).order_by(gate_step.c.ts.desc()).limit(1)
    ).one_or_none()
    if last is None or last.state is None:
        connection.execute(delete(gate_counter).where(*of_counter))
    else:
        connection.execute(update(gate_counter).where(*of_counter).values(ts=last.ts, state=last.state))


def _of_counter(key: Key) -> tuple[ColumnElement[bool], ...]:
    return gate_step.c.device_id == key[0], gate_step.c.counter == key[1]


def _newest(connection: Connection, keys: list[Key]) -> dict[Key, Any]:
    columns = (gate_counter.c.device_id, gate_counter.c.counter)
    return {(row.device_id, row.counter): row for row in _of_keys(connection, gate_counter, columns, keys)}


def _counted(connection: Connection, counting: "list[_Counting]") -> list[Change]:
    """Count each on, and keep what changed by it."""
    for one in counting:
        one.run()
    before = {row_key(row): row for one in counting for row in one.known.values()}
    unknown = [(*one.key, ts) for one in counting for ts in one.revised if ts not in one.rows]
    columns = (gate_step.c.device_id, gate_step.c.counter, gate_step.c.ts)
    for row in map(row_of, _of_keys(connection, gate_step, columns, unknown)):
        before[row_key(row)] = row
    changes = []
    for one in counting:
        rows = one.rows | {
            ts: before[*one.key, ts] for ts in one.revised if (*one.key, ts) in before and ts not in one.rows
        }
        for ts, row in rows.items():
            if ts in one.emptied:
                continue
            after = row.made(one.revised[ts]) if ts in one.revised else row
            if before.get(row_key(row)) != after:
                changes.append(Change(before.get(row_key(row)), after))
    keep(connection, [change.after for change in changes])
    heads = [one.head for one in counting if one.head is not None]
    upsert_all(connection, gate_counter, heads, _moved_on)
    return changes


class _Counting:
    """One counter's readings, counted on. ``known`` are rows as they were, ``rows`` as they were said, ``revised``
    the steps, ``head`` the counter's newest reading where that is another one now.
    """

    def __init__(self, connection: Connection, key: Key, new: list[Row], newest: Any, gate: Gate, gone: Gone) -> None:
        self.key = key
        self.emptied: dict[Instant, Row] = {}
        self.known: dict[Instant, Row] = {}
        self.rows: dict[Instant, Row] = {}
        self.revised: dict[Instant, Step] = {}
        self.head: dict[str, Any] | None = None
        self._connection = connection
        self._newest = newest
        self._gate = gate
        kept_until = newest.kept_until if newest is not None else None
        self._new = {row.ts: row for row in new if kept_until is None or row.ts > kept_until}
        self._late = [row for row in new if kept_until is not None and row.ts <= kept_until]
        # Of a time of which only flows are kept, nothing can be told apart.
        self._gone = replace(gone, times=frozenset(ts for ts in gone.times if kept_until is None or ts > kept_until))

    def run(self) -> None:
        """Count on from the first reading that is new, or went."""
        if self._late:
            self._into_flows()
        if not self._new and not self._gone.times:
            return
        first = min((*self._new, *self._gone.times))
        state = self._state_before(first)
        if state is not None and state.other is not None:
            self._revise(state.other.steps)
        wanted = self._new.keys() | self._gone.times
        last = None
        for row in self._in_order(first):
            if row.ts in self.emptied:
                wanted.discard(row.ts)
                continue
            state, steps = count(state, row.said, self._gate)
            self._revise(steps)
            text = msgspec.json.encode(state).decode()
            wanted.discard(row.ts)
            known = self.known.get(row.ts)
            self.rows[row.ts] = replace(row, state=text)
            last = (row.ts, text)
            if not wanted and known is not None and known.state == text and state.is_settled:
                return
        if last is not None:
            ts, text = last
            kept = self._newest.kept_until if self._newest is not None else None
            self.head = {
                "device_id": self.key[0], "counter": self.key[1], "ts": ts, "state": text, "kept_until": kept
            }  # fmt: skip

    def _revise(self, steps: Iterable[Step]) -> None:
        self.revised |= {step.ts: step for step in steps}

    def _into_flows(self) -> None:
        """Readings of a time of which only flows are kept: a single count is added, a total is in them already."""
        for row, kept in self._with_kept(self._late):
            single = row.single or 0.0
            if kept is not None:
                self.known[row.ts] = kept
                row = replace(kept, single=(kept.single or 0.0) + single)
            self.rows[row.ts] = row
            self.revised[row.ts] = self._late_step(row.ts, row.single or 0.0)

    def _late_step(self, ts: Instant, people: float) -> Step:
        if self._gate.can_pass(people, 0):
            return Step(ts, people, Verdict.COUNT)
        return Step(ts, people, Verdict.IMPOSSIBLE, Trust.SUSPECT)

    def _with_kept(self, rows: list[Row]) -> Iterator[tuple[Row, Row | None]]:
        for row in rows:
            found = self._connection.execute(self._own().where(gate_step.c.ts == row.ts)).one_or_none()
            yield row, None if found is None else row_of(found)

    def _state_before(self, ts: Instant) -> State | None:
        if self._newest is None:
            return None
        if self._newest.ts < ts:
            return _state.decode(self._newest.state)
        query = self._own().where(gate_step.c.ts < ts).order_by(gate_step.c.ts.desc()).limit(1)
        found = self._connection.execute(query).one_or_none()
        return None if found is None or found.state is None else _state.decode(found.state)

    def _in_order(self, first: Instant) -> Iterator[Row]:
        """New and kept readings from the first one on, in the order of their times; what went is empty."""
        waiting = sorted(self._new)
        for known in self._kept_from(first):
            kept = self._left(known)
            while waiting and waiting[0] < kept.ts:
                yield self._new[waiting.pop(0)]
            if waiting and waiting[0] == kept.ts:
                new = self._new[waiting.pop(0)]
                kept = _both(kept, new)
            yield kept
        for ts in waiting:
            yield self._new[ts]

    def _left(self, kept: Row) -> Row:
        """What is left of a kept reading."""
        if kept.ts not in self._gone.times:
            return kept
        left = replace(kept, total=None) if self._gone.says == "total" else replace(kept, single=None)
        if left.total is None and left.single is None:
            self.emptied[kept.ts] = kept
        return left

    def _kept_from(self, ts: Instant) -> Iterator[Row]:
        if self._newest is None or self._newest.ts < ts:
            return
        query = self._own().order_by(gate_step.c.ts).limit(CHUNK)
        first = query.where(gate_step.c.ts >= ts)
        while rows := [row_of(found) for found in self._connection.execute(first)]:
            for row in rows:
                self.known[row.ts] = row
                yield row
            first = query.where(gate_step.c.ts > rows[-1].ts)

    def _own(self) -> Any:
        device, counter = self.key
        return select(gate_step).where(gate_step.c.device_id == device, gate_step.c.counter == counter)


def _both(kept: Row, new: Row) -> Row:
    total = new.total if kept.total is None else kept.total
    single = new.single if kept.single is None else kept.single
    return replace(kept, total=total, single=single)


def _moved_on(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("ts", "state")}
    return insert.on_conflict_do_update(index_elements=["device_id", "counter"], set_=changed)


def _of_keys(connection: Connection, table: Any, columns: tuple[Any, ...], keys: list[tuple[Any, ...]]) -> list[Any]:
    found: list[Any] = []
    for first in range(0, len(keys), KEYS_A_QUERY // 2):
        asked = is_one_of(connection, columns, keys[first : first + KEYS_A_QUERY // 2])
        found += connection.execute(select(table).where(asked)).all()
    return found
