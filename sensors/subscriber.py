"""The subscriber that feeds ingest: it acknowledges a message when ingest says that it is stored."""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import paho.mqtt.client as mqtt

from sensors.batch import Message
from sensors.bus import BrokerAddress, Client
from sensors.topics import DEVICE_FILTER, REFUSED_FILTER, community_filter
from store.instant import now

GROUP = "ingest"
"""The name of the shared subscription (MQTT 5, section 4.8.2)."""
INGEST = "cockpit-ingest"
EMBEDDED_FILTERS = (DEVICE_FILTER, REFUSED_FILTER)


def filters(communities: Sequence[str], shared: bool) -> tuple[str, ...]:
    """What an ingester subscribes to: all communities or some, alone or sharing with the others."""
    wanted = [community_filter(code) for code in communities] or [DEVICE_FILTER]
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
            self.client.subscribe(topic_filter, 1)
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

    def _acknowledge(self, connection: int, mid: int, qos: int) -> None:
        with self._lock:
            # The number belongs to another message once the connection is another; what was not
            # acknowledged is delivered again, and stored once.
            if connection != self._connection:
                return
            self._open -= 1
        self.client.paho.ack(mid, qos)

    def _on_message(self, _client: Any, _data: Any, raw: mqtt.MQTTMessage) -> None:
        try:
            topic = raw.topic
        except UnicodeDecodeError:
            topic = repr(raw._topic)
        self._last = time.monotonic()
        message = Message(topic, bytes(raw.payload), now(), retained=bool(raw.retain))
        if raw.qos:
            with self._lock:
                self._open += 1
            message.acknowledge = partial(self._acknowledge, self._connection, raw.mid, raw.qos)
        self._submit(message)
