"""Devices that speak another language: Sparkplug B edge nodes, and makers' own JSON."""

import json
import time
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.codecs.sparkplug.payload import DOUBLE, INT64, Metric, Payload, decode, encode
from tests.running import Cockpit, Credentials, until
from tests.sensors.codecs.test_mapping import PUSHED, WEATHER

GROUP = "spBv1.0/heling"


class EdgeNode:
    """An edge node: it is born, sends numbers for names, is born again when it is asked to, and has a will."""

    def __init__(self, who: Credentials, port: int, behind: str) -> None:
        self.id, self.behind = who.device, behind
        self.births = 0
        self.seq = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, who.device)
        self.client.username_pw_set(who.username, who.password)
        self.client.will_set(f"{GROUP}/NDEATH/{self.id}", encode(self._death()), qos=1)
        self.client.on_message = self._asked
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(f"{GROUP}/NCMD/{self.id}", 1)
        self.client.loop_start()

    def _death(self) -> Payload:
        return Payload(None, None, [Metric("bdSeq", None, None, INT64, 0)])

    def _asked(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        if any(m.name == "Node Control/Rebirth" for m in decode(message.payload).metrics):
            self.be_born()

    def be_born(self) -> None:
        """Tell the names of everything."""
        self.births += 1
        now = time.time_ns() // 1_000_000
        self.seq = 0
        self._publish(f"NBIRTH/{self.id}", Payload(now, 0, [Metric("bdSeq", None, now, INT64, 0)]))
        named = [Metric("Inputs/pm2_5", 7, now, DOUBLE, 30.0)]
        self._publish(f"DBIRTH/{self.id}/{self.behind}", Payload(now, self._next(), named))

    def send(self, value: float) -> None:
        """Send a number for a name."""
        now = time.time_ns() // 1_000_000
        metrics = [Metric(None, 7, now, None, value)]
        metrics[0].datatype = DOUBLE
        self._publish(f"DDATA/{self.id}/{self.behind}", Payload(now, self._next(), metrics))

    def _next(self) -> int:
        self.seq = (self.seq + 1) % 256
        return self.seq

    def _publish(self, topic: str, payload: Payload) -> None:
        self.client.publish(f"{GROUP}/{topic}", encode(payload), qos=0)


def values(cockpit: Cockpit, device: str, metric: str) -> list[float]:
    """What is stored, oldest first."""
    return [r["value"] for r in cockpit.readings(device, metric)][::-1]


def status(cockpit: Cockpit, device: str) -> str:
    """The device's status as the API says it."""
    return str(cockpit.get(f"/api/v1/heling/devices/{device}")["properties"]["status"])


def test_a_sparkplug_edge_node_is_asked_for_its_birth_and_understood_from_then_on(cockpit: Cockpit) -> None:
    gateway = cockpit.add_device("gw-sp", "gateway")
    cockpit.add_device("air-sp", "air", gateway="gw-sp")
    node = EdgeNode(gateway, cockpit.mqtt, "air-sp")
    until(lambda: node.client.is_connected())
    node.send(29.0)
    until(lambda: node.births == 1)
    until(lambda: values(cockpit, "air-sp", "pm2_5") == [30.0])
    [refused] = [m for m in cockpit.get("/api/v1/heling/quarantine")["messages"] if m["device"] == "air-sp"]
    assert refused["reason"] == "unknown_alias"
    # Now that the name is known, what came before it is taken too.
    assert cockpit.answer("quarantine", "play-back", str(refused["id"]))["stored"] == 1
    node.send(31.5)
    until(lambda: sorted(values(cockpit, "air-sp", "pm2_5")) == [29.0, 30.0, 31.5])
    assert status(cockpit, "air-sp") == "online"
    # Without a good-bye, its will takes its devices off with it.
    node.client.loop_stop()
    node.client.socket().close()  # type: ignore[union-attr]
    until(lambda: status(cockpit, "air-sp") == "offline")
    assert status(cockpit, "gw-sp") == "offline"


def test_an_edge_node_speaks_for_no_device_but_those_behind_it(cockpit: Cockpit) -> None:
    gateway = cockpit.add_device("gw-own", "gateway")
    cockpit.add_device("air-else")
    node = EdgeNode(gateway, cockpit.mqtt, "air-else")
    until(lambda: node.client.is_connected())
    node.be_born()
    until(lambda: cockpit.get("/api/v1/heling/quarantine", device="air-else")["messages"])
    [refused] = cockpit.get("/api/v1/heling/quarantine", device="air-else")["messages"]
    assert refused["reason"] == "topic_not_permitted"
    assert values(cockpit, "air-else", "pm2_5") == []
    node.client.disconnect()
    node.client.loop_stop()


def test_a_milesight_counter_counts_visitors_with_its_own_payload(cockpit: Cockpit) -> None:
    gate = cockpit.add_by_command("gate-ms", "gate", site="fangyan", codec="milesight-people-counter")
    first = json.loads(json.dumps(PUSHED))
    for minute, counted in ((0, 42), (1, 50)):
        first["time_info"]["end_time"] = time.strftime(
            "%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600 - 60 + 30 * minute)
        )
        first["line_total_data"] = [{"total": {"in_counted": counted, "out_counted": 40}}]
        assert cockpit.publish(gate, "telemetry", first) == 0
    [site] = [s for s in cockpit.get("/api/v1/heling/visitors")["sites"] if s["site"] == "fangyan"]
    assert site["entered_today"] == 8
    # The same JSON from a device that was not registered as one is no payload of ours.
    other = cockpit.add_device("gate-plain", "gate", site="square")
    assert cockpit.publish(other, "telemetry", first) == 0
    [refused] = cockpit.get("/api/v1/heling/quarantine", device="gate-plain")["messages"]
    assert refused["reason"] == "wrong_shape"


def test_a_mapping_of_the_town_is_a_file_in_a_folder(own_cockpit: Cockpit) -> None:
    maps = own_cockpit.folder / "maps"
    maps.mkdir()
    (maps / "weather.toml").write_text(WEATHER, encoding="utf-8")
    own_cockpit.settings["COCKPIT_CODECS_DIR"] = str(maps)
    own_cockpit.start()
    station = own_cockpit.add_by_command("met-01", "weather", codec="town-weather")
    stamp = time.strftime("%Y%m%d%H%M", time.gmtime(time.time() + 8 * 3600))
    assert own_cockpit.publish(station, "telemetry", {"type": "obs", "t": stamp, "d": {"temp": 615}}) == 0
    assert values(own_cockpit, "met-01", "temperature") == [21.5]


@pytest.mark.parametrize(
    ("text", "why"), [("code = 1", "weather.toml: Expected `str`"), (None, "COCKPIT_CODECS_DIR: no folder")]
)
def test_a_faulty_mapping_is_said_at_the_start(own_cockpit: Cockpit, text: str | None, why: str) -> None:
    maps = own_cockpit.folder / "maps"
    if text is not None:
        maps.mkdir()
        (maps / "weather.toml").write_text(text)
    own_cockpit.settings["COCKPIT_CODECS_DIR"] = str(maps)
    done = own_cockpit.run("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert why in done.stderr


def test_a_codec_that_nobody_installed_is_refused_when_the_device_is_registered(own_cockpit: Cockpit) -> None:
    done = own_cockpit.run("device", "add", "--community", "heling", "--id", "a", "--kind", "air", "--codec", "acme")
    assert done.returncode == 2
    assert "codec 'acme' is not one of senml, " in done.stderr
