"""The wall's scenes in turn: in step, steered by keys, interrupted by an alarm, with a curtain for visitors."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import screen
from tests.running import Cockpit, until

SPAN = """() => {
  const scene = JSON.parse(cockpit.root.dataset.scenes).find((one) => one.code === cockpit.root.dataset.scene);
  const { clientWidth: wide, clientHeight: high } = cockpit.map.handle.getContainer();
  const seen = scene.outline.map((corner) => cockpit.map.handle.project(corner));
  const [x, y] = ["x", "y"].map((axis) => seen.map((point) => point[axis]));
  const inside = Math.min(...x) >= 0 && Math.max(...x) <= wide && Math.min(...y) >= 0 && Math.max(...y) <= high;
  return inside && Math.max((Math.max(...x) - Math.min(...x)) / wide, (Math.max(...y) - Math.min(...y)) / high);
}"""


@pytest.fixture(scope="module")
def wall(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """A wall that shows its scenes in turn."""
    context = screen(browser, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling?programme=1")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    yield page
    context.close()


def scene(page: Page) -> str | None:
    """The scene that is on."""
    found: str | None = page.evaluate("() => cockpit.root && cockpit.root.dataset.scene")
    return found


def test_two_screens_show_the_same_scene_at_the_same_time(cockpit: Cockpit, wall: Page) -> None:
    with wall.context.new_page() as other:
        other.goto(f"{cockpit.url}/wall/heling?programme=1")
        until(lambda: scene(other))
        until(lambda: scene(other) == scene(wall))


def test_over_a_round_each_scene_has_its_time(wall: Page) -> None:
    told = wall.evaluate("() => JSON.parse(cockpit.root.dataset.scenes).map((one) => [one.code, one.seconds])")
    shown = wall.evaluate(
        """async () => {
          const { server } = cockpit.clock;
          const found = [];
          for (let second = 0; second < 600; second += 1) {
            cockpit.clock.server = () => second * 1000;
            cockpit.layers.programme.tick();
            found.push(cockpit.root.dataset.scene);
          }
          cockpit.clock.server = server;
          return found;
        }"""
    )
    round_s = sum(seconds for _, seconds in told)
    first = shown[:round_s]
    assert shown[round_s : 2 * round_s] == first
    # Nothing is open: the time of what is empty is the overview's.
    empty = sum(seconds for code, seconds in told if code in ("alarms", "events"))
    for code, seconds in told:
        if code not in ("alarms", "events"):
            assert first.count(code) == seconds + (empty if code == "overview" else 0), code


def test_keys_go_to_a_scene_hold_it_and_let_go(wall: Page) -> None:
    wall.keyboard.press("2")
    until(lambda: scene(wall) == "areas.chenglu")
    expect(wall.locator('[data-row="areas.chenglu"].is-scene')).to_be_visible()
    assert until(lambda: wall.evaluate(SPAN)) > 0.6
    wall.keyboard.press("ArrowRight")
    until(lambda: scene(wall) == "areas.yanshang")
    wall.keyboard.press(" ")
    expect(wall.locator(".scenes .held")).to_contain_text("已停")
    wall.keyboard.press("Escape")
    expect(wall.locator(".scenes .held")).to_be_hidden()


def test_the_curtain_covers_what_visitors_should_not_see(wall: Page) -> None:
    panel = wall.locator('[data-panel="grid_events"]')
    wall.keyboard.press("c")
    expect(panel.locator("h2")).to_be_hidden()
    assert wall.evaluate("() => cockpit.map.handle.getLayoutProperty('events-symbol', 'visibility')") == "none"
    expect(wall.locator('[data-panel="areas"] h2')).to_be_visible()
    wall.keyboard.press("c")
    expect(panel.locator("h2")).to_be_visible()


def test_an_alarm_interrupts_and_shows_its_place_until_somebody_saw_it(cockpit: Cockpit, wall: Page) -> None:
    until(lambda: wall.evaluate("() => cockpit.state.alarms !== undefined"))
    smoke = cockpit.add_device("smoke-programme", "smoke", lon=120.1968, lat=28.9345)
    assert cockpit.publish(smoke, "telemetry", {"smoke": True}) == 0
    until(lambda: scene(wall) == "alarms")
    place = """() => {
      const { handle } = cockpit.map;
      const { x, y } = handle.project([120.1968, 28.9345]);
      return [x, y, handle.getZoom()];
    }"""
    box = wall.locator("#map").bounding_box()
    assert box is not None
    x, y, zoom = until(lambda: wall.evaluate(place))
    assert abs(x - box["width"] / 2) < box["width"] / 4
    assert abs(y - box["height"] / 2) < box["height"] / 4
    assert zoom > 15.5
    token = cockpit.answer("token", "add", "--role", "manager", "--name", "值班")["token"]
    [alarm] = cockpit.get("/api/v1/heling/alarms?state=unacknowledged")["alarms"]
    path = f"{cockpit.url}/api/v1/heling/alarms/{alarm['id']}/acknowledge"
    assert httpx.post(path, json={}, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    until(lambda: wall.evaluate("() => cockpit.map.handle.getZoom()") < 15.5 or scene(wall) != "alarms")


def test_a_wall_without_a_programme_stands_still(cockpit: Cockpit, browser: Browser) -> None:
    context = screen(browser)
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    page.wait_for_timeout(1500)
    assert scene(page) is None
    expect(page.locator(".scenes")).to_have_count(0)
    context.close()
