"""From the embedded broker to ingest, in one process: what was accepted is handed over, and comes back when stored."""

import asyncio
import itertools
from collections.abc import Callable, Sequence

from sensors.batch import Message
from store.instant import now

CLOSED_RETRY_S = 0.1


class Inlet:
    """Takes messages in the broker's event loop, and hears of what is stored from ingest's thread."""

    def __init__(self) -> None:
        self._submit: Callable[[Message], None] | None = None
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
        while (submit := self._submit) is None:
            await asyncio.sleep(CLOSED_RETRY_S)
        self._loop = asyncio.get_running_loop()
        number = next(self._numbers)
        stored = self._waiting[number] = self._loop.create_future()
        try:
            submit(Message(topic, payload, now(), taker=self, mid=number))
            await stored
        finally:
            self._waiting.pop(number, None)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """These are stored; in ingest's thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._release, [message.mid for message in messages])

    def _release(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            stored = self._waiting.get(number)  # whoever brought it may have gone
            if stored is not None and not stored.done():
                stored.set_result(None)
