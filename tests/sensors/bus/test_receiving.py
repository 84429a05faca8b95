"""A session that receives, with a real Mosquitto, and with ones that break or fall silent."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.bus.client import BrokerAddress
from sensors.bus.message import Message, acknowledge
from sensors.bus.receiving import session as receiving
from sensors.bus.receiving.by_paho import PahoReceiver
from sensors.bus.receiving.receiver import Receiver
from sensors.bus.receiving.session import ReceivingSession
from sensors.devices.credentials import hash_secret
from tests.mosquitto import Mosquitto
from tests.running import free_port, until

FILTER = "cim/v1/+/+/+"
TOPIC = "cim/v1/heling/{}/telemetry"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path)
    running.start({"cockpit": hash_secret("s"), "air-01": hash_secret("d")})
    yield running
    running.stop()


class Took:
    """Takes messages, and acknowledges them where it is told to."""

    def __init__(self, is_storing: bool = True) -> None:
        self.messages: list[Message] = []
        self.is_storing = is_storing

    def __call__(self, message: Message) -> None:
        self.messages.append(message)
        if self.is_storing:
            acknowledge([message])

    @property
    def payloads(self) -> list[int]:
        """What was taken, each as often as it came."""
        return [int(one.payload) for one in self.messages]


def address(broker: Mosquitto, mqtt5: bool = True) -> BrokerAddress:
    """Where the broker is."""
    url = broker.url("s") + ("" if mqtt5 else "?version=3.1.1")
    return BrokerAddress.from_url(url)


def publish(broker: Mosquitto, numbers: range) -> None:
    """Publish numbers as a device, and wait until the broker has them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "air-01")
    client.username_pw_set("air-01", "d")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    sent = [client.publish(TOPIC.format("air-01"), str(number), qos=1) for number in numbers]
    for one in sent:
        one.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def opened(kind: type[Receiver], where: BrokerAddress, took: Took, name: str = "ingest") -> Receiver:
    """A receiver that has subscribed."""
    receiver = kind(where, name, took, [FILTER], frozenset({FILTER}))  # type: ignore[call-arg]
    receiver.start()
    assert receiver.wait_connected(10)
    return receiver


@pytest.mark.parametrize("kind", [ReceivingSession, PahoReceiver])
@pytest.mark.parametrize("mqtt5", [True, False], ids=["5", "3.1.1"])
def test_what_is_not_acknowledged_comes_again_to_whoever_comes_next(
    broker: Mosquitto, kind: type[Receiver], mqtt5: bool
) -> None:
    forgetful = Took(is_storing=False)
    first = opened(kind, address(broker, mqtt5), forgetful)
    publish(broker, range(50))
    until(lambda: len(forgetful.messages) >= (50 if mqtt5 else 20))
    first.stop()
    publish(broker, range(50, 60))
    took = Took()
    second = opened(kind, address(broker, mqtt5), took)
    until(lambda: set(took.payloads) == set(range(60)))
    time.sleep(0.5)  # paho does not wait for what it still has to send
    second.stop()
    third = Took()
    last = opened(kind, address(broker, mqtt5), third)
    time.sleep(0.5)
    last.stop()
    assert third.payloads == []


@pytest.mark.parametrize("kind", [ReceivingSession, PahoReceiver])
def test_a_session_that_is_forgotten_is_gone(broker: Mosquitto, kind: type[Receiver]) -> None:
    opened(kind, address(broker), Took()).stop(forget=True)
    publish(broker, range(5))
    took = Took()
    again = opened(kind, address(broker), took)
    time.sleep(0.5)
    again.stop()
    assert took.payloads == []


@pytest.mark.parametrize("kind", [ReceivingSession, PahoReceiver])
def test_one_that_left_is_drained_when_all_that_it_had_is_stored(broker: Mosquitto, kind: type[Receiver]) -> None:
    took = Took(is_storing=False)
    receiver = opened(kind, address(broker), took)
    publish(broker, range(5))
    until(lambda: len(took.messages) == 5)
    receiver.leave([FILTER])
    time.sleep(0.4)
    assert receiver.drained_s == 0
    acknowledge(took.messages)
    until(lambda: receiver.drained_s > 0.3)
    publish(broker, range(5, 9))
    time.sleep(0.3)
    receiver.stop()
    assert took.payloads == list(range(5))


def test_it_goes_on_with_a_broker_that_went_and_came_back(broker: Mosquitto) -> None:
    took = Took()
    receiver = opened(ReceivingSession, address(broker), took)
    publish(broker, range(3))
    broker.stop()
    until(lambda: not receiver.connected)
    broker.launch()
    assert receiver.wait_connected(10)
    publish(broker, range(3, 6))
    until(lambda: set(took.payloads) == set(range(6)))
    receiver.stop()


def test_numbers_of_a_line_that_broke_acknowledge_nothing_on_the_next(broker: Mosquitto) -> None:
    took = Took(is_storing=False)
    receiver = opened(ReceivingSession, address(broker), took)
    publish(broker, range(3))
    until(lambda: len(took.messages) == 3)
    broker.stop()
    broker.launch()
    until(lambda: receiver.connected and len(took.messages) == 6)
    acknowledge(took.messages[:3])
    receiver.stop()
    again = Took()
    last = opened(ReceivingSession, address(broker), again)
    until(lambda: sorted(again.payloads) == [0, 1, 2])
    last.stop()


def test_a_broker_that_says_no_is_asked_again_and_never_counts_as_connected(broker: Mosquitto) -> None:
    wrong = BrokerAddress.from_url(f"mqtt://cockpit:wrong@127.0.0.1:{broker.port}")
    receiver = ReceivingSession(wrong, "ingest", Took(), [FILTER], frozenset({FILTER}))
    receiver.start()
    assert not receiver.wait_connected(2)
    receiver.stop()


class Silent:
    """A broker that lets in, takes the subscription, and then says what it is told to."""

    def __init__(self, then: bytes = b"") -> None:
        self.port = free_port()
        self.connections = 0
        self._then = then
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(line)
            # Who was told nonsense may be gone before its last packet is read.
            with contextlib.suppress(ConnectionError):
                self._lets_in(line)

    def _lets_in(self, line: socket.socket) -> None:
        line.recv(1000)
        line.sendall(b"\x20\x02\x00\x00")
        line.recv(1000)
        line.sendall(b"\x90\x03\x00\x01\x01" + self._then)

    def close(self) -> None:
        """End it."""
        for one in (self._listening, *self._lines):
            one.close()


@pytest.mark.parametrize(
    "then",
    [b"", b"\x34\x07\x00\x01t\x00\x01ab", b"\x30\xff\xff\xff\xff\x7f", b"\x10\x00"],
    ids=["silence", "QoS 2", "a length without end", "a CONNECT"],
)
def test_a_line_that_is_dead_or_no_mqtt_is_made_anew(then: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "KEEPALIVE_S", 0.4)
    silent = Silent(then)
    where = BrokerAddress.from_url(f"mqtt://127.0.0.1:{silent.port}?version=3.1.1")
    monkeypatch.setattr(receiving.packets, "connect", lambda *_: b"\x10\x00")
    receiver = ReceivingSession(where, "ingest", Took(), [FILTER], frozenset({FILTER}))
    receiver.start()
    until(lambda: silent.connections >= 2, 10)
    receiver.stop()
    silent.close()


def test_while_there_is_no_room_nothing_is_read_and_the_line_stays(broker: Mosquitto) -> None:
    took, room = Took(), threading.Event()
    receiver = ReceivingSession(
        address(broker), "ingest", took, [FILTER], frozenset({FILTER}), lambda: not room.is_set() and receiver.connected
    )
    receiver.start()
    assert receiver.wait_connected(10)
    publish(broker, range(20))
    time.sleep(0.5)
    assert len(took.messages) < 20
    assert receiver.connected
    room.set()
    until(lambda: took.payloads == list(range(20)))
    receiver.stop()
