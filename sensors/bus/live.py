"""The bus between processes: after the commit ingest publishes what changed, each web process subscribes to it.

On ``cim/v1/{community}/live``. One process or twenty run the same code.
"""

import itertools
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode

from sensors.bus.client import BrokerAddress, Client
from sensors.topics import LIVE_FILTER, live

NOBODY = 0x10
"""The reason of a PUBACK where nobody has subscribed to the topic (MQTT 5, 3.4.2.1)."""
QUESTION = b""
ASK_S = 1.0
LOST_S = 5.0
"""How often the broker is asked whether anybody listens; when an answer will not come any more."""


@dataclass(frozen=True, slots=True)
class LiveDelta:
    """What one commit changed, numbered by its sender: layer -> key -> record, or the fields of it that changed."""

    sender: str
    seq: int
    community: str
    layers: dict[str, dict[str, Any]]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)


Changed = dict[str, dict[str, dict[str, Any]]]
"""community -> layer -> key -> record."""


@dataclass(slots=True)
class _Ear:
    """Whether anybody hears of a community, as the broker last answered; the open question, and when it went."""

    hears: bool = True
    asked: int | None = None
    asked_at: float = 0.0
    missed: bool = False
    missed_before: bool = False
    """Whether something was kept back since the question went, and before."""


class Outlet:
    """What a process sends out: to the screens what a commit changed, encoded once; to devices what it asks.

    A broker of MQTT 5 may say that nobody listens, when it is asked by a message that says nothing. Then nothing is
    told, and the broker is asked again where something was kept back: who came meanwhile, and had read before, finds
    a number missing and reads again.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sender = secrets.token_hex(4)
        self._seq: dict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._encoder = msgspec.json.Encoder()
        self._telling = threading.Lock()
        self._ears: dict[str, _Ear] = defaultdict(_Ear)
        self._answers: dict[int, bool] = {}
        self._client.paho.on_publish = self._on_answer

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1; returns at once."""
        self._client.paho.publish(topic, payload, qos=1)

    def tell(self, changed: Changed, parts: Changed | None = None) -> None:
        """Publish: community -> layer -> key -> record; ``parts`` are the fields of records that changed."""
        of_parts = parts or {}
        for community in changed | of_parts:
            # Two who tell at once: a number that goes out after a greater one is a gap to all who listen.
            with self._telling:
                if self._hears(community):
                    self._ask(community)
                    self._send(community, changed.get(community, {}), of_parts.get(community, {}))
                else:
                    self._miss(community)

    def begin_anew(self, communities: Iterable[str]) -> None:
        """Have all screens of these read again: what was told meanwhile, or stored and not told, may be lost."""
        with self._telling:
            for community in communities:
                # A number that is missing; and of one who was never heard, its first.
                next(self._seq[community])
                self._send(community, {}, {})

    def hears(self, community: str) -> bool:
        """Whether anybody may listen; else what would have been told is noted as missed."""
        with self._telling:
            found = self._hears(community)
            if not found:
                self._miss(community)
            return found

    def look(self) -> bool:
        """Ask again of what was missed; whether there is more to look for, and soon."""
        with self._telling:
            deaf = [(community, ear) for community, ear in self._ears.items() if not self._hears(community)]
            for community, ear in deaf:
                if ear.missed:
                    self._ask(community)
            return any(ear.missed or ear.asked is not None for _, ear in deaf)

    def _miss(self, community: str) -> None:
        next(self._seq[community])
        self._ears[community].missed = True

    def _hears(self, community: str) -> bool:
        ear = self._ears[community]
        if ear.asked in self._answers:
            ear.hears, ear.asked = self._answers.pop(ear.asked), None
            if ear.hears and (ear.missed or ear.missed_before):
                ear.missed = False
                self._send(community, {}, {})
            ear.missed_before = False  # who subscribes after the question reads what was missed before it
        return ear.hears

    def _ask(self, community: str) -> None:
        """Ask whether anybody listens, now and then; by a message of its own: QoS 0 and 1 keep no common order."""
        ear = self._ears[community]
        # An answer may be lost with its connection.
        wait_s = ASK_S if ear.asked is None else LOST_S
        if self._client.tells_of_nobody and time.monotonic() - ear.asked_at >= wait_s:
            ear.missed, ear.missed_before = False, ear.missed or ear.missed_before
            ear.asked = self._client.paho.publish(live(community), QUESTION, qos=1).mid
            ear.asked_at = time.monotonic()

    def _send(self, community: str, layers: dict[str, Any], parts: dict[str, Any]) -> None:
        delta = LiveDelta(self._sender, next(self._seq[community]), community, layers, parts)
        self._client.paho.publish(live(community), self._encoder.encode(delta), qos=0)

    def _on_answer(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        # Takes no lock: paho holds one of its own here, which whoever publishes waits for.
        if any(ear.asked == mid for ear in list(self._ears.values())):
            self._answers[mid] = reason.value != NOBODY


class LiveSubscriber:
    """Receives deltas for a web process, and says when one was missed."""

    def __init__(
        self,
        address: BrokerAddress,
        on_delta: Callable[[LiveDelta], None],
        on_gap: Callable[[str | None], None],
    ) -> None:
        self.client = Client(address, f"cockpit-web-{secrets.token_hex(4)}")
        self.client.paho.on_message = self._on_message
        self.client.subscribe(LIVE_FILTER, 0)
        self._on_delta = on_delta
        self._on_gap = on_gap
        self._decoder = msgspec.json.Decoder(LiveDelta)
        self._last: dict[tuple[str, str], int] = {}
        self.client.on_subscribed = lambda: on_gap(None)

    def _on_message(self, _client: Any, _data: Any, raw: mqtt.MQTTMessage) -> None:
        if raw.payload == QUESTION:
            return
        delta = self._decoder.decode(raw.payload)
        key = (delta.sender, delta.community)
        last = self._last.get(key)
        self._last[key] = delta.seq
        # One that was never heard before may have come for another, which was killed before it told what it had stored.
        if last is None or delta.seq != last + 1:
            self._on_gap(delta.community)
        self._on_delta(delta)
