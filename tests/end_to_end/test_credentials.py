"""Who may publish and subscribe what, on the embedded broker and on a Mosquitto with TLS."""

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
import trustme
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import COMMAND, Cockpit, Credentials, free_port, until


class Device:
    """A device's client: it keeps what became of it."""

    def __init__(self, who: Credentials, port: int, ca: Path | None) -> None:
        self.let_in: bool | None = None
        self.cut_off = threading.Event()
        self.received: list[str] = []
        self.acknowledged: set[int] = set()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, f"c-{who.device}")
        self.client.username_pw_set(who.username, who.password)
        if ca is not None:
            self.client.tls_set(ca_certs=str(ca), cert_reqs=ssl.CERT_REQUIRED)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.cut_off.set()
        self.client.on_publish = lambda _c, _d, mid, *_: self.acknowledged.add(mid)
        self.client.on_message = lambda _c, _d, message: self.received.append(message.topic)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _props: Any) -> None:
        self.let_in = not reason.is_failure

    def is_let_in(self) -> bool:
        """Whether the broker lets it in."""
        until(lambda: self.let_in is not None)
        return bool(self.let_in)

    def publish(self, topic: str, payload: Any) -> bool:
        """Publish at QoS 1; returns whether it was acknowledged."""
        sent = self.client.publish(topic, json.dumps(payload), qos=1)
        sent.wait_for_publish(5)
        return sent.is_published()

    def stop(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class Town:
    """A cockpit with its broker."""

    cockpit: Cockpit
    port: int
    ca: Path | None = None
    devices: list[Device] = field(default_factory=list)

    def connect(self, who: Credentials) -> Device:
        """Connect a device."""
        made = Device(who, self.port, self.ca)
        self.devices.append(made)
        return made

    def connect_when_known(self, who: Credentials) -> Device:
        """Connect a device, as soon as the broker has heard of it."""

        def try_it() -> Device | None:
            made = self.connect(who)
            return made if made.is_let_in() else made.stop()

        found: Device = until(try_it, 10, 0.2)
        return found


@pytest.fixture(scope="module")
def embedded(cockpit: Cockpit) -> Town:
    return Town(cockpit, cockpit.mqtt)


def town_certificates(folder: Path) -> tuple[Path, Path, Path]:
    """The town's own authority, and a server's certificate and key of it, as files."""
    authority = trustme.CA(organization_name="方岩镇")
    certificate = authority.issue_cert("127.0.0.1")
    ca, chain, key = (folder / name for name in ("ca.pem", "server.pem", "server.key"))
    authority.cert_pem.write_to_path(ca)
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    return ca, chain, key


@pytest.fixture(scope="module")
def embedded_with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    ca, chain, key = town_certificates(tmp_path_factory.mktemp("certificates"))
    cockpit = Cockpit(tmp_path_factory.mktemp("cockpit"))
    cockpit.settings |= {
        "COCKPIT_MQTT_CA": str(ca),
        "COCKPIT_MQTT_CERTIFICATE": str(chain),
        "COCKPIT_MQTT_KEY": str(key),
    }
    yield Town(cockpit.start(), cockpit.mqtt, ca)
    cockpit.stop()


@pytest.fixture(scope="module")
def with_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    tmp_path = tmp_path_factory.mktemp("mosquitto")
    cockpit = Cockpit(tmp_path_factory.mktemp("cockpit"))
    ca, chain, key = town_certificates(tmp_path)
    port, folder = free_port(), tmp_path / "mosquitto"
    options = ["--port", str(port), "--certificate", str(chain), "--key", str(key)]
    made = cockpit.answer("broker", "config", str(folder), *options)
    settings = folder / "mosquitto.conf"
    settings.write_text(settings.read_text() + "user root\n")
    broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", settings], stderr=subprocess.DEVNULL)
    follower = subprocess.Popen(
        [COMMAND, "broker", "config", folder, *options, "--watch", "--json"],
        cwd=cockpit.folder,
        env=cockpit.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    assert json.loads(follower.stdout.readline()) == {"folder": str(folder), "url": None}, "the secret is kept"
    cockpit.settings |= {"COCKPIT_MQTT_URL": made["url"], "COCKPIT_MQTT_CA": str(ca), "COCKPIT_DEVICE_RATE": "200"}
    cockpit.start()
    yield Town(cockpit, port, ca)
    cockpit.stop()
    for process in (follower, broker):
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["embedded", "embedded_with_tls", "with_mosquitto"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """All of this holds on each broker; each test has devices of its own."""
    found: Town = request.getfixturevalue(request.param)
    yield found
    while found.devices:
        found.devices.pop().stop()


def test_a_device_speaks_for_itself_only_and_hears_only_its_commands(town: Town) -> None:
    air, other = town.cockpit.add_device("air-1a"), town.cockpit.add_device("air-2a")
    device, neighbour = town.connect_when_known(air), town.connect_when_known(other)
    device.client.subscribe([("cim/v1/#", 1), ("#", 1), (f"{other.topic}/telemetry", 1), (f"{other.topic}/command", 1)])
    device.client.subscribe(f"{air.topic}/command", 1)
    assert device.publish(f"{air.topic}/telemetry", {"pm2_5": 1})
    device.publish(f"{other.topic}/telemetry", {"pm2_5": 66})
    device.publish("cim/v1/heling/live", {"forged": True})
    device.publish(f"{other.topic}/command", {"open": True})
    assert neighbour.publish(f"{other.topic}/telemetry", {"pm2_5": 2})
    until(lambda: town.cockpit.readings("air-2a", "pm2_5"))
    assert [r["value"] for r in town.cockpit.readings("air-2a", "pm2_5")] == [2]
    until(lambda: town.cockpit.readings("air-1a", "pm2_5"))
    assert device.received == []
    assert neighbour.received == []


def test_nobody_unknown_is_let_in(town: Town) -> None:
    air = town.cockpit.add_device("air-1b")
    town.connect_when_known(air)
    for username, password in (("air-1b", "guess"), ("nobody", air.password), ("cockpit", ""), ("$cockpit", "x")):
        assert not town.connect(Credentials("x", username, password, air.topic)).is_let_in()


def test_a_revoked_device_is_cut_off_at_once(town: Town) -> None:
    air = town.cockpit.add_device("air-1c")
    device = town.connect_when_known(air)
    assert device.publish(f"{air.topic}/telemetry", {"pm2_5": 1})
    device.cut_off.clear()
    town.cockpit.answer("device", "revoke", "air-1c")
    assert device.cut_off.wait(5)
    assert not town.connect(air).is_let_in()


def test_a_new_secret_ends_the_connection_of_the_old_one(town: Town) -> None:
    air = town.cockpit.add_device("air-1d")
    device = town.connect_when_known(air)
    fresh = town.cockpit.answer("device", "rotate", "air-1d")
    assert device.cut_off.wait(5)
    assert not town.connect(air).is_let_in()
    again = town.connect_when_known(Credentials("air-1bd", "air-1d", fresh["password"], air.topic))
    assert again.publish(f"{air.topic}/telemetry", {"pm2_5": 7})
    until(lambda: [r["value"] for r in town.cockpit.readings("air-1d", "pm2_5")] == [7])


def test_whoever_looks_at_a_device_hears_that_its_secret_was_wrong_once_for_many_tries(embedded: Town) -> None:
    cockpit = embedded.cockpit
    air = cockpit.add_device("air-1w")
    good = embedded.connect_when_known(air)
    good.client.subscribe("#", 1)
    for _ in range(3):
        assert not embedded.connect(Credentials("x", "air-1w", "guess", air.topic)).is_let_in()

    def asked(path: str) -> Any:
        return httpx.get(f"{cockpit.url}/api/v1/heling/{path}", headers=cockpit.steward, timeout=10).json()

    def refused() -> Any:
        told = asked("devices/air-1w/registration")["refused"]
        return told if told["count"] else None

    told = until(refused)
    assert told["count"] == 1
    assert "connected from 127.0.0.1 with a secret that is wrong" in told["newest"][0]["why"]
    assert good.publish(f"{air.topic}/connect", {"forged": True}) is not None
    assert good.publish(f"{air.topic}/telemetry", {"pm2_5": 1}), "the device itself goes on"
    reasons = [one["reason"] for one in asked("quarantine?device=air-1w")["messages"]]
    assert reasons.count("not_let_in") == 1, "nobody publishes such a thing"


def test_a_gateway_speaks_for_the_devices_behind_it_and_no_other(town: Town) -> None:
    gateway = town.cockpit.add_device("gw-1e", "gateway")
    behind = town.cockpit.add_device("smoke-1e", "smoke", gateway="gw-1e")
    beside = town.cockpit.add_device("smoke-2e", "smoke")
    device = town.connect_when_known(gateway)
    town.connect_when_known(beside)
    assert device.publish(f"{behind.topic}/telemetry", {"smoke": False})
    device.publish(f"{beside.topic}/telemetry", {"smoke": True})
    until(lambda: town.cockpit.readings("smoke-1e", "smoke"))
    assert town.cockpit.readings("smoke-2e", "smoke") == []
    refused = town.cockpit.run(
        "device", "add", "--community", "heling", "--id", "x", "--kind", "air", "--gateway", "gw-9"
    )
    assert (refused.returncode, refused.stderr) == (2, "cockpit: gateway 'gw-9' is no registered device of 'heling'\n")


def test_a_device_that_floods_a_mosquitto_is_shut_out_for_a_while_and_named(with_mosquitto: Town) -> None:
    town = with_mosquitto
    mad, calm = town.cockpit.add_device("air-mad"), town.cockpit.add_device("air-calm")
    device, neighbour = town.connect_when_known(mad), town.connect_when_known(calm)
    device.cut_off.clear()
    end = time.monotonic() + 20
    sent = []
    while not device.cut_off.is_set() and time.monotonic() < end:
        # One that meets the cut is queued, though paho calls it "not connected".
        sent.append(device.client.publish(f"{mad.topic}/telemetry", '{"co": 1}', qos=1).mid)
        time.sleep(0.001)
    assert device.cut_off.is_set()
    assert "device_cut_back" in town.cockpit.log
    assert '"username": "air-mad"' in town.cockpit.log
    assert not town.connect(mad).is_let_in()
    assert neighbour.publish(f"{calm.topic}/telemetry", {"pm2_5": 3})
    until(lambda: [r["value"] for r in town.cockpit.readings("air-calm", "pm2_5")] == [3])
    # What it was not acknowledged it sends again, once it is let in.
    until(lambda: device.acknowledged.issuperset(sent), 60)
    until(lambda: sum(r["count"] for r in town.cockpit.readings("air-mad", "co", every="1h")) >= len(sent), 30)
