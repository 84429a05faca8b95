"""Questions across layers, from outside: the tree with its sums, what is inside, what is near, where it is dense."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from geo.ground import place
from tests.running import Cockpit, strip, until

SQUARE = "120.1995,28.9300 120.2015,28.9300 120.2015,28.9312 120.1995,28.9312"


def nodes(cockpit: Cockpit, **query: Any) -> dict[str, dict[str, Any]]:
    """The nodes of the tree, by id."""
    return {node["id"]: node for node in cockpit.get("/api/v1/heling/hierarchy", **query)["nodes"]}


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """Two devices in a room, one in the open, and an event in the centre."""
    study = cockpit.add_by_command("study-air", room="centre-1-study")
    meter = cockpit.add_by_command("study-power", kind="power", room="centre-1-study")
    cockpit.add_by_command("street-air", lon=120.1905, lat=28.92515)
    cockpit.publish(study, "telemetry", {"pm2_5": 12})
    cockpit.publish(meter, "telemetry", {"power": 2.5})
    centre = place("heling", "rooms", "centre-2-tea")
    assert centre is not None
    event = {
        "id": "e1", "category": "facility.lighting", "severity": "major", "title": "教室灯不亮",
        "lon": centre.label[0], "lat": centre.label[1], "ts": "2026-11-01T08:00:00+08:00",
    }  # fmt: skip
    cockpit.publish(study, "event", event)
    until(lambda: nodes(cockpit)["community"]["figures"]["events"] == 1)
    return cockpit


def test_a_device_in_a_room_counts_for_room_storey_building_site_and_community(furnished: Cockpit) -> None:
    found = nodes(furnished)
    for node in ("rooms/centre-1-study", "buildings/centre/1", "buildings/centre", "sites/centre"):
        assert found[node]["figures"]["devices"] == 2, node
        assert found[node]["figures"]["power"] == 2.5
    assert found["buildings/centre/2"]["figures"]["devices"] == 0
    assert found["community"]["figures"]["devices"] == 3
    assert found["buildings/centre"]["figures"]["events"] == 1
    assert found["areas/chenglu"]["figures"]["buildings"] > 50
    assert found["community"]["figures"]["buildings"] == 270
    only = nodes(furnished, level="room")
    assert {node["level"] for node in only.values()} == {"room"}


def test_the_past_had_no_such_devices(furnished: Cockpit) -> None:
    assert nodes(furnished, at="2026-01-01T00:00:00Z")["community"]["figures"]["devices"] == 0


def test_what_lies_in_a_polygon_or_a_circle_is_counted_and_named(furnished: Cockpit) -> None:
    drawn = furnished.get("/api/v1/heling/within", polygon=SQUARE)
    assert {one["id"] for one in drawn["things"]["devices"]} == {"study-air", "study-power"}
    assert [one["name"] for one in drawn["things"]["grid_events"]] == ["教室灯不亮"]
    assert drawn["figures"]["devices"] == 2
    assert drawn["figures"]["events"] == 1
    assert drawn["figures"]["buildings"] == len(drawn["things"]["buildings"]) == 2
    assert drawn["area_m2"] == pytest.approx(194.9 * 133, rel=0.01)
    around = furnished.get("/api/v1/heling/within", centre="120.1905,28.92515", radius=5)
    assert [one["id"] for one in around["things"]["devices"]] == ["street-air"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({}, "give polygon, or centre and radius"),
        ({"polygon": "120.2,28.9"}, "3 to 500 corners"),
        ({"polygon": "120.2,28.9 abc 1,2"}, "lon,lat pairs"),
        ({"polygon": "120,28 121,29 121,28 120,29"}, "Self-intersection"),
        ({"polygon": "120,28 nan,29 121,28"}, "lon,lat pairs"),
        ({"centre": "120.2,28.9"}, "give polygon"),
        ({"centre": "220.2,28.9", "radius": 5}, "lon,lat pairs"),
    ],
)
def test_a_shape_that_is_none_is_refused_by_name(cockpit: Cockpit, query: dict[str, Any], why: str) -> None:
    answer = httpx.get(f"{cockpit.url}/api/v1/heling/within", params=query)
    assert answer.status_code == 400
    assert why in answer.json()["detail"]


def test_hexagons_count_the_events(furnished: Cockpit) -> None:
    heat = furnished.get("/api/v1/heling/heat")
    assert [one["properties"]["count"] for one in heat["features"]] == [1]
    assert heat["features"][0]["geometry"]["type"] == "Polygon"


def test_the_nearest_facility_and_steward_are_told_in_metres(cockpit: Cockpit, tmp_path: Path) -> None:
    there = cockpit.get("/api/v1/heling/nearest", lon=120.1975, lat=28.9325)
    health = next(one for one in there["facilities"] if one["kind"] == "health")
    assert health["name"] == "方岩镇中心卫生院"
    assert health["metres"] < 10
    assert there["steward"] is None
    # The same place as a phone in China reports it.
    phone = cockpit.get("/api/v1/heling/nearest", lon=120.2019987, lat=28.9297, crs="GCJ02")
    assert abs(phone["lon"] - 120.1975) < 0.001

    def grid(code: str, west: float, parent: str | None = None) -> dict[str, Any]:
        return strip(code, f"网格{code}", west, west + 0.01, parent=parent)

    cockpit.import_grids(grid("g1", 120.19), grid("g2", 120.20), grid("g1-1", 120.19, "g1"))
    for name in ("网格员甲", "网格员乙"):
        cockpit.add_user(name, "steward", "heling")
    cockpit.answer("geo", "steward", "g2", "--community", "heling", "--name", "网格员甲")
    bad = cockpit.run("geo", "steward", "g9", "--community", "heling", "--name", "甲")
    assert bad.returncode == 2
    assert "g1, g2, g1-1" in bad.stderr
    until(lambda: cockpit.get("/api/v1/heling/stewards")["count"] == 3)
    assert cockpit.get("/api/v1/heling/stewards")["covered"] == 1
    there = cockpit.get("/api/v1/heling/nearest", lon=120.1975, lat=28.9325)
    assert there["grid"] in ("g1", "g1-1")
    assert there["steward"]["name"] is None, "no name for who has not signed in"
    near = f"{cockpit.url}/api/v1/heling/nearest?lon=120.1975&lat=28.9325"
    assert httpx.get(near, headers=cockpit.steward).json()["steward"]["name"] == "网格员甲"
    assert there["steward"]["metres"] == pytest.approx(0.0025 * 97_500, rel=0.01)
    tree = nodes(cockpit)
    assert tree["grids/g1-1"]["parent"] == "grids/g1"
    assert tree["grids/g1"]["figures"]["buildings"] >= tree["grids/g1-1"]["figures"]["buildings"] > 0
    token = cockpit.answer("token", "add", "--role", "manager", "--name", "经理")["token"]
    path = f"{cockpit.url}/api/v1/heling/stewards/g2"
    assert httpx.post(path).status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.post(path, headers=bearer, json={"name": "网格员乙"}).json()["steward"] == "网格员乙"
    assert httpx.post(path, headers=bearer, json={"name": "甲\n乙"}).status_code == 400
    assert httpx.post(path, headers=bearer).json()["steward"] is None
    assert cockpit.get("/api/v1/heling/stewards")["covered"] == 0
