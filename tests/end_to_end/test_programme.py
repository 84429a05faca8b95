"""The wall's scenes in turn: in step, steered by keys, interrupted by an alarm, with a curtain for visitors."""

import time
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from cockpit.displays import scenes
from cockpit.displays.programme import due, taken
from geo.communities import communities
from store.instant import MILLISECOND
from tests.browsing import screen
from tests.permissions import bearer
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
    told = wall.evaluate(
        """() => {
          const parts = new Map(cockpit.rounds.programme().scenes.map((part) => [part.scene, part.seconds]));
          return JSON.parse(cockpit.root.dataset.scenes).map((one) => [one.code, parts.get(one.of)]);
        }"""
    )
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


def test_the_scene_of_a_moment_is_the_same_in_the_page_and_on_the_server(wall: Page) -> None:
    programme = taken(
        {
            "turns": True,
            "pixel_shift": False,
            "brightness": [],
            "scenes": [
                {"scene": "overview", "seconds": 7, "from": "07:30", "to": "19:00"},
                {"scene": "areas", "seconds": 11, "from": "18:00", "to": "02:00"},
                {"scene": "visitors", "seconds": 13, "from": "12:00", "to": "12:01"},
            ],
        }
    )
    moments = [1_764_200_000_000 + 137_731 * number for number in range(1500)]
    shown = wall.evaluate(
        """([programme, moments]) => {
          const { programme: before } = cockpit.rounds;
          cockpit.rounds.programme = () => programme;
          const scenes = JSON.parse(cockpit.root.dataset.scenes);
          const found = moments.map((ms) => cockpit.rounds.due(scenes, ms).code);
          cockpit.rounds.programme = before;
          return found;
        }""",
        [msgspec.to_builtins(programme), moments],
    )
    known = scenes.of(communities()["heling"])
    assert shown == [due(programme, known, ms * MILLISECOND) for ms in moments]
    programmed = {part.scene for part in programme.scenes}
    mine = {scene["code"] for scene in known if scene["of"] in programmed}
    assert set(shown) == mine, "every scene of the programme has its time"


HIDDEN = """() => {
  const { root, map } = cockpit;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (selector) => all(selector).filter((one) => one.checkVisibility({ visibilityProperty: true }));
  const layers = ["alarms-ring", "alarms-sign", "events-symbol"].filter((id) => map.handle.getLayer(id));
  cockpit.flatMap(true);
  const found = {
    scene: root.dataset.scene,
    said: seen('[data-panel="alarms"] *, [data-panel="grid_events"] *, .alarm-banner').length,
    strip: seen(".scenes li").map((one) => one.textContent),
    layers: layers.filter((id) => map.handle.getLayoutProperty(id, "visibility") !== "none"),
    flat: all(".flat-alarm, .flat-sign.tone-high").length,
  };
  cockpit.flatMap(false);
  return found;
}"""


def test_what_the_curtain_hides_is_hidden_in_every_scene_also_after_a_reload(cockpit: Cockpit, wall: Page) -> None:
    gas = cockpit.add_device("smoke-curtain", "smoke", lon=120.1968, lat=28.9345)
    wall.keyboard.press("1")
    whole = wall.evaluate("() => cockpit.map.handle.getZoom()")
    wall.keyboard.press("7")
    wall.keyboard.press("c")
    assert cockpit.publish(gas, "telemetry", {"smoke": True}) == 0
    until(lambda: wall.evaluate("() => cockpit.alarms.unseen().length"))

    def hidden() -> None:
        for key in "12678":
            wall.keyboard.press(key)
            seen = wall.evaluate(HIDDEN)
            assert seen["scene"] not in ("alarms", "events"), key
            assert not {"告警", "网格事件"} & set(seen["strip"]), key
            assert (seen["said"], seen["layers"], seen["flat"]) == (0, [], 0), key
        wall.keyboard.press("1")
        until(lambda: abs(wall.evaluate("() => cockpit.map.handle.getZoom()") - whole) < 0.2)
        # Only that there is one: people are needed.
        expect(wall.locator(".curtain-call")).to_contain_text("有紧急告警")
        assert "smoke" not in wall.locator(".curtain-call").inner_text()

    hidden()
    wall.reload()
    wall.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    until(lambda: wall.evaluate("() => cockpit.alarms.words() && cockpit.alarms.unseen().length"))
    hidden()
    wall.keyboard.press("c")
    expect(wall.locator('[data-panel="grid_events"] h2')).to_be_visible()
    expect(wall.locator(".curtain-call")).to_be_hidden()
    acknowledge(cockpit)


def acknowledge(cockpit: Cockpit) -> None:
    """Somebody saw what nobody had seen."""
    who = bearer(cockpit, f"值班{time.monotonic_ns()}", "manager", "heling")
    for alarm in cockpit.get("/api/v1/heling/alarms", state="unacknowledged")["alarms"]:
        path = f"{cockpit.url}/api/v1/heling/alarms/{alarm['id']}/acknowledge"
        assert httpx.post(path, json={}, headers=who).status_code == 200


def test_an_alarm_interrupts_what_is_held_until_somebody_saw_it(cockpit: Cockpit, wall: Page) -> None:
    until(lambda: wall.evaluate("() => cockpit.state.alarms !== undefined"))
    until(lambda: wall.evaluate("() => cockpit.alarms.unseen().length === 0"))
    wall.keyboard.press("2")
    wall.keyboard.press(" ")
    until(lambda: scene(wall) == "areas.chenglu")
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
    acknowledge(cockpit)
    until(lambda: scene(wall) == "areas.chenglu")
    expect(wall.locator(".scenes .held")).to_contain_text("已停")
    wall.keyboard.press("Escape")


def test_a_wall_without_a_programme_stands_still(cockpit: Cockpit, browser: Browser) -> None:
    context = screen(browser)
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    page.wait_for_timeout(1500)
    assert scene(page) is None
    expect(page.locator(".scenes")).to_have_count(0)
    context.close()
