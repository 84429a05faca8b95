"""paho's client with its system calls bundled.

paho asks the system three times for each packet that it reads and once for each that it
acknowledges; each call also hands Python's lock to another thread, which a busy ingest thread
then keeps for milliseconds. Here the socket is read in large pieces, every packet that is there
is handled before the next wait, and acknowledgements go out together.
"""

import struct
import time
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

from sensors.unforeseen import RETRY_S, noted

PIECE_BYTES = 64 * 1024
PUBACK = struct.Struct("!BBH")
PUBACK_COMMAND = 0x40


class ReadAhead:
    """A socket that is read in large pieces; ``pending`` tells paho that there is more without asking the system."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._piece = b""
        self._at = 0

    def recv(self, size: int) -> bytes:
        """At most ``size`` bytes, from what was read ahead if there is any."""
        if self._at >= len(self._piece):
            self._piece = self._socket.recv(PIECE_BYTES)
            self._at = 0
        part = self._piece[self._at : self._at + size]
        self._at += len(part)
        return part

    def pending(self) -> int:
        """Bytes that can be read without a wait."""
        ahead = len(self._piece) - self._at
        return ahead or (self._socket.pending() if hasattr(self._socket, "pending") else 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _has_more(socket: Any) -> bool:
    return bool(socket.pending())


class PahoClient(mqtt.Client):
    """paho's client, with `ReadAhead` below it and PUBACKs that go out together."""

    def _handle_on_message(self, message: Any) -> None:
        # paho's thread would end with it, and with it the connection for good.
        with noted("mqtt", topic=repr(message._topic)[:200]):
            super()._handle_on_message(message)

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """As paho's; what nobody foresaw ends the connection, which is made anew, and not the thread."""
        ended: MQTTErrorCode | None = None
        while ended is None:
            with noted("mqtt"):
                ended = super().loop_forever(timeout, retry_first_connection)
            if ended is None:
                with noted("mqtt"):
                    self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
                time.sleep(RETRY_S)
        return ended

    def _create_socket(self) -> Any:
        return ReadAhead(super()._create_socket())

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle every packet that was read ahead."""
        while True:
            result = super().loop_read(max_packets)
            socket = self.socket()
            if result is not MQTTErrorCode.MQTT_ERR_SUCCESS or socket is None or not _has_more(socket):
                return result

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of QoS 1, in one packet to the system (MQTT 3.1.1 and 5, section 3.4)."""
        together = b"".join(PUBACK.pack(PUBACK_COMMAND, 2, mid) for mid in mids)
        if together:
            self._packet_queue(PUBACK_COMMAND, together, 0, 1)
