"""A device of another make publishes; the API returns exactly what it sent."""

import json
import time

import httpx
import pytest

from tests.running import Cockpit, until


@pytest.fixture(scope="module")
def cockpit(either_cockpit: Cockpit) -> Cockpit:
    """All of this holds on each database."""
    return either_cockpit


def newest(cockpit: Cockpit, device: str, metric: str) -> dict:
    return until(lambda: (cockpit.readings(device, metric) or [None])[0])


def test_a_reading_comes_back_exactly_as_it_was_sent(cockpit: Cockpit) -> None:
    air = cockpit.add_by_command("air-01", lon=120.2006, lat=28.9312)
    assert air.username == "air-01"
    assert air.topic == "cim/v1/heling/air-01"
    ms = int(time.time() * 1000)

    assert cockpit.publish(air, "telemetry", {"ts": ms, "values": {"pm2_5": 35.25, "temperature": -1.5}}) == 0

    answer = cockpit.get("/api/v1/heling/devices/air-01/readings", metric="pm2_5")
    assert answer["device"] == "air-01"
    assert answer["metric"] == "pm2_5"
    assert answer["unit"] == "ug/m3"
    [reading] = answer["readings"]
    assert reading["value"] == 35.25
    assert reading["quality"] == "good"
    assert httpx.Response(200, json=reading).json()["ts"].endswith("Z")
    assert cockpit.readings("air-01", "temperature")[0]["value"] == -1.5


def test_the_acknowledgement_means_that_it_is_stored(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-ack")
    for value in range(10):
        assert cockpit.publish(air, "telemetry", {"ts": 1_790_000_000_000 + value, "values": {"o3": value}}) == 0
        stored = cockpit.readings("air-ack", "o3", **{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
        assert stored[0]["value"] == value


def test_every_form_of_telemetry_is_taken(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-forms")
    now = int(time.time() * 1000)
    cockpit.publish(air, "telemetry", {"humidity": 61})
    cockpit.publish(
        air, "telemetry", [{"ts": now - 2000, "values": {"noise": 50}}, {"ts": now, "values": {"noise": 51}}]
    )
    senml = [
        {"bn": "air-forms:", "bt": now / 1000, "n": "pressure", "u": "hPa", "v": 1013.5},
        {"n": "battery", "v": 88},
    ]
    cockpit.publish(air, "telemetry", senml)

    assert newest(cockpit, "air-forms", "humidity")["value"] == 61
    assert [r["value"] for r in cockpit.readings("air-forms", "noise")] == [51, 50]
    assert newest(cockpit, "air-forms", "pressure")["value"] == 1013.5
    assert newest(cockpit, "air-forms", "battery")["value"] == 88


def test_a_duplicate_changes_nothing_and_a_late_reading_never_moves_the_latest_back(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-late")
    now = int(time.time() * 1000)
    for ts, value in ((now, 10), (now, 99), (now - 60_000, 5)):
        cockpit.publish(air, "telemetry", {"ts": ts, "values": {"no2": value}})

    assert [r["value"] for r in cockpit.readings("air-late", "no2")] == [10, 5]
    feature = cockpit.get("/api/v1/heling/devices/air-late")
    assert feature["properties"]["latest"]["no2"]["value"] == 10


def test_an_out_of_range_value_and_an_unknown_metric_are_kept_and_flagged(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-odd")
    cockpit.publish(air, "telemetry", {"humidity": 140, "radon": 12})
    assert newest(cockpit, "air-odd", "humidity") | {"ts": ""} == {"ts": "", "value": 140, "quality": "suspect"}
    assert newest(cockpit, "air-odd", "radon")["quality"] == "unknown_metric"


def test_a_device_has_a_status_a_place_and_an_area(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-place", lon=120.1905, lat=28.9285, interval=1, name="橙麓测点")
    before = cockpit.get("/api/v1/heling/devices/air-place")["properties"]
    assert (before["status"], before["last_seen"], before["area"]) == ("offline", None, "chenglu")

    cockpit.publish(air, "telemetry", {"pm10": 40})
    after = cockpit.get("/api/v1/heling/devices/air-place")
    assert after["geometry"]["coordinates"] == [120.1905, 28.9285]
    assert after["properties"]["status"] == "online"
    assert after["properties"]["name"] == "橙麓测点"
    until(lambda: cockpit.get("/api/v1/heling/devices/air-place")["properties"]["status"] == "stale", 6)


def test_the_last_will_takes_a_device_offline(cockpit: Cockpit) -> None:
    import paho.mqtt.client as mqtt

    air = cockpit.add_device("air-will")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "any")
    client.username_pw_set(air.username, air.password)
    client.will_set(f"{air.topic}/status", "offline", 1, retain=True)
    client.connect("127.0.0.1", cockpit.mqtt)
    client.loop_start()
    client.publish(f"{air.topic}/status", "online", 1, retain=True).wait_for_publish(5)
    client.publish(f"{air.topic}/telemetry", json.dumps({"pm2_5": 1}), 1).wait_for_publish(5)
    status = lambda: cockpit.get("/api/v1/heling/devices/air-will")["properties"]["status"]  # noqa: E731
    until(lambda: status() == "online")
    client.loop_stop()
    client._sock_close()  # the line is cut: no DISCONNECT
    until(lambda: status() == "offline")


def test_aggregates_by_step(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-steps")
    hour = 1_790_000_000_000 // 3_600_000 * 3_600_000
    samples = [
        {"ts": hour + minute * 60_000, "values": {"co": value}} for minute, value in ((1, 100), (2, 300), (61, 7))
    ]
    cockpit.publish(air, "telemetry", samples)
    span = {"from": "2026-09-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
    hours = cockpit.readings("air-steps", "co", every="1h", **span)
    assert [(r["mean"], r["min"], r["max"], r["count"]) for r in hours] == [(7, 7, 7, 1), (200, 100, 300, 2)]
    minutes = cockpit.readings("air-steps", "co", every="1m", **span)
    assert [r["mean"] for r in minutes] == [7, 300, 100]


def test_pages_of_readings_follow_the_cursor(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-pages")
    now = int(time.time() * 1000)
    cockpit.publish(air, "telemetry", [{"ts": now - i * 1000, "values": {"o3": i}} for i in range(7)])
    path, found, cursor = "/api/v1/heling/devices/air-pages/readings", [], None
    while True:
        page = cockpit.get(path, metric="o3", limit=3, **({"cursor": cursor} if cursor else {}))
        found += [r["value"] for r in page["readings"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == list(range(7))


def test_gates_count_visitors(cockpit: Cockpit) -> None:
    gate = cockpit.add_device("gate-square", "gate", site="square", lon=120.2012, lat=28.9312)
    nothing = next(s for s in cockpit.get("/api/v1/heling/visitors")["sites"] if s["site"] == "square")
    assert (nothing["inside"], nothing["capacity"], nothing["level"]) == (None, None, None)

    cockpit.publish(gate, "telemetry", {"enter": 12, "leave": 5})
    cockpit.publish(gate, "telemetry", {"enter": 3, "leave": 0})
    site = next(s for s in cockpit.get("/api/v1/heling/visitors")["sites"] if s["site"] == "square")
    assert site["name"] == "中心广场"
    assert (site["inside"], site["entered_today"], site["left_today"]) == (10, 15, 5)
    assert site["as_of"] is not None


def test_a_falling_total_is_a_restarted_counter(cockpit: Cockpit) -> None:
    gate = cockpit.add_device("gate-total", "gate", site="centre")
    now = int(time.time() * 1000)
    for step, total in enumerate((1000, 1010, 4, 9)):
        cockpit.publish(gate, "telemetry", {"ts": now - 4000 + step * 1000, "values": {"enter_total": total}})
    site = next(s for s in cockpit.get("/api/v1/heling/visitors")["sites"] if s["site"] == "centre")
    assert site["entered_today"] == 10 + 4 + 5


def test_an_event_is_filed_once_and_walks_its_states(cockpit: Cockpit) -> None:
    air = cockpit.add_device("smoke-01", "smoke", lon=120.1905, lat=28.9285)
    report = {"id": "e-1", "category": "safety.fire", "severity": "critical", "title": "烟感报警 <b>三号楼</b>"}
    for _ in range(2):
        cockpit.publish(air, "event", report)
    events = until(lambda: cockpit.get("/api/v1/heling/events", category="safety.fire")["features"])
    [event] = events
    assert event["properties"]["title"] == report["title"]
    assert (event["properties"]["state"], event["properties"]["area"]) == ("reported", "chenglu")

    manager = cockpit.answer("token", "add", "--role", "manager", "--name", "值班员")["token"]
    steward = cockpit.answer("token", "add", "--role", "steward", "--name", "网格员")["token"]
    steps = f"{cockpit.url}/api/v1/heling/events/{event['id']}/transitions"

    def take(token: str, to: str) -> httpx.Response:
        return httpx.post(steps, json={"to": to, "note": "核实"}, headers={"Authorization": f"Bearer {token}"})

    assert httpx.post(steps, json={"to": "filed"}).status_code == 401
    assert take("wrong", "filed").status_code == 401
    refused = take(steward, "filed")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert take(manager, "closed").status_code == 409
    assert take(manager, "nonsense").status_code == 400
    for token, to in (
        (manager, "filed"),
        (manager, "dispatched"),
        (steward, "in_hand"),
        (steward, "handled"),
        (manager, "verified"),
        (manager, "closed"),
    ):
        assert take(token, to).status_code == 201, to
    whole = cockpit.get(f"/api/v1/heling/events/{event['id']}")["properties"]
    assert whole["state"] == "closed"
    assert [t["to"] for t in whole["transitions"]][:2] == ["reported", "filed"]
    assert whole["transitions"][1]["actor"] == "token:值班员"


def test_an_event_is_posted_with_a_token(cockpit: Cockpit) -> None:
    token = cockpit.answer("token", "add", "--role", "steward", "--name", "post")["token"]
    url = f"{cockpit.url}/api/v1/heling/events"
    body = {"id": "p-1", "category": "no.such", "severity": "minor", "title": "井盖松动", "lon": 120.19, "lat": 28.93}
    assert httpx.post(url, json=body).status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    first = httpx.post(url, json=body, headers=headers)
    again = httpx.post(url, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    properties = first.json()["properties"]
    assert (properties["category"], properties["category_reported"]) == ("other", "no.such")
    assert httpx.post(url, content=b'{"id": NaN}', headers=headers).status_code == 400
    assert httpx.post(url, json=body | {"title": "x" * 70_000}, headers=headers).status_code == 413


def test_revoking_takes_effect_at_once(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-gone")
    assert cockpit.publish(air, "telemetry", {"pm2_5": 1}) == 0
    assert cockpit.answer("device", "revoke", "air-gone")["revoked"] is True
    assert cockpit.publish(air, "telemetry", {"pm2_5": 2}) != 0
    listed = {d["device"]: d for d in cockpit.answer("device", "list")["devices"]}
    assert listed["air-gone"]["revoked"] is not None


def test_nobody_unknown_connects(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-auth")
    air.password = "wrong"
    assert cockpit.publish(air, "telemetry", {"pm2_5": 1}) != 0
    air.username = "nobody"
    assert cockpit.publish(air, "telemetry", {"pm2_5": 1}) != 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nowhere/devices", 404),
        ("/api/v1/heling/devices/none/readings?metric=pm2_5", 404),
        ("/api/v1/heling/devices?at=yesterday", 400),
        ("/api/v1/heling/events?state=lost", 400),
        ("/api/v1/heling/events?limit=0", 400),
        ("/api/v1/nothing/at/all", 404),
        ("/geo/heling/secrets.geojson", 404),
    ],
)
def test_errors_are_problems(cockpit: Cockpit, path: str, status: int) -> None:
    answer = httpx.get(f"{cockpit.url}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_the_api_describes_itself(cockpit: Cockpit) -> None:
    paths = cockpit.get("/api/openapi.json")["paths"]
    assert "/api/v1/{community}/devices/{device}/readings" in paths
    assert [c["id"] for c in cockpit.get("/api/v1/communities")["communities"]] == ["heling", "tahai"]
    areas = cockpit.get("/api/v1/heling/areas")["features"]
    assert [a["properties"]["name"] for a in areas] == ["橙麓", "岩上", "岩下", "两头门"]
    text = httpx.get(f"{cockpit.url}/metrics").text
    assert "cockpit_readings_stored_total" in text


def test_the_past_can_be_asked_for(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-past", lon=120.1905, lat=28.9285)
    cockpit.publish(
        air,
        "telemetry",
        [{"ts": "2026-03-01T00:00:00Z", "values": {"so2": 1}}, {"ts": "2026-03-02T00:00:00Z", "values": {"so2": 2}}],
    )
    then = cockpit.get("/api/v1/heling/devices/air-past", at="2026-03-01T12:00:00Z")
    assert then["properties"]["latest"]["so2"]["value"] == 1
    areas = cockpit.get("/api/v1/heling/areas", at="2026-03-02T00:00:30Z")["features"]
    assert areas[0]["properties"]["metrics"]["so2"]["value"] == 2
