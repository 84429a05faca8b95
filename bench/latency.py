"""Publish to commit at a steady rate, on the embedded default.

The embedded broker acknowledges a message when ingest has committed it, so the time from a
device's publish to its PUBACK is the time to the commit and the way back: an upper bound.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench.figures import percentiles
from tests.running import Cockpit, Credentials

RATE = 500
SECONDS = 20
DEVICES = 10


class Sender:
    """A device that notes when each message was sent and when it was acknowledged."""

    def __init__(self, who: Credentials, port: int) -> None:
        self._topic = f"{who.topic}/telemetry"
        self._sent: dict[int, float] = {}
        self._stored: dict[int, float] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, who.device)
        self._client.username_pw_set(who.username, who.password)
        self._client.max_inflight_messages_set(1_000)
        self._client.on_publish = self._on_publish
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_publish(self, _client: Any, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._stored[mid] = time.monotonic()

    def send(self, number: int) -> None:
        """Publish one message of four values."""
        values = {"pm2_5": number % 100, "pm10": 60, "temperature": 21.5, "humidity": 55}
        payload = msgspec.json.encode({"ts": time.time_ns() // 1_000_000, "values": values})
        at = time.monotonic()
        self._sent[self._client.publish(self._topic, payload, qos=1).mid] = at

    def took(self) -> list[float]:
        """Seconds from publish to acknowledgement, once all are there."""
        deadline = time.monotonic() + 30
        while len(self._stored) < len(self._sent) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._client.disconnect()
        self._client.loop_stop()
        return [self._stored[mid] - at for mid, at in self._sent.items()]


def measure(folder: Path) -> list[str]:
    """Send at the rate, and give percentiles."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"}).start()
    try:
        senders = [Sender(cockpit.add_device(f"bench-{n}"), cockpit.mqtt) for n in range(DEVICES)]
        time.sleep(1)
        _paced(lambda number: senders[number % DEVICES].send(number), RATE * SECONDS)
        took = [one for sender in senders for one in sender.took()]
    finally:
        cockpit.stop()
    return [
        f"embedded broker and SQLite (FULL), {RATE} messages/s of 4 values from {DEVICES} devices, {SECONDS} s",
        f"publish to commit: {percentiles(took, 50, 95, 99)}",
    ]


def _paced(send: Callable[[int], None], count: int) -> None:
    start = time.monotonic()
    for number in range(count):
        ahead = start + number / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        send(number)
