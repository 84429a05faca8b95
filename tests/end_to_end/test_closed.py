"""Closed: while an upgrade is tried nothing is taken, from devices or from people; and then all of it is."""

import json

import httpx
import paho.mqtt.client as mqtt
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cockpit.closed import FILE
from tests.running import Cockpit, until

SERVER_UNAVAILABLE = 3
"""MQTT 3.1.1, 3.2.2.3: not now; who hears it keeps what it has and comes again."""


class BehindAnUpgrade(Cockpit):
    """One that has come up where it is closed."""

    def is_ready(self) -> bool:
        """Whether it says that it could."""
        try:
            return bool(httpx.get(f"{self.url}/readyz", timeout=3).json()["status"] == "closed")
        except (httpx.HTTPError, ValueError):
            return False


def test_while_an_upgrade_is_tried_nothing_is_acknowledged_and_nothing_is_lost(own_cockpit: Cockpit) -> None:
    air = own_cockpit.add_device("air-01")
    (own_cockpit.data / FILE).write_text("before.backup\n")
    own_cockpit.process = BehindAnUpgrade(own_cockpit.folder, own_cockpit.http, own_cockpit.mqtt).start().process
    answers: list[int] = []
    acknowledged: list[int] = []
    device = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, "air-01", clean_session=False)
    device.username_pw_set(air.username, air.password)
    device.reconnect_delay_set(1, 1)
    device.on_connect = lambda _client, _data, _flags, code: answers.append(code)
    device.on_publish = lambda _client, _data, number: acknowledged.append(number)
    device.connect("127.0.0.1", own_cockpit.mqtt)
    device.loop_start()
    for value in range(3):
        device.publish(f"{air.topic}/telemetry", json.dumps({"o3": value}), 1)

    until(lambda: len(answers) > 1)
    assert (set(answers), acknowledged) == ({SERVER_UNAVAILABLE}, [])
    for method, path in (("GET", "/"), ("GET", "/wall/heling"), ("POST", "/api/v1/heling/events"), ("GET", "/live/x")):
        refused = httpx.request(method, own_cockpit.url + path)
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    with pytest.raises(InvalidStatus), connect(f"ws{own_cockpit.url[4:]}/live/heling"):
        pass
    told = own_cockpit.run("check", "--only", "web")
    assert (told.returncode, "takes nothing: an upgrade has not come to its end" in told.stdout) == (0, True)

    (own_cockpit.data / FILE).unlink()
    assert own_cockpit.stop() == 0
    own_cockpit.start()
    until(lambda: len(acknowledged) == 3)
    device.loop_stop()
    device.disconnect()
    assert own_cockpit.numbers("air-01", "o3") == [0, 1, 2]
