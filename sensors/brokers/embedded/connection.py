"""One connection to the embedded broker: bounded, braked, and with PUBACKs that mean "stored"."""

import asyncio
import math
from typing import Any

import structlog
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.errors import MQTTError, NoDataError
from amqtt.mqtt.packet import (
    DISCONNECT,
    PINGREQ,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
    SUBSCRIBE,
    UNSUBSCRIBE,
)
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.protocol.handler import OUTGOING
from amqtt.mqtt.puback import PubackPacket
from amqtt.session import Session

from sensors.brokers.embedded.brake import Brake
from sensors.brokers.embedded.packets import read_packet

log = structlog.get_logger(__name__)

MAX_OPEN = 1_000
"""What was sent to a device and not acknowledged, at most; its commands run out long before."""
TAKEN_BY = {
    SUBSCRIBE: "handle_subscribe",
    UNSUBSCRIBE: "handle_unsubscribe",
    PUBACK: "handle_puback",
    PUBREC: "handle_pubrec",
    PUBREL: "handle_pubrel",
    PUBCOMP: "handle_pubcomp",
    PINGREQ: "handle_pingreq",
    PUBLISH: "handle_publish",
    DISCONNECT: "handle_disconnect",
}
"""What a client that is in may send, and who takes it (MQTT 3.1.1, 2.2.1)."""
SERVICE = "$cockpit"
"""The user name of our own processes. No device id can begin with ``$``."""


class HoldingHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """One connection. Its PUBACKs to a device wait for ingest."""

    brake: Brake

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._taking: set[asyncio.Task[None]] = set()

    def attach(self, session: Session, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        """Take a connection over; from here on it is braked."""
        broker = self.plugins_manager.app_context.broker
        rate = math.inf if session.username == SERVICE else broker.device_rate
        self.brake = Brake(session.username or "", rate)
        super().attach(session, reader, writer)

    async def _reader_loop(self) -> None:
        """Take packets until the connection ends; one that breaks the protocol ends it (MQTT 3.1.1, 4.8)."""
        self._reader_ready.set()
        try:
            while (packet := await self._next_packet()) is not None:
                task = asyncio.ensure_future(getattr(self, TAKEN_BY[packet.fixed_header.packet_type])(packet))
                self._taking.add(task)
                task.add_done_callback(self._taking.discard)
        except TimeoutError:
            log.info("connection_ended", username=self.session.username, reason="missed its keep-alive")
        except (OSError, NoDataError):
            log.info("connection_ended", username=self.session.username, reason="its line broke")
        except MQTTError as error:
            log.warning("connection_ended", username=self.session.username, reason=f"protocol: {error}")
        finally:
            for task in self._taking:
                task.cancel()
            await self.handle_connection_closed()
            self._reader_stopped.set()
        await self.stop()

    async def _next_packet(self) -> Any:
        """Read a packet, no faster than the brake lets it; None where the other end has closed the connection.

        Raises
        ------
        TimeoutError
            Nothing came within the keep-alive (MQTT 3.1.1, 3.1.2.10), or not all of a packet.
        MQTTError, NoDataError
            As `read_packet` has it.
        """
        await self.brake.wait()
        async with asyncio.timeout(self.session.keep_alive or None):
            return await read_packet(self.reader, TAKEN_BY)

    async def _handle_qos0_message_flow(self, message: Any) -> None:
        broker = self.plugins_manager.app_context.broker
        if message.direction == OUTGOING or not broker.is_for_ingest(self.session.username, message.topic):
            await super()._handle_qos0_message_flow(message)
            return
        # Nobody waits for it, not even the end of the connection: a device may leave as soon as it has sent.
        broker.accept_unheard(self.session, message.topic, bytes(message.data), message.retain, self.brake)

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
        await super()._handle_qos2_message_flow(message)

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
