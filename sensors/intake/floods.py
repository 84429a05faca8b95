"""A device that floods a broker which has no brake of its own: it is shut out for a while, and named.

The embedded broker reads such a device more slowly (`sensors.brokers.embedded.brake`). A Mosquitto or
NATS cannot; there
ingest counts what each device sends, and the registry leaves the device out of the broker's files until
the time is over. What it was not acknowledged it sends again; the others do not notice.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from sensors.bus.message import Message
from sensors.topics import whose

WINDOW_S = 5.0
MARGIN = 1.2
"""The embedded broker lets through just the rate; only what is clearly above it counts."""
SHUT_OUT_S = 15


class Floods:
    """Counts messages by device, and says after each window which devices sent too many."""

    def __init__(self, rate: float) -> None:
        self._most = rate * MARGIN
        self._counts: Counter[str] = Counter()
        self._since = time.monotonic()

    def see(self, messages: Sequence[Message]) -> Iterable[str]:
        """Count messages; returns the devices that flooded in the window that ended with them."""
        self._counts.update(message.topic for message in messages)
        now = time.monotonic()
        seconds = now - self._since
        if seconds < WINDOW_S:
            return ()
        by_device: Counter[str] = Counter()
        if self._counts.total() > self._most * seconds:
            for topic, count in self._counts.items():
                by_device[whose(topic)[1] or ""] += count
        self._counts.clear()
        self._since = now
        return [device for device, count in by_device.items() if device and count > self._most * seconds]
