"""The subscriber that feeds ingest: it acknowledges a message when ingest says that it is stored."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import paho.mqtt.client as mqtt

from sensors import topics
from sensors.bus.client import BrokerAddress, Client
from sensors.bus.message import Message
from sensors.topics import device_filters
from store.instant import now

GROUP = "ingest"
"""The name of the shared subscription (MQTT 5, section 4.8.2)."""
INGEST = "cockpit-ingest"


def filters(communities: Sequence[str], roots: Iterable[str], shared: bool = False) -> tuple[str, ...]:
    """What an ingester subscribes to: all communities or some, alone or sharing with the others.

    ``roots`` are those of the protocols with topics of their own; there too the community comes next.
    """
    chosen = list(communities) or ["+"]
    wanted = [topic for code in chosen for topic in device_filters(code)]
    wanted += [f"{root}/{code}/#" for root in roots for code in chosen]
    return tuple(f"$share/{GROUP}/{one}" if shared else one for one in wanted)


def session_name(communities: Sequence[str]) -> str:
    """The client id of whoever subscribes to these, or what it begins with where several share."""
    return "-".join((INGEST, *sorted(communities)))


class Subscriber:
    """Hands every device message to ingest and acknowledges it when it is stored."""

    def __init__(
        self,
        address: BrokerAddress,
        submit: Callable[[Message], None],
        topic_filters: Sequence[str],
        client_id: str,
    ) -> None:
        self.client = Client(address, client_id, persistent=True)
        self.client.paho.manual_ack_set(True)
        self.client.paho.on_message = self._on_message
        for topic_filter in topic_filters:
            # A broker that has no such topics (NATS before 2.10 takes no dot) still serves all others.
            self.client.subscribe(topic_filter, 1, is_needed=topics.ROOT in topic_filter)
        self._submit = submit
        self._connection = 0
        self._open = 0
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._left = threading.Event()
        self.client.paho.on_unsubscribe = self._on_unsubscribe
        self.client.on_connected = self._on_connected

    def leave(self, topic_filters: Sequence[str]) -> None:
        """Take no further part in these subscriptions; what the broker holds already still comes."""
        self._left.clear()
        self.client.paho.unsubscribe(list(topic_filters))

    @property
    def drained_s(self) -> float:
        """Seconds since nothing more came after it left its subscriptions; 0 while a message is not acknowledged."""
        with self._lock:
            quiet = self._left.is_set() and not self._open and self.client.connected
            return time.monotonic() - self._last if quiet else 0.0

    def _on_connected(self) -> None:
        with self._lock:
            self._connection += 1
            self._open = 0
            self._last = time.monotonic()

    def _on_unsubscribe(self, *_: Any) -> None:
        self._last = time.monotonic()
        self._left.set()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are stored."""
        with self._lock:
            # The numbers belong to other messages once the connection is another; what was not
            # acknowledged is delivered again, and stored once.
            valid = [message.mid for message in messages if message.connection == self._connection]
            self._open -= len(valid)
        self.client.paho.acknowledge(valid)

    def _on_message(self, _client: Any, _data: Any, raw: mqtt.MQTTMessage) -> None:
        try:
            topic = raw.topic
        except UnicodeDecodeError:
            topic = repr(raw._topic)
        self._last = time.monotonic()
        message = Message(topic, bytes(raw.payload), now(), raw.retain)
        if raw.qos:
            with self._lock:
                self._open += 1
            message.taker, message.connection, message.mid = self, self._connection, raw.mid
        self._submit(message)
