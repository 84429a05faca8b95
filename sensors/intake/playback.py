"""Playing refused messages back, after a person has mended what they were refused for."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select
from sqlalchemy.exc import DataError, IntegrityError

from sensors.bus.message import Message
from sensors.codecs.installed import Codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.devices.words import Changed
from sensors.intake import quarantine as quarantined
from sensors.intake.access import NONE, Rights, rights
from sensors.intake.batch import Feed
from sensors.intake.writer import Writer
from sensors.refusal import Reason, Refused
from sensors.tables import quarantine
from sensors.topics import parse
from store import revision
from store.why import first_line

AT_ONCE = 50
"""Messages in one transaction: devices wait no longer than it takes."""
NEVER = frozenset({Reason.TOPIC_NOT_PERMITTED, Reason.BAD_TOPIC, Reason.NOT_LET_IN})
"""What somebody sent in another's name does not become true by playing it back, nor by what is registered later."""


ANOTHERS = "sent in another's name, or to no one's topic; it is not played back"


@dataclass(frozen=True)
class Outcome:
    """What became of one message: stored and gone from the quarantine, or still refused and why."""

    id: int
    topic: str
    stored: bool
    why: str = ""


def play_back(engine: Engine, feeds: Sequence[Feed], codecs: Codecs, ids: Sequence[int]) -> list[Outcome]:
    """Take refused messages again, as if they came when they came; the stored ones leave the quarantine."""
    writer = Writer(engine, feeds, codecs)
    outcomes: list[Outcome] = []
    with engine.connect() as connection:
        portions = list(quarantined.portions(connection, ids, AT_ONCE))
    for portion in portions:
        outcomes += _some(engine, writer, codecs, portion)
    return outcomes


def take_again(engine: Engine, feeds: Callable[[], Sequence[Feed]], codecs: Codecs, seconds: float) -> int:
    """Take again what told too much of the past at once, for so many seconds; returns how many were stored."""
    stored, after, until = 0, 0, time.monotonic() + seconds
    query = select(quarantine.c.id).where(quarantine.c.reason == Reason.PAST_AT_ONCE).order_by(quarantine.c.id)
    while time.monotonic() < until:
        with engine.connect() as connection:
            ids = list(connection.scalars(query.where(quarantine.c.id > after).limit(AT_ONCE)))
        if not ids:
            break
        stored += sum(one.stored for one in play_back(engine, feeds(), codecs, ids))
        after = ids[-1]
    return stored


def _some(engine: Engine, writer: Writer, codecs: Codecs, ids: Sequence[int]) -> list[Outcome]:
    """Take a portion; one that cannot be stored is found by halves and stays, the others are stored."""
    try:
        return _all(engine, writer, codecs, ids)
    except Changed:
        return _some(engine, writer, codecs, ids)
    except (IntegrityError, DataError, OverflowError) as error:
        if len(ids) > 1:
            middle = len(ids) // 2
            return [one for half in (ids[:middle], ids[middle:]) for one in _some(engine, writer, codecs, half)]
        return [_not_storable(engine, ids[0], error)]


def _not_storable(engine: Engine, number: int, error: Exception) -> Outcome:
    with engine.connect() as connection:
        topic = connection.scalar(select(quarantine.c.topic).where(quarantine.c.id == number)) or ""
    return Outcome(number, topic, False, f"{Reason.NOT_STORABLE}: {first_line(error)[:200]}")


def _why_not(known: Mapping[str, Device], may: Mapping[str, Rights], row: Row[Any]) -> str | None:
    """Why what one device sent may not be stored as another's, if so.

    What the broker let through was sent in its own name; and for a device that nobody has
    registered nobody may send yet, so that it is unknown is what has to be told.
    """
    if row.reason in NEVER:
        return ANOTHERS
    if row.sender is None or row.topic in may.get(row.sender, NONE).writes:
        return None
    try:
        device = parse(row.topic).device
    except Refused:
        return ANOTHERS
    return ANOTHERS if device in known else f"{Reason.UNKNOWN_DEVICE}: no device {device!r} is registered"


def _all(engine: Engine, writer: Writer, codecs: Codecs, ids: Sequence[int]) -> list[Outcome]:
    with engine.connect() as connection:
        rows = connection.execute(select(quarantine).where(quarantine.c.id.in_(ids)).order_by(quarantine.c.id)).all()
        known = {device.id: device for device in registry.read_all(connection)}
    may = rights(known.values(), codecs)
    barred = {row.id: told for row in rows if (told := _why_not(known, may, row)) is not None}
    in_own_name = [row for row in rows if row.id not in barred]
    # As retained ones, since they say nothing of when their device was last heard.
    messages = [Message(row.topic, row.payload, row.received, retained=True, mid=row.id) for row in in_own_name]
    batch = writer.decode(messages)
    why = {refusal.mid: f"{refusal.reason}: {refusal.detail}" for refusal in batch.refusals}
    batch.refusals.clear()
    why |= barred
    outcomes = [Outcome(row.id, row.topic, row.id not in why, why.get(row.id, "")) for row in rows]
    stored = [outcome.id for outcome in outcomes if outcome.stored]
    if stored:
        writer.store(batch, partial(_leave, stored))
    return outcomes


def _leave(ids: Sequence[int], connection: Connection) -> None:
    connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids)))
    # So that every screen reads its state again.
    revision.bump(connection, registry.REVISION)
