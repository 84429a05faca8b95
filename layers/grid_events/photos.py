"""Photos of an event."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from layers.grid_events.tables import grid_event, grid_event_photo, grid_event_transition
from layers.problem import Problem
from layers.roles import Actor
from store import audit
from store.instant import Instant, now
from store.once import alone

MOST = 9


def add(connection: Connection, community: str, event_id: str, jpeg: bytes, actor: Actor) -> int:
    """Keep a photo with an event; returns its number. The same one sent twice is kept once.

    Raises
    ------
    Problem
        404 for an unknown event, 409 where it has enough photos.
    """
    steps, photos = grid_event_transition, grid_event_photo
    of_event = (grid_event.c.id == event_id) & (grid_event.c.community == community)
    newest = select(func.max(steps.c.seq)).join(grid_event, grid_event.c.id == steps.c.event_id).where(of_event)
    seq = connection.scalar(newest)
    if seq is None:
        raise Problem(404, "not found", f"no event {event_id!r} in {community!r}")
    # Several at once take a number after each other, and the same one is kept once.
    alone(connection, "photo", event_id)
    digest = hashlib.sha256(jpeg).hexdigest()
    known = dict(
        connection.execute(select(photos.c.sha256, photos.c.number).where(photos.c.event_id == event_id)).all()
    )
    if digest in known:
        return int(known[digest])
    if len(known) >= MOST:
        raise Problem(409, "enough photos", f"an event has at most {MOST} photos")
    number = len(known) + 1
    row = {"event_id": event_id, "number": number, "seq": seq, "actor": actor.label, "at": now()}
    connection.execute(insert(photos).values(row | {"sha256": digest, "jpeg": jpeg}))
    audit.record(connection, actor.label, "event.photo", event_id, {"number": number, "sha256": digest})
    return number


def of_event(connection: Connection, event_id: str, at: Instant | None = None) -> list[dict[str, int]]:
    """The photos of an event, or those that it had at a past time: number, and the newest step when each came."""
    photos = grid_event_photo.c
    query = select(photos.number, photos.seq).where(photos.event_id == event_id).order_by(photos.number)
    if at is not None:
        query = query.where(photos.at <= at)
    return [{"number": row.number, "seq": row.seq} for row in connection.execute(query)]


def first_of(connection: Connection, events: Sequence[str], at: Instant | None = None) -> dict[str, int]:
    """The first photo of each of several events that has one: its number."""
    photos = grid_event_photo.c
    query = (
        select(photos.event_id, func.min(photos.number)).where(photos.event_id.in_(events)).group_by(photos.event_id)
    )
    if at is not None:
        query = query.where(photos.at <= at)
    return dict(connection.execute(query.group_by(photos.event_id)).tuples().all())


def one(connection: Connection, community: str, event_id: str, number: int) -> bytes | None:
    """The JPEG of a photo."""
    query = (
        select(grid_event_photo.c.jpeg)
        .join(grid_event, grid_event.c.id == grid_event_photo.c.event_id)
        .where(grid_event.c.community == community, grid_event.c.id == event_id, grid_event_photo.c.number == number)
    )
    return connection.scalar(query)
