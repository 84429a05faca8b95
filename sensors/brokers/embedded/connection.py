"""One connection to the embedded broker: bounded, braked, and with PUBACKs that mean "stored"."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.errors import MQTTError, NoDataError, ProtocolHandlerError
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
from amqtt.mqtt.pubcomp import PubcompPacket
from amqtt.mqtt.pubrec import PubrecPacket
from amqtt.session import Session

from sensors.brokers.embedded.brake import Brake
from sensors.brokers.embedded.packets import read_packet
from sensors.unforeseen import note

log = structlog.get_logger(__name__)

EXPECTED = (TimeoutError, OSError, ProtocolHandlerError)
"""What a line that breaks, or a client that does not answer, brings."""
A_TURN = 8
"""So many messages of one line are read before the others have their turn."""
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
        self._taking: set[asyncio.Task[Any]] = set()
        self._sending: set[asyncio.Task[Any]] = set()
        self._gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def attach(self, session: Session, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        """Take a connection over; from here on it is braked."""
        self.brake = self.plugins_manager.app_context.broker.brake_of(session.username)
        super().attach(session, reader, writer)

    async def handle_disconnect(self, disconnect: Any) -> None:
        """The connection ends, with a DISCONNECT or without; the first word counts."""
        # Not amqtt's own future, which it makes anew at the start, whether the end has come already or not.
        if not self._gone.done():
            self._gone.set_result(disconnect)

    async def wait_disconnect(self) -> Any:
        """Wait for the end; the DISCONNECT that brought it, else None."""
        return await asyncio.shield(self._gone)

    async def stop(self) -> None:
        """End the connection, and what is under way on it."""
        await self.handle_disconnect(None)
        for task in self._sending:
            task.cancel()
        await super().stop()

    def send(self, topic: str, data: bytes, qos: int) -> None:
        """Send a message without waiting for it; a client for which too many wait is cut off."""
        if len(self._sending) >= MAX_OPEN:
            log.warning("connection_ended", username=self.session.username, reason="reads too little")
            self.writer.abort()
            return
        self._aside(self.mqtt_publish(topic, data, qos, retain=False), self._sending)

    def _aside(self, work: Coroutine[Any, Any, Any], among: set[asyncio.Task[Any]]) -> None:
        """Do something beside the reading of the line."""
        task = asyncio.ensure_future(work)
        among.add(task)

        def done(_task: object) -> None:
            among.discard(task)
            # What was not acknowledged is kept by `_send`, and goes again.
            if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, EXPECTED):
                note("broker", error)

        task.add_done_callback(done)

    async def _retry_deliveries(self) -> None:
        # Aside: a client that acknowledges nothing keeps nobody from hearing that it is gone.
        self._aside(super()._retry_deliveries(), self._sending)

    async def _reader_loop(self) -> None:
        """Take packets until the connection ends; one that breaks the protocol ends it (MQTT 3.1.1, 4.8)."""
        self._reader_ready.set()
        read = 0
        try:
            while (packet := await self._next_packet()) is not None:
                kind = packet.fixed_header.packet_type
                taking = getattr(self, TAKEN_BY[kind])(packet)
                if kind == PUBLISH and packet.qos:
                    # Its answer waits until it is stored; what comes behind it does not.
                    self._aside(taking, self._taking)
                    read += 1
                    if read % A_TURN == 0:
                        # What was read begins, and others have their turn, also where the line brings ever more.
                        await asyncio.sleep(0)
                else:
                    await taking
                if kind == DISCONNECT:
                    break
        except TimeoutError:
            log.info("connection_ended", username=self.session.username, reason="missed its keep-alive")
        except (OSError, NoDataError, ProtocolHandlerError):
            log.info("connection_ended", username=self.session.username, reason="its line broke")
        except MQTTError as error:
            log.warning("connection_ended", username=self.session.username, reason=f"protocol: {error}")
        finally:
            # What is on its way to ingest goes on: it came, whether or not its sender still hears of it.
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
        self._aside(self._store(message), self._taking)

    async def _handle_qos1_message_flow(self, message: Any) -> None:
        broker = self.plugins_manager.app_context.broker
        session = self.session
        if message.direction == OUTGOING:
            await self._send(message)
            return
        if session is None or not broker.is_for_ingest(session.username, message.topic):
            await super()._handle_qos1_message_flow(message)
            return
        await self._store(message)
        await self._send_packet(PubackPacket.build(message.packet_id))

    async def _handle_qos2_message_flow(self, message: Any) -> None:
        """Store it once, however often it comes: a device forgets it at its PUBREC (MQTT 3.1.1, 4.3.3)."""
        broker, session, number = self.plugins_manager.app_context.broker, self.session, message.packet_id
        if message.direction == OUTGOING or not broker.is_for_ingest(session.username, message.topic):
            await super()._handle_qos2_message_flow(message)
            return
        if number not in session.stored:
            session.stored[number] = asyncio.ensure_future(self._store(message))
        # Also where it comes again while it is stored; on this connection or on the next.
        await asyncio.shield(session.stored[number])
        await self._send_packet(PubrecPacket.build(number))

    async def _store(self, message: Any) -> None:
        broker = self.plugins_manager.app_context.broker
        with self.brake.message(len(message.data)):
            await broker.accept(self.session, message.topic, bytes(message.data))

    async def handle_pubrel(self, pubrel: Any) -> None:
        """Release a number; each is answered, known or not (MQTT 3.1.1, 4.3.3)."""
        number = pubrel.packet_id
        if number in self._pubrel_waiters:
            await super().handle_pubrel(pubrel)
            return
        self.session.stored.pop(number, None)
        await self._send_packet(PubcompPacket.build(number))

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
