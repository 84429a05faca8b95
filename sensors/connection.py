"""One connection to the embedded broker: bounded, braked, and with PUBACKs that mean "stored"."""

import asyncio
import math
from typing import Any, cast

import structlog
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.mqtt.constants import QOS_2
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.protocol.handler import OUTGOING
from amqtt.mqtt.puback import PubackPacket
from amqtt.session import Session

from sensors.brake import Brake
from sensors.quarantine import MAX_KEPT_BYTES

log = structlog.get_logger(__name__)

MAX_OPEN = 1_000
"""What was sent to a device and not acknowledged, at most; its commands run out long before."""
SERVICE = "$cockpit"
"""The user name of our own processes. No device id can begin with ``$``."""


class BoundedReader(ReaderAdapter):  # type: ignore[misc]
    """Refuses to read a packet larger than the quarantine would keep, and reads no faster than its brake lets it."""

    def __init__(self, reader: ReaderAdapter, brake: Brake) -> None:
        self._reader = reader
        self._brake = brake

    async def read(self, n: int = -1) -> bytes:
        await self._brake.wait()
        if n > MAX_KEPT_BYTES:
            log.warning("packet_too_large", bytes=n, limit=MAX_KEPT_BYTES)
            # Not an MQTTError, which amqtt would log and read on, in the middle of the packet.
            raise ConnectionError(f"packet of {n} bytes; at most {MAX_KEPT_BYTES}")
        return cast(bytes, await self._reader.read(n))

    def feed_eof(self) -> None:
        self._reader.feed_eof()


class HoldingHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """One connection. Its PUBACKs to a device wait for ingest."""

    brake: Brake

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._stored: set[int] = set()

    def attach(self, session: Session, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        """Take a connection over; what is read from here on is bounded and braked."""
        broker = self.plugins_manager.app_context.broker
        rate = math.inf if session.username == SERVICE else broker.device_rate
        self.brake = Brake(session.username or "", rate)
        super().attach(session, BoundedReader(reader, self.brake), writer)

    async def _handle_qos1_message_flow(self, message: Any) -> None:
        broker = self.plugins_manager.app_context.broker
        session = self.session
        if message.direction == OUTGOING:
            await self._send(message)
            return
        if session is None or not broker.is_for_ingest(session.username, message.topic):
            await super()._handle_qos1_message_flow(message)
            return
        with self.brake.message():
            await broker.accept(session, message.topic, bytes(message.data), message.retain)
        await self._send_packet(PubackPacket.build(message.packet_id))

    async def _handle_qos2_message_flow(self, message: Any) -> None:
        """As QoS 1 where it counts: a device forgets a message at its PUBREC, so that one means "stored" here."""
        broker = self.plugins_manager.app_context.broker
        session = self.session
        is_incoming = message.direction != OUTGOING and session is not None
        if is_incoming and broker.is_for_ingest(session.username, message.topic):
            with self.brake.message():
                await broker.accept(session, message.topic, bytes(message.data), message.retain)
            self._stored.add(message.packet_id)
        await super()._handle_qos2_message_flow(message)

    def has_stored(self, message: Any) -> bool:
        """Whether a message that is to be handed on was stored already; asked once for each."""
        if message.qos != QOS_2 or message.packet_id not in self._stored:
            return False
        self._stored.discard(message.packet_id)
        return True

    async def _send(self, message: Any) -> None:
        """Send at QoS 1; what is not acknowledged goes again at the session's next connection (MQTT 3.1.1, 4.4)."""
        session = self.session
        try:
            await super()._handle_qos1_message_flow(message)
        finally:
            is_open = message.puback_packet is None and session is not None and not session.clean_session
            if is_open and len(session.inflight_out) < MAX_OPEN:
                session.inflight_out[message.packet_id] = message

    async def handle_puback(self, puback: PubackPacket) -> None:
        """Take an acknowledgement, also one that comes when nobody waits for it any more."""
        number = puback.variable_header.packet_id
        if number not in self._puback_waiters and self.session is not None:
            self.session.inflight_out.pop(number, None)
            return
        await super().handle_puback(puback)

    def handle_read_timeout(self) -> None:
        """End a connection that missed its keep-alive, so that its last will is sent (MQTT 3.1.1, 3.1.2.10)."""
        self._closing = asyncio.ensure_future(self.handle_connection_closed())
