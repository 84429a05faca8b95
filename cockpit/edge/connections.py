"""Connections: how many, from whom, how long they may take for their headers, and what becomes of who reads nothing.

uvicorn waits for ever for a request to begin and for an answer to be taken; here both have an end.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from cockpit.edge.count import Count
from store import budgets

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


OPEN = Count("connections", "connections_an_address")


class _Bounded(asyncio.Protocol):
    """What both kinds of connections have in common."""

    loop: asyncio.AbstractEventLoop
    transport: Any
    client: tuple[str, int] | None
    _unread: asyncio.TimerHandle | None = None
    _counted: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if OPEN.add(address):
            self._counted = address
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(budgets.current().unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read()

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _forget(self) -> None:
        self._is_read()
        if self._counted is not None:
            OPEN.remove(self._counted)
            self._counted = None


class HttpConnection(_Bounded, HttpToolsProtocol):
    """A connection that asks by HTTP."""

    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for its first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers of a request are whole."""
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        numbers = budgets.current()
        if self._head_timer is not None and self._head_bytes > numbers.url_bytes + numbers.header_bytes:
            self._end(TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The headers are whole."""
        self._have_head()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """It is another kind of connection from here on."""
        self._have_head()
        self._forget()
        super().handle_websocket_upgrade()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(budgets.current().header_seconds, self._end, TOO_SLOW)

    def _have_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end(self, answer: bytes) -> None:
        self._have_head()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class LiveConnection(_Bounded, WebSocketsSansIOProtocol):
    """A connection that has become a WebSocket."""
