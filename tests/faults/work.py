"""What a town's devices and people do, drawn by lot: everything that a screen can be told of, in any order."""

import contextlib
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from layers.grid_events.rules import states
from tests.running import until

AREAS = [(120.1904, 28.9282), (120.1964, 28.9349), (120.2006, 28.9271), (120.2109, 28.9269)]
"""A place in each."""
NOWHERE = (120.23, 28.95)
"""In none."""
STRANGE = ("odd_1", "odd_2")
NOT_NUMBERED = "rain"
"""Said without a time, so that a message that comes twice is two readings."""
NUMBERS = ("pm2_5", "pm10", "temperature", "humidity", "noise", "power", "battery")
DAY_MS = 86_400_000
LAST = 60
MOST_STEPS_A_SECOND = 3.0


@dataclass
class Speaker:
    """A device, and what it remembers."""

    id: str
    kind: str = "air"
    totals: dict[str, int] = field(default_factory=lambda: {"enter_total": 100, "leave_total": 0})
    events: int = 0


class Lines:
    """Connections of gateways to the broker, which speak for all; a device is always spoken for by the same one."""

    def __init__(self, port: int, users: dict[str, str]) -> None:
        self._sent = 0
        self._acknowledged = [0] * len(users)
        self._clients = [self._open(port, name, secret) for name, secret in users.items()]

    def _open(self, port: int, name: str, secret: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, name, clean_session=False, protocol=mqtt.MQTTv311)
        client.username_pw_set(name, secret)
        client.max_inflight_messages_set(500)
        client.reconnect_delay_set(1, 1)
        client.on_publish = self._on_publish
        client.connect("127.0.0.1", port)
        client.loop_start()
        return client

    def say(self, number: int, device: str, channel: str, payload: bytes) -> None:
        """Publish as a device does; its status is retained."""
        client = self._clients[number % len(self._clients)]
        topic = f"cim/v1/heling/{device}/{channel}"
        client.publish(topic, payload, qos=1, retain=channel == "status")
        self._sent += 1

    def _on_publish(self, client: mqtt.Client, *_: Any) -> None:
        self._acknowledged[self._clients.index(client)] += 1

    def wait(self, seconds: float = 60) -> None:
        """Until the broker has everything."""
        until(lambda: sum(self._acknowledged) >= self._sent, seconds)

    def close(self) -> None:
        """Hang up."""
        for client in self._clients:
            client.disconnect()
            client.loop_stop()


class Work:
    """Draws what is done next, does it, and keeps in mind what must be found stored."""

    def __init__(self, chance: random.Random, speakers: Sequence[Speaker], lines: Lines, desk: httpx.Client) -> None:
        self._chance = chance
        self._speakers = speakers
        self._lines = lines
        self._desk = desk
        self._recent: deque[tuple[int, str, bytes]] = deque(maxlen=200)
        self._step_due = 0.0
        self.readings: set[tuple[str, str, int]] = set()
        """(device, metric, milliseconds)."""
        self.events: set[tuple[str, str]] = set()
        """(device, its own number)."""
        self.steps = 0
        self.messages = 0
        self._doings = {
            self._tell: 60, self._tell_late: 12, self._burst: 5, self._repeat: 6, self._count: 12, self._move: 6,
            self._status: 8, self._untimed: 2, self._report: 0.6,
        }  # fmt: skip

    def run(self, seconds: float, rate: float) -> None:
        """So many doings a second, unevenly."""
        begun = time.monotonic()
        done = 0
        while (past := time.monotonic() - begun) < seconds:
            if done > past * rate:
                time.sleep(self._chance.uniform(0, 20 / rate))
                continue
            [doing] = self._chance.choices(list(self._doings), list(self._doings.values()))
            doing(self._chance.randrange(len(self._speakers)))
            done += 1
            if time.monotonic() > self._step_due:
                self._step_due = time.monotonic() + self._chance.uniform(0, 2 / MOST_STEPS_A_SECOND)
                self._step()

    def end(self) -> None:
        """The last words of some, all at once."""
        for number in self._chance.sample(range(len(self._speakers)), LAST):
            self._chance.choice([self._tell, self._status])(number)
        time.sleep(self._chance.uniform(0, 0.2))

    def _say(self, number: int, channel: str, content: Any) -> None:
        payload = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
        self._send(number, channel, payload)
        self._recent.append((number, channel, payload))

    def _send(self, number: int, channel: str, payload: bytes) -> None:
        self._lines.say(number, self._speakers[number].id, channel, payload)
        self.messages += 1

    def _sample(self, number: int, values: dict[str, Any], behind: int = 0) -> dict[str, Any]:
        ts = time.time_ns() // 1_000_000 - behind
        self.readings |= {(self._speakers[number].id, metric, ts) for metric in values}
        return {"ts": ts, "values": values}

    def _values(self) -> dict[str, Any]:
        names = self._chance.sample(NUMBERS, self._chance.randint(1, 3))
        values: dict[str, Any] = {name: self._value() for name in names}
        if self._chance.random() < 0.1:
            values[self._chance.choice(STRANGE)] = self._chance.choice([self._value(), "正常", "坏"])
        if self._chance.random() < 0.05:
            values["smoke"] = self._chance.random() < 0.5
        return values

    def _value(self) -> Any:
        kind = self._chance.random()
        if kind < 0.04:
            return self._chance.choice([-5_000, 5e6, "n/a", True])
        return round(self._chance.uniform(20, 60), self._chance.randint(0, 3)) if kind < 0.9 else 30

    def _tell(self, number: int) -> None:
        self._say(number, "telemetry", self._sample(number, self._values()))

    def _tell_late(self, number: int) -> None:
        """Some of it late by up to two hours, a little from a clock that is ahead; several samples in any order."""
        ahead = -3_600_000 if self._chance.random() < 0.1 else -60_000
        samples = [
            self._sample(number, self._values(), self._chance.choice([0, 40, 500, 5_000, 60_000, 7_200_000, ahead]))
            for _ in range(self._chance.randint(1, 4))
        ]
        self._say(number, "telemetry", samples if len(samples) > 1 else samples[0])

    def _burst(self, number: int) -> None:
        """What a device had kept comes at once; one after the other goes to another ingester."""
        for _ in range(self._chance.randint(2, 6)):
            self._chance.choice([self._tell, self._tell, self._move, self._status])(number)

    def _repeat(self, _number: int) -> None:
        if self._recent:
            self._send(*self._chance.choice(self._recent))

    def _untimed(self, number: int) -> None:
        self._say(number, "telemetry", {NOT_NUMBERED: round(self._chance.uniform(0, 9), 1)})

    def _status(self, number: int) -> None:
        self._say(number, "status", self._chance.choice(["online", "offline"]))

    def _move(self, number: int) -> None:
        lon, lat = self._chance.choice([*AREAS, NOWHERE])
        here = {"lon": lon + self._chance.uniform(-3e-4, 3e-4), "lat": lat + self._chance.uniform(-3e-4, 3e-4)}
        behind = self._chance.choice([0, 0, 0, 2_000])
        self._say(number, "telemetry", self._sample(number, self._values(), behind) | here)

    def _count(self, number: int) -> None:
        """People pass a gate; its totals come in any order, now and then it begins again."""
        gates = [n for n, one in enumerate(self._speakers) if one.kind == "gate"]
        number = self._chance.choice(gates)
        totals = self._speakers[number].totals
        samples = []
        for _ in range(self._chance.randint(1, 3)):
            for way, most in (("enter_total", 4), ("leave_total", 3)):
                totals[way] = 0 if self._chance.random() < 0.005 else totals[way] + self._chance.randint(0, most)
            samples.append(self._sample(number, dict(totals)))
            time.sleep(0.002)
        self._chance.shuffle(samples)
        for sample in samples:
            self._say(number, "telemetry", sample)
        if self._chance.random() < 0.1:
            self._say(number, "telemetry", self._sample(number, {"enter_2": self._chance.randint(0, 3)}, 30_000))

    def _report(self, number: int) -> None:
        one = self._speakers[number]
        one.events += 1
        event = {
            "id": str(one.events),
            "title": f"路灯不亮 {one.events}",
            "category": self._chance.choice(["facility.lighting", "other", "nobody.knows"]),
            "severity": self._chance.choice(["minor", "major", "critical"]),
        }
        self.events.add((one.id, event["id"]))
        for _ in range(self._chance.choice([1, 1, 2])):
            self._say(number, "event", event)

    def _step(self) -> None:
        """Somebody at a desk takes an event a step further; two may be at it, and then one is told so."""
        found = self._desk.get("/events", params={"state": "open", "limit": 50}).json()["features"]
        if not found:
            return
        event = self._chance.choice(found)["properties"]
        to = self._chance.choice([*states()[event["state"]].to, "escalated"])
        with contextlib.suppress(httpx.TransportError):
            asked = self._desk.post(f"/events/{event['id']}/transitions", json={"to": to, "rating": 3})
            assert asked.status_code in (201, 403, 409), asked.text
            self.steps += asked.status_code == 201
