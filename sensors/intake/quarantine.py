"""Quarantine: what was refused, whole, with the reason, so that a person can see why."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, func, insert, literal, select

from sensors.refusal import Reason
from sensors.tables import quarantine
from store import budgets
from store.instant import Instant

MAX_KEPT_BYTES = 4 * 1024 * 1024
"""The embedded broker takes no larger packet, so everything that arrives is kept whole."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused message as it goes to the table; ``mid`` is the number that its `Message` had, and is not kept.

    ``sender`` is the user name that it came with, where the broker did not let it through: who sent a message
    is a part of it for ever, whatever becomes of the device that it names.
    """

    received: Instant
    topic: str
    community: str | None
    device: str | None
    reason: Reason
    detail: str
    payload: bytes
    mid: int = 0
    sender: str | None = None


def store(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Keep refused messages."""
    if refusals:
        connection.execute(insert(quarantine), [_row(refusal) for refusal in refusals])


def _row(refusal: Refusal) -> dict[str, Any]:
    # A NUL is the one character that PostgreSQL's text does not take, half of a pair what UTF-8 has no bytes for.
    texts = {name: getattr(refusal, name) for name in ("topic", "community", "device", "sender", "detail")}
    clean = {
        name: text and text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
        for name, text in texts.items()
    }
    row = asdict(refusal) | clean
    del row["mid"]
    return row


@dataclass(frozen=True, slots=True)
class Filter:
    """Which refused messages are asked for. Those of no known community come with every one."""

    community: str | None = None
    device: str | None = None
    reason: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.community is not None:
            found.append((quarantine.c.community == self.community) | quarantine.c.community.is_(None))
        if self.device is not None:
            found.append(quarantine.c.device == self.device)
        if self.reason is not None:
            found.append(quarantine.c.reason == self.reason)
        return found


_LISTED = [column for column in quarantine.c if column is not quarantine.c.payload]


def find(connection: Connection, wanted: Filter, limit: int, before: int | None = None) -> list[Row[Any]]:
    """Refused messages, newest first; with ``before`` only those older than the message of that number.

    Of each payload, which may have megabytes, there is only the beginning (``payload_bytes`` of the budgets) and
    its length, ``bytes``.
    """
    # SQLite has no part of what is empty: NULL.
    part = func.substr(quarantine.c.payload, 1, budgets.current().payload_bytes)
    beginning = func.coalesce(part, literal(b"", LargeBinary), type_=LargeBinary)
    columns = [*_LISTED, beginning.label("beginning"), func.length(quarantine.c.payload).label("bytes")]
    query = select(*columns).where(*wanted.conditions()).order_by(quarantine.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    return list(connection.execute(query))


def portions(connection: Connection, ids: Sequence[int], most: int) -> Iterator[list[int]]:
    """The numbers of these messages, those that are there, in portions that fit into memory: so many, or so much."""
    room = budgets.current().list_bytes
    portion: list[int] = []
    size = 0
    for number, length in _lengths(connection, ids):
        if portion and (len(portion) == most or size + length > room):
            yield portion
            portion, size = [], 0
        portion.append(number)
        size += length
    if portion:
        yield portion


def _lengths(connection: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    length = func.length(quarantine.c.payload).label("bytes")
    query = select(quarantine.c.id, length).where(quarantine.c.id.in_(ids)).order_by(quarantine.c.id)
    return [(row.id, row.bytes) for row in connection.execute(query)]


def own(connection: Connection, community: str, ids: Sequence[int]) -> list[int]:
    """Which of these messages are of a community, or of none that is known."""
    of = quarantine.c.community
    query = select(quarantine.c.id).where(quarantine.c.id.in_(ids), (of == community) | of.is_(None))
    return list(connection.scalars(query.order_by(quarantine.c.id)))


def tally(connection: Connection, wanted: Filter) -> dict[str, int]:
    """How many there are of each reason, most first."""
    number = func.count().label("number")
    query = select(quarantine.c.reason, number).where(*wanted.conditions()).group_by(quarantine.c.reason)
    return {row.reason: row.number for row in connection.execute(query.order_by(number.desc()))}


def one(connection: Connection, number: int) -> Row[Any] | None:
    """One refused message."""
    return connection.execute(select(quarantine).where(quarantine.c.id == number)).one_or_none()
