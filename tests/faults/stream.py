"""A device that publishes numbered samples and knows which were acknowledged."""

import itertools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import Credentials, until

SECONDS = float(os.environ.get("FAULT_SECONDS", "3"))
LONG_S = 10.0
RATE = int(os.environ.get("FAULT_RATE", "1000"))
START_MS = time.time_ns() // 1_000_000
METRIC = "co"  # whose range takes every number


class Stream:
    """Publishes at the rate for the time, and waits for every acknowledgement."""

    def __init__(
        self, who: Credentials, port: int, *, mqtt5: bool = False, rate: int = RATE, others: Sequence[int] = ()
    ) -> None:
        self._ports = itertools.cycle([port, *others])
        self._topic = f"{who.topic}/telemetry"
        self._rate = rate
        self.sent = 0
        self.acknowledged = 0
        protocol, clean = (mqtt.MQTTv5, None) if mqtt5 else (mqtt.MQTTv311, False)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, who.device, clean_session=clean, protocol=protocol)
        self._client.username_pw_set(who.username, who.password)
        self._client.max_inflight_messages_set(2_000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._client.on_connect_fail = lambda *_: self._next_port()
        self._next_port()
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _next_port(self) -> None:
        # A device that knows several nodes of a cluster tries them one after the other.
        self._client.connect_async("127.0.0.1", next(self._ports))

    def _on_publish(self, *_: Any) -> None:
        self.acknowledged += 1

    def _run(self) -> None:
        start = time.monotonic()
        for number in range(int(self._rate * SECONDS)):
            ahead = start + number / self._rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            payload = msgspec.json.encode({"ts": START_MS + number, "values": {METRIC: number}})
            self._client.publish(self._topic, payload, qos=1)
            self.sent += 1

    def part(self, share: float) -> None:
        """Wait until so much of the time is over."""
        until(lambda: self.sent >= share * self._rate * SECONDS, SECONDS + 30)

    def finish(self, seconds: float = 60) -> int:
        """Wait until all is sent and acknowledged; returns how many that are."""
        self._thread.join()
        until(lambda: self.acknowledged >= self.sent, seconds)
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_stop()
        return self.sent
