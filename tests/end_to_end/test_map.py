"""The manager's map: a search in Chinese, a card for what is clicked."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.running import Cockpit, until

# What the page keeps of MapLibre.
HANDLE = "document.querySelector('#map .js-plotly-plot')._fullLayout.map._subplot.map"


def on_map(page: Page, code: str) -> Any:
    """Ask the map."""
    return page.evaluate(f"() => {{ const map = {HANDLE}; return {code}; }}")


@pytest.fixture
def home(cockpit: Cockpit, page: Page) -> Page:
    """The manager's page with its map."""
    page.goto(f"{cockpit.url}/?community=heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    return page


def test_a_search_by_name_or_code_goes_there_and_says_what_it_is(cockpit: Cockpit, home: Page) -> None:
    air = cockpit.add_device("air-far", lon=120.2105, lat=28.9275, name="两头门空气站")
    cockpit.publish(air, "telemetry", {"pm2_5": 18})
    field = home.get_by_label("搜索地图")
    field.fill("胡公")
    home.get_by_role("button", name="胡公馆 · 设施").click()
    until(lambda: on_map(home, "map.getZoom()") >= 15.9)
    expect(home.locator("[data-map-card] h3")).to_have_text("胡公馆")
    field.fill("AIR-FAR")
    home.get_by_role("button", name="两头门空气站 · 空气站").click()
    card = home.locator("[data-map-card]")
    expect(card).to_contain_text("PM2.5 18")
    expect(card.get_by_role("link", name="详情")).to_have_attribute("href", "/devices/air-far?community=heling")
    until(lambda: abs(on_map(home, "map.getCenter().lng") - 120.2105) < 1e-4)
    home.wait_for_timeout(700)
    assert abs(on_map(home, "map.getCenter().lng") - 120.2105) < 1e-4, "the map stays where it was sent"
    field.fill("没有这个地方")
    expect(home.locator("[data-map-search] li")).to_have_text("没有找到")


def test_a_click_opens_a_card_and_its_cross_closes_it(home: Page) -> None:
    x, y = on_map(home, "(() => { const p = map.project([120.1905, 28.9262]); return [p.x, p.y]; })()")
    home.locator("#map canvas.maplibregl-canvas").click(position={"x": x, "y": y})
    card = home.locator("[data-map-card]")
    expect(card).to_be_visible()
    expect(card.locator("h3")).to_contain_text("建筑")
    expect(card).to_contain_text("示意")
    home.get_by_role("button", name="关闭").click()
    expect(card).to_be_hidden()


def test_tahai_is_drawn_with_its_four_estates_and_facilities(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/wall/tahai")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    panel = page.locator('[data-panel="areas"]')
    for name in ("君悦星澜湾", "龙洋潮花苑", "望族豪门", "金东雅苑"):
        expect(panel).to_contain_text(name)
    expect(page.locator(".map-note")).to_have_text("示意图 · 未经测绘")
    until(lambda: on_map(page, "map.querySourceFeatures('facilities').length") >= 6)
