"""The client side of MQTT: connects, comes again, goes on from node to node."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sensors.bus.wire import PahoClient

log = structlog.get_logger(__name__)

KEEPALIVE_S = 30
RECONNECT_S = (1, 10)
SESSION_EXPIRY_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and as whom to connect; ``others`` are further nodes of a cluster.

    ``by_paho`` has what ingest receives received by paho, and not by a session of ours.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    mqtt5: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    others: tuple[tuple[str, int], ...] = ()
    by_paho: bool = False

    @property
    def nodes(self) -> list[tuple[str, int]]:
        """Every node, (host, port)."""
        return [(self.host, self.port), *self.others]

    @classmethod
    def from_url(
        cls, url: str, ca: str | None = None, certificate: str | None = None, key: str | None = None
    ) -> "BrokerAddress":
        """Read ``mqtt[s]://user:secret@host:port``; ``?version=3.1.1`` for a broker without MQTT 5.

        Several nodes of a cluster stand one after the other: ``@host:port,host:port``.

        ``ca`` is the file of the authority that signed the broker's certificate; None for the system's.
        ``certificate`` and ``key`` are ours, where the broker asks its clients for one.

        Raises
        ------
        ValueError
            If the URL is of another form.
        """
        parts = urlsplit(url)
        who, _, where = parts.netloc.rpartition("@")
        usual = 8883 if parts.scheme == "mqtts" else 1883
        form = "a broker's address is mqtt://[user:secret@]host[:port][,host[:port]], or mqtts://"
        try:
            nodes = [
                (node.hostname or "", node.port or usual) for node in (urlsplit(f"//{one}") for one in where.split(","))
            ]
        except ValueError:
            # What is taken for a port may be the rest of a secret with a slash in it.
            raise ValueError(form) from None
        if parts.scheme not in ("mqtt", "mqtts") or not all(host for host, _ in nodes):
            raise ValueError(form)
        username, _, password = who.partition(":")
        return cls(
            host=nodes[0][0],
            port=nodes[0][1],
            others=tuple(nodes[1:]),
            username=unquote(username) or None,
            password=unquote(password) or None,
            tls=parts.scheme == "mqtts",
            mqtt5="version=3.1.1" not in parts.query,
            ca=ca,
            certificate=certificate,
            key=key,
        )


class Client:
    """A paho client that connects, reconnects and subscribes again by itself."""

    def __init__(self, address: BrokerAddress, client_id: str, *, persistent: bool = False) -> None:
        self._address = address
        self._persistent = persistent
        self._up = threading.Event()
        protocol = mqtt.MQTTv5 if address.mqtt5 else mqtt.MQTTv311
        clean = None if address.mqtt5 else not persistent
        self.paho = PahoClient(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=protocol)
        if address.username is not None:
            self.paho.username_pw_set(address.username, address.password)
        if address.tls:
            self.paho.tls_set(ca_certs=address.ca, certfile=address.certificate, keyfile=address.key)
        self.paho.reconnect_delay_set(*RECONNECT_S)
        self.paho.max_inflight_messages_set(1_000)
        self.paho.on_connect = self._on_connect
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_disconnect = self._on_disconnect
        self.paho.on_connect_fail = lambda *_: self._next_node()
        self._nodes = itertools.cycle(address.nodes)
        self._extra: dict[str, Any] = {}
        self._filters: list[tuple[str, int]] = []
        self._not_needed: set[str] = set()
        self.on_connected: Callable[[], None] | None = None
        """Called at every connect, in the network thread, before anything is received."""
        self.on_subscribed: Callable[[], None] | None = None
        """Called in the network thread when the broker has taken the subscriptions: from here on nothing is missed."""

    @property
    def connected(self) -> bool:
        """Whether the broker has let it in and taken its subscriptions, and it is still there."""
        return self._up.is_set()

    @property
    def tells_of_nobody(self) -> bool:
        """Whether the broker may say, of what is published at QoS 1, that nobody has subscribed to it (MQTT 5)."""
        return self._address.mqtt5

    def subscribe(self, topic_filter: str, qos: int, *, is_needed: bool = True) -> None:
        """Subscribe at every connect from now on; without one that is not needed it is connected too."""
        self._filters.append((topic_filter, qos))
        if not is_needed:
            self._not_needed.add(topic_filter)

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

    def publish_until(self, topic: str, payload: bytes, expires_s: int) -> mqtt.MQTTMessageInfo:
        """Publish at QoS 1 what is void after so many seconds; what is returned says when the broker has taken it."""
        properties = None
        if self._address.mqtt5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expires_s
        return self.paho.publish(topic, payload, 1, properties=properties)

    def wait_connected(self, seconds: float) -> bool:
        """Wait until it is connected; returns whether it is."""
        return self._up.wait(seconds)

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        if self._address.mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._persistent else 0
            properties.ReceiveMaximum = 2_000
            self._extra = {"clean_start": not self._persistent, "properties": properties}
        self._next_node()
        self.paho.loop_start()

    def _next_node(self) -> None:
        """The next attempt goes to the next node of a cluster, or again to the only one."""
        host, port = next(self._nodes)
        self.paho.connect_async(host, port, KEEPALIVE_S, **self._extra)

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
                if topic_filter not in self._not_needed:
                    log.error("subscription_refused", filter=topic_filter, reason=str(reason))
                    return
                log.warning("subscription_refused", filter=topic_filter, reason=str(reason))
        self._is_up()

    def _is_up(self) -> None:
        self._up.set()
        if self.on_subscribed is not None:
            self.on_subscribed()
        log.info("broker_connected", host=self.paho.host, port=self.paho.port)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if self.connected and reason.is_failure:
            log.warning("broker_disconnected", reason=str(reason))
        self._up.clear()
        if reason.is_failure and len(self._address.nodes) > 1:
            self._next_node()
