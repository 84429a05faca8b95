"""MQTT packets as they come from a line: whole, bounded, and of a kind that may come."""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from amqtt.adapters import BufferReader, ReaderAdapter
from amqtt.codecs_amqtt import read_or_raise
from amqtt.errors import MQTTError
from amqtt.mqtt import packet_class
from amqtt.mqtt.packet import CONNECT, PUBLISH, MQTTFixedHeader

from sensors.intake.quarantine import MAX_KEPT_BYTES

PROTOCOL = b"\x00\x04MQTT\x04"
"""How the CONNECT of MQTT 3.1.1 begins (3.1.2.1, 3.1.2.2)."""
QOS = (0, 1, 2)
KIB = 1024
LARGEST = {CONNECT: 16 * KIB, PUBLISH: MAX_KEPT_BYTES}
LARGEST_ELSE = 64 * KIB
"""Of a packet, in bytes: a stranger may send little, and a list of a million topics is nobody's need."""


class OtherVersion(MQTTError):  # type: ignore[misc]
    """A client that speaks another version of MQTT; it is told so (3.1.1, 3.1.2-2)."""


async def read_packet(reader: ReaderAdapter, permitted: Collection[int]) -> Any:
    """Read a packet; None where the other end has closed the connection.

    Raises
    ------
    MQTTError
        It is too large, of a kind that may not come now, or not as MQTT 3.1.1 has it.
    NoDataError
        The line broke within it.
    """
    header, body = await _read_whole(reader, permitted)
    if header is None:
        return None
    with readable():
        packet = await packet_class(header).from_stream(BufferReader(body), fixed_header=header)
    if header.packet_type == PUBLISH and packet.qos not in QOS:
        raise MQTTError(f"QoS {packet.qos}")
    return packet


async def read_connect(reader: ReaderAdapter) -> BufferReader:
    """Read the first packet of a connection, which is a CONNECT, for amqtt to take apart.

    Raises
    ------
    OtherVersion
        The client is not one of MQTT 3.1.1.
    MQTTError
        It is no CONNECT, or too large; or nothing came.
    """
    header, body = await _read_whole(reader, (CONNECT,))
    if header is None:
        raise MQTTError("nothing came")
    if not body.startswith(PROTOCOL):
        raise OtherVersion(f"begins with {body[: len(PROTOCOL)]!r}")
    return BufferReader(header.to_bytes() + body)


async def _read_whole(reader: ReaderAdapter, permitted: Collection[int]) -> tuple[Any, bytes]:
    # Whole, so that a packet that is wrong within reads nothing beyond its end, and waits for nothing.
    header = await MQTTFixedHeader.from_stream(reader)
    if header is None:
        return None, b""
    if header.packet_type not in permitted:
        raise MQTTError(f"packet of type {header.packet_type}")
    size = header.remaining_length
    largest = LARGEST.get(header.packet_type, LARGEST_ELSE)
    if size > largest:
        raise MQTTError(f"packet of {size} bytes; at most {largest}")
    return header, await read_or_raise(reader, size) if size else b""


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Around amqtt's reading of a packet that is there: what it stumbles over is the packet's fault."""
    try:
        yield
    except (MQTTError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it may be
        raise MQTTError(f"cannot be read: {error!r}") from None
