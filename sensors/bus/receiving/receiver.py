"""What whoever feeds ingest asks of a session with a broker, however it speaks with it."""

import threading
import time
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


class Held:
    """What came by the present connection and is not acknowledged; whether more may come; in any thread."""

    def __init__(self) -> None:
        self.connection = 0
        self._open = 0
        self._last = time.monotonic()
        self._left = threading.Event()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """A connection begins, or ended: what came before belongs to another."""
        with self._lock:
            self.connection += 1
            self._open = 0
            self._last = time.monotonic()

    def take(self, count: int) -> None:
        """Something came, and so many of it wait for their acknowledgement."""
        with self._lock:
            self._open += count
            self._last = time.monotonic()

    def settle(self, messages: Sequence[Message]) -> list[int]:
        """These are stored; returns the numbers by which to say so.

        Numbers of another connection belong to other messages by now: what was not acknowledged is delivered again,
        and stored once.
        """
        with self._lock:
            numbers = [one.mid for one in messages if one.connection == self.connection]
            self._open -= len(numbers)
        return numbers

    def leave(self) -> None:
        """The subscriptions are about to be left."""
        self._left.clear()

    def left(self) -> None:
        """They were: no more comes but what the broker holds already."""
        self._last = time.monotonic()
        self._left.set()

    def drained_s(self, connected: bool) -> float:
        """See `Receiver`."""
        with self._lock:
            quiet = self._left.is_set() and not self._open and connected
            return time.monotonic() - self._last if quiet else 0.0
