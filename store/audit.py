"""The audit trail: who did what, when; rows are only ever added, each chained to the one before by its hash.

A row that is changed, taken out or put in breaks the chain from there on; rows cut off at the end
contradict the head, which tells how long the chain is. Somebody who can write the whole database could
compute a new chain: note the head's hash elsewhere now and then (``cockpit audit verify`` prints it).
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, func, insert, select, update

from store.demonstration import INVENTED
from store.engine import upsert
from store.instant import now
from store.metadata import metadata

GENESIS = "0" * 64
HEAD = 1
PAGE = 1_000

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("object", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found: its length, its head's hash, and the first row that is wrong."""

    length: int
    head: str
    fault: str | None


def record(connection: Connection, actor: str, action: str, what: str, detail: dict[str, Any] | None = None) -> None:
    """Add a row within the caller's transaction: it is there if, and only if, what it tells of was done."""
    if actor.startswith(f"{INVENTED}:"):
        return  # somebody invented did nothing, and what they brought can be taken out again whole
    told = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True)
    connection.execute(upsert(connection, audit_head).values(id=HEAD, seq=0, hash=GENESIS).on_conflict_do_nothing())
    # Writers wait here for each other, so that the chain has no forks; on SQLite a writer is alone anyway.
    head = connection.execute(select(audit_head).where(audit_head.c.id == HEAD).with_for_update()).one()
    row = {"seq": head.seq + 1, "at": now(), "actor": actor, "action": action, "object": what, "detail": told}
    row["hash"] = _chained(head.hash, row)
    connection.execute(insert(audit).values(row))
    connection.execute(update(audit_head).where(audit_head.c.id == HEAD).values(seq=row["seq"], hash=row["hash"]))


def rows(connection: Connection, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The newest rows first; ``before`` is the number of the last one of the page before."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [dict(row._mapping) | {"detail": json.loads(row.detail)} for row in connection.execute(query)]


def first(connection: Connection) -> int | None:
    """When the first row was written; None where there is none."""
    at: int | None = connection.scalar(select(audit.c.at).order_by(audit.c.seq).limit(1))
    return at


def verify(connection: Connection) -> Verdict:
    """Walk the whole chain, as long as it was when the walk began; others may go on writing.

    Head and last row are asked for in one statement: two would see two moments where others write.
    """
    asked = select(audit_head.c.seq), select(audit_head.c.hash), select(func.max(audit.c.seq))
    found = connection.execute(select(*(one.scalar_subquery() for one in asked))).one()
    length, head, rows_there = found[0] or 0, found[1] or GENESIS, found[2] or 0
    hash_before, seq = GENESIS, 0
    while True:
        following = select(audit).where(audit.c.seq > seq, audit.c.seq <= length).order_by(audit.c.seq).limit(PAGE)
        page = connection.execute(following).all()
        for row in page:
            if row.seq != seq + 1:
                return Verdict(length, head, f"row {seq + 1} is missing")
            if row.hash != _chained(hash_before, dict(row._mapping)):
                return Verdict(length, head, f"row {row.seq} is not what was written")
            hash_before, seq = row.hash, row.seq
        if len(page) < PAGE:
            break
    whole = seq == length == rows_there and hash_before == head
    return Verdict(
        length, head, None if whole else f"the head tells of {length} rows; there are {max(seq, rows_there)}"
    )


def _chained(before: str, row: dict[str, Any]) -> str:
    content = [row[name] for name in ("seq", "at", "actor", "action", "object", "detail")]
    return hashlib.sha256((before + json.dumps(content, ensure_ascii=False)).encode()).hexdigest()
