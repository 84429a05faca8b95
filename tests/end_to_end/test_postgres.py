"""The same cockpit on PostgreSQL: what holds on the embedded database holds here."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.postgres import Postgres
from tests.running import SPAN, Cockpit, until

TS = 1_790_000_000_000


@pytest.fixture
def on_postgres(own_cockpit: Cockpit, empty_postgres: str) -> Cockpit:
    """A cockpit that is not started yet, with a PostgreSQL database."""
    own_cockpit.settings["COCKPIT_DATABASE_URL"] = empty_postgres
    return own_cockpit


def test_a_reading_a_count_and_an_event_are_kept_as_on_sqlite(on_postgres: Cockpit) -> None:
    on_postgres.start()
    air = on_postgres.add_device("air-pg", lon=120.1905, lat=28.9285)
    gate = on_postgres.add_device("gate-pg", "gate", site="fangyan")
    sample = [{"ts": TS + i, "values": {"pm2_5": i, "温度说明": "正常"}} for i in range(400)]
    for _ in range(2):
        assert on_postgres.publish(air, "telemetry", sample) == 0
    assert on_postgres.publish(air, "telemetry", {"ts": TS + 1000, "values": {"pm2_5": -5}}) == 0
    assert on_postgres.publish(gate, "telemetry", {"enter": 12, "leave": 5}) == 0
    report = {"id": "1", "title": "路灯不亮", "category": "facility.lighting", "severity": "major"}
    assert on_postgres.publish(air, "event", report) == 0
    assert on_postgres.publish(air, "telemetry", b'{"pm2_5": NaN}') == 0

    found = on_postgres.readings("air-pg", "pm2_5", **SPAN, limit=1000)
    assert [r["value"] for r in found] == [-5, *range(399, -1, -1)]
    assert (found[0]["quality"], found[1]["quality"]) == ("suspect", "good")
    for every in ("1h", "10m"):
        steps = on_postgres.readings("air-pg", "pm2_5", **SPAN, every=every)
        assert [(s["mean"], s["min"], s["max"], s["count"]) for s in steps] == [(199.5, 0, 399, 400)]
    [site] = [s for s in on_postgres.get("/api/v1/heling/visitors")["sites"] if s["site"] == "fangyan"]
    assert (site["inside"], site["entered_today"]) == (7, 12)
    [event] = on_postgres.get("/api/v1/heling/events")["features"]
    assert event["properties"]["title"] == "路灯不亮"
    [refused] = on_postgres.get("/api/v1/heling/quarantine")["messages"]
    assert refused["reason"] == "not_finite"
    [device] = [d for d in on_postgres.get("/api/v1/heling/devices")["features"] if d["id"] == "air-pg"]
    assert device["properties"]["latest"]["温度说明"]["value"] == "正常"

    token = on_postgres.answer("token", "add", "--role", "manager", "--name", "m")["token"]
    url = f"{on_postgres.url}/api/v1/heling/events/{event['id']}/transitions"
    done = httpx.post(url, json={"to": "filed"}, headers={"Authorization": f"Bearer {token}"})
    assert done.status_code == 201
    past = on_postgres.get("/api/v1/heling/devices", at="2026-10-01T00:00:00Z")["features"]
    assert {d["properties"]["latest"]["pm2_5"]["value"] for d in past if d["id"] == "air-pg"} == {-5}


def test_text_that_the_database_cannot_hold_is_refused_and_the_stream_goes_on(on_postgres: Cockpit) -> None:
    on_postgres.start()
    air = on_postgres.add_device("air-nul")
    assert on_postgres.publish(air, "telemetry", b'{"note": "a\\u0000b"}') == 0
    assert on_postgres.publish(air, "telemetry", b'{"a\\u0000b": 1}') == 0
    assert on_postgres.publish(air, "telemetry", {"pm2_5": 1}) == 0
    assert len(on_postgres.readings("air-nul", "pm2_5")) == 1
    reasons = [m["reason"] for m in on_postgres.get("/api/v1/heling/quarantine")["messages"]]
    assert reasons == ["wrong_shape", "wrong_shape"]


def stream(cockpit: Cockpit, device: str, count: int) -> subprocess.Popen[bytes]:
    """Publish numbered samples by mosquitto_pub, which sends again what nobody acknowledged."""
    who = cockpit.add_device(device)
    lines = cockpit.folder / f"{device}.lines"
    lines.write_text("".join(json.dumps({"ts": TS + i, "values": {"pm10": i}}) + "\n" for i in range(count)))
    command = ["mosquitto_pub", "-p", str(cockpit.mqtt), "-q", "1", "-l", "-i", device, "-c"]
    command += ["-u", device, "-P", who.password, "-t", f"{who.topic}/telemetry"]
    with lines.open() as body:
        return subprocess.Popen(command, stdin=body, stderr=subprocess.DEVNULL)


@pytest.fixture
def own_server(on_postgres: Cockpit, tmp_path: Path) -> Iterator[Postgres]:
    """A server that one test may break; the cockpit is told to use it."""
    server = Postgres(tmp_path / "own")
    server.create()
    on_postgres.settings["COCKPIT_DATABASE_URL"] = server.url
    yield server
    on_postgres.stop()
    server.stop("immediate")


def test_a_database_that_crashes_in_mid_stream_loses_nothing(on_postgres: Cockpit, own_server: Postgres) -> None:
    on_postgres.start()
    sender = stream(on_postgres, "air-crash", 20_000)
    until(lambda: len(on_postgres.readings("air-crash", "pm10", **SPAN)) > 100)
    own_server.stop("immediate")
    assert httpx.get(f"{on_postgres.url}/readyz").status_code == 503
    time.sleep(1)
    own_server.start()
    assert sender.wait(60) == 0
    assert on_postgres.numbers("air-crash", "pm10", **SPAN) == list(range(20_000))
    until(lambda: httpx.get(f"{on_postgres.url}/readyz").status_code == 200)


def test_a_database_that_hangs_stops_the_stream_and_not_the_cockpit(on_postgres: Cockpit, own_server: Postgres) -> None:
    on_postgres.start()
    sender = stream(on_postgres, "air-hang", 10_000)
    until(lambda: len(on_postgres.readings("air-hang", "pm10", **SPAN)) > 100)
    own_server.signal(signal.SIGSTOP)
    time.sleep(3)
    assert sender.poll() is None, "nothing is acknowledged that is not stored"
    assert httpx.get(f"{on_postgres.url}/healthz").status_code == 200
    own_server.signal(signal.SIGCONT)
    assert sender.wait(60) == 0
    assert on_postgres.numbers("air-hang", "pm10", **SPAN) == list(range(10_000))
