"""The graphics processor takes the map away: it comes back as it was, or the page says that there is none."""

import io
import re
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page, expect

from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit, strip, until

HERE = {"lon": 120.1905, "lat": 28.9285}
LOSE = """() => {
  const context = cockpit.map.handle.getCanvas().getContext("webgl2");
  window.graphics = context.getExtension("WEBGL_lose_context");
  window.graphics.loseContext();
}"""
SMALL: Any = {"width": 1120, "height": 630}
STATE = "([source, id]) => cockpit.map.handle.getFeatureState({ source, id })"

pytestmark = pytest.mark.drawn


@pytest.fixture(autouse=True)
def _no_fault(page: Page) -> Any:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield
    assert faults == []


def opened(page: Page, address: str) -> Page:
    """A page with its map drawn and live, on a screen that is drawn fast."""
    page.set_viewport_size(SMALL)
    page.goto(address)
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    expect(page.locator("[data-live-mark]")).to_have_text("● 实时", timeout=15_000)
    return page


def lose(page: Page) -> None:
    """Take the context away, and wait until the page has noticed."""
    page.evaluate(LOSE)
    expect(page.locator(".map-lost")).to_contain_text("地图画面中断")


def give_back(page: Page) -> None:
    """Give the context back, and wait until all is drawn."""
    page.evaluate("window.graphics.restoreContext()")
    expect(page.locator(".map-lost")).to_be_hidden(timeout=15_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing more is to be drawn."""
    page.evaluate("() => new Promise((done) => { cockpit.map.handle.once('idle', done).triggerRepaint(); })")


def state(page: Page, source: str, key: str) -> Any:
    """A feature's state on the map."""
    return page.evaluate(STATE, [source, key])


def sight(page: Page) -> Image.Image:
    """The map as it is seen."""
    return Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB")


@pytest.mark.thorough
def test_a_lost_map_comes_back_with_the_colours_of_what_happened_meanwhile(cockpit: Cockpit, page: Page) -> None:
    air = cockpit.add_device("air-lost", **HERE)
    quiet = cockpit.add_device("air-still", lon=120.1975, lat=28.9300)
    gate = cockpit.add_device("gate-lost", "gate", site="fangyan", lon=120.2075, lat=28.9368)
    for device in (air, quiet):
        cockpit.publish(device, "telemetry", {"pm2_5": 152})
    cockpit.publish(gate, "telemetry", {"enter": 40, "leave": 9})
    report = {"id": "m-1", "category": "facility.lighting", "severity": "major", "title": "路灯不亮", **HERE}
    cockpit.publish(air, "event", report)
    opened(page, f"{cockpit.url}/wall/heling")
    until(lambda: state(page, "areas", "chenglu") == {"level": 3})
    page.wait_for_timeout(1500)  # the event's ring has widened
    settle(page)
    before = sight(page)
    lose(page)
    give_back(page)
    assert state(page, "areas", "chenglu") == {"level": 3}
    assert state(page, "devices", "air-lost") == {"status": "online"}
    assert page.evaluate("() => ['event-middle', 'pill', 'device-online'].every((n) => cockpit.map.handle.hasImage(n))")
    difference = ImageStat.Stat(ImageChops.difference(before, sight(page))).mean
    assert max(difference) < 1, f"it looks as before, not {difference}"

    lose(page)
    cockpit.publish(air, "telemetry", {"pm2_5": 10})
    expect(page.locator('[data-live="areas.chenglu"]')).to_have_text("10", timeout=5000)  # the panels go on
    cockpit.publish(air, "event", report | {"id": "m-2", "severity": "critical", "lon": 120.1915})
    expect(page.locator("#panel-grid_events .event")).to_have_count(2, timeout=5000)
    page.set_viewport_size({"width": 1600, "height": 900})
    give_back(page)
    until(lambda: state(page, "areas", "chenglu") == {"level": 0})
    events = "() => cockpit.map.handle.querySourceFeatures('events').map((one) => one.properties.severity)"
    until(lambda: set(page.evaluate(events)) == {"critical", "major"})

    def odd() -> set[str]:
        said = "() => cockpit.map.handle.querySourceFeatures('devices-not-well').map(({properties}) => properties.id)"
        return set(page.evaluate(said)) & {"air-lost", "air-still"}

    cockpit.publish(quiet, "status", b"offline")
    until(lambda: odd() == {"air-still"})
    lose(page)
    cockpit.publish(quiet, "status", b"online")
    cockpit.publish(air, "status", b"offline")
    until(lambda: page.evaluate("() => cockpit.state.devices['air-lost'].connected") is False)
    give_back(page)
    until(lambda: odd() == {"air-lost"})


def test_a_layer_that_was_asked_for_is_there_again(cockpit: Cockpit, page: Page) -> None:
    opened(page, f"{cockpit.url}/map?community=heling")
    page.locator("[data-group=heat]").check()
    lose(page)
    page.locator("[data-group=facilities]").uncheck()
    give_back(page)
    shown = "(id) => cockpit.map.handle.getLayoutProperty(id, 'visibility') ?? 'visible'"
    assert page.evaluate(shown, "heat-cells") == "visible"


def test_what_a_manager_chose_on_the_map_is_there_again(cockpit: Cockpit, page: Page) -> None:
    cockpit.import_grids(strip("330784-1", "一格", 120.18, 120.20))
    opened(page, f"{cockpit.url}/map?community=heling")
    page.locator("[data-building-colours]").select_option("services")
    page.locator("[data-group=stewards]").check()
    toned = "() => cockpit.map.handle.querySourceFeatures('buildings').map((f) => f.properties.code)"
    code = until(lambda: page.evaluate(toned))[0]
    tone = until(lambda: state(page, "buildings", code).get("tone"))
    until(lambda: state(page, "grids", "330784-1") == {"hue": -1})
    lose(page)
    page.locator("[data-building-colours]").select_option("")
    page.locator("[data-building-colours]").select_option("services")
    page.locator("[data-group=facilities]").uncheck()
    storey = page.locator("[data-storeys] option").nth(1).get_attribute("value") or ""
    page.locator("[data-storeys]").select_option(storey)
    page.locator("#map").hover(position={"x": 200, "y": 200})
    give_back(page)
    assert state(page, "buildings", code)["tone"] == tone
    assert state(page, "grids", "330784-1") == {"hue": -1}
    shown = "(id) => cockpit.map.handle.getLayoutProperty(id, 'visibility') ?? 'visible'"
    groups = page.evaluate(
        "() => Object.fromEntries(cockpit.map.handle.getStyle().layers.map((l) => [(l.metadata || {}).group, l.id]))"
    )
    until(lambda: page.evaluate(shown, groups["facilities"]) == "none")
    plan = page.evaluate("() => JSON.stringify(cockpit.map.handle.getFilter('rooms-floor'))")
    assert storey.rpartition("/")[0] in plan


def test_a_map_that_stays_away_is_said_and_tried_again(cockpit: Cockpit, page: Page) -> None:
    air = cockpit.add_device("air-away", lon=120.1905, lat=28.9286)
    page.clock.install()
    opened(page, f"{cockpit.url}/wall/heling")
    page.evaluate("window.sameDocument = true")
    lose(page)
    cockpit.publish(air, "telemetry", {"pm2_5": 77})
    expect(page.locator('[data-live="areas.chenglu"]')).not_to_have_text("—", timeout=5000)
    expect(page.locator(".map-lost")).to_be_visible()
    page.clock.fast_forward(3_000)
    expect(page.locator(".flat-map")).to_be_visible()
    page.clock.fast_forward(28_000)
    page.wait_for_function("() => !window.sameDocument && document.querySelector('.map-ready')", timeout=30_000)
    expect(page.locator(".map-lost")).to_have_count(0)


def test_a_browser_that_can_draw_no_map_says_so_and_shows_the_rest(cockpit: Cockpit, browser: Browser) -> None:
    blind = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, "--disable-3d-apis"])
    air = cockpit.add_device("air-blind", lon=120.1905, lat=28.9287)
    page = blind.new_page(locale="zh-CN")
    page.goto(f"{cockpit.url}/wall/heling")
    expect(page.locator(".map-lost")).to_contain_text("画不出地图", timeout=20_000)
    cockpit.publish(air, "telemetry", {"pm2_5": 55})
    expect(page.locator('[data-live="areas.chenglu"]')).not_to_have_text("—", timeout=5000)
    # A flat picture stands in, and follows what happens.
    expect(page.locator(".map-lost")).to_contain_text("暂以平面示意图代替")
    expect(page.locator(".flat-name")).to_have_text(["橙麓", "岩上", "岩下", "两头门"])
    cockpit.publish(air, "telemetry", {"pm2_5": 260})
    area = page.locator('.flat-areas[data-code="chenglu"]')
    expect(area).to_have_attribute("data-level", re.compile("[123]"))
    smoke = cockpit.add_device("smoke-blind", "smoke", lon=120.1905, lat=28.9287)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    expect(page.locator(".flat-alarm").first).to_contain_text("■ 紧急")
    blind.close()
