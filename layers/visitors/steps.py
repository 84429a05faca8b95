"""The steps of the counters as they are kept: rows, what changes of them, and who alone may change them."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select

from layers.visitors.counter import Said, Step, Trust, Verdict
from layers.visitors.spread import since_reset
from layers.visitors.tables import gate_step
from store.bulk import upsert_all
from store.instant import Instant

ACCEPTED = "accepted"
TAKEN_OUT = "taken_out"
LOCK = 0x434F554E
"""Any number that no other program on the same server is likely to take; the second one names the community."""

Key = tuple[str, str]
"""(device, counter)."""


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

    def emptied(self) -> "Row":
        """The row of which nothing is left: it adds nothing to the sums."""
        return replace(self, people=0.0, since=None, decision=TAKEN_OUT, counted=0.0, net=0.0)

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


def alone(connection: Connection, communities: set[str]) -> None:
    """Of several writers one at a time counts on in a community; on SQLite a writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        for community in sorted(communities):
            connection.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(community))))


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
