"""From the embedded broker to ingest, in one process: what was accepted is handed over, and comes back when stored."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence

from sensors.bus.message import Message
from sensors.topics import whose
from store.instant import now

CLOSED_RETRY_S = 0.1
MAX_HELD = 4_000
MAX_HELD_BYTES = 32 * 1024 * 1024
"""What of a community is on its way to ingest; beyond it the broker stops reading, and TCP brakes the sender."""


class _Places:
    """So many messages, and so many bytes, may be on their way at one time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MAX_HELD)
        self._bytes = 0
        self._less = asyncio.Event()

    async def take(self, size: int) -> None:
        """Wait until there is room for a message."""
        await self._free.acquire()
        try:
            while self._bytes > MAX_HELD_BYTES:
                self._less.clear()
                await self._less.wait()
        except asyncio.CancelledError:
            self._free.release()
            raise
        self._bytes += size

    def give_back(self, size: int) -> None:
        """A message is stored."""
        self._bytes -= size
        self._free.release()
        self._less.set()


class Inlet:
    """Takes messages in the broker's event loop, and hears of what is stored from ingest's thread."""

    def __init__(self) -> None:
        self._submit: Callable[[Message], None] | None = None
        self._places: dict[str | None, _Places] = defaultdict(_Places)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, submit: Callable[[Message], None]) -> None:
        """Hand messages over from now on."""
        self._submit = submit

    def close(self) -> None:
        """Hand nothing over any more; who brings something waits."""
        self._submit = None

    @property
    def is_open(self) -> bool:
        """Whether messages are handed over."""
        return self._submit is not None

    async def store(self, topic: str, payload: bytes) -> None:
        """Hand a message over and wait until it is stored, for as long as that takes."""
        # Of each community by itself: one whose database is away holds up no other.
        places = self._places[whose(topic)[0]]
        await places.take(len(payload))
        try:
            while (submit := self._submit) is None:
                await asyncio.sleep(CLOSED_RETRY_S)
        except asyncio.CancelledError:
            places.give_back(len(payload))
            raise
        self._loop = asyncio.get_running_loop()
        number = next(self._numbers)
        stored = self._waiting[number] = self._loop.create_future()
        try:
            submit(Message(topic, payload, now(), taker=self, mid=number))
            await stored
        finally:
            self._waiting.pop(number, None)

    def _give_back(self, messages: Sequence[Message]) -> None:
        """Their places are free only now that they are stored: whoever brought them may be long gone."""
        for message in messages:
            self._places[whose(message.topic)[0]].give_back(len(message.payload))
            stored = self._waiting.get(message.mid)
            if stored is not None and not stored.done():
                stored.set_result(None)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """These are stored; in ingest's thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._give_back, messages)
