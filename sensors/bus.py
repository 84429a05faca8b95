"""The client side of MQTT, and the bus between processes.

After the commit, ingest publishes what changed on ``cim/v1/{community}/live``; each web process
subscribes to it. One process or twenty run the same code.
"""

import itertools
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sensors.topics import LIVE_FILTER, live

log = structlog.get_logger(__name__)

KEEPALIVE_S = 30
RECONNECT_S = (1, 10)
SESSION_EXPIRY_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and as whom to connect."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    mqtt5: bool = False
    ca: str | None = None

    @classmethod
    def from_url(cls, url: str, ca: str | None = None) -> "BrokerAddress":
        """Read ``mqtt[s]://user:secret@host:port``; ``?version=3.1.1`` for a broker without MQTT 5.

        ``ca`` is the file of the authority that signed the broker's certificate; None for the system's.

        Raises
        ------
        ValueError
            If the URL is of another form.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("a broker's address is mqtt://[user:secret@]host[:port], or mqtts://")
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if parts.scheme == "mqtts" else 1883),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=parts.scheme == "mqtts",
            mqtt5="version=3.1.1" not in parts.query,
            ca=ca,
        )


@dataclass(frozen=True, slots=True)
class LiveDelta:
    """What one commit changed: layer -> key -> record, numbered by its sender."""

    sender: str
    seq: int
    community: str
    layers: dict[str, dict[str, Any]]


class Client:
    """A paho client that connects, reconnects and subscribes again by itself."""

    def __init__(self, address: BrokerAddress, client_id: str, *, persistent: bool = False) -> None:
        self._address = address
        self._persistent = persistent
        self._up = threading.Event()
        protocol = mqtt.MQTTv5 if address.mqtt5 else mqtt.MQTTv311
        clean = None if address.mqtt5 else not persistent
        self.paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=protocol)
        if address.username is not None:
            self.paho.username_pw_set(address.username, address.password)
        if address.tls:
            self.paho.tls_set(ca_certs=address.ca)
        self.paho.reconnect_delay_set(*RECONNECT_S)
        self.paho.max_inflight_messages_set(1_000)
        self.paho.on_connect = self._on_connect
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_disconnect = self._on_disconnect
        self._filters: list[tuple[str, int]] = []
        self.on_connected: Callable[[], None] | None = None
        """Called at every connect, in the network thread, before anything is received."""

    @property
    def connected(self) -> bool:
        """Whether the broker has let it in and taken its subscriptions, and it is still there."""
        return self._up.is_set()

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """Subscribe at every connect from now on."""
        self._filters.append((topic_filter, qos))

    def will(self, topic: str, payload: bytes, qos: int) -> None:
        """Have the broker publish this, retained, when the connection breaks."""
        self.paho.will_set(topic, payload, qos, retain=True)

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool, wait_s: float | None = None) -> bool:
        """Publish; with ``wait_s`` wait so long for the acknowledgement and say whether it came."""
        sent = self.paho.publish(topic, payload, qos, retain)
        if wait_s is None:
            return True
        sent.wait_for_publish(wait_s)
        return sent.is_published()

    def wait_connected(self, seconds: float) -> bool:
        """Wait until it is connected; returns whether it is."""
        return self._up.wait(seconds)

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        extra: dict[str, Any] = {}
        if self._address.mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._persistent else 0
            properties.ReceiveMaximum = 2_000
            extra = {"clean_start": not self._persistent, "properties": properties}
        self.paho.connect_async(self._address.host, self._address.port, KEEPALIVE_S, **extra)
        self.paho.loop_start()

    def stop(self, *, forget: bool = False) -> None:
        """Disconnect in good order; with ``forget`` the broker drops the session at once (MQTT 5)."""
        properties = None
        if forget:
            properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = 0
        self.paho.disconnect(properties=properties)
        self.paho.loop_stop()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            log.error("broker_refused", reason=str(reason), username=self._address.username)
            return
        if self._filters:
            client.subscribe(self._filters)
        if self.on_connected is not None:
            self.on_connected()
        if not self._filters:
            self._is_up()

    def _on_subscribe(self, _client: Any, _data: Any, _mid: Any, reasons: list[ReasonCode], _props: Any) -> None:
        for (topic_filter, _), reason in zip(self._filters, reasons, strict=False):
            if reason.is_failure:
                log.error("subscription_refused", filter=topic_filter, reason=str(reason))
                return
        self._is_up()

    def _is_up(self) -> None:
        self._up.set()
        log.info("broker_connected", port=self._address.port)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if self.connected and reason.is_failure:
            log.warning("broker_disconnected", reason=str(reason))
        self._up.clear()


class LivePublisher:
    """Sends out what a commit changed, encoded once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sender = secrets.token_hex(4)
        self._seq: dict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._encoder = msgspec.json.Encoder()

    def __call__(self, changed: dict[str, dict[str, dict[str, object]]]) -> None:
        """Publish: community -> layer -> key -> record."""
        for community, layers in changed.items():
            delta = LiveDelta(self._sender, next(self._seq[community]), community, layers)
            self._client.paho.publish(live(community), self._encoder.encode(delta), qos=0)


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
        self.client.on_connected = lambda: on_gap(None)

    def _on_message(self, _client: Any, _data: Any, raw: mqtt.MQTTMessage) -> None:
        delta = self._decoder.decode(raw.payload)
        key = (delta.sender, delta.community)
        last = self._last.get(key)
        self._last[key] = delta.seq
        if last is not None and delta.seq != last + 1:
            self._on_gap(delta.community)
        self._on_delta(delta)
