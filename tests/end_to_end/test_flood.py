"""One mad device: it is held back and named, and the others do not notice."""

import threading
import time

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.stream import METRIC, Stream
from tests.running import SPAN, Cockpit, until

RATE = 200


def test_a_flood_is_held_back_and_named_and_loses_nothing(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_DEVICE_RATE"] = str(RATE)
    own_cockpit.start()
    flood = Stream(own_cockpit.add_device("mad-1"), own_cockpit.mqtt, rate=1000)
    calm = own_cockpit.add_device("air-1")
    took = []
    for value in range(8):
        began = time.monotonic()
        assert own_cockpit.publish(calm, "telemetry", {"pm2_5": value}) == 0
        took.append(time.monotonic() - began)
        time.sleep(0.3)
    assert max(took) < 1.5, "the others do not wait"
    until(lambda: "device_cut_back" in own_cockpit.log)
    assert '"username": "mad-1"' in own_cockpit.log
    assert '"username": "air-1"' not in own_cockpit.log
    assert "cockpit_cut_back_total 0.0" not in httpx.get(f"{own_cockpit.url}/metrics").text
    began, before = time.monotonic(), flood.acknowledged
    time.sleep(3)
    assert flood.acknowledged - before < 2 * RATE * (time.monotonic() - began)
    sent = flood.finish(60)
    span = SPAN | {"every": "1h"}
    assert sum(step["count"] for step in own_cockpit.readings("mad-1", METRIC, **span)) == sent


def test_a_packet_that_nobody_would_keep_ends_the_connection_and_no_other(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    mad, calm = own_cockpit.add_device("mad-2"), own_cockpit.add_device("air-2")
    cut_off = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "mad-2", reconnect_on_failure=False)
    client.username_pw_set(mad.username, mad.password)
    client.on_connect = lambda *_: client.publish(f"{mad.topic}/telemetry", b"x" * (5 << 20), qos=1)
    client.on_disconnect = lambda *_: cut_off.set()
    client.connect("127.0.0.1", own_cockpit.mqtt)
    client.loop_start()
    assert cut_off.wait(15)
    client.loop_stop()
    assert "at most 4194304" in own_cockpit.log
    assert own_cockpit.publish(calm, "telemetry", {"pm2_5": 1}) == 0
    assert own_cockpit.publish(mad, "telemetry", {"pm2_5": 2}) == 0
