"""A database that a demonstration began: that it is one, and which records the demonstration brought.

What is in it was invented. The rows here say so for as long as the database lives, whoever writes into it beside the
demonstration; ``cockpit demo clear`` takes them out with all that they name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, select

from store.engine import KEYS_A_QUERY, upsert
from store.instant import Instant
from store.metadata import metadata

INVENTED = "demonstration"
"""The kind of an actor who is invented, and the source of what such a one and an invented device bring."""
ONLY = 1
REFUSED = "refused"

demonstration = Table(
    "demonstration",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seed", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
)

demonstration_record = Table(
    "demonstration_record",
    metadata,
    Column("community", String(64), primary_key=True),
    # What the story calls it: the same is done once, also after a stop and a start.
    Column("key", String(120), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("ref", String(64), nullable=False),
    Index("ix_demonstration_record_kind_ref", "community", "kind", "ref"),
)


def began(connection: Connection) -> tuple[str, Instant] | None:
    """The seed of the database's demonstration and when it began; None where it is none."""
    row = connection.execute(select(demonstration).where(demonstration.c.id == ONLY)).one_or_none()
    return None if row is None else (row.seed, row.began)


def begin(connection: Connection, seed: str, at: Instant) -> None:
    """Say of the database that what is in it is a demonstration."""
    row = {"id": ONLY, "seed": seed, "began": at}
    connection.execute(upsert(connection, demonstration).values(row).on_conflict_do_nothing())


def keep(connection: Connection, rows: Iterable[Mapping[str, str]]) -> None:
    """Note what was brought: ``community``, ``key``, ``kind`` and ``ref`` each; the same key once."""
    found = list(rows)
    if found:
        connection.execute(upsert(connection, demonstration_record).on_conflict_do_nothing(), found)


def known(connection: Connection, community: str) -> dict[str, str]:
    """key -> ref of all that was brought to a community."""
    c = demonstration_record.c
    return {row.key: row.ref for row in connection.execute(select(c.key, c.ref).where(c.community == community))}


def invented(connection: Connection, community: str, kind: str, refs: Collection[object]) -> set[str]:
    """Those of these records that the demonstration brought, as texts."""
    c = demonstration_record.c
    wanted = sorted({str(ref) for ref in refs})
    found: set[str] = set()
    for first in range(0, len(wanted), KEYS_A_QUERY):
        some = wanted[first : first + KEYS_A_QUERY]
        query = select(c.ref).where(c.community == community, c.kind == kind, c.ref.in_(some))
        found.update(connection.scalars(query))
    return found


def marked(connection: Connection, community: str, kind: str, told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as a route tells of them, by ``id``: what the demonstration brought says so, ``"demo": true``."""
    rows = list(told)
    found = invented(connection, community, kind, [row["id"] for row in rows])
    return [row | {"demo": True} if str(row["id"]) in found else row for row in rows]
