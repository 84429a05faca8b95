"""The map's tools on both communities: storeys, measuring, choosing by a shape, colours, cards, the past."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pyproj import Geod

from geo.ground import place
from tests.browsing import screen
from tests.end_to_end.test_map import on_map
from tests.running import Cockpit, until

CGCS2000 = Geod(ellps="GRS80")
STUDY = place("heling", "rooms", "centre-1-study")
CENTRE = {"heling": (120.1905, 28.9285), "tahai": (120.0426, 28.9012)}


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """Devices in rooms, a meter and an event."""
    assert STUDY is not None
    air = cockpit.add_device("study-air", room="centre-1-study", name="书房空气")
    meter = cockpit.add_device("study-power", kind="power", room="centre-1-study", name="书房电表")
    noise = cockpit.add_device("tea-noise", kind="noise", room="centre-2-tea", name="茶艺噪声")
    cockpit.publish(air, "telemetry", {"pm2_5": 12})
    cockpit.publish(meter, "telemetry", {"power": 12.5})
    cockpit.publish(noise, "telemetry", {"noise": 48})
    event = {
        "id": "e1", "category": "facility.lighting", "severity": "critical", "title": "书房断电",
        "lon": STUDY.label[0], "lat": STUDY.label[1],
    }  # fmt: skip
    cockpit.publish(air, "event", event)
    until(lambda: cockpit.get("/api/v1/heling/events")["features"])
    return cockpit


@pytest.fixture(scope="module")
def pages(furnished: Cockpit, browser: Browser) -> Iterator[dict[str, Page]]:
    """The map's page of each community, open for all tests of this file."""
    context = screen(browser, (1600, 900))
    found = {}
    for code in CENTRE:
        found[code] = context.new_page()
        found[code].goto(f"{furnished.url}/map?community={code}")
        found[code].wait_for_selector(".map-ready", state="attached", timeout=30_000)
        until(lambda code=code: on_map(found[code], "map.areTilesLoaded()"))
    yield found
    context.close()


@pytest.fixture(params=list(CENTRE))
def either(request: pytest.FixtureRequest, pages: dict[str, Page]) -> tuple[str, Page]:
    """The map's page of one community after the other, looking at its middle."""
    code = request.param
    pages[code].bring_to_front()
    look_at(pages[code], *CENTRE[code])
    return code, pages[code]


def look_at(page: Page, lon: float, lat: float, zoom: float = 16) -> None:
    """Move the map there, as the search does."""
    page.evaluate("([lon, lat, zoom]) => cockpit.map.goTo([lon, lat], zoom)", [lon, lat, zoom])
    until(lambda: abs(on_map(page, "map.getCenter().lng") - lon) < 1e-6)
    until(lambda: on_map(page, "map.areTilesLoaded() && !map.isMoving()"))


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where on the screen a place is seen."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = on_map(page, f"(() => {{ const p = map.project([{lon}, {lat}]); return [p.x, p.y]; }})()")
    return box["x"] + x, box["y"] + y


def click_at(page: Page, *places: tuple[float, float]) -> None:
    """Click places one after the other, moving the pointer as a hand does."""
    for lon, lat in places:
        x, y = pixel(page, lon, lat)
        page.mouse.move(x - 4, y - 4)
        page.wait_for_timeout(60)
        page.mouse.move(x, y)
        page.wait_for_timeout(60)
        page.mouse.click(x, y)
        # A second click within this time would be a double click.
        page.wait_for_timeout(350)


def choose_tool(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("[data-map-result]")).to_be_visible()


def square(code: str, half: float = 0.001) -> list[tuple[float, float]]:
    """The corners of a square around a community's middle, degrees."""
    lon, lat = CENTRE[code]
    return [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half), (lon - half, lat + half)]


def number(text: str) -> float:
    """The number in a text such as ``面积 43 210 m²``."""
    digits = text.split(" ", 1)[1].replace("\u202f", "")
    return float(digits.split()[0])


def visible(page: Page, group: str) -> set[str]:
    """The visibility of a group's style layers."""
    code = (
        f"map.getStyle().layers.filter((one) => (one.metadata || {{}}).group === '{group}')"
        ".map((one) => map.getLayoutProperty(one.id, 'visibility') || 'visible')"
    )
    return set(on_map(page, code))


def test_every_layer_can_be_hidden_and_shown_again(either: tuple[str, Page]) -> None:
    code, page = either
    boxes = page.locator("[data-map-groups] input")
    groups = [box.get_attribute("data-group") for box in boxes.all()]
    layers = {"buildings", "facilities", "heat", "areas", "devices", "visitors", "alarms", "grid_events"}
    assert set(groups) == layers | ({"grids", "stewards"} if code == "tahai" else set()), "grids, where some are drawn"
    for group in set(groups) - {"stewards"}:  # they take the areas' colour while they are shown (test_grids)
        box = page.locator(f"[data-group={group}]")
        if group == "heat":
            assert visible(page, group) == {"none"}, "shown when somebody asks"
            box.check()
        assert visible(page, str(group)) == {"visible"}
        box.uncheck()
        assert visible(page, str(group)) == {"none"}
        box.check()
        assert visible(page, str(group)) == {"visible"}


def test_a_place_is_found_by_a_part_of_its_chinese_name(either: tuple[str, Page]) -> None:
    code, page = either
    part, name = {"heling": ("胡公", "胡公馆"), "tahai": ("幼儿", "东城街道中心幼儿园")}[code]
    page.get_by_label("搜索地图").fill(part)
    page.get_by_role("button", name=f"{name} · 设施").click()
    expect(page.locator("[data-map-card] h3")).to_have_text(name)
    spot = place(code, "facilities", {"heling": "hugong", "tahai": "kindergarten"}[code])
    assert spot is not None
    until(lambda: abs(on_map(page, "map.getCenter().lng") - spot.label[0]) < 1e-5)
    page.get_by_role("button", name="关闭").click()


def test_a_distance_is_measured_in_metres(either: tuple[str, Page]) -> None:
    code, page = either
    (west, south), (east, _), *_ = square(code)
    choose_tool(page, "测距")
    click_at(page, (west, south), (east, south), (east, south))
    result = page.locator("[data-map-result] p").first
    expect(result).to_contain_text("长度")
    metres = CGCS2000.inv(west, south, east, south)[2]
    # A pixel is about a metre here.
    assert abs(number(result.inner_text()) - metres) < 3


def test_an_area_is_measured_in_square_metres(either: tuple[str, Page]) -> None:
    code, page = either
    corners = square(code)
    choose_tool(page, "测面积")
    click_at(page, *corners, corners[0])
    expect(page.locator("[data-map-result]")).to_contain_text("周长")
    area = abs(CGCS2000.polygon_area_perimeter(*zip(*corners, strict=True))[0])
    assert number(page.locator("[data-map-result] p").first.inner_text()) == pytest.approx(area, rel=0.02)
    page.get_by_role("button", name="清除").click()
    expect(page.locator("[data-map-result]")).to_be_hidden()


def test_a_polygon_chooses_what_lies_in_it(furnished: Cockpit, either: tuple[str, Page]) -> None:
    code, page = either
    corners = square(code)
    choose_tool(page, "多边形选取")
    click_at(page, *corners, corners[0])
    polygon = " ".join(f"{lon},{lat}" for lon, lat in corners)
    there = furnished.get(f"/api/v1/{code}/within", polygon=polygon)["figures"]["buildings"]
    assert there > 0
    expect(page.locator("[data-map-result]")).to_contain_text("建筑")
    shown = page.locator("[data-map-result] p", has_text="建筑").inner_text()
    assert abs(number(shown) - there) <= 2, "a pixel at the edge may decide on a building"
    page.keyboard.press("Escape")
    expect(page.locator("[data-map-result]")).to_be_hidden()


def test_a_circle_finds_the_devices_and_events_in_it_by_name(pages: dict[str, Page]) -> None:
    assert STUDY is not None
    page = pages["heling"]
    page.bring_to_front()
    look_at(page, *STUDY.label, zoom=17)
    choose_tool(page, "圆形选取")
    click_at(page, STUDY.label, (STUDY.label[0] + 0.0012, STUDY.label[1]))
    result = page.locator("[data-map-result]")
    expect(result).to_contain_text("设备 3 台")
    expect(result).to_contain_text("未结事件 1 件")
    result.get_by_text("设备 3", exact=True).click()
    expect(result.get_by_role("link", name="书房空气")).to_have_attribute("href", "/devices/study-air?community=heling")
    page.get_by_role("button", name="清除").click()


def test_a_storey_opens_with_its_rooms_and_its_devices_only(pages: dict[str, Page]) -> None:
    page = pages["heling"]
    page.bring_to_front()

    def seen(layer: str, key: str) -> set[str]:
        found = on_map(page, f"map.queryRenderedFeatures({{layers: ['{layer}']}}).map((one) => one.properties.{key})")
        return set(found)

    page.get_by_label("楼层").select_option("邻里中心 1 层")
    until(lambda: len(seen("rooms-floor", "code")) == 9)
    until(lambda: "centre" not in seen("buildings", "code"))
    until(lambda: seen("devices-online", "id") == {"study-air", "study-power"})
    page.get_by_label("楼层").select_option("邻里中心 2 层")
    until(lambda: {"centre-2-tea"} == seen("rooms-floor", "code") & {"centre-1-study", "centre-2-tea"})
    until(lambda: seen("devices-online", "id") == {"tea-noise"})
    page.get_by_label("楼层").select_option("不打开")
    until(lambda: not seen("rooms-floor", "code"))
    until(lambda: "centre" in seen("buildings", "code"))


def test_a_room_is_found_by_its_chinese_name_and_its_storey_opens(pages: dict[str, Page]) -> None:
    page = pages["heling"]
    page.bring_to_front()
    page.get_by_label("搜索地图").fill("茶艺教室")
    page.get_by_role("button", name="茶艺教室 · 房间").click()
    card = page.locator("[data-map-card]")
    expect(card.locator("h3")).to_have_text("茶艺教室")
    expect(card).to_contain_text("茶艺噪声 48")
    expect(page.get_by_label("楼层")).to_have_value("centre/2")
    page.get_by_label("楼层").select_option("不打开")
    page.get_by_role("button", name="关闭").click()


def test_buildings_are_coloured_by_what_is_asked(either: tuple[str, Page]) -> None:
    code, page = either

    def tone(building: str) -> Any:
        return on_map(page, f"map.getFeatureState({{source: 'buildings', id: '{building}'}}).tone")

    menu = page.get_by_label("建筑着色")
    menu.select_option("居民服务")
    expect(page.locator("[data-colouring-legend]")).to_contain_text("5 分钟生活圈")
    near = {"heling": "centre", "tahai": "kindergarten-house"}[code]
    until(lambda: tone(near) == "scale-4")
    if code == "heling":
        menu.select_option("用电")
        until(lambda: tone("centre") == "scale-2")
        menu.select_option("状态")
        until(lambda: tone("centre") == "high")
    menu.select_option("不着色")
    until(lambda: not tone(near))
    expect(page.locator("[data-colouring-legend]")).to_be_hidden()


def test_the_pointer_says_what_it_is_over_and_a_click_shows_the_line_of_a_day(pages: dict[str, Page]) -> None:
    page = pages["heling"]
    page.bring_to_front()
    page.get_by_label("楼层").select_option("邻里中心 1 层")
    until(lambda: on_map(page, "map.getZoom()") > 17)
    until(lambda: on_map(page, "map.areTilesLoaded() && !map.isMoving()"))
    lon, lat = page.evaluate("() => { const one = cockpit.state.devices['study-power']; return [one.lon, one.lat]; }")

    def said_below_the_pointer() -> bool:
        # The map may still be drawing its last frame under the first move.
        x, y = pixel(page, lon, lat)
        page.mouse.move(x + 30, y + 30)
        page.mouse.move(x, y)
        return "书房电表" in (page.locator("[data-map-hover]").text_content() or "")

    until(said_below_the_pointer, every=0.2)
    page.mouse.click(*pixel(page, lon, lat))
    card = page.locator("[data-map-card]")
    expect(card).to_contain_text("12.5\u202fkW")
    expect(card.locator("figcaption")).to_contain_text("24 小时")
    expect(card.get_by_role("link", name="详情")).to_have_attribute("href", "/devices/study-power?community=heling")
    page.get_by_label("楼层").select_option("不打开")


def test_a_past_time_shows_what_was_known_then(furnished: Cockpit, pages: dict[str, Page]) -> None:
    page = pages["heling"].context.new_page()
    page.goto(f"{furnished.url}/map?community=heling&at=2026-01-01T00:00:00Z")
    expect(page.locator("[data-live-mark]")).to_have_text("◷ 回看", timeout=15_000)
    expect(page.locator("[data-clock]")).to_contain_text("01-01")
    assert page.evaluate("() => cockpit.devices().length") == 0
    page.goto(f"{furnished.url}/map?community=heling&at=gestern")
    expect(page.locator(".page-missing")).to_contain_text("gestern")
    page.close()


def test_two_times_stand_side_by_side_and_move_together(furnished: Cockpit, pages: dict[str, Page]) -> None:
    page = pages["heling"].context.new_page()
    page.goto(f"{furnished.url}/compare?community=heling&a=2026-01-01T08:00")
    page.wait_for_selector(".maps-joined", state="attached", timeout=40_000)
    row = page.locator(".differences tr", has_text="设备（台）")
    expect(row).to_contain_text("0 → 3（+3）")
    first, second = [one for one in page.frames if "/map" in one.url]
    center = "() => cockpit.map.handle.getCenter().lng"
    before = second.evaluate(center)
    box = page.locator("[data-compare-map=a]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=8)
    page.mouse.up()
    until(lambda: abs(second.evaluate(center) - before) > 1e-5)
    until(lambda: abs(first.evaluate(center) - second.evaluate(center)) < 1e-9)
    page.close()
