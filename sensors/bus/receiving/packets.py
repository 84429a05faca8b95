"""The packets of MQTT 3.1.1 and 5 that a session which only receives sends and gets (OASIS, chapter 3 of each).

What comes most, PUBLISH, is taken apart in place: one pass over what was read from the system, a slice for each
topic and payload and nothing else.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from sensors.bus.message import Message, Taker
from store.instant import Instant

TOPICS_KEPT = 65_536
LENGTH_BYTES = 4
SESSION_EXPIRY, RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE = 0x11, 0x21, 0x13
PROPERTY_BYTES = {0x24: 1, 0x25: 1, 0x28: 1, 0x29: 1, 0x2A: 1, 0x13: 2, 0x21: 2, 0x22: 2, 0x11: 4, 0x27: 4}
"""Of the properties of a CONNACK that are numbers (MQTT 5, 3.2.2.3)."""
REFUSED_FROM = 0x80
RETAINED_ONCE = 1 << 4
REFUSALS_OF_3 = {
    1: "Unsupported protocol version",
    2: "Client identifier not valid",
    3: "Server unavailable",
    4: "Bad user name or password",
    5: "Not authorized",
}
"""MQTT 3.1.1, table 3.1."""
PUBACK = struct.Struct("!BBH")


class Kind(IntEnum):
    """The first four bits of a packet."""

    CONNECT = 0x10
    CONNACK = 0x20
    PUBLISH = 0x30
    PUBACK = 0x40
    SUBSCRIBE = 0x80
    SUBACK = 0x90
    UNSUBSCRIBE = 0xA0
    UNSUBACK = 0xB0
    PINGREQ = 0xC0
    PINGRESP = 0xD0
    DISCONNECT = 0xE0


class NotMqtt(Exception):
    """What the other end sent is not what MQTT has it send."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """A CONNACK: why not, if not; whether the session was there; how often the broker wants to hear of us (seconds)."""

    refusal: str | None
    is_known: bool
    keep_alive_s: int | None


def connect(
    client_id: str, username: str | None, password: str | None, keep_alive_s: int, expiry_s: int, most: int, mqtt5: bool
) -> bytes:
    """A CONNECT that goes on with the session; MQTT 5 also says how long to keep it and how much to send at once."""
    flags = (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    head = _text("MQTT") + struct.pack("!BBH", 5 if mqtt5 else 4, flags, keep_alive_s)
    if mqtt5:
        head += _properties(struct.pack("!BIBH", SESSION_EXPIRY, expiry_s, RECEIVE_MAXIMUM, most))
    who = [client_id, *(one for one in (username, password) if one is not None)]
    return _packet(Kind.CONNECT, head + b"".join(map(_text, who)))


def subscribe(number: int, wanted: Sequence[tuple[str, int]], mqtt5: bool) -> bytes:
    """A SUBSCRIBE to filters, each with the greatest QoS.

    With MQTT 5 retained messages come only for a subscription that is new (3.8.3.1, Retain Handling): a session that
    goes on has had them, and one that says no time would be measured anew each time.
    """
    head = struct.pack("!H", number) + (_properties(b"") if mqtt5 else b"")
    wanted = [(one, qos | RETAINED_ONCE) for one, qos in wanted] if mqtt5 else wanted
    return _packet(Kind.SUBSCRIBE | 2, head + b"".join(_text(one) + bytes([qos]) for one, qos in wanted))


def unsubscribe(number: int, left: Iterable[str], mqtt5: bool) -> bytes:
    """An UNSUBSCRIBE."""
    head = struct.pack("!H", number) + (_properties(b"") if mqtt5 else b"")
    return _packet(Kind.UNSUBSCRIBE | 2, head + b"".join(map(_text, left)))


def disconnect(forget: bool, mqtt5: bool) -> bytes:
    """A DISCONNECT; with ``forget`` the session ends with it (MQTT 5, 3.14.2.2.2)."""
    if forget and mqtt5:
        return _packet(Kind.DISCONNECT, b"\x00" + _properties(struct.pack("!BI", SESSION_EXPIRY, 0)))
    return _packet(Kind.DISCONNECT, b"")


def pubacks(numbers: Iterable[int]) -> bytes:
    """A PUBACK for each number, one after the other."""
    return b"".join(PUBACK.pack(Kind.PUBACK, 2, number) for number in numbers)


PING = bytes([Kind.PINGREQ, 0])


def read_connack(body: bytes, mqtt5: bool) -> Welcome:
    """Read a CONNACK.

    Raises
    ------
    NotMqtt
        If it is none.
    """
    if len(body) < 2:
        raise NotMqtt("CONNACK that is too short")
    known, code = bool(body[0] & 1), body[1]
    if not mqtt5:
        return Welcome(REFUSALS_OF_3.get(code, f"code {code}") if code else None, known, None)
    refusal = _reason(PacketTypes.CONNACK, code) if code >= REFUSED_FROM else None
    return Welcome(refusal, known, _number_of(body[2:], SERVER_KEEP_ALIVE))


def read_reasons(body: bytes, mqtt5: bool) -> tuple[int, list[str | None]]:
    """Read a SUBACK: the number that it answers, and for each filter why not, None where it was taken."""
    if len(body) < 2:
        raise NotMqtt("SUBACK that is too short")
    at = 2
    if mqtt5:
        size, at = _length(body, 2)
        at += size
    reasons = [
        None if code < REFUSED_FROM else _reason(PacketTypes.SUBACK, code) if mqtt5 else "Failure" for code in body[at:]
    ]
    return int.from_bytes(body[:2], "big"), reasons


def why_disconnected(body: bytes) -> str:
    """What a broker says as it ends the connection (MQTT 5)."""
    return _reason(PacketTypes.DISCONNECT, body[0]) if body else "the broker ended it"


class Stream:
    """Bytes of one connection as they come, cut into packets; what is not whole waits for the rest."""

    def __init__(self, mqtt5: bool, taker: Taker, connection: int) -> None:
        self._mqtt5 = mqtt5
        self._taker = taker
        self._connection = connection
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 2
        self._topics: dict[bytes, str] = {}

    def take(self, piece: bytes, received: Instant) -> tuple[list[Message], list[tuple[int, bytes]]]:
        """What is whole now: messages in their order, and (kind, body) of all other packets.

        Raises
        ------
        NotMqtt
            If it cannot be a packet that a broker sends to a session like ours.
        """
        self._parts.append(piece)
        self._have += len(piece)
        # A packet of many megabytes is put together once, not with each piece of it.
        if self._have < self._need:
            return [], []
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        messages: list[Message] = []
        others: list[tuple[int, bytes]] = []
        rest = self._cut(data, received, messages, others)
        self._parts, self._have = [data[rest:]], len(data) - rest
        return messages, others

    def _cut(self, data: bytes, received: Instant, messages: list[Message], others: list[tuple[int, bytes]]) -> int:
        at, end = 0, len(data)
        while True:
            self._need = 2
            if end - at < 2:
                return at
            first, size, body = data[at], data[at + 1], at + 2
            if size & 0x80:
                found = _long_length(data, at + 1)
                if found is None:
                    self._need = end - at + 1
                    return at
                size, body = found
            stop = body + size
            if stop > end:
                self._need = stop - at
                return at
            if first & 0xF0 == Kind.PUBLISH:
                messages.append(self._message(data, first, body, stop, received))
            else:
                others.append((first & 0xF0, data[body:stop]))
            at = stop

    def _message(self, data: bytes, first: int, body: int, stop: int, received: Instant) -> Message:
        try:
            at = body + 2 + (data[body] << 8 | data[body + 1])
            raw = data[body + 2 : at]
            qos, number = first >> 1 & 3, 0
            if qos:
                number = data[at] << 8 | data[at + 1]
                at += 2
            if self._mqtt5:
                size, at = (data[at], at + 1) if data[at] < 0x80 else _length(data, at)
                at += size
        except IndexError:
            raise NotMqtt("PUBLISH that is too short") from None
        if at > stop:
            raise NotMqtt("PUBLISH whose parts are longer than it is")
        if qos > 1:
            raise NotMqtt(f"PUBLISH of QoS {qos}, where at most 1 was asked for")
        topic = self._topics.get(raw) or self._topic(raw)
        taker = self._taker if qos else None
        return Message(topic, data[at:stop], received, first & 1 == 1, taker, self._connection, number)

    def _topic(self, raw: bytes) -> str:
        if len(self._topics) >= TOPICS_KEPT:
            self._topics.clear()
        try:
            topic = raw.decode()
        except UnicodeDecodeError:
            topic = repr(raw)
        self._topics[raw] = topic
        return topic


def _reason(packet: int, code: int) -> str:
    try:
        return str(ReasonCode(packet, identifier=code))
    except (KeyError, AssertionError):  # one that the standard does not have
        return f"reason {code:#04x}"


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


def _properties(content: bytes) -> bytes:
    return _written_length(len(content)) + content


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _written_length(len(body)) + body


def _written_length(size: int) -> bytes:
    written = bytearray()
    while True:
        size, digit = divmod(size, 0x80)
        written.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(written)


def _long_length(data: bytes, at: int) -> tuple[int, int] | None:
    """A variable byte integer and where it ends (1.5.5 of MQTT 5); None where more of it is to come."""
    size = 0
    for index in range(LENGTH_BYTES):
        if at + index >= len(data):
            return None
        digit = data[at + index]
        size |= (digit & 0x7F) << 7 * index
        if digit < 0x80:
            return size, at + index + 1
    raise NotMqtt("a length of more than four bytes")


def _length(data: bytes, at: int) -> tuple[int, int]:
    found = _long_length(data, at)
    if found is None:
        raise NotMqtt("a packet that ends in the middle of a length")
    return found


def _number_of(properties: bytes, wanted: int) -> int | None:
    """The value of a property that is a number, from those of a CONNACK; None where it is not there."""
    if not properties:
        return None
    size, at = _length(properties, 0)
    end = min(at + size, len(properties))
    while at < end:
        kind, at = properties[at], at + 1
        if kind in PROPERTY_BYTES:
            width = PROPERTY_BYTES[kind]
            if kind == wanted:
                return int.from_bytes(properties[at : at + width], "big")
            at += width
        else:
            # Text, or (0x26) a pair of texts.
            for _ in range(2 if kind == 0x26 else 1):
                at += 2 + int.from_bytes(properties[at : at + 2], "big")
    return None
