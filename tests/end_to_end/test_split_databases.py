"""A database for a community of its own: the store splits, and one that is away holds up nobody else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from sensors.bus.receiving.session import MOST_OPEN
from sensors.devices import registry
from sensors.devices.credentials import hash_secret, new_secret
from sensors.devices.registry import Device
from sensors.topics import base
from store.engine import open_engine
from tests.faults.stream import Stream
from tests.ingesters import begin, runs
from tests.mosquitto import SERVICE, Mosquitto
from tests.postgres import Postgres
from tests.running import Cockpit, Credentials, until


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "tahai")
    server.create()
    yield server
    server.stop("immediate")


@pytest.fixture
def split(own_cockpit: Cockpit, own_server: Postgres) -> Cockpit:
    """塔海 on a PostgreSQL of its own, 赫灵 on SQLite."""
    own_cockpit.settings["COCKPIT_COMMUNITY_DATABASES"] = f'{{"tahai": "{own_server.url}"}}'
    return own_cockpit.start()


def add_in_tahai(server: Postgres, device: str) -> Credentials:
    """Register a device of 塔海."""
    engine = open_engine(server.url)
    secret = registry.add(engine, Device(id=device, community="tahai", kind="air", name="塔海空气站"))
    engine.dispose()
    return Credentials(device, device, secret, base("tahai", device))


def tahai(cockpit: Cockpit, device: str) -> list[float]:
    """The readings of a device of 塔海."""
    path = f"/api/v1/tahai/devices/{device}/readings"
    return [r["value"] for r in cockpit.get(path, metric="pm2_5")["readings"]]


def test_each_communitys_readings_are_in_its_own_database(split: Cockpit, own_server: Postgres) -> None:
    here, there = split.add_device("air-h"), add_in_tahai(own_server, "air-t")
    assert until(lambda: split.publish(there, "telemetry", {"pm2_5": 7}) == 0)
    assert split.publish(here, "telemetry", {"pm2_5": 5}) == 0
    assert tahai(split, "air-t") == [7]
    assert [r["value"] for r in split.readings("air-h", "pm2_5")] == [5]
    engine = open_engine(own_server.url)
    with engine.connect() as connection:
        assert [d.id for d in registry.read_all(connection)] == ["air-t"]
    engine.dispose()
    assert split.publish(there, "telemetry", b"not json") == 0
    assert len(split.get("/api/v1/tahai/quarantine")["messages"]) == 1
    assert split.get("/api/v1/heling/quarantine")["messages"] == []
    listed = {d["device"]: d["community"] for d in split.answer("device", "list")["devices"]}
    assert listed == {"air-h": "heling", "air-t": "tahai"}
    assert httpx.get(f"{split.url}/devices/air-t").status_code == 200


def test_an_id_is_used_once_over_all_databases_and_a_device_is_found_in_any(
    split: Cockpit, own_server: Postgres
) -> None:
    add_in_tahai(own_server, "air-1")
    done = split.run("device", "add", "--community", "heling", "--id", "air-1", "--kind", "air")
    assert done.returncode == 2
    assert "'air-1' is registered already, in 'tahai'" in done.stderr
    assert split.answer("device", "revoke", "air-1") == {"device": "air-1", "revoked": True}


def test_a_database_that_is_away_holds_up_its_own_community_only(split: Cockpit, own_server: Postgres) -> None:
    here, there = split.add_device("air-h"), add_in_tahai(own_server, "air-t")
    assert until(lambda: split.publish(there, "telemetry", {"pm2_5": 1}) == 0)
    own_server.stop("immediate")
    try:
        for value in range(5):
            assert split.publish(here, "telemetry", {"ts": 1_790_000_000_000 + value, "values": {"o3": value}}) == 0
        ready = httpx.get(f"{split.url}/readyz")
        assert ready.status_code == 503
    finally:
        own_server.start()
    assert until(lambda: split.publish(there, "telemetry", {"pm2_5": 2}) == 0, 30)
    until(lambda: sorted(tahai(split, "air-t")) == [1, 2])


def test_on_one_broker_elsewhere_a_database_that_is_away_fills_no_window_but_its_own(
    own_cockpit: Cockpit, own_server: Postgres, tmp_path: Path
) -> None:
    (tmp_path / "mosquitto").mkdir()
    broker = Mosquitto(tmp_path / "mosquitto")
    own_cockpit.settings["COCKPIT_COMMUNITY_DATABASES"] = f'{{"tahai": "{own_server.url}"}}'
    own_cockpit.run("device", "list")  # makes the tables of both
    here, there, secret = own_cockpit.add_device("air-h"), add_in_tahai(own_server, "air-t"), new_secret()
    known = {one.device: hash_secret(one.password) for one in (here, there)}
    broker.start({SERVICE: hash_secret(secret), **known})
    own_cockpit.mqtt = broker.port
    own_cockpit.settings["COCKPIT_MQTT_URL"] = broker.url(secret)
    ingest = runs(begin(own_cockpit))
    try:
        assert own_cockpit.publish(there, "telemetry", {"co": 1}) == 0
        own_server.stop("immediate")
        many = Stream(there, broker.port, mqtt5=True, rate=2_000)
        many.part(1)
        sent = many.finish()
        assert sent > MOST_OPEN
        assert own_cockpit.publish(here, "telemetry", {"pm2_5": 5}) == 0
        until(lambda: stored(f"sqlite:///{own_cockpit.data / 'cockpit.db'}") == 1, 10)
        own_server.start()
        until(lambda: stored(own_server.url) == sent + 1, 40)
    finally:
        ingest.kill()
        ingest.wait()
        broker.stop()


def stored(url: str) -> int:
    """How many readings a database has."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM reading")) or 0)
    finally:
        engine.dispose()


def test_a_wrong_database_is_named_and_its_password_is_not_shown(own_cockpit: Cockpit) -> None:
    for value, why in (
        ('{"nowhere": "sqlite:///x.db"}', "'nowhere' is not one of heling, tahai"),
        ('{"tahai": "mysql://u:secret@h/d"}', "expected sqlite"),
    ):
        own_cockpit.settings["COCKPIT_COMMUNITY_DATABASES"] = value
        done = own_cockpit.run("device", "list")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert why in done.stderr
        assert "secret" not in done.stderr
