"""The writing end of a connection, which waits for nobody for long."""

import asyncio

import structlog
from amqtt.adapters import StreamWriterAdapter

log = structlog.get_logger(__name__)

UNREAD_S = 10.0
"""A client that has read nothing for so long, while something waits for it, is cut off."""
CLOSE_S = 2.0


class PromptWriter(StreamWriterAdapter):  # type: ignore[misc]
    """Writes to a client that reads; one that does not holds up neither what is sent nor its own end."""

    is_closed: bool

    async def drain(self) -> None:
        """Wait until the client has read enough.

        Raises
        ------
        ConnectionResetError
            It reads nothing; the connection is ended.
        """
        if self.is_closed:
            return
        try:
            async with asyncio.timeout(UNREAD_S):
                await self._writer.drain()
        except TimeoutError:
            self.abort()
            raise ConnectionResetError(f"nothing was read for {UNREAD_S:g} s") from None

    async def close(self) -> None:
        """Send what is left, and end."""
        if self.is_closed:
            return
        self.is_closed = True
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._writer.drain()
                self._writer.close()
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()

    def abort(self) -> None:
        """End at once; what was not sent is not."""
        self.is_closed = True
        self._writer.transport.abort()
