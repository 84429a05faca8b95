"""A third community is a folder: served, shown and measured like those that ship, which stay as they are."""

import json
from collections.abc import Iterator
from importlib.resources import files

import httpx
import pytest
from playwright.sync_api import Page, expect

from geo.folders import RESERVED
from tests.running import Cockpit, until
from tests.towns import HOSTILE, quoted, xinlin


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with a folder of communities: 新邻, and one that is written to break pages."""
    folder = tmp_path_factory.mktemp("town")
    xinlin(folder / "towns")
    quoted(folder / "towns")
    running = Cockpit(folder, settings={"COCKPIT_COMMUNITIES_DIR": str(folder / "towns")})
    yield running.start()
    running.stop()


def test_it_is_listed_and_its_ground_is_served(town: Cockpit) -> None:
    listed = {one["id"]: one for one in town.get("/api/v1/communities")["communities"]}
    assert list(listed) == ["heling", "tahai", "quoted", "xinlin"]
    assert listed["xinlin"]["name"] == "新邻未来社区"
    assert listed["xinlin"]["bounds"] == [120.08, 28.88, 120.1, 28.894]
    areas = town.get("/api/v1/xinlin/areas")["features"]
    assert [area["properties"]["name"] for area in areas] == ["东园", "西园"]
    assert len(town.get("/geo/xinlin/buildings.geojson")["features"]) == 32
    for layer in ("sites", "rooms", "grids"):
        assert town.get(f"/geo/xinlin/{layer}.geojson")["features"] == []
    checked = {one["check"]: one for one in town.answer("check")["checks"]}
    where = town.folder / "towns"
    assert checked["communities"] == {
        "check": "communities",
        "ok": True,
        "state": "ok",
        "detail": f"heling (ships), tahai (ships), quoted ({where}/quoted), xinlin ({where}/xinlin)",
    }


def test_those_that_ship_are_untouched(town: Cockpit) -> None:
    for code in ("heling", "tahai"):
        for layer in ("areas", "buildings", "sites", "ground"):
            drawn = json.loads((files("geo") / "data" / code / f"{layer}.geojson").read_text(encoding="utf-8"))
            assert town.get(f"/geo/{code}/{layer}.geojson") == drawn


def faults_of(page: Page) -> list[str]:
    """The errors of a page's scripts and what it was refused, as they come."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and faults.append(f"{answer.status} {answer.url}"))
    return faults


def test_a_device_of_it_is_on_its_wall(town: Cockpit, page: Page) -> None:
    faults = faults_of(page)
    air = town.add_by_command("air-xinlin", community="xinlin", lon=120.094, lat=28.887)
    page.goto(f"{town.url}/wall/xinlin")
    expect(page.locator(".map-ready")).to_be_attached(timeout=20_000)
    figure = page.locator('[data-live="areas.dongyuan"]')
    expect(figure).to_have_text("—")
    assert town.publish(air, "telemetry", {"pm2_5": 41}) == 0
    expect(figure).to_have_text("41")
    expect(page.locator("h1")).to_contain_text("新邻未来社区")
    expect(page.locator('[data-live="areas.xiyuan"]')).to_have_text("—")
    expect(page.locator("#panel-visitors .waiting")).to_have_text("未配置：没有统计游客的场所")
    assert faults == []
    [own] = town.get("/api/v1/xinlin/devices")["features"]
    assert own["id"] == "air-xinlin"
    assert town.get("/api/v1/tahai/devices")["features"] == []


def test_names_and_codes_of_any_kind_are_text(town: Cockpit, page: Page) -> None:
    faults = faults_of(page)
    air = town.add_by_command("air-quoted", community="quoted", lon=120.124, lat=28.887)
    gate = town.add_by_command("gate-quoted", "gate", community="quoted", site='s"]', lon=120.12, lat=28.887)
    page.goto(f"{town.url}/wall/quoted")
    expect(page.locator(".map-ready")).to_be_attached(timeout=20_000)
    assert town.publish(air, "telemetry", {"pm2_5": 37}) == 0
    assert town.publish(gate, "telemetry", {"enter": 12, "leave": 3}) == 0
    expect(page.locator("#panel-areas")).to_contain_text("37")
    expect(page.locator("#panel-areas")).to_contain_text(HOSTILE)
    expect(page.locator("#panel-visitors .headline")).to_contain_text("9")
    expect(page.locator("h1")).to_contain_text('</script><b>"')
    page.goto(f"{town.url}/visitors?community=quoted")
    expect(page.locator("[data-live-mark]")).to_contain_text("实时")
    assert (faults, page.evaluate("window.hacked")) == ([], None)


def test_it_cannot_publish_for_another(town: Cockpit) -> None:
    air = town.add_by_command("air-other", community="xinlin", lon=120.094, lat=28.887)
    town.publish(air, "telemetry", {"pm2_5": 1}, topic="cim/v1/heling/air-other/telemetry")
    assert town.publish(air, "telemetry", {"pm2_5": 2}) == 0
    path = "/api/v1/xinlin/devices/air-other/readings"
    assert until(lambda: [one["value"] for one in town.get(path, metric="pm2_5")["readings"]]) == [2]


@pytest.mark.parametrize("command", [["up"], ["web"], ["ingest"], ["check"], ["device", "list"]], ids=" ".join)
def test_a_faulty_one_is_refused_before_anything_is_done(own_cockpit: Cockpit, command: list[str]) -> None:
    own = xinlin(own_cockpit.folder / "towns")
    (own / "areas.geojson").unlink()
    (own / "areas.geojson").symlink_to("/etc/passwd")
    own_cockpit.settings["COCKPIT_COMMUNITIES_DIR"] = str(own.parent)
    refused = own_cockpit.run(*command)
    said = "COCKPIT_COMMUNITIES_DIR: 'xinlin/areas.geojson': leads out of the folder\n"
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(said)
    assert refused.stderr.count("\n") == 1
    assert not own_cockpit.data.exists()


def test_the_folder_may_stand_in_the_file_of_settings(own_cockpit: Cockpit) -> None:
    xinlin(own_cockpit.folder / "towns")
    (own_cockpit.folder / "cockpit.toml").write_text('communities_dir = "towns"\n', encoding="utf-8")
    own = own_cockpit.folder / "xinlin.db"
    own_cockpit.settings["COCKPIT_COMMUNITY_DATABASES"] = json.dumps({"xinlin": f"sqlite:///{own}"})
    air = own_cockpit.add_by_command("air-1", community="xinlin", lon=120.094, lat=28.887)
    assert air.topic == "cim/v1/xinlin/air-1"
    assert own.exists()


def test_no_code_is_one_of_our_addresses(town: Cockpit) -> None:
    paths = town.get("/api/openapi.json")["paths"]
    first = {path.split("/")[3] for path in paths if path.startswith("/api/v1/")}
    assert {one for one in first if not one.startswith("{")} <= RESERVED


def test_without_its_folder_nothing_is_lost_and_nothing_else_breaks(town: Cockpit) -> None:
    air = town.add_by_command("air-later", community="xinlin", lon=120.094, lat=28.887)
    town.stop()
    folder = town.settings.pop("COCKPIT_COMMUNITIES_DIR")
    town.start()
    for path in ("/wall/xinlin", "/devices/air-later", "/api/v1/xinlin/areas"):
        assert httpx.get(town.url + path).status_code == 404
    assert httpx.get(f"{town.url}/wall/heling").status_code == 200
    assert town.publish(air, "telemetry", {"pm2_5": 7}) == 0
    refused = town.run("device", "add", "--community", "xinlin", "--id", "air-new", "--kind", "air")
    assert (refused.returncode, "there are: heling, tahai" in refused.stderr) == (2, True)
    town.stop()
    town.settings["COCKPIT_COMMUNITIES_DIR"] = folder
    town.start()
    [reading] = town.get("/api/v1/xinlin/devices/air-later/readings", metric="pm2_5")["readings"]
    assert reading["value"] == 7
