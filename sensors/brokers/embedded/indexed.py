"""amqtt's broker with what a connection or a message costs made independent of how many devices there are.

amqtt walks all subscriptions for each connection, subscription, end and message, and writes them all
down for its log at each subscription. Here a topic is looked up, a session knows its own filters, and
only filters with wildcards are compared: those of our own processes, a handful.
"""

import asyncio
from collections import deque
from typing import Any

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.events import BrokerEvents
from amqtt.mqtt.constants import QOS_1
from amqtt.session import Session

from sensors.brokers.embedded import session as light
from sensors.brokers.embedded.connection import MAX_OPEN

REFUSED = 0x80
"""MQTT 3.1.1, 3.9.3: the answer to a subscription that is not permitted."""


class _Subscriptions(dict[str, list[tuple[Session, int]]]):
    """filter -> who listens; amqtt writes it down at each subscription, so it is short."""

    def __repr__(self) -> str:
        return f"{len(self)} filters"


class IndexedBroker(Broker):  # type: ignore[misc]
    """A broker in which all that grows with the number of devices is memory."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        light.install()
        self._subscriptions = _Subscriptions()
        self._filters: dict[str, set[str]] = {}
        self._wildcards: set[str] = set()

    async def _handle_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, session: Session, handler: Any, *_more: Any
    ) -> None:
        """One connection that was let in, until it ends."""
        session.transitions.connect()
        handler.attach(session, reader, writer)
        self._sessions[session.client_id] = (session, handler)
        await handler.mqtt_connack_authorize(True)
        told = {"client_id": session.client_id, "client_session": session}
        await self.plugins_manager.fire_event(BrokerEvents.CLIENT_CONNECTED, **told)
        await handler.start()
        await self._publish_session_retained_messages(session)
        await self._client_message_loop(session, handler)

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        topic, qos = subscription
        # amqtt sends at what was subscribed, not at what was published; and nothing here is published above 1.
        answer: int = await super().add_subscription((topic, min(qos, QOS_1)), session)
        if answer != REFUSED:
            self._filters.setdefault(session.client_id, set()).add(topic)
            if "+" in topic or "#" in topic:
                self._wildcards.add(topic)
        return answer

    def _del_subscription(self, a_filter: str, session: Session) -> int:
        deleted: int = super()._del_subscription(a_filter, session)
        self._filters.get(session.client_id, set()).discard(a_filter)
        if not self._subscriptions.get(a_filter, True):
            del self._subscriptions[a_filter]
            self._wildcards.discard(a_filter)
        return deleted

    async def _del_all_subscriptions(self, session: Session) -> None:
        for topic in list(self._filters.get(session.client_id, ())):
            self._del_subscription(topic, session)
        self._filters.pop(session.client_id, None)

    async def _run_broadcast(self, _running_tasks: deque[asyncio.Task[Any]]) -> None:
        """Send one message to all who listen to its topic."""
        broadcast = await self._broadcast_queue.get()
        topic = broadcast["topic"]
        listening = [topic, *(one for one in self._wildcards if self._matches(topic, one))]
        for session, qos in [who for one in listening for who in self._subscriptions.get(one, ())]:
            qos = broadcast.get("qos", qos)
            if session.transitions.state == "connected":
                if handler := self._get_handler(session):
                    handler.send(topic, broadcast["data"], qos)
            elif qos and not session.clean_session:
                if session.retained_messages.qsize() >= MAX_OPEN:
                    session.retained_messages.get_nowait()  # the oldest has run out long before
                await self._retain_broadcast_message(broadcast, qos, session)  # MQTT 3.1.1, 3.1.2.4

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Send what waited for a session; it is not retained in MQTT's sense (MQTT 3.1.1, 3.3.1-9)."""
        handler = self._get_handler(session)
        while handler is not None and not session.retained_messages.empty():
            kept = session.retained_messages.get_nowait()
            handler.send(kept.topic, kept.data, kept.qos)
