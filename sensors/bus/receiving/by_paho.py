"""The same by paho, for whoever trusts a general client more (``COCKPIT_MQTT_RECEIVER=paho``)."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt

from sensors.bus.client import BrokerAddress, Client
from sensors.bus.message import Message
from sensors.bus.receiving.receiver import Submit
from store.instant import now


class PahoReceiver:
    """See `sensors.bus.receiving.receiver.Receiver`."""

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        submit: Submit,
        topic_filters: Sequence[str],
        needed: frozenset[str],
        _is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = Client(address, client_id, persistent=True)
        self._client.paho.manual_ack_set(True)
        self._client.paho.on_message = self._on_message
        for topic_filter in topic_filters:
            self._client.subscribe(topic_filter, 1, is_needed=topic_filter in needed)
        self._submit = submit
        self._connection = 0
        self._open = 0
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._left = threading.Event()
        self._client.paho.on_unsubscribe = self._on_unsubscribe
        self._client.on_connected = self._on_connected

    @property
    def connected(self) -> bool:
        """See `Receiver`."""
        return self._client.connected

    @property
    def drained_s(self) -> float:
        """See `Receiver`."""
        with self._lock:
            quiet = self._left.is_set() and not self._open and self.connected
            return time.monotonic() - self._last if quiet else 0.0

    def start(self) -> None:
        """See `Receiver`."""
        self._client.start()

    def wait_connected(self, seconds: float) -> bool:
        """See `Receiver`."""
        return self._client.wait_connected(seconds)

    def leave(self, topic_filters: Sequence[str]) -> None:
        """See `Receiver`."""
        self._left.clear()
        self._client.paho.unsubscribe(list(topic_filters))

    def stop(self, *, forget: bool = False) -> None:
        """See `Receiver`."""
        self._client.stop(forget=forget)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are stored."""
        with self._lock:
            # The numbers belong to other messages once the connection is another; what was not
            # acknowledged is delivered again, and stored once.
            valid = [message.mid for message in messages if message.connection == self._connection]
            self._open -= len(valid)
        self._client.paho.acknowledge(valid)

    def _on_connected(self) -> None:
        with self._lock:
            self._connection += 1
            self._open = 0
            self._last = time.monotonic()

    def _on_unsubscribe(self, *_: Any) -> None:
        self._last = time.monotonic()
        self._left.set()

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
