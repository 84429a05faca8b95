"""The embedded broker: amqtt, held to the registry, with a PUBACK that means "stored".

amqtt acknowledges a publish when it has only queued it. Here a device's PUBACK waits until ingest,
to which the message is handed in the process (`sensors.intake.inlet`), has committed it: so what was
acknowledged to a device survives a kill. What the contract forbids is not let through; it is
handed to ingest under ``cockpit/refused/...`` and goes to the quarantine.

Sessions belong to their user name: amqtt itself would let anyone who knows a client id take over
its session before signing in.
"""

import asyncio
import contextlib
import math
import secrets
import ssl
from collections.abc import Coroutine
from functools import partial
from typing import Any, cast

import structlog
from amqtt.adapters import ReaderAdapter, StreamReaderAdapter, WriterAdapter
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import MQTTError, NoDataError
from amqtt.mqtt.connack import (
    CONNECTION_ACCEPTED,
    NOT_AUTHORIZED,
    SERVER_UNAVAILABLE,
    UNACCEPTABLE_PROTOCOL_VERSION,
    ConnackPacket,
)
from amqtt.session import Session

from sensors import topics
from sensors.brokers.embedded.admission import Admission
from sensors.brokers.embedded.brake import Brake
from sensors.brokers.embedded.connection import SERVICE, HoldingHandler
from sensors.brokers.embedded.door import Door
from sensors.brokers.embedded.indexed import IndexedBroker
from sensors.brokers.embedded.lines import PromptWriter
from sensors.brokers.embedded.packets import OtherVersion, read_connect, readable
from sensors.codecs.installed import Codecs
from sensors.devices.kept_registry import Registry
from sensors.intake.inlet import Inlet
from sensors.unforeseen import note
from store import budgets

log = structlog.get_logger(__name__)

REGISTRY_CHECK_S = 0.25
KEEPALIVE_GRACE = 1.5
"""MQTT 3.1.1, 3.1.2.10: silence for one and a half keep-alive periods ends a connection."""
TAKE_OVER_S = 5.0
SESSION_KEPT_S = 7 * 24 * 3_600
"""Of a device that does not come back: longer than any command holds, and than a line is away."""
BACKLOG = 1_024
"""After a power cut all devices come at once."""


class EmbeddedBroker(IndexedBroker):
    """amqtt's broker with the registry as its authority."""

    def __init__(
        self,
        listener: ListenerConfig,
        registry: Registry,
        codecs: Codecs,
        inlet: Inlet,
        service_secret: str,
        device_rate: float,
        *,
        is_closed: bool = False,
    ) -> None:
        config = BrokerConfig(listeners={"default": listener}, plugins={}, session_expiry_interval=SESSION_KEPT_S)
        super().__init__(config)
        self.plugins_manager.app_context.broker = self
        self._admission = Admission(registry, codecs, service_secret, is_closed=is_closed)
        self._inlet = inlet
        self.device_rate = device_rate
        self._tasks: set[asyncio.Task[None]] = set()
        self._door = Door()
        self._clients: dict[str, dict[str, None]] = {}
        self._brakes: dict[str, Brake] = {}
        self._tls: ssl.SSLContext | None = None

    async def _client_connected(self, listener_name: str, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        try:
            await super()._client_connected(listener_name, reader, writer)
        finally:
            # Also where nobody foresaw what went wrong: a line that nobody reads is held by no one.
            await writer.close()

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[HoldingHandler, Session]:
        try:
            handler, session = await self._connect(reader, writer)
        except (MQTTError, NoDataError, OSError) as error:
            if isinstance(error, OtherVersion):
                await self._refuse(writer, UNACCEPTABLE_PROTOCOL_VERSION)
            await writer.close()
            raise MQTTError(str(error) or "no CONNECT came") from None
        answer = await self._admission.answer_to(session, remote_address)
        if answer != CONNECTION_ACCEPTED:
            await self._refuse(writer, answer)
            if (topic := self._admission.topic_to_tell(session, answer)) is not None:
                self._spawn(self._inlet.store(topic, remote_address.encode()))
            raise MQTTError("not let in")
        session.keep_alive = math.ceil(session.keep_alive * KEEPALIVE_GRACE)
        session.client_id = f"{session.username}:{session.client_id or secrets.token_hex(8)}"
        adopted = await self._adopt(session)
        adopted.admitted_by = session.admitted_by
        return handler, adopted

    async def _connect(self, reader: ReaderAdapter, writer: WriterAdapter) -> tuple[HoldingHandler, Session]:
        """The first packet of a connection; who sends none has no place here (MQTT 3.1.1, 3.1)."""
        async with self._door.silence():
            connect = await read_connect(reader)
        with readable():
            came = await HoldingHandler.init_from_connect(connect, writer, self.plugins_manager)
        return cast(tuple[HoldingHandler, Session], came)

    async def _adopt(self, session: Session) -> Session:
        """Begin a clean session, or go on with the one that this user left (MQTT 3.1.1, 3.1.2.4)."""
        await self._end_connection_of(session.client_id)
        if session.username != SERVICE:
            await self._make_room_for(session)
        session.parent = 0
        kept, _ = self._sessions.get(session.client_id, (None, None))
        # Also one that began clean: it ends with its connection, though amqtt forgets it a moment later.
        if kept is None or kept.clean_session or session.clean_session:
            await self._delete_session(session.client_id)
            return session
        for name in ("will_flag", "will_message", "will_topic", "will_qos", "will_retain", "keep_alive"):
            setattr(kept, name, getattr(session, name))
        kept.parent = 1
        return cast(Session, kept)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """A line was opened; where there is TLS its handshake comes first, at the door like all that strangers do."""
        if self._tls is not None:
            try:
                async with self._door.silence():
                    await writer.start_tls(self._tls)
            except OSError:
                writer.transport.abort()
                return
        await self._client_connected(listener_name, StreamReaderAdapter(reader), PromptWriter(writer))

    async def _create_server_instance(
        self, listener_name: str, _kind: object, address: str | None, port: int, tls: ssl.SSLContext | None
    ) -> asyncio.Server:
        # asyncio's own handshake would go on for a minute before anybody here heard of the line.
        self._tls = tls
        connected = partial(self.stream_connected, listener_name=listener_name)
        return await asyncio.start_server(connected, address, port, reuse_address=True, backlog=BACKLOG)

    async def _refuse(self, writer: WriterAdapter, answer: object) -> None:
        with contextlib.suppress(OSError):
            await ConnackPacket.build(0, answer).to_stream(writer)
        await writer.close()

    def brake_of(self, username: str) -> Brake:
        """The brake of a device: one for all its connections, so that a new one is no way around it."""
        rate = math.inf if username == SERVICE else self.device_rate
        return self._brakes.setdefault(username, Brake(username, rate))

    async def _handle_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, session: Session, *more: Any
    ) -> None:
        if session.username == SERVICE:
            await super()._handle_client_session(reader, writer, session, *more)
            return
        with self._door.place() as has_place:
            # Two that came at the same moment have both found nobody before them.
            await self._end_connection_of(session.client_id)
            if has_place and self._admission.holds_for(session):
                await super()._handle_client_session(reader, writer, session, *more)
                return
            self._forget(session.client_id)
            await self._refuse(writer, NOT_AUTHORIZED if has_place else SERVER_UNAVAILABLE)

    async def _make_room_for(self, session: Session) -> None:
        """A device has so many sessions; with one more under a name of its own, its oldest goes."""
        clients = self._clients.setdefault(session.username, {})
        clients.pop(session.client_id, None)
        while len(clients) >= budgets.current().mqtt_sessions_a_device:
            oldest = next(iter(clients))
            del clients[oldest]
            log.warning("session_ended", username=session.username, client_id=oldest, budget="mqtt_sessions_a_device")
            await self._end_connection_of(oldest)
            await self._cleanup_session(oldest)
        clients[session.client_id] = None

    async def _cleanup_session(self, client_id: str) -> None:
        self._forget(client_id)
        await super()._cleanup_session(client_id)

    def _forget(self, client_id: str) -> None:
        clients = self._clients.get(client_id.partition(":")[0], {})
        clients.pop(client_id, None)

    async def _end_connection_of(self, client_id: str) -> None:
        """End what is left of an earlier connection, wholly: its end would be taken for that of the new one."""
        old, handler = self._sessions.get(client_id, (None, None))
        if old is None or handler is None or not old.transitions.is_connected():
            return
        await handler.handle_connection_closed()
        await handler.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TAKE_OVER_S):
                while old.transitions.is_connected():
                    await asyncio.sleep(0.01)

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        if session.username == SERVICE or action is Action.RECEIVE:
            return True
        rights = self._admission.rights_of(session.username)
        return topic in (rights.reads if action is Action.SUBSCRIBE else rights.writes)

    def _may_publish(self, username: str, topic: str) -> bool:
        return topic in self._admission.rights_of(username).writes

    async def _broadcast_message(self, session: Any, topic: Any, data: Any, force_qos: int | None = None) -> None:
        if session is None or session.username == SERVICE:
            await super()._broadcast_message(session, topic, data, force_qos)
            return
        # A last will: permitted when the device connected, and again now.
        self._spawn(self.accept(session, topic, bytes(data or b"")))

    async def accept(self, session: Session, topic: str, payload: bytes) -> None:
        """Bring a device's message, or one that we publish for a device, to ingest and wait until it is stored.

        Nothing of it is retained here: ingest has it, and no other client may read it.
        """
        if session.username == SERVICE or self._may_publish(session.username, topic):
            await self._inlet.store(topic, payload)
        else:
            log.warning("publish_not_permitted", username=session.username, topic=topic)
            await self._inlet.store(f"{topics.REFUSED_ROOT}/{session.username}/{topic}", payload)

    def is_for_ingest(self, username: str, topic: str) -> bool:
        """Whether a message goes to ingest and nowhere else: all of a device's, and what we publish in its place."""
        return username != SERVICE or topics.is_of_device(topic)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def watch_registry(self) -> None:
        """End the connections of revoked devices, whoever revoked them, whatever goes wrong meanwhile."""
        while True:
            try:
                await self._watch_registry()
            except Exception as error:  # noqa: BLE001 - whatever it is, who is put out must go
                note("broker", error)

    async def _watch_registry(self) -> None:
        seen = -1
        while True:
            await asyncio.sleep(REGISTRY_CHECK_S)
            if (at := await self._admission.look(REGISTRY_CHECK_S)) != seen:
                seen = at
                self._end_outdated()

    def reaches(self, topic: str) -> bool:
        """Whether somebody has subscribed to exactly that topic, connected or away with a session that is kept."""
        return bool(self._subscriptions.get(topic))

    def _end_outdated(self) -> None:
        """End the connections whose credentials were revoked or changed."""
        for client_id, (session, _) in list(self._sessions.items()):
            if not self._admission.holds_for(session):
                log.info("connection_ended", username=session.username, reason="credentials revoked or changed")
                # Each by itself: one whose client does not read keeps no other in.
                self._spawn(self._cleanup_session(client_id))
