"""A live client that reads as cheaply as Python can: of a frame its header and first letters, the rest is counted.

As our page does it asks for frames that are packed, once for all who watch; and for permessage-deflate, as every
browser does. The server does not offer that (it would compress once for each): what is counted is what a browser gets.
"""

import socket
import time
import zlib

REQUEST = (
    "GET /live/heling?packed=deflate HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
AT_ONCE = 256 * 1024
LETTERS = 200
"""So much of a frame is looked at, packed; the type stands first."""
TYPE_AT = len('{"type":"')
SNAPSHOT, DELTA = ord("s"), ord("d")
BINARY, CLOSE, PING = 2, 8, 9
PONG = b"\x8a"
NO_MASK = b"\x00\x00\x00\x00"


class Client:
    """One connection, and what has come on it."""

    def __init__(self, port: int) -> None:
        self.deltas = self.snapshots = self.size = 0
        self.had_data: float | None = None
        """When its first snapshot was there to the last byte."""
        self.is_gone = False
        self._is_upgraded = False
        self._rest = b""
        self._left = 0
        self._begun: int | None = None
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(REQUEST.format(port=port).encode())
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Of its socket."""
        return self._socket.fileno()

    def forget(self) -> None:
        """Count from here on."""
        self.deltas = self.snapshots = self.size = 0

    def receive(self) -> None:
        """Take what has come."""
        try:
            data = self._socket.recv(AT_ONCE)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self.is_gone = True
        elif self._is_upgraded:
            self._take(data)
        else:
            self._upgrade(self._rest + data)

    def _upgrade(self, data: bytes) -> None:
        head, end, after = data.partition(b"\r\n\r\n")
        self._rest = b"" if end else data
        if end:
            assert head.startswith(b"HTTP/1.1 101"), head
            assert b"permessage-deflate" not in head.lower(), "frames are counted as they are"
            self._is_upgraded = True
            self._take(after)

    def _take(self, data: bytes) -> None:
        self.size += len(data)
        if self._left > len(data):
            self._left -= len(data)
            return
        data, at, self._rest = self._rest + data, self._left, b""
        while at <= len(data):
            self._end()
            found = _begin(data, at)
            if found is None:
                self._rest, self._left = data[at:], 0
                return
            opcode, start, end = found
            if opcode == PING:
                self._socket.send(PONG + bytes([0x80 | end - start]) + NO_MASK + data[start:end])
            self.is_gone = self.is_gone or opcode == CLOSE
            self._begun = _letter(data[start : min(end, start + LETTERS)]) if opcode == BINARY else None
            at = end
        self._left = at - len(data)

    def _end(self) -> None:
        if self._begun == DELTA:
            self.deltas += 1
        elif self._begun == SNAPSHOT:
            self.snapshots += 1
            if self.had_data is None:
                self.had_data = time.monotonic()
        self._begun = None


def _letter(packed: bytes) -> int:
    """The first of the type's."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, TYPE_AT + 1)[TYPE_AT]


def _begin(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(opcode, where the content begins, where it ends) of a server's frame; None before enough of it is there."""
    if len(data) < at + 2:
        return None
    length, start = data[at + 1], at + 2
    if length > 125:
        start += 2 if length == 126 else 8
        length = int.from_bytes(data[at + 2 : start], "big")
    if len(data) < start + min(length, LETTERS):
        return None
    return data[at] & 0x0F, start, start + length
