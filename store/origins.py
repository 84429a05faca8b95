"""Which grid event was opened for what, an alarm for example: known to both, whichever layer they are of.

Written by the layer of the events with each of their steps, read by the layer of what they were opened for.
"""

from collections.abc import Collection

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, String, Table, select, text, update

from store.engine import upsert
from store.instant import Instant
from store.metadata import metadata

origin = Table(
    "origin",
    metadata,
    Column("community", String(64), primary_key=True),
    # What kind of thing it was opened for, as "alarm", and its id.
    Column("kind", String(16), primary_key=True),
    Column("ref", String(64), primary_key=True),
    Column("event_id", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_origin_event_id", "event_id"),
    # What is still being worked on: few, however many there were.
    Index("ix_origin_open", "community", "kind", sqlite_where=text("is_open"), postgresql_where=text("is_open")),
)


def opened(connection: Connection, community: str, kind: str, ref: str, event_id: str, state: str, at: Instant) -> None:
    """Note that an event was opened for something; it takes the place of one that is done."""
    row = {"community": community, "kind": kind, "ref": ref, "event_id": event_id, "state": state}
    statement = upsert(connection, origin).values(**row, is_open=True, at=at)
    changed = {name: statement.excluded[name] for name in ("event_id", "state", "is_open", "at")}
    key = ["community", "kind", "ref"]
    done = origin.c.is_open.is_(False)
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed, where=done))


def moved(connection: Connection, event_id: str, state: str, is_open: bool, at: Instant) -> None:
    """Note the new state of an event; nothing where it was opened for nothing."""
    where = origin.c.event_id == event_id
    connection.execute(update(origin).where(where).values(state=state, is_open=is_open, at=at))


def events_of(connection: Connection, community: str, kind: str, refs: Collection[str]) -> dict[str, dict[str, object]]:
    """ref -> ``{"id", "state", "open", "at"}`` of the event that was opened for it."""
    c = origin.c
    query = select(c.ref, c.event_id, c.state, c.is_open, c.at).where(
        c.community == community, c.kind == kind, c.ref.in_(list(refs))
    )
    return {
        row.ref: {"id": row.event_id, "state": row.state, "open": bool(row.is_open), "at": row.at}
        for row in connection.execute(query)
    }


def origin_of(connection: Connection, event_id: str) -> dict[str, str] | None:
    """``{kind: ref}`` of what an event was opened for; None where it was opened for nothing."""
    row = connection.execute(select(origin.c.kind, origin.c.ref).where(origin.c.event_id == event_id)).first()
    return None if row is None else {row.kind: row.ref}
