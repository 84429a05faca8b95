"""Quarantine: what was refused, whole, with the reason, so that a person can see why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from sensors.refusal import Reason
from sensors.tables import quarantine
from store.instant import Instant

MAX_KEPT_BYTES = 4 * 1024 * 1024
"""The embedded broker takes no larger packet, so everything that arrives is kept whole."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused message as it goes to the table."""

    received: Instant
    topic: str
    community: str | None
    device: str | None
    reason: Reason
    detail: str
    payload: bytes


def store(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Keep refused messages."""
    if refusals:
        connection.execute(insert(quarantine), [_row(refusal) for refusal in refusals])


def _row(refusal: Refusal) -> dict[str, Any]:
    # A NUL in a topic or detail is the one character that PostgreSQL's text does not take.
    texts = {name: getattr(refusal, name) for name in ("topic", "community", "device", "detail")}
    clean = {name: text and text.replace("\x00", "\\x00") for name, text in texts.items()}
    return asdict(refusal) | clean


def newest(connection: Connection, community: str, limit: int, before: int | None = None) -> list[Row[Any]]:
    """Refused messages of a community, newest first; those of no known community come with every one.

    Parameters
    ----------
    before
        Only those older than the message of this number.
    """
    of_community = (quarantine.c.community == community) | quarantine.c.community.is_(None)
    query = select(quarantine).where(of_community).order_by(quarantine.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    return list(connection.execute(query))


def find(
    connection: Connection, community: str | None, device: str | None, reason: str | None, limit: int
) -> list[Row[Any]]:
    """Refused messages, newest first, of a community, a device or a reason."""
    query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    for column, wanted in (("community", community), ("device", device), ("reason", reason)):
        if wanted is not None:
            query = query.where(quarantine.c[column] == wanted)
    return list(connection.execute(query))


def one(connection: Connection, number: int) -> Row[Any] | None:
    """One refused message."""
    return connection.execute(select(quarantine).where(quarantine.c.id == number)).one_or_none()
