"""What goes out to the screens: in the order of its numbers, and only where somebody listens."""

import json
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sensors.bus.client import BrokerAddress, Client
from sensors.bus.live import LiveDelta, LiveSubscriber, Outlet
from sensors.devices.credentials import hash_secret
from tests.mosquitto import Mosquitto
from tests.running import until


def test_numbers_go_out_in_order_however_many_tell_at_once() -> None:
    seen: list[int] = []

    def publish(_topic: str, payload: bytes, qos: int) -> Any:
        seen.append(json.loads(payload)["seq"])
        return SimpleNamespace(mid=qos)

    paho = SimpleNamespace(publish=publish)
    outlet = Outlet(cast("Any", SimpleNamespace(paho=paho, tells_of_nobody=False)))
    changed: dict[str, dict[str, dict[str, object]]] = {
        "heling": {"grid_events": {str(number): {"text": "x" * 50} for number in range(100)}}
    }
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=lambda: [outlet.tell(changed) for _ in range(100)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert seen == list(range(1, 401))


def test_where_nobody_listens_nothing_is_told_and_who_comes_misses_nothing(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    broker.start({"cockpit": hash_secret("s")})
    address = BrokerAddress.from_url(broker.url("s"))
    client = Client(address, "teller")
    client.start()
    outlet = Outlet(client)
    assert client.wait_connected(10)
    sent: list[str] = []
    publish = client.paho.publish
    client.paho.publish = lambda topic, *given, **named: (sent.append(topic), publish(topic, *given, **named))[1]  # type: ignore[method-assign,assignment,func-returns-value]
    known: list[LiveDelta] = []
    gaps: list[str | None] = []
    listener = LiveSubscriber(address, known.append, gaps.append)
    try:
        outlet.tell({"heling": {"devices": {"x": {"n": 0}}}})
        until(lambda: not outlet.hears("heling"))
        before = len(sent)
        for number in range(100):
            outlet.tell({"heling": {"devices": {"x": {"n": number}}}})
        assert len(sent) == before
        until(lambda: not outlet.look(), 10)
        assert len(sent) - before <= 2, "it is asked, and no more is told"

        listener.client.start()
        until(lambda: gaps == [None])
        assert not outlet.hears("heling"), "of this one it does not know yet"
        until(lambda: not outlet.look(), 10)
        until(lambda: gaps == [None, "heling"])  # what was missed is read again
        assert outlet.hears("heling")
        outlet.tell({"heling": {"devices": {"x": {"n": 100}}}})
        until(lambda: known[-1:] and known[-1].layers == {"devices": {"x": {"n": 100}}})
        assert len(gaps) == 2

        listener.client.stop()
        until(lambda: not _tells(outlet), 10)
    finally:
        client.stop()
        broker.stop()


def _tells(outlet: Outlet) -> bool:
    time.sleep(0.1)
    outlet.tell({"heling": {"devices": {"x": {"n": 1}}}})
    return outlet.hears("heling")
