"""MQTT 3.1.1 byte by byte, for what no client library would send."""

import socket
import struct


def text(value: str | bytes) -> bytes:
    """A string as MQTT writes it."""
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("!H", len(raw)) + raw


def packet(kind: int, body: bytes) -> bytes:
    """A packet; ``kind`` is its first byte."""
    size, length = len(body), b""
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | 128 if size else digit])
        if not size:
            return bytes([kind]) + length + body


def login(
    username: str, password: str, client: str = "a", *, clean: bool = True, will: str = "", keep_alive: int = 60
) -> bytes:
    """A CONNECT; ``will`` is the topic on which "offline" is said where the client is lost."""
    flags = 0xC0 | (2 if clean else 0) | (0x0C if will else 0)
    last = text(will) + text("offline") if will else b""
    head = text("MQTT") + struct.pack("!BBH", 4, flags, keep_alive)
    return packet(0x10, head + text(client) + last + text(username) + text(password))


def publish(topic: str, payload: bytes | str, qos: int = 0, number: int = 1) -> bytes:
    """A PUBLISH."""
    raw = payload if isinstance(payload, bytes) else payload.encode()
    return packet(0x30 | qos << 1, text(topic) + (struct.pack("!H", number) if qos else b"") + raw)


def subscribe(*topics: str, qos: int = 1) -> bytes:
    """A SUBSCRIBE."""
    return packet(0x82, b"\x00\x07" + b"".join(text(topic) + bytes([qos]) for topic in topics))


LEAVE = packet(0xE0, b"")


class Line:
    """A connection to a broker."""

    def __init__(self, port: int, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def send(self, *packets: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(b"".join(packets))

    def read(self) -> tuple[int, bytes]:
        """The next packet: its first byte and its body; `EOFError` where the other end has closed."""
        kind, size, shift = self._exactly(1)[0], 0, 0
        while True:
            digit = self._exactly(1)[0]
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, self._exactly(size)

    def enter(self, connect: bytes) -> bool:
        """Send a CONNECT and be let in; whether a session was there."""
        self.send(connect)
        kind, body = self.read()
        assert (kind, body[1]) == (0x20, 0), "let in"
        return bool(body[0])

    def close(self) -> None:
        """End it, without a word."""
        self.socket.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self.socket.recv(size - len(found))
            if not more:
                raise EOFError
            found += more
        return found
