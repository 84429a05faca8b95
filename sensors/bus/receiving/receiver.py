"""What whoever feeds ingest asks of a session with a broker, however it speaks with it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sensors.bus.message import Message

Submit = Callable[[Message], None]


class Receiver(Protocol):
    """A session that outlives its connections: what is not acknowledged comes again."""

    @property
    def connected(self) -> bool:
        """Whether the broker has let it in and taken its subscriptions, and it is still there."""

    @property
    def drained_s(self) -> float:
        """Seconds since nothing more came after it left its subscriptions; 0 while a message is not acknowledged."""

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""

    def wait_connected(self, seconds: float) -> bool:
        """Wait until it is connected; returns whether it is."""

    def leave(self, topic_filters: Sequence[str]) -> None:
        """Take no further part in these subscriptions; what the broker holds already still comes."""

    def stop(self, *, forget: bool = False) -> None:
        """Disconnect in good order; with ``forget`` the broker drops the session at once (MQTT 5)."""
