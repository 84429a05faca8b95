"""A person's data erased on request, from every version that is theirs, with a proof of what was done.

What a ledger counts on stays: rows, numbers, sums. Of what is certainly the person's the sealed values go, and the name
is blotted out of texts; of rows that mention the name, and that the request lists, the name alone. Backups made before
still hold it, until they are overwritten (docs/registers.md, "Erasure").
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import blots, kept, keys, queries, traces, values
from layers.services.registers.behind import Value, behind
from layers.services.registers.declare import Register, registers
from layers.services.registers.tables import register_row, register_version
from layers.services.registers.traces import Sought, Trace, Version
from store import audit
from store.instant import Instant, format_rfc3339, now
from store.language import say
from store.seal import Seal

TABLES = ("register_row", "register_version", "register_value", "points_entry")
"""What is to be wiped after."""
Number = tuple[str, int]
"""A row by the code of its register and its number."""


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


@dataclass(kw_only=True)
class _Work:
    """Who erases, when and why; and what came of it so far."""

    community: str
    actor: Actor
    reason: str
    at: Instant = field(default_factory=now)
    gone: Any = field(default_factory=hashlib.sha256)
    versions: int = 0


def erase(
    connection: Connection, seal: Seal, community: str, who: Sought, mentions: Sequence[Number], actor: Actor,
    reason: str,
) -> tuple[list[Trace], Proof]:  # fmt: skip
    """Erase what is certainly a person's, and the name out of the mentions that are listed.

    A version more of each row says that it was done, by whom and why.

    Raises
    ------
    Problem
        409 where a seal does not open, 422 for a mention that is none: then nothing was erased.
    """
    names = blots.long_enough([*who.names, *who.words])
    work = _Work(community=community, actor=actor, reason=blots.blotted(reason, names))
    found = traces.certain(connection, seal, community, who)
    asked = {number: _mention(connection, seal, community, number, who) for number in dict.fromkeys(mentions)}
    known = registers(community)
    rows = sorted({*asked, *((one.register, one.id) for one in found)}, key=lambda one: one[1])
    for code, number in rows:
        _erase_row(connection, seal, known[code], number, who, (code, number) in asked, work)
    if who.names:
        for code in sorted({one.behind for one in known.values()}):
            behind(code).forget(connection, community, who.id, who.names)
    return [*found, *asked.values()], _proof(connection, work, rows)


def erase_rows(connection: Connection, community: str, rows: Sequence[Number], actor: Actor, reason: str) -> Proof:
    """Erase all that is sealed in rows, whoever it is of; without the key, which nothing of it needs."""
    work = _Work(community=community, actor=actor, reason=reason)
    known = registers(community)
    for code, number in rows:
        _hold(connection, number)
        columns = register_version.c
        versions = [
            Version(kept=one, open=values.unpacked(one.data), sealed={})
            for one in connection.execute(
                select(register_version).where(columns.row_id == number).order_by(columns.seq)
            )
        ]
        for one in versions:
            _keep(connection, one, {"data": one.kept.data, "sealed": None, "reason": one.kept.reason}, work)
        has_key = not any(known[code].field(part).personal for part in known[code].key)
        standing = {"data": versions[-1].kept.data, "sealed": None}
        _add_version(connection, known[code], versions[-1], standing, {} if has_key else {"key": None}, work)
    return _proof(connection, work, rows)


def _mention(connection: Connection, seal: Seal, community: str, number: Number, who: Sought) -> Trace:
    register = registers(community).get(number[0])
    versions = traces.versions_of(connection, seal, community, *number) if register else []
    trace = traces.mention_of(register, versions, who) if register else None
    if trace is None:
        name = f"{number[0]}/{number[1]}"
        raise Problem(422, "bad request", say("mentions: {name} 没有提到这个名字", name=name))
    return trace


def _erase_row(
    connection: Connection, seal: Seal, register: Register, number: int, who: Sought, is_asked: bool, work: _Work
) -> None:
    standing = _hold(connection, number)
    versions = traces.versions_of(connection, seal, work.community, register.code, number)
    blot = _free_blot(connection, seal, register, standing, versions[-1], who)
    for one in versions:
        is_own = traces.is_of(register, one, who)
        if is_own or is_asked:
            _keep(connection, one, _content(seal, register, one, who, is_own, blot), work)
    last = versions[-1]
    is_own = traces.is_of(register, last, who)
    touched = is_own or is_asked
    content = _content(seal, register, last, who, is_own, blot) if touched else {
        "data": last.kept.data, "sealed": last.kept.sealed,
    }  # fmt: skip
    content.pop("reason", None)
    left = _left(register, last, who, is_own, blot)
    was, named_by = keys.key(register, seal, last.values), keys.key(register, seal, left)
    more = {"key": named_by} if touched and named_by != was else {}
    _add_version(connection, register, last, content, more, work)


def _content(seal: Seal, register: Register, version: Version, who: Sought, is_own: bool, blot: str) -> dict[str, Any]:
    names = who.names if is_own else who.words
    sealed = version.kept.sealed
    if is_own:
        sealed = None
    elif blots.fields_with(register, version.sealed, names):
        sealed = seal.seal(values.packed(blots.without(register, version.sealed, names, blot)))
    return {
        "data": values.packed(blots.without(register, version.open, names, blot)),
        "sealed": sealed,
        "reason": blots.blotted(version.kept.reason, names),
    }


def _left(register: Register, version: Version, who: Sought, is_own: bool, blot: str) -> dict[str, Value]:
    found, names = (version.open, who.names) if is_own else (version.values, who.words)
    return blots.without(register, found, names, blot)


def _free_blot(
    connection: Connection, seal: Seal, register: Register, standing: Any, last: Version, who: Sought
) -> str:
    """The blot; a longer one where another row has the key already that the row would have with it."""
    blot, is_own = blots.BLOT, traces.is_of(register, last, who)
    names = who.names if is_own else who.words
    in_key = blots.fields_with(register, last.open if is_own else last.values, names) & set(register.key)
    while in_key and not standing.voided:
        named_by = keys.key(register, seal, _left(register, last, who, is_own, blot))
        but = standing.id
        if named_by is None or queries.by_key(connection, standing.community, register.code, named_by, but) is None:
            break
        blot += blots.BLOT[0]
    return blot


def _hold(connection: Connection, number: int) -> Any:
    return connection.execute(queries.held(select(register_row).where(register_row.c.id == number))).one()


def _keep(connection: Connection, version: Version, content: dict[str, Any], work: _Work) -> None:
    columns, was = register_version.c, version.kept
    if content == {"data": was.data, "sealed": was.sealed, "reason": was.reason}:
        return
    if content["sealed"] != was.sealed:
        work.gone.update(was.sealed)
    mine = (columns.row_id == was.row_id) & (columns.seq == was.seq)
    connection.execute(update(register_version).where(mine).values(content))
    work.versions += 1


def _add_version(
    connection: Connection, register: Register, last: Version, content: dict[str, Any], more: dict[str, Any],
    work: _Work,
) -> None:  # fmt: skip
    number = last.kept.row_id
    by = {"seq": last.kept.seq + 1, "at": max(work.at, last.kept.at), "actor": work.actor.label}
    connection.execute(update(register_row).where(register_row.c.id == number).values(content | by | more))
    told = {"action": "erase", "reason": work.reason}
    connection.execute(insert(register_version).values(dict(last.kept._mapping) | content | by | told))
    kept.find_by(connection, register, work.community, number, values.unpacked(content["data"]))


def _proof(connection: Connection, work: _Work, rows: Sequence[Number]) -> Proof:
    proof = Proof(
        at=work.at,
        actor=work.actor.label,
        rows=tuple(f"{code}/{number}" for code, number in rows),
        versions=work.versions,
        digest=work.gone.hexdigest(),
    )
    told = {"community": work.community, **proof.told(), "reason": work.reason}
    audit.record(connection, work.actor.label, "register.erase", work.community, told)
    return proof
