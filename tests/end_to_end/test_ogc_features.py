"""Programs of others read the community by OGC API - Features: GDAL lists and filters, all is as our API says."""

import json
import subprocess
from typing import Any

import httpx
import pytest

from cockpit.ogc.systems import CRS84, STORED, SYSTEMS
from tests.running import Cockpit, until

OGC = "/ogc/heling"
COLLECTIONS = ["areas", "devices", "sites", "events", "buildings"]
GK120 = "http://www.opengis.net/def/crs/EPSG/0/4549"
AIR = (120.1905, 28.9285)


@pytest.fixture(scope="module")
def cockpit(cockpit: Cockpit) -> Cockpit:
    """A community with devices that speak, a gate that counts, and events."""
    running = cockpit
    for number in range(5):
        running.add_device(f"air-{number}", lon=AIR[0] + number / 10_000, lat=AIR[1], name=f"测点 {number}")
    lamp = running.add_device("lamp-1", "light", lon=120.2012, lat=28.9312)
    gate = running.add_device("gate-1", "gate", site="square", lon=120.2012, lat=28.9312)
    for number in (0, 1):
        who = running.add_device(f"air-speaks-{number}", lon=AIR[0], lat=AIR[1] + number / 10_000)
        running.publish(who, "telemetry", {"pm2_5": 35 + number, "temperature": 21.5})
    running.publish(gate, "telemetry", {"enter": 12, "leave": 5})
    for number, severity in enumerate(("critical", "minor", "minor")):
        report = {"id": f"e-{number}", "category": "safety.fire", "severity": severity, "title": f"烟感报警 {number}"}
        running.publish(lamp, "event", report)
    report = {"id": "far", "category": "environment.waste", "title": "果皮", "lon": AIR[0], "lat": AIR[1]}
    posted = httpx.post(f"{running.url}/api/v1/heling/events", json=report, headers=running.steward)
    assert posted.status_code == 201, posted.text
    until(lambda: len(running.get("/api/v1/heling/events")["features"]) == 4)
    return running


def items(cockpit: Cockpit, collection: str, **query: Any) -> list[dict[str, Any]]:
    """All features that are asked for, page by page."""
    answer = httpx.get(f"{cockpit.url}{OGC}/collections/{collection}/items", params=query)
    found: list[dict[str, Any]] = []
    while True:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/geo+json"
        page = answer.json()
        assert page["numberReturned"] == len(page["features"])
        found += page["features"]
        following = [one["href"] for one in page["links"] if one["rel"] == "next"]
        if not following:
            return found
        answer = httpx.get(following[0])


def ids(features: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in features]


def ogrinfo(cockpit: Cockpit, *arguments: str) -> dict[str, list[str]]:
    """What GDAL reads: of each layer that it tells of, its lines."""
    command = ["ogrinfo", "-ro", "-al", "-q", f"OAPIF:{cockpit.url}{OGC}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("Layer name: "):
            found[line.removeprefix("Layer name: ")] = lines = []
        elif found:
            lines.append(line.strip())
    return found


def read(lines: list[str], field: str) -> list[str]:
    """The values of a field, of all features that GDAL tells of."""
    return [line.partition(" = ")[2] for line in lines if line.startswith(f"{field} (")]


def test_gdal_lists_every_collection_and_reads_it_whole(cockpit: Cockpit) -> None:
    told = ogrinfo(cockpit, "-oo", "PAGE_SIZE=3")
    assert sorted(told) == sorted(COLLECTIONS)
    devices = [one["id"] for one in cockpit.get("/api/v1/heling/devices")["features"]]
    assert read(told["devices"], "id") == devices
    assert read(told["areas"], "name") == ["橙麓", "两头门", "岩上", "岩下"]
    assert len(read(told["events"], "title")) == 4
    assert len(read(told["buildings"], "kind")) == len(cockpit.get("/geo/heling/buildings.geojson")["features"])
    assert set(read(told["buildings"], "schematic")) == {"1"}


def test_gdal_filters_where_the_features_are(cockpit: Cockpit) -> None:
    west, south, east, north = AIR[0] - 1e-5, AIR[1] - 1e-5, AIR[0] + 1.5e-4, AIR[1] + 1e-5
    box = ["-spat", *map(str, (west, south, east, north))]
    assert read(ogrinfo(cockpit, *box, "devices")["devices"], "id") == ["air-0", "air-1", "air-speaks-0"]
    by_kind = ogrinfo(cockpit, "-where", "kind = 'gate'", "devices")["devices"]
    assert read(by_kind, "id") == ["gate-1"]
    severe = ogrinfo(cockpit, "-where", "severity = 'critical'", "events")["events"]
    assert read(severe, "title") == ["烟感报警 0"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_collection_is_described_and_each_of_its_features_has_an_address(
    cockpit: Cockpit, collection: str
) -> None:
    told = cockpit.get(f"{OGC}/collections/{collection}")
    links = {one["rel"]: one["href"] for one in told["links"]}
    assert (told["id"], told["itemType"], told["storageCrs"]) == (collection, "feature", STORED)
    assert CRS84 in told["crs"]
    schema = httpx.get(links["describedby"]).json()["properties"]["properties"]["properties"]
    found = items(cockpit, collection, limit=1000)
    assert ids(items(cockpit, collection, limit=7)) == ids(found)
    for one in found[:2]:
        assert set(one["properties"]) <= set(schema)
        alone = httpx.get(f"{links['items']}/{one['id']}")
        assert alone.json()["properties"] == one["properties"]
        assert {link["rel"] for link in alone.json()["links"]} == {"self", "collection"}
    assert httpx.get(f"{links['items']}/nothing").status_code == 404


def test_what_is_told_is_what_the_api_tells(cockpit: Cockpit) -> None:
    [area] = items(cockpit, "areas", code="chenglu")
    known = cockpit.get("/api/v1/heling/areas")["features"][0]["properties"]
    assert area["properties"]["pm2_5"] == known["metrics"]["pm2_5"]["value"] == 35.5
    [site] = items(cockpit, "sites", code="square")
    assert site["properties"]["inside"] == 7
    [device] = items(cockpit, "devices", id="air-speaks-1")
    assert (device["properties"]["pm2_5"], device["properties"]["status"]) == (36, "online")
    [event] = items(cockpit, "events", category="environment")
    assert event["properties"]["title"] == "果皮"
    assert not {"reporter", "reporter_ref", "assignee", "rating"} & set(event["properties"])


def test_positions_are_told_in_the_system_that_is_asked_for_in_the_order_of_its_axes(cockpit: Cockpit) -> None:
    def at(crs: str | None) -> list[float]:
        query = {} if crs is None else {"crs": crs}
        answer = httpx.get(f"{cockpit.url}{OGC}/collections/devices/items/air-0", params=query)
        assert answer.headers["content-crs"] == f"<{crs or CRS84}>"
        return answer.json()["geometry"]["coordinates"]

    assert at(None) == at(CRS84) == list(AIR)
    assert at(STORED) == [AIR[1], AIR[0]]
    northing, easting = at(GK120)
    # EPSG:4549 has its meridian of 120 degrees at 500 km east.
    assert (round(northing / 1000), round(easting / 1000)) == (3201, 519)
    [building] = items(cockpit, "buildings", crs=STORED, code="chenglu-b001")
    assert building["geometry"]["coordinates"][0][0][0] == pytest.approx(28.925, abs=0.01)
    for crs in SYSTEMS:
        a = at(crs)
        step = 1.0 if a[0] > 1000 else 1e-6
        box = ",".join(str(one) for one in (a[0] - step, a[1] - step, a[0] + step, a[1] + step))
        assert ids(items(cockpit, "devices", bbox=box, **{"bbox-crs": crs})) == ["air-0", "air-speaks-0"], crs


def test_a_box_and_a_time_choose(cockpit: Cockpit) -> None:
    everywhere, nowhere = "-180,-90,180,90", "0,0,1,1"
    assert len(items(cockpit, "events", bbox=everywhere)) == 4
    assert items(cockpit, "events", bbox=nowhere) == items(cockpit, "buildings", bbox=nowhere) == []
    # Across the 180th meridian: the whole Earth but what lies between.
    assert items(cockpit, "devices", bbox="170,-90,100,90") == []
    assert len(items(cockpit, "devices", bbox="119,-90,100,90")) == 9
    assert len(items(cockpit, "devices", bbox="119,28,0,121,29,100")) == 9
    event = items(cockpit, "events")[-1]
    received = event["properties"]["received"]
    assert event["id"] in ids(items(cockpit, "events", datetime=received))
    assert len(items(cockpit, "events", datetime=f"{received}/..")) == 4
    assert len(items(cockpit, "events", datetime=f"../{received}")) >= 1
    assert items(cockpit, "events", datetime="2020-01-01T00:00:00Z/2020-12-31T00:00:00Z") == []
    assert items(cockpit, "events", at="2026-01-01T00:00:00Z") == []
    assert items(cockpit, "devices", at="2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "1,2,3,x"}, "bbox"),
        ({"bbox": "1,2,3,nan"}, "bbox"),
        ({"bbox": "1,9,3,2"}, "bbox"),
        ({"bbox": "1,2,3,4", "bbox-crs": "EPSG:1"}, "bbox-crs"),
        ({"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}, "crs"),
        ({"datetime": "yesterday"}, "datetime"),
        ({"datetime": "../.."}, "datetime"),
        ({"datetime": "2026-02-01T00:00:00Z/2026-01-01T00:00:00Z"}, "datetime"),
        ({"colour": "red"}, "'colour' is no parameter here"),
        ({"reporter": "x"}, "'reporter' is no parameter here"),
        ({"severity": "grave"}, "severity 'grave' is not one of"),
        ({"f": "html"}, "f 'html'"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"at": "2100-01-01T00:00:00Z"}, "at"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_what_is_wrong_with_it(
    cockpit: Cockpit, query: dict[str, str], says: str
) -> None:
    answer = httpx.get(f"{cockpit.url}{OGC}/collections/events/items", params=query)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_the_landing_page_leads_everywhere(cockpit: Cockpit) -> None:
    for path in (OGC, f"{OGC}/"):
        links = {one["rel"]: one for one in cockpit.get(path)["links"]}
        assert set(links) == {"self", "service-desc", "conformance", "data"}
        for link in links.values():
            answer = httpx.get(link["href"], headers={"Accept": link["type"]})
            assert answer.status_code == 200, link
            assert answer.headers["content-type"] == link["type"]
    api = httpx.get(links["service-desc"]["href"]).json()
    assert api["openapi"].startswith("3.0.")
    parameters = api["paths"]["/collections/devices/items"]["get"]["parameters"]
    assert {"limit", "bbox", "datetime", "kind", "area"} <= {one["name"] for one in parameters}
    assert json.dumps(api).count("reporter") == 0
    conforms = httpx.get(links["conformance"]["href"]).json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in conforms
    where = f"{cockpit.url}{OGC}/collections"
    assert httpx.get(where, headers={"Accept": "text/html,application/xhtml+xml"}).status_code == 406
    assert httpx.get(where, headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 200
    assert [httpx.get(f"{cockpit.url}/ogc/{path}").status_code for path in ("nowhere", "heling/x")] == [404, 404]
    assert httpx.get(f"{where}/secrets").json()["detail"].startswith("no collection 'secrets'")
