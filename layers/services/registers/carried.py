"""What a file does, carried out: in few statements where nothing stands behind the register, else line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, not_, select
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.registers import kept, queries, write
from layers.services.registers.behind import Row, Value
from layers.services.registers.keys import key
from layers.services.registers.tables import register_row
from layers.services.registers.writer import Writer
from store import far
from store.instant import now
from store.language import say
from store.seal import SealError


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a line does: adds a row, changes one (``before``), or finds it as it is.

    ``reference`` is that of a row to be added that no key names.
    """

    line: int
    found: dict[str, Value]
    before: Row | None = None
    reference: str | None = None

    @property
    def action(self) -> str:
        """add, change or same."""
        if self.before is None:
            return "add"
        return "same" if self.found == dict(self.before.values) else "change"


Faults = Iterator[tuple[int, str]]
"""Lines that cannot be carried out, and why."""


def carried_out(connection: Connection, by: Writer, steps: Sequence[Step]) -> Faults:
    """Write what the lines of a file do; where there is a fault, the caller takes all of it back."""
    quiet = replace(by, is_audited=False)
    if by.register.behind:
        yield from _one_by_one(connection, quiet, [one for one in steps if one.action != "same"])
        return
    yield from _added(connection, quiet, [one for one in steps if one.action == "add"])
    changes = [one for one in steps if one.action == "change"]
    try:
        # What the database refuses shall not take the faults of new rows with it.
        with connection.begin_nested():
            yield from _changed(connection, quiet, changes)
    except IntegrityError:
        yield changes[0].line, _met()


def by_references(connection: Connection, by: Writer, references: Sequence[str]) -> dict[str, int]:
    """The numbers of rows that are kept under these references."""
    columns, found = register_row.c, dict[str, int]()
    for some in queries.batches(references):
        query = select(columns.reference, columns.id).where(
            columns.community == by.community, columns.register == by.register.code, columns.reference.in_(some)
        )
        found |= {one.reference: one.id for one in connection.execute(query)}
    return found


def _one_by_one(connection: Connection, by: Writer, steps: Sequence[Step]) -> Faults:
    for step in far.counted("writing", steps):
        try:
            # One that the database refuses shall not take the others' faults with it.
            with connection.begin_nested():
                if step.before is None:
                    write.add_good(connection, by, step.found, step.reference, "")
                else:
                    write.change_seen(connection, by, step.before, step.found)
        except Problem as refusal:
            yield step.line, refusal.detail
        except IntegrityError:
            yield step.line, _met()


def _added(connection: Connection, by: Writer, steps: Sequence[Step]) -> Faults:
    far.step("writing", 0, len(steps))
    state = by.register.first or None
    rows = [(step.found, step.reference) for step in steps]
    for step, row in zip(steps, kept.add(connection, by, rows, now(), "", state), strict=True):
        if row is None:
            has_key = key(by.register, by.seal, step.found) is not None
            yield step.line, write.known_already(connection, by, step.found).detail if has_key else _met()


def _changed(connection: Connection, by: Writer, steps: Sequence[Step]) -> Faults:
    """The next versions of many rows, which nobody else changes meanwhile."""
    seen = [(step.line, step.before, step.found) for step in steps if step.before is not None]
    standing = _standing(connection, [before.id for _, before, _ in seen])
    taken = _taken(connection, by, [found for _, _, found in seen])
    at, changes = now(), []
    for line, before, found in far.counted("writing", seen):
        why = _fault(by, before, standing.get(before.id)) or _key_fault(connection, by, taken, before, found)
        if why:
            yield line, why
            continue
        changes.append((before, found, max(at, before.at)))
    kept.change(connection, by, changes)


def _standing(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int, bool, bytes | None]]:
    """Version, whether it is void, and what is sealed, of rows that are about to be changed."""
    columns, found = register_row.c, dict[int, tuple[int, bool, bytes | None]]()
    # In one order everywhere, so that two files that change the same rows wait, and do not lock each other out.
    for asked in queries.batches(sorted(numbers)):
        query = select(columns.id, columns.seq, columns.voided, columns.sealed).where(columns.id.in_(asked))
        rows = connection.execute(queries.held(query.order_by(columns.id)))
        found |= {number: (seq, voided, sealed) for number, seq, voided, sealed in rows}
    return found


def _fault(by: Writer, seen: Row, standing: tuple[int, bool, bytes | None] | None) -> str:
    if standing is None:
        return say("没有编号为 {number} 的一行", number=seen.id)
    seq, is_voided, sealed = standing
    if is_voided:
        return say("编号 {number} 已作废，不能再改", number=seen.id)
    if seq != seen.seq:
        return say("编号 {number} 刚刚被别人改过；请看过再改", number=seen.id)
    try:
        # What does not open would be lost with the next version.
        if sealed is not None:
            by.seal.open(sealed)
    except SealError as error:
        return f"{seen.id}: {error} (COCKPIT_SEAL_KEY_FILE)"
    return ""


def _taken(connection: Connection, by: Writer, rows: Sequence[Mapping[str, Value]]) -> dict[str, int]:
    """Which rows stand under the keys that these would have."""
    columns, found = register_row.c, dict[str, int]()
    asked = {named_by for row in rows if (named_by := key(by.register, by.seal, row)) is not None}
    for some in queries.batches(sorted(asked)):
        query = select(columns.key, columns.id).where(
            columns.community == by.community, columns.register == by.register.code, columns.key.in_(some),
            not_(columns.voided),
        )  # fmt: skip
        found |= {one.key: one.id for one in connection.execute(query)}
    return found


def _key_fault(
    connection: Connection, by: Writer, taken: dict[str, int], before: Row, found: Mapping[str, Value]
) -> str:
    """Whether another row has the key; else it is taken from now on, in the order of the file's lines."""
    old, new = key(by.register, by.seal, before.values), key(by.register, by.seal, found)
    if new is None or new == old:
        return ""
    if taken.get(new, before.id) != before.id:
        return write.known_already(connection, by, found).detail
    if old is not None and taken.get(old) == before.id:
        del taken[old]
    taken[new] = before.id
    return ""


def _met() -> str:
    return say("与同时登记的另一条冲突")
