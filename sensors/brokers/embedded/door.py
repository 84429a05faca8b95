"""Who stands at the embedded broker's door: how many are in, and who of them has not said yet who it is.

After a power cut a thousand devices come within a second, and each says at once who it is. Who says
nothing keeps its place while there are places: where one more knocks, it is let in, and who has
stood there longest goes. So no number of silent strangers keeps a device out.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import structlog

from store import budgets

log = structlog.get_logger(__name__)

AT_ONCE_S = 2.0
"""Within it a device has said who it is, however many come with it."""
TELL_EVERY_S = 10.0


class Door:
    """Counts the connections of one broker, in its event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._silent: dict[asyncio.Timeout, float] = {}
        self._told_at = -TELL_EVERY_S

    @contextlib.asynccontextmanager
    async def silence(self) -> AsyncIterator[None]:
        """While a connection has not said who it is.

        Raises
        ------
        TimeoutError
            It took too long (MQTT 3.1.1, 3.1), or others need the place.
        """
        numbers = budgets.current()
        while len(self._silent) >= numbers.mqtt_silent and self._send_one_away():
            pass
        if len(self._silent) >= numbers.mqtt_connections:
            raise TimeoutError("too many connections that say nothing")
        async with asyncio.timeout(numbers.mqtt_connect_seconds) as patience:
            self._silent[patience] = time.monotonic()
            try:
                yield
            finally:
                self._silent.pop(patience, None)

    @contextlib.contextmanager
    def place(self) -> Iterator[bool]:
        """A device's place from when it has said who it is to its end; False where there is none."""
        if self._inside >= budgets.current().mqtt_connections:
            self._tell()
            yield False
            return
        self._inside += 1
        try:
            yield True
        finally:
            self._inside -= 1

    def _send_one_away(self) -> bool:
        """End the wait of who has said nothing for longest; False where nobody has for long."""
        longest, since = next(iter(self._silent.items()), (None, 0.0))
        if longest is None or time.monotonic() - since < AT_ONCE_S:
            return False
        del self._silent[longest]
        longest.reschedule(asyncio.get_running_loop().time())
        return True

    def _tell(self) -> None:
        if time.monotonic() - self._told_at >= TELL_EVERY_S:
            self._told_at = time.monotonic()
            log.error("connections_full", connections=self._inside, budget="mqtt_connections")
