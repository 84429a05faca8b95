"""The brake on a device: one that floods is read more slowly, and loses nothing by it.

A broker that stops reading lets TCP hold the sender back. So one mad device cannot starve the
others, and what it sends is stored all the same, later.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from sensors.meters import CUT_BACK

log = structlog.get_logger(__name__)

MAX_OPEN = 2_000
MAX_OPEN_BYTES = 1024 * 1024
"""What of one device may wait for its commit at a time; with more it is not read."""
BURST_S = 2.0
"""So many seconds' messages a device may send at once, after it was quiet."""
LONGEST_PAUSE_S = 1.0
NAMED_EVERY_S = 10.0


class Brake:
    """Counts what comes from one device, on whichever connections, and says when to stop reading it."""

    def __init__(self, username: str, rate: float) -> None:
        self._username = username
        self._rate = rate
        self._room = rate * BURST_S
        self._at = time.monotonic()
        self._open = 0
        self._bytes = 0
        self._freed = asyncio.Event()
        self._named = 0.0

    @contextmanager
    def message(self, size: int) -> Iterator[None]:
        """Around one message of so many bytes, from its arrival to its commit."""
        self._open += 1
        self._bytes += size
        try:
            yield
        finally:
            self._open -= 1
            self._bytes -= size
            self._freed.set()

    async def wait(self) -> None:
        """Wait until the connection may be read, and count the packet that is read then."""
        while self._open >= MAX_OPEN or self._bytes >= MAX_OPEN_BYTES:
            self._freed.clear()
            await self._freed.wait()
        while self._debt_s > 0:
            self._name()
            await asyncio.sleep(min(LONGEST_PAUSE_S, self._debt_s))
        now = time.monotonic()
        self._room = min(self._rate * BURST_S, self._room + (now - self._at) * self._rate) - 1
        self._at = now

    @property
    def _debt_s(self) -> float:
        return -(self._room + (time.monotonic() - self._at) * self._rate) / self._rate

    def _name(self) -> None:
        CUT_BACK.inc()
        now = time.monotonic()
        if now - self._named > NAMED_EVERY_S:
            self._named = now
            log.warning("device_cut_back", username=self._username, messages_a_second=self._rate)
