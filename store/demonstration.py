"""A database that a demonstration began: that it is one, and which records the demonstration brought.

What is in it was invented. The rows here say so for as long as the database lives, whoever writes into it beside the
demonstration; ``cockpit demo clear`` takes them out with all that they name.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    and_,
    cast,
    exists,
    false,
    insert,
    literal,
    select,
    update,
)

from store.engine import KEYS_A_QUERY, upsert
from store.instant import MINUTE, Instant, now
from store.metadata import metadata

INVENTED = "demonstration"
"""The kind of an actor who is invented, and the source of what such a one and an invented device bring."""
LIVES = "demonstration"
"""What the process holds that lives a demonstration (`store.held`)."""
ONLY, LEFT = 1, 2
"""The row of a demonstration, and the one that says of a database that clearing had to leave something invented."""
REFUSED = "refused"
SAYS_WITHIN: Instant = 2 * MINUTE
"""Whoever has not said for so long how far it is fills in no more."""

demonstration = Table(
    "demonstration",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seed", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
    # Percent of its past that is filled in, as it was said then; None: nothing is being filled in.
    Column("filled", SmallInteger),
    Column("filled_at", BigInteger),
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


def leave(connection: Connection, at: Instant) -> None:
    """Say of a database that it is a demonstration's no more, and that something of one is in it all the same."""
    connection.execute(insert(demonstration).values(id=LEFT, seed="", began=at))


def fill_to(connection: Connection, percent: int | None) -> None:
    """Say how much of its past is filled in; None: all that is due."""
    row = {"filled": percent, "filled_at": now()}
    connection.execute(update(demonstration).where(demonstration.c.id == ONLY).values(row))


def filling(connection: Connection) -> int | None:
    """Percent of its past that are filled in, while it is; None where nobody fills it in."""
    c = demonstration.c
    query = select(c.filled).where(c.id == ONLY, c.filled_at > now() - SAYS_WITHIN)
    percent: int | None = connection.scalar(query)
    return percent


def keep(connection: Connection, rows: Iterable[Mapping[str, str]]) -> None:
    """Note what was brought: ``community``, ``key``, ``kind`` and ``ref`` each; the same key once."""
    found = list(rows)
    if found:
        connection.execute(upsert(connection, demonstration_record).on_conflict_do_nothing(), found)


def known(connection: Connection, community: str) -> dict[str, str]:
    """key -> ref of all that was brought to a community."""
    c = demonstration_record.c
    return {row.key: row.ref for row in connection.execute(select(c.key, c.ref).where(c.community == community))}


@cache
def known_by() -> Mapping[str, str]:
    """table -> what tells of its records that they were invented (demonstration.toml)."""
    text = (files("store") / "demonstration.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["tables"]  # type: ignore[no-any-return]


def invented(table: Table) -> ColumnElement[bool]:
    """Whether a record of a table was invented; the one place that says so."""
    way = known_by().get(table.name)
    if way is None:
        return false()
    if way == "source":
        # Not null besides: a question of nothing has no answer, and its opposite none either.
        return table.c.source.is_not(None) & (table.c.source == INVENTED)
    if way == "actor":
        return table.c.actor.startswith(f"{INVENTED}:", autoescape=True)
    how, _, of = way.partition(":")
    if how == "named":
        return table.c.name.startswith(of, autoescape=True)
    (key,) = table.primary_key
    if how == "noted":
        c = demonstration_record.c
        return exists().where(and_(c.kind == of, c.ref == cast(key, String)))
    steps, _, of = way.partition(".")
    first = metadata.tables[steps].c
    by = first.actor.startswith(f"{INVENTED}:", autoescape=True)
    return exists().where(and_(first[of] == key, first.seq == 1, by))


def is_any_left(connection: Connection) -> bool:
    """Whether anything invented is in a database."""
    tables = (metadata.tables[name] for name in known_by() if name in metadata.tables)
    return any(connection.scalar(select(exists(select(1).select_from(one).where(invented(one))))) for one in tables)


def marked(connection: Connection, table: str, told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of a table as a route tells of them, by ``id``: what was invented says so, ``"demo": true``."""
    rows = list(told)
    found = brought_of(connection, metadata.tables[table], {row["id"] for row in rows})
    return [row | {"demo": True} if row["id"] in found else row for row in rows]


def brought(connection: Connection, table: Table, *of: ColumnElement[bool]) -> bool:
    """Whether one of the records that meet these conditions was invented: a figure of them says so."""
    # Where there never was a demonstration a figure costs nothing more.
    if connection.execute(select(demonstration.c.id).limit(1)).first() is None:
        return False
    found = select(literal(1)).select_from(table).where(*of, invented(table)).limit(1)
    return connection.execute(found).first() is not None


def brought_of(connection: Connection, table: Table, ids: Iterable[Any]) -> set[Any]:
    """Those of these records that were invented, also where they are what clearing had to leave."""
    (key,), wanted, found = table.primary_key, sorted(ids), set[Any]()
    for first in range(0, len(wanted), KEYS_A_QUERY):
        chosen = key.in_(wanted[first : first + KEYS_A_QUERY])
        found.update(connection.scalars(select(key).where(chosen, invented(table))))
    return found


def is_invented(actor: str) -> bool:
    """Whether whoever did something, by the label that is kept of them, is of a demonstration."""
    return actor.startswith(f"{INVENTED}:")
