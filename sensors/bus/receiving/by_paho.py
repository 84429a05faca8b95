"""The same by paho, for whoever trusts a general client more (``COCKPIT_MQTT_RECEIVER=paho``)."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt

from sensors.bus.client import KEEPALIVE_S, BrokerAddress, Client
from sensors.bus.message import Message
from sensors.bus.receiving.receiver import Held, Submit
from store.instant import now

ROOM_S = 0.01


class PahoReceiver:
    """See `sensors.bus.receiving.receiver.Receiver`."""

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        submit: Submit,
        topic_filters: Sequence[str],
        needed: frozenset[str],
        is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = Client(address, client_id, persistent=True)
        self._client.paho.manual_ack_set(True)
        self._client.paho.on_message = self._on_message
        for topic_filter in topic_filters:
            self._client.subscribe(topic_filter, 1, is_needed=topic_filter in needed)
        self._submit = submit
        self._is_full = is_full
        self._held = Held()
        self._client.paho.on_unsubscribe = lambda *_: self._held.left()
        self._client.on_connected = self._held.begin

    @property
    def connected(self) -> bool:
        """See `Receiver`."""
        return self._client.connected

    @property
    def drained_s(self) -> float:
        """See `Receiver`."""
        return self._held.drained_s(self.connected)

    def start(self) -> None:
        """See `Receiver`."""
        self._client.start()

    def wait_connected(self, seconds: float) -> bool:
        """See `Receiver`."""
        return self._client.wait_connected(seconds)

    def leave(self, topic_filters: Sequence[str]) -> None:
        """See `Receiver`."""
        self._held.leave()
        self._client.paho.unsubscribe(list(topic_filters))

    def stop(self, *, forget: bool = False) -> None:
        """See `Receiver`."""
        self._client.stop(forget=forget)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are stored."""
        self._client.paho.acknowledge(self._held.settle(messages))

    def _on_message(self, _client: Any, _data: Any, raw: mqtt.MQTTMessage) -> None:
        self._wait_for_room()
        try:
            topic = raw.topic
        except UnicodeDecodeError:
            topic = repr(raw._topic)
        message = Message(topic, bytes(raw.payload), now(), raw.retain)
        self._held.take(1 if raw.qos else 0)
        if raw.qos:
            message.taker, message.connection, message.mid = self, self._held.connection, raw.mid
        self._submit(message)

    def _wait_for_room(self) -> None:
        """Read on when there is room, or when a PING has to go: the line must not be taken for dead."""
        until = time.monotonic() + KEEPALIVE_S / 2
        while self._is_full() and time.monotonic() < until:
            time.sleep(ROOM_S)
