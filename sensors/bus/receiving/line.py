"""One connection to a broker: bytes in, in large pieces, by one thread; bytes out, together, by any."""

import contextlib
import select
import socket
import ssl
import threading
import time

from sensors.bus.client import BrokerAddress

PIECE_BYTES = 256 * 1024
CONNECT_S = 10.0
LAST_WORD_S = 1.0
WANTS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Ended(Exception):
    """The other end has closed the connection."""


class Line:
    """A connection that never waits while it is held: who acknowledges is not held up by who reads."""

    def __init__(self, address: BrokerAddress, host: str, port: int) -> None:
        connection: socket.socket = socket.create_connection((host, port), CONNECT_S)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.tls:
                connection = _context(address).wrap_socket(connection, server_hostname=host)
            connection.setblocking(False)
        except BaseException:
            connection.close()
            raise
        self._socket = connection
        self._lock = threading.Lock()
        self._out = bytearray()
        self._wake, self._woken = socket.socketpair()
        for one in (self._wake, self._woken):
            one.setblocking(False)

    def send(self, data: bytes) -> None:
        """Send, now or as soon as the other end takes it."""
        with self._lock:
            self._out += data
            self._drain()
            is_left = bool(self._out)
        if is_left:
            self.wake()

    def wake(self) -> None:
        """End the wait of whoever reads."""
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    def read(self, seconds: float) -> bytes:
        """What there is, at most `PIECE_BYTES`; nothing where nothing comes in so many seconds.

        Raises
        ------
        Ended
            The other end has closed it.
        OSError
            The line broke.
        """
        piece = self._read_now()
        if piece is None:
            self._wait(seconds)
            piece = self._read_now()
        return piece or b""

    def _wait(self, seconds: float) -> None:
        # Not `select.select`: it takes no descriptor beyond 1024.
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        poll.register(self._woken, select.POLLIN)
        poll.poll(seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(PIECE_BYTES)

    def finish(self, last: bytes) -> None:
        """Send the last word, and wait a moment until the other end has closed: what is not read would cut it off."""
        until = time.monotonic() + LAST_WORD_S
        with contextlib.suppress(Ended, OSError):
            self.send(last)
            while time.monotonic() < until:
                self.read(LAST_WORD_S / 4)

    def close(self) -> None:
        """End it, without a word."""
        with self._lock:
            for one in (self._socket, self._wake, self._woken):
                one.close()

    def _read_now(self) -> bytes | None:
        with self._lock:
            self._drain()
            try:
                piece = self._socket.recv(PIECE_BYTES)
            except WANTS:
                return None
        if not piece:
            raise Ended
        return piece

    def _drain(self) -> None:
        with contextlib.suppress(*WANTS):
            while self._out:
                del self._out[: self._socket.send(self._out)]


def _context(address: BrokerAddress) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=address.ca)
    if address.certificate is not None:
        context.load_cert_chain(address.certificate, address.key)
    return context
