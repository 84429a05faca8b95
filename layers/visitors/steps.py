"""The steps of the counters as they are kept: counted on from the state before what is new, until nothing changes.

A reading that is newer than all before it costs one look at its counter's row. A late one counts on
from the reading before it, through those that came after, until a reading leaves its counter in the state
that is kept of it already: mostly the next one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from layers.visitors.counter import Gate, Said, State, Step, Trust, Verdict, count
from layers.visitors.spread import since_reset
from layers.visitors.tables import gate_counter, gate_step
from store.bulk import is_one_of, upsert_all
from store.engine import KEYS_A_QUERY
from store.instant import Instant

CHUNK = 200
ACCEPTED = "accepted"
TAKEN_OUT = "taken_out"
LOCK = 0x434F554E
"""Any number that no other program on the same server is likely to take; the second one names the community."""

Key = tuple[str, str]
"""(device, counter)."""

_state = msgspec.json.Decoder(State)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of ``gate_step``."""

    device_id: str
    counter: str
    ts: Instant
    community: str
    site: str | None
    total: float | None
    single: float | None
    people: float = 0.0
    verdict: str = Verdict.COUNT
    trust: int = Trust.SOUND
    since: Instant | None = None
    decision: str | None = None
    counted: float = 0.0
    net: float = 0.0
    state: str | None = None

    @property
    def way(self) -> str:
        """``entered`` or ``left``."""
        return "entered" if self.counter.startswith("enter") else "left"

    @property
    def said(self) -> Said:
        """What the counter said."""
        return Said(self.ts, self.total, self.single, self.site)

    def made(self, step: Step) -> "Row":
        """The row with what a step makes of it."""
        return replace(
            self, people=step.people, verdict=step.verdict.value, trust=int(step.trust), since=step.since
        ).summed()

    def decided(self, decision: str | None) -> "Row":
        """The row with what a person decided over it; None leaves it to the model again."""
        return replace(self, decision=decision).summed()

    def summed(self) -> "Row":
        """The row with what it adds to the sums."""
        is_counted = self.decision == ACCEPTED or (self.decision is None and self.trust < Trust.SUSPECT)
        counted = self.people if is_counted else 0.0
        sign = 1 if self.way == "entered" else -1
        return replace(self, counted=counted, net=sign * since_reset(self.ts, self.since, counted))


@dataclass(frozen=True, slots=True)
class Change:
    """A row as it was, None where it is new, and as it is."""

    before: Row | None
    after: Row


def count_on(connection: Connection, new: Mapping[Key, list[Row]], gates: Mapping[str, Gate]) -> list[Change]:
    """Take new readings of counters, oldest first for each, and keep every step that they make or change."""
    newest = {
        (row.device_id, row.counter): row
        for row in _of_keys(connection, gate_counter, (gate_counter.c.device_id, gate_counter.c.counter), list(new))
    }
    counting = [_Counting(connection, key, rows, newest.get(key), gates[key[0]]) for key, rows in sorted(new.items())]
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
            after = row.made(one.revised[ts]) if ts in one.revised else row
            if before.get(row_key(row)) != after:
                changes.append(Change(before.get(row_key(row)), after))
    keep(connection, [change.after for change in changes])
    heads = [one.head for one in counting if one.head is not None]
    upsert_all(connection, gate_counter, heads, _moved_on)
    return changes


def alone(connection: Connection, communities: set[str]) -> None:
    """Of several writers one at a time counts on in a community; on SQLite a writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        for community in sorted(communities):
            connection.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(community))))


class _Counting:
    """One counter's readings, counted on. ``known`` are rows as they were, ``rows`` as they were said, ``revised``
    the steps, ``head`` the counter's newest reading where that is another one now.
    """

    def __init__(self, connection: Connection, key: Key, new: list[Row], newest: Any, gate: Gate) -> None:
        self.key = key
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

    def run(self) -> None:
        """Count on from the first new reading."""
        if self._late:
            self._into_flows()
        if not self._new:
            return
        state = self._state_before(min(self._new))
        if state is not None and state.other is not None:
            self._revise(state.other.steps)
        wanted = set(self._new)
        last = None
        for row in self._in_order():
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

    def _in_order(self) -> Iterator[Row]:
        """New and kept readings from the first new one on, in the order of their times."""
        waiting = sorted(self._new)
        for kept in self._kept_from(waiting[0]):
            while waiting and waiting[0] < kept.ts:
                yield self._new[waiting.pop(0)]
            if waiting and waiting[0] == kept.ts:
                new = self._new[waiting.pop(0)]
                kept = _both(kept, new)
            yield kept
        for ts in waiting:
            yield self._new[ts]

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


def row_key(row: Row) -> tuple[str, str, Instant]:
    """The row's primary key."""
    return row.device_id, row.counter, row.ts


def row_of(found: Any) -> Row:
    """A row as the database answers it."""
    return Row(**found._mapping)


def keep(connection: Connection, rows: list[Row]) -> None:
    """Write rows as they now are."""
    names = [column.name for column in gate_step.columns]
    written = [{name: getattr(row, name) for name in names} for row in sorted(rows, key=row_key)]
    upsert_all(connection, gate_step, written, _rewritten)


def _rewritten(insert: Any) -> Any:
    names = ("total", "single", "people", "verdict", "trust", "since", "decision", "counted", "net", "state")
    changed = {name: insert.excluded[name] for name in names}
    return insert.on_conflict_do_update(index_elements=["device_id", "counter", "ts"], set_=changed)


def _moved_on(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("ts", "state")}
    return insert.on_conflict_do_update(index_elements=["device_id", "counter"], set_=changed)


def _of_keys(connection: Connection, table: Any, columns: tuple[Any, ...], keys: list[tuple[Any, ...]]) -> list[Any]:
    found: list[Any] = []
    for first in range(0, len(keys), KEYS_A_QUERY // 2):
        asked = is_one_of(connection, columns, keys[first : first + KEYS_A_QUERY // 2])
        found += connection.execute(select(table).where(asked)).all()
    return found
