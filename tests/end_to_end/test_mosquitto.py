"""The same code on a broker of another make: ingest and web as processes of their own."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cockpit.closed import FILE
from sensors.devices.credentials import hash_secret, new_secret
from tests.ingesters import begin, runs
from tests.mosquitto import SERVICE, Mosquitto
from tests.running import SPAN, Cockpit, until


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "mosquitto").mkdir()
    running = Mosquitto(tmp_path / "mosquitto")
    yield running
    running.stop()


def test_mosquitto_keeps_what_no_ingester_has_stored(own_cockpit: Cockpit, broker: Mosquitto) -> None:
    air = own_cockpit.add_device("air-m")
    with sqlite3.connect(own_cockpit.folder / "data" / "cockpit.db") as database:
        [(stored,)] = database.execute("SELECT secret_hash FROM device WHERE id = 'air-m'").fetchall()
    secret = new_secret()
    # Mosquitto reads the registry's own hashes: nobody needs to know a secret twice.
    broker.start({SERVICE: hash_secret(secret), "air-m": stored})
    own_cockpit.settings["COCKPIT_MQTT_URL"] = broker.url(secret)
    own_cockpit.mqtt = broker.port
    own_cockpit.start(command="web")
    first = runs(begin(own_cockpit))
    own_cockpit.publish(air, "telemetry", {"pm2_5": 1})
    until(lambda: own_cockpit.readings("air-m", "pm2_5"))

    first.send_signal(signal.SIGKILL)
    first.wait(10)
    start = 1_790_000_000_000
    for number in range(20):
        sample = {"ts": start + number, "values": {"o3": number}}
        assert own_cockpit.publish(air, "telemetry", sample, protocol_version="mqttv5") == 0
    (own_cockpit.data / FILE).touch()
    closed = runs(begin(own_cockpit), "closed")
    assert own_cockpit.readings("air-m", "o3", **SPAN) == []
    (own_cockpit.data / FILE).unlink()
    second = runs(begin(own_cockpit))
    closed.terminate()
    assert closed.wait(20) == 0
    until(lambda: len(own_cockpit.readings("air-m", "o3", **SPAN)) == 20)
    assert {r["value"] for r in own_cockpit.readings("air-m", "o3", **SPAN)} == set(range(20))

    live = httpx.get(f"{own_cockpit.url}/metrics").text
    assert "cockpit_broker_connected 1.0" in live
    second.terminate()
    assert second.wait(20) == 0
