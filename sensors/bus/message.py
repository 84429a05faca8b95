"""A message as it came from a broker, and telling that broker that it is stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from store.instant import Instant


class Taker(Protocol):
    """Whoever took messages from the broker, and acknowledges them when they are stored."""

    def acknowledge(self, messages: Sequence["Message"]) -> None:
        """Tell the broker that these are stored."""


@dataclass(slots=True)
class Message:
    """A message as it came from the broker.

    ``retained`` marks one that the broker had kept, which says nothing of when the device was last
    heard. ``taker`` is whoever tells the broker that it is stored, None where nobody waits for that;
    ``connection`` and ``mid`` are its number there.  ``retained`` marks also one that is played back.
    """

    topic: str
    payload: bytes
    received: Instant
    retained: bool = False
    taker: Taker | None = None
    connection: int = 0
    mid: int = 0


def acknowledge(messages: Sequence[Message]) -> None:
    """Tell the brokers that messages are stored."""
    by_taker: dict[int, list[Message]] = defaultdict(list)
    for message in messages:
        if message.taker is not None:
            by_taker[id(message.taker)].append(message)
    for taken in by_taker.values():
        if taken[0].taker is not None:
            taken[0].taker.acknowledge(taken)
