"""A person's data erased on request: from every version of every row that holds it, with a proof of what was done.

What a ledger counts on stays: rows, numbers, sums. Sealed values go from all versions, and a name that somebody wrote
into an open text is blotted out there. Backups made before still hold it, until they are overwritten
(docs/registers.md, "Erasure").
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from layers.roles import Actor
from layers.services.registers import kept, queries, values
from layers.services.registers.behind import Row, Value, behind
from layers.services.registers.declare import Register, registers
from layers.services.registers.tables import register_row, register_value, register_version
from store import audit
from store.instant import Instant, format_rfc3339, now
from store.seal import Seal

BLOT = "▇▇"
TABLES = ("register_row", "register_version", "register_value")
"""What is to be wiped after."""
LEAST_NAME = 2
"""Characters of a name that is blotted out of open texts: a shorter one is in too many words."""
RETENTION = Actor("retention", "admin", "system")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A row that holds something of a person: sealed fields, or open texts in which the name stands."""

    register: str
    id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was erased; ``digest`` is the SHA-256 of all sealed contents that are gone, in the order of the rows."""

    at: Instant
    actor: str
    rows: tuple[str, ...]
    versions: int
    digest: str

    def told(self) -> dict[str, Any]:
        """The proof for whoever asked; the same stands in the audit trail."""
        return {
            "at": format_rfc3339(self.at),
            "by": self.actor,
            "rows": list(self.rows),
            "versions": self.versions,
            "digest": self.digest,
        }


def traces(connection: Connection, seal: Seal, community: str, person: Row, name: str) -> list[Trace]:
    """Where a person is found: the row itself, rows that name it, and rows that hold the name."""
    found = []
    for register in registers(community).values():
        for row in _suspects(connection, seal, community, register, person, name):
            fields = _fields(register, row, person, name)
            if fields or (register.code, row.id) == (person.register, person.id):
                found.append(Trace(register=register.code, id=row.id, fields=fields))
    return found


def erase(
    connection: Connection, community: str, found: Sequence[Trace], name: str, actor: Actor, reason: str
) -> Proof:
    """Erase what was found, in all versions; a version more says that it was done, by whom and why."""
    at, gone, versions = now(), hashlib.sha256(), 0
    known = registers(community)
    for trace in sorted(found, key=lambda one: one.id):
        register = known[trace.register]
        versions += _erase_row(connection, community, register, trace, name, gone, (at, actor, reason))
    if len(name) >= LEAST_NAME:
        for code in sorted({one.behind for one in known.values()}):
            behind(code).forget(connection, community, name)
    names = tuple(f"{one.register}/{one.id}" for one in found)
    proof = Proof(at=at, actor=actor.label, rows=names, versions=versions, digest=gone.hexdigest())
    told = {"community": community, **proof.told(), "reason": reason}
    audit.record(connection, actor.label, "register.erase", community, told)
    return proof


def due(connection: Connection, community: str, at: Instant) -> Iterator[tuple[Register, int]]:
    """Rows whose personal data was kept as long as their register says."""
    columns = register_row.c
    for register in registers(community).values():
        if register.retention is None:
            continue
        before = _months_before(at, register.retention.months)
        query = select(columns.id).where(
            columns.community == community,
            columns.register == register.code,
            columns.sealed.is_not(None),
            columns.at < before,
        )
        yield from ((register, number) for number in connection.scalars(query.limit(1_000)))


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `pass_time` would erase anything."""
    return next(due(connection, community, at), None) is not None


def pass_time(connection: Connection, community: str, at: Instant) -> int:
    """Erase what was kept long enough; returns how many rows."""
    found = [Trace(register=register.code, id=number, fields=()) for register, number in due(connection, community, at)]
    if found:
        erase(connection, community, found, "", RETENTION, "retention")
    return len(found)


def _suspects(
    connection: Connection, seal: Seal, community: str, register: Register, person: Row, name: str
) -> Iterator[Row]:
    columns, value = register_row.c, register_value.c
    of_person = [one.code for one in register.fields if one.type == "row" and one.to == person.register]
    named = and_(value.register == register.code, value.field.in_(of_person), value.number == float(person.id))
    where = [columns.id == person.id, columns.sealed.is_not(None)]
    where.append(columns.id.in_(select(value.row_id).where(value.community == community, named)))
    if len(name) >= LEAST_NAME:
        where.append(columns.data.contains(name, autoescape=True))
    of = (columns.community == community) & (columns.register == register.code)
    last = 0
    while True:
        query = select(register_row).where(of, or_(*where), columns.id > last).order_by(columns.id)
        page = connection.execute(query.limit(queries.IN_ONE)).all()
        for one in page:
            yield queries.row_of(seal, one)
        if len(page) < queries.IN_ONE:
            return
        last = page[-1].id


def _fields(register: Register, row: Row, person: Row, name: str) -> tuple[str, ...]:
    is_own = row.id == person.id or any(
        one.type == "row" and one.to == person.register and row.values.get(one.code) == person.id
        for one in register.fields
    )
    sealed = {one.code for one in register.personal}
    return tuple(
        code
        for code, value in row.values.items()
        if (code in sealed and is_own) or (len(name) >= LEAST_NAME and name in str(value))
    )


def _erase_row(
    connection: Connection,
    community: str,
    register: Register,
    trace: Trace,
    name: str,
    gone: Any,
    by: tuple[Instant, Actor, str],
) -> int:
    at, actor, reason = by
    columns = register_version.c
    query = select(register_version).where(columns.row_id == trace.id).order_by(columns.seq)
    rows = connection.execute(query).all()
    for one in rows:
        gone.update(one.sealed or b"")
        content = {"data": _blotted(one.data, name), "sealed": None, "reason": blotted(one.reason, name)}
        mine = (columns.row_id == one.row_id) & (columns.seq == one.seq)
        connection.execute(update(register_version).where(mine).values(content))
    last = rows[-1]
    data = _blotted(last.data, name)
    seq = last.seq + 1
    is_sealed_key = any(register.field(code).personal for code in register.key)
    standing: dict[str, Any] = {"data": data, "sealed": None, "seq": seq, "at": max(at, last.at), "actor": actor.label}
    if is_sealed_key:
        standing["key"] = None
    connection.execute(update(register_row).where(register_row.c.id == trace.id).values(standing))
    version = dict(last._mapping) | {
        "data": data, "sealed": None, "seq": seq, "action": "erase", "actor": actor.label, "reason": reason,
        "at": max(at, last.at),
    }  # fmt: skip
    connection.execute(insert(register_version).values(version))
    kept.find_by(connection, register, community, trace.id, values.unpacked(data))
    return len(rows)


def _blotted(data: str, name: str) -> str:
    found: Mapping[str, Value] = values.unpacked(data)
    return values.packed({code: _blotted_value(value, name) for code, value in found.items()})


def _blotted_value(value: Value, name: str) -> Value:
    return blotted(value, name) if isinstance(value, str) else value


def blotted(text: str, name: str) -> str:
    """A text without a name that stands in it."""
    return text.replace(name, BLOT) if len(name) >= LEAST_NAME else text


def _months_before(at: Instant, months: int) -> Instant:
    # A month of retention is 30.44 days on average: nobody's right hangs on the day.
    return at - int(months * 30.44 * 86_400) * 1_000_000
