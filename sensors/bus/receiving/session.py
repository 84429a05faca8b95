"""A session that only receives, fast: the Python of a general client for each message would be the wall, not ingest.

It connects, goes on with its session, subscribes, hands each message over and acknowledges it when it is stored.
For publishing, and for everything else, there is paho (`sensors.bus.client`).
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from sensors.bus.client import KEEPALIVE_S, RECONNECT_S, SESSION_EXPIRY_S, BrokerAddress
from sensors.bus.message import Message
from sensors.bus.receiving import packets
from sensors.bus.receiving.line import CONNECT_S, Ended, Line
from sensors.bus.receiving.packets import Kind, NotMqtt, Stream, Welcome
from sensors.bus.receiving.receiver import Held, Submit
from sensors.unforeseen import noted
from store.instant import now

log = structlog.get_logger(__name__)

MOST_OPEN = 4_000
"""Messages that the broker may have sent and not heard of: those of a batch, and of the one that follows it."""


HELD_S = 0.05


class Refused(Exception):
    """The broker does not let us in, or does not take a subscription."""


class ReceivingSession:
    """See `sensors.bus.receiving.receiver.Receiver`.

    ``needed`` are the filters without which it is not connected; while it ``is_full`` no more is read.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        submit: Submit,
        topic_filters: Sequence[str],
        needed: frozenset[str],
        is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._submit = submit
        self._filters = list(topic_filters)
        self._needed = needed
        self._is_full = is_full
        self._nodes = itertools.cycle(address.nodes)
        self._node = next(self._nodes)
        self._up = threading.Event()
        self._stopping = threading.Event()
        self._held = Held()
        self._line: Line | None = None
        self._forget = False
        self._thread = threading.Thread(target=self._run, name="receive", daemon=True)

    @property
    def connected(self) -> bool:
        """See `Receiver`."""
        return self._up.is_set()

    @property
    def drained_s(self) -> float:
        """See `Receiver`."""
        return self._held.drained_s(self.connected)

    def start(self) -> None:
        """See `Receiver`."""
        self._thread.start()

    def wait_connected(self, seconds: float) -> bool:
        """See `Receiver`."""
        return self._up.wait(seconds)

    def leave(self, topic_filters: Sequence[str]) -> None:
        """See `Receiver`."""
        self._held.leave()
        self._send(packets.unsubscribe(2, topic_filters, self._address.mqtt5))

    def stop(self, *, forget: bool = False) -> None:
        """See `Receiver`."""
        self._forget = forget
        self._stopping.set()
        line = self._line
        if line is not None:
            line.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=CONNECT_S)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are stored; in any thread."""
        # To the line that they came by, which stands before any of them comes; if it broke meanwhile, to none.
        line = self._line
        numbers = self._held.settle(messages)
        if line is not None and numbers:
            self._send(packets.pubacks(numbers), line)

    def _send(self, data: bytes, line: Line | None = None) -> None:
        line = line or self._line
        if line is not None:
            try:
                line.send(data)
            except (OSError, ValueError):
                line.wake()  # who reads finds it broken

    def _run(self) -> None:
        first, longest = RECONNECT_S
        wait_s = float(first)
        while not self._stopping.is_set():
            was_up = False
            with noted("mqtt"):
                was_up = self._connect_and_receive()
            if not was_up:
                self._node = next(self._nodes)
            wait_s = float(first) if was_up else min(wait_s * 2, longest)
            # Many who lost one broker do not come back in one moment.
            self._stopping.wait(wait_s * random.uniform(0.5, 1))  # noqa: S311 - no secret

    def _connect_and_receive(self) -> bool:
        """One connection, from its beginning to its end; whether it was up."""
        why = "the broker closed the connection"
        is_up = False
        line: Line | None = None
        try:
            line = Line(self._address, *self._node)
            self._held.begin()
            stream = Stream(self._address.mqtt5, self, self._held.connection)
            keep_alive_s = self._enter(line, stream)
            self._receive(line, stream, keep_alive_s)
        except Refused as error:
            log.error("broker_refused", reason=str(error), username=self._address.username)
            why = ""
        except Ended:
            pass
        except (OSError, NotMqtt) as error:
            why = str(error)
        finally:
            is_up = self.connected
            self._end(line)
        if why and not self._stopping.is_set():
            log.warning("broker_disconnected" if is_up else "broker_unreachable", reason=why)
        return is_up

    def _enter(self, line: Line, stream: Stream) -> float:
        """Connect and subscribe; returns how often the broker wants to hear of us, in seconds."""
        address = self._address
        who = (self._client_id, address.username, address.password)
        line.send(packets.connect(*who, KEEPALIVE_S, SESSION_EXPIRY_S, MOST_OPEN, address.mqtt5))
        deadline = time.monotonic() + CONNECT_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            messages, others = stream.take(line.read(0.5), now())
            if others:
                (kind, body), *further = others
                if kind != Kind.CONNACK:
                    raise NotMqtt(f"a packet of type {kind >> 4} before CONNACK")
                welcome = packets.read_connack(body, address.mqtt5)
                self._begin(line, welcome)
                self._hand_over(messages)
                for one in further:
                    self._answer(*one)
                return welcome.keep_alive_s or KEEPALIVE_S
        raise OSError("no answer to CONNECT")

    def _begin(self, line: Line, welcome: Welcome) -> None:
        if welcome.refusal is not None:
            raise Refused(welcome.refusal)
        self._line = line
        log.debug("session", is_known=welcome.is_known, client_id=self._client_id)
        if self._filters:
            wanted = [(one, 1) for one in self._filters]
            line.send(packets.subscribe(1, wanted, self._address.mqtt5))
        else:
            self._is_up()

    def _receive(self, line: Line, stream: Stream, keep_alive_s: float) -> None:
        asked = heard = time.monotonic()
        while not self._stopping.is_set():
            is_held = self._is_full()
            # What is not read stays with the broker, and with the system's own buffers.
            piece = b"" if is_held else line.read(keep_alive_s / 4)
            at = time.monotonic()
            if is_held:
                heard = at
                self._stopping.wait(HELD_S)
            if piece:
                heard = at
                messages, others = stream.take(piece, now())
                self._hand_over(messages)
                for one in others:
                    self._answer(*one)
            if at - heard > keep_alive_s * 1.5:
                raise OSError("the broker does not answer")
            if at - asked >= keep_alive_s / 2:
                asked = at
                line.send(packets.PING)
        line.finish(packets.disconnect(self._forget, self._address.mqtt5))

    def _hand_over(self, messages: Sequence[Message]) -> None:
        if messages:
            self._held.take(sum(1 for one in messages if one.taker is not None))
            for one in messages:
                self._submit(one)

    def _answer(self, kind: int, body: bytes) -> None:
        if kind == Kind.SUBACK:
            self._check_subscribed(body)
        elif kind == Kind.UNSUBACK:
            self._held.left()
        elif kind == Kind.DISCONNECT and self._address.mqtt5:
            raise OSError(packets.why_disconnected(body))
        elif kind != Kind.PINGRESP:
            raise NotMqtt(f"a packet of type {kind >> 4}")

    def _check_subscribed(self, body: bytes) -> None:
        _, reasons = packets.read_reasons(body, self._address.mqtt5)
        for one, reason in zip(self._filters, reasons, strict=False):
            if reason is not None:
                if one in self._needed:
                    raise Refused(f"{reason}: {one}")
                log.warning("subscription_refused", filter=one, reason=reason)
        self._is_up()

    def _is_up(self) -> None:
        self._up.set()
        host, port = self._node
        log.info("broker_connected", host=host, port=port)

    def _end(self, line: Line | None) -> None:
        self._up.clear()
        self._line = None
        self._held.begin()
        if line is not None:
            line.close()
