"""A survey is imported, shown, exported and taken back while the cockpit runs."""

import json
import secrets
import subprocess
import zipfile
from pathlib import Path

import geopandas as gpd
import httpx
import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import Polygon

from tests.running import Cockpit, until


@pytest.fixture
def survey(own_cockpit: Cockpit) -> Path:
    """An area named by a surveyor, as a GBK Shapefile in metres; it lies where 橙麓 was drawn."""
    ring = [[120.188, 28.926], [120.194, 28.926], [120.194, 28.931], [120.188, 28.931], [120.188, 28.926]]
    feature = {
        "type": "Feature",
        "properties": {"code": "xincun", "name": "新村片区", "name_en": "Xincun"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    source = own_cockpit.folder / "source.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (own_cockpit.folder / "shp").mkdir()
    target = own_cockpit.folder / "shp" / "areas.shp"
    command = ["ogr2ogr", "-t_srs", "EPSG:4549", "-lco", "ENCODING=GBK", str(target), str(source)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return target


def areas(cockpit: Cockpit) -> list[str]:
    """The areas as the API says them."""
    return [f["properties"]["name"] for f in cockpit.get("/api/v1/heling/areas")["features"]]


@pytest.mark.thorough
def test_a_survey_takes_the_place_of_the_drawing_on_every_screen_and_back(
    own_cockpit: Cockpit, survey: Path, page: Page
) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01", lon=120.1905, lat=28.9285)
    page.goto(f"{own_cockpit.url}/wall/heling")
    panel = page.locator('[data-panel="areas"]')
    expect(panel).to_contain_text("两头门")
    where = ["--community", "heling", "--kind", "areas"]

    looked = own_cockpit.answer("geo", "import", str(survey), *where, "--dry-run")
    assert (looked["imported"], looked["added"], looked["removed"]) == (False, 1, 4)
    assert len(areas(own_cockpit)) == 4
    done = own_cockpit.answer("geo", "import", str(survey), *where)
    assert (done["imported"], done["crs"], done["devices_moved"]) == (True, "EPSG:4549", 1)
    until(lambda: areas(own_cockpit) == ["新村片区"])
    expect(panel).to_contain_text("新村片区", timeout=15_000)
    expect(panel).not_to_contain_text("两头门")
    expect(page.locator(".map-ready")).to_be_attached(timeout=30_000)

    own_cockpit.publish(air, "telemetry", {"pm2_5": 41})
    expect(page.locator('[data-live="areas.xincun"]')).to_have_text("41")

    out = own_cockpit.folder / "out.gpkg"
    own_cockpit.answer("geo", "export", str(out), *where)
    there, here = (gpd.read_file(path).to_crs(4549).geometry[0] for path in (out, survey))
    assert there.hausdorff_distance(here) < 0.001

    [version] = own_cockpit.answer("geo", "versions", "--community", "heling")["versions"]
    assert (version["counts"], version["features"]) == (True, 1)
    own_cockpit.answer("geo", "use", "0", *where)
    until(lambda: "两头门" in areas(own_cockpit))
    expect(panel).to_contain_text("两头门", timeout=15_000)
    own_cockpit.answer("geo", "use", str(version["version"]), *where)
    until(lambda: areas(own_cockpit) == ["新村片区"])
    # A page that loads itself again is let finish.
    expect(panel).to_contain_text("新村片区", timeout=15_000)
    expect(page.locator(".map-ready")).to_be_attached(timeout=30_000)


def test_a_broken_survey_changes_nothing_and_is_told_line_by_line(own_cockpit: Cockpit) -> None:
    bow = [[120.19, 28.93], [120.191, 28.931], [120.191, 28.93], [120.19, 28.931], [120.19, 28.93]]
    feature = {
        "type": "Feature",
        "properties": {"code": "a"},
        "geometry": {"type": "Polygon", "coordinates": [bow]},
    }
    path = own_cockpit.folder / "bow.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = own_cockpit.run("geo", "import", str(path), "--community", "heling", "--kind", "areas")
    assert done.returncode == 2
    first, last = done.stderr.splitlines()
    assert "feature 1 (a): Self-intersection" in first
    assert last.endswith("1 faults; nothing was imported")
    assert own_cockpit.answer("geo", "versions", "--community", "heling")["versions"] == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("import", "x.gpkg", "--community", "nowhere", "--kind", "areas"), "--community 'nowhere' is not one of"),
        (("import", "x.gpkg", "--community", "heling", "--kind", "moons"), "--kind 'moons' is not one of areas"),
        (("import", "x.gpkg", "--community", "heling", "--kind", "areas", "--crs", "MARS"), "--crs 'MARS' is not"),
        (("export", "x.doc", "--community", "heling", "--kind", "areas"), "x.doc: the ending is none of .gpkg"),
        (("export", "x.city.json", "--community", "heling", "--kind", "areas"), "CityJSON is for buildings"),
        (("use", "9", "--community", "heling", "--kind", "areas"), "have no version 9"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(own_cockpit: Cockpit, arguments: tuple[str, ...], why: str) -> None:
    done = own_cockpit.run("geo", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert why in done.stderr


def manager(cockpit: Cockpit) -> str:
    """A manager's token; a name is taken once."""
    return str(cockpit.answer("token", "add", "--role", "manager", "--name", secrets.token_hex(4))["token"])


def test_the_page_looks_at_a_file_on_the_map_takes_it_and_goes_back(
    own_cockpit: Cockpit, survey: Path, page: Page
) -> None:
    own_cockpit.start()
    parcel = own_cockpit.folder / "areas.zip"
    with zipfile.ZipFile(parcel, "w") as packed:
        for part in survey.parent.iterdir():
            packed.write(part, part.name)
    page.goto(f"{own_cockpit.url}/ground?community=heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    expect(page.locator("[data-survey-form]")).to_contain_text("登录后可查看：需要管理员")
    own_cockpit.sign_in(page, "王经理", "manager", "heling")
    page.reload()
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    page.locator("[data-survey-form] input[type=file]").set_input_files(parcel)
    page.get_by_role("button", name="预览").click()
    expect(page.locator("[data-outcome]")).to_have_text(
        "✓ 可以导入，尚未改变：1 个要素（EPSG:4549），新增 1，替换 0，删除 4"
    )
    shown = "document.querySelector('#map .js-plotly-plot')._fullLayout.map._subplot.map"
    until(lambda: page.evaluate(f"() => {shown}.querySourceFeatures('survey-preview').length") >= 1)
    assert len(areas(own_cockpit)) == 4
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("[data-outcome]")).to_contain_text("已导入，版本 1")
    expect(page.locator("table.surveys")).to_contain_text("areas.zip", timeout=15_000)
    assert areas(own_cockpit) == ["新村片区"]
    expect(page.locator(".map-note")).to_have_text("示意图 · 部分已测绘")
    row = page.locator("table.surveys tr", has_text="随软件提供").filter(has_text="片区")
    row.get_by_role("button", name="改用此版本").click()
    until(lambda: len(areas(own_cockpit)) == 4)
    expect(page.locator(".map-note")).to_have_text("示意图 · 未经测绘", timeout=15_000)
    expect(page.locator(".map-ready")).to_be_attached(timeout=30_000)


def test_the_api_takes_a_survey_from_a_manager_only_and_tells_every_fault(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    url = f"{own_cockpit.url}/api/v1/heling/ground/areas"
    bow = [[120.19, 28.93], [120.191, 28.931], [120.191, 28.93], [120.19, 28.931], [120.19, 28.93]]
    feature = {"type": "Feature", "properties": {"code": "a"}, "geometry": {"type": "Polygon", "coordinates": [bow]}}
    body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    ask = {"file": "a.geojson", "dry_run": "true"}
    assert httpx.post(url, params=ask, content=body).status_code == 401
    steward = own_cockpit.answer("token", "add", "--role", "steward", "--name", "网格员")["token"]
    for token, query, status in (
        (steward, ask, 403),
        (manager(own_cockpit), ask, 422),
        (manager(own_cockpit), ask | {"file": "../../etc/passwd"}, 400),
        (manager(own_cockpit), ask | {"crs": "MARS"}, 400),
    ):
        given = httpx.post(url, params=query, content=body, headers={"Authorization": f"Bearer {token}"})
        assert given.status_code == status
        assert given.headers["content-type"] == "application/problem+json"
        if status == 422:
            assert "feature 1 (a): Self-intersection" in given.json()["faults"][0]
    assert own_cockpit.get("/api/v1/heling/ground/versions") == {"versions": []}


def test_the_page_asks_which_layer_and_whether_a_shift_is_accepted(own_cockpit: Cockpit, page: Page) -> None:
    own_cockpit.start()
    square = Polygon([(120.19, 28.93), (120.191, 28.93), (120.191, 28.931), (120.19, 28.931)])
    path = own_cockpit.folder / "two.gpkg"
    for layer in ("片区", "红线"):
        table = gpd.GeoDataFrame({"code": [layer], "name": [f"{layer}一"]}, geometry=[square], crs=4610)
        table.to_file(path, layer=layer, mode="a", engine="pyogrio")
    own_cockpit.sign_in(page, "王经理", "manager", "heling")
    page.goto(f"{own_cockpit.url}/ground?community=heling")
    page.locator("[data-survey-form] input[type=file]").set_input_files(path)
    look, report = page.get_by_role("button", name="预览"), page.locator("[data-survey-report]")
    expect(page.get_by_label("文件中的图层")).to_be_hidden()
    look.click()
    expect(report).to_contain_text("文件中有多个图层：片区 (1), 红线 (1)", timeout=30_000)
    expect(page.get_by_label("文件中的图层")).to_have_value("")
    page.get_by_label("文件中的图层").select_option("红线")
    look.click()
    expect(report).to_contain_text("坐标系为 Xian 1980", timeout=30_000)
    expect(page.get_by_role("button", name="确认导入")).to_be_disabled()
    page.get_by_label("接受未知偏差").check()
    look.click()
    expect(report).to_contain_text("文字编码 UTF-8，如：红线一", timeout=30_000)
    expect(report).to_contain_text("坐标系 Xian 1980 没有已知精度的转换参数")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("[data-outcome]")).to_contain_text("已导入，版本 1", timeout=30_000)
