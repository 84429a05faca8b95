"""What ingest receives from a broker elsewhere, and by what session."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sensors import topics
from sensors.bus.client import BrokerAddress
from sensors.bus.message import Message
from sensors.bus.receiving.by_paho import PahoReceiver
from sensors.bus.receiving.receiver import Receiver
from sensors.bus.receiving.session import ReceivingSession
from sensors.topics import device_filters

GROUP = "ingest"
"""The name of the shared subscription (MQTT 5, section 4.8.2)."""
INGEST = "cockpit-ingest"


def filters(communities: Sequence[str], roots: Iterable[str], shared: bool = False) -> tuple[str, ...]:
    """What an ingester subscribes to: all communities or some, alone or sharing with the others.

    ``roots`` are those of the protocols with topics of their own; there too the community comes next.
    """
    chosen = list(communities) or ["+"]
    wanted = [topic for code in chosen for topic in device_filters(code)]
    wanted += [f"{root}/{code}/#" for root in roots for code in chosen]
    return tuple(f"$share/{GROUP}/{one}" if shared else one for one in wanted)


def session_name(communities: Sequence[str]) -> str:
    """The client id of whoever subscribes to these, or what it begins with where several share."""
    return "-".join((INGEST, *sorted(communities)))


class Taking(Protocol):
    """Who takes messages: an ingest."""

    def submit(self, message: Message) -> None:
        """Take one; returns at once."""

    @property
    def is_full(self) -> bool:
        """Whether more should be held back."""


def receiver(address: BrokerAddress, ingest: Taking, topic_filters: Sequence[str], client_id: str) -> Receiver:
    """A session that hands every device message to ingest, which acknowledges it when it is stored."""
    # A broker that has no such topics (NATS before 2.10 takes no dot) still serves all others.
    needed = frozenset(one for one in topic_filters if topics.ROOT in one)
    kind = PahoReceiver if address.by_paho else ReceivingSession
    return kind(address, client_id, ingest.submit, topic_filters, needed, lambda: ingest.is_full)
