"""Playing refused messages back, after a person has mended what they were refused for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, delete, select

from sensors import registry
from sensors.batch import Feed, Message
from sensors.codecs.declare import Codecs
from sensors.refusal import Reason
from sensors.tables import quarantine
from sensors.writer import Writer
from store import revision

AT_ONCE = 200
NEVER = frozenset({Reason.TOPIC_NOT_PERMITTED, Reason.BAD_TOPIC})
"""What somebody sent in another's name does not become true by playing it back."""


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
    for first in range(0, len(ids), AT_ONCE):
        outcomes += _some(engine, writer, ids[first : first + AT_ONCE])
    return outcomes


def _some(engine: Engine, writer: Writer, ids: Sequence[int]) -> list[Outcome]:
    with engine.connect() as connection:
        rows = connection.execute(select(quarantine).where(quarantine.c.id.in_(ids)).order_by(quarantine.c.id)).all()
    in_own_name = [row for row in rows if row.reason not in NEVER]
    # As retained ones, since they say nothing of when their device was last heard.
    messages = [Message(row.topic, row.payload, row.received, retained=True, mid=row.id) for row in in_own_name]
    batch = writer.decode(messages)
    why = {refusal.mid: f"{refusal.reason}: {refusal.detail}" for refusal in batch.refusals}
    batch.refusals.clear()
    why |= {row.id: ANOTHERS for row in rows if row.reason in NEVER}
    outcomes = [Outcome(row.id, row.topic, row.id not in why, why.get(row.id, "")) for row in rows]
    stored = [outcome.id for outcome in outcomes if outcome.stored]
    if stored:
        writer.store(batch, partial(_leave, stored))
    return outcomes


def _leave(ids: Sequence[int], connection: Connection) -> None:
    connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids)))
    # So that every screen reads its state again.
    revision.bump(connection, registry.REVISION)
