"""Screens on walls: they say how they fare, are steered by phone, keep to a programme, and stay alive for months."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select, update

from cockpit.displays.heard import SILENT
from cockpit.displays.tables import display_heard
from store.engine import open_engine, writing
from store.instant import MINUTE, format_rfc3339, now
from tests.browsing import PHONE, WALL, screen
from tests.permissions import bearer
from tests.running import Cockpit, until

DISPLAYS = "/api/v1/displays"
HEARTBEAT = "/api/v1/heling/displays/heartbeat"
STEER = "/api/v1/heling/displays/steer"
PROGRAMME = "/api/v1/heling/displays/programme"
BEAT = {"page": "/wall/heling", "language": "zh-CN", "age": 60_000, "width": 1920, "height": 1080, "version": "x"}
HOSTILE = '<img src=x onerror="window.hurt=1">'
STAYS_MS = 2000


@dataclass
class Screens:
    """Two screens of heling, the one's page open, and a manager's phone; one of tahai that nobody opened."""

    cockpit: Cockpit
    wall: Page
    phone: Page
    secret: str
    other: str
    manager: dict[str, str]

    def card(self, name: str) -> Locator:
        """A screen's card on the phone."""
        return self.phone.locator(f'.display[data-name="{name}"]')

    def told(self, name: str) -> Any:
        """What the API tells of a screen."""
        found = httpx.get(self.cockpit.url + DISPLAYS, headers=self.manager).json()["displays"]
        return next(one for one in found if one["name"] == name)

    def steer(self, **order: Any) -> httpx.Response:
        """Steer by the API."""
        return httpx.post(self.cockpit.url + STEER, json=order, headers=self.manager)

    def beat(self, **more: Any) -> httpx.Response:
        """What the other screen, which nobody opened, would say."""
        return httpx.post(
            self.cockpit.url + HEARTBEAT, json=BEAT | more, headers={"Cookie": f"cockpit_display={self.other}"}
        )


@pytest.fixture(scope="module")
def screens(cockpit: Cockpit, browser: Browser) -> Iterator[Screens]:
    """The screens, and who steers them."""
    links = {
        name: cockpit.answer("display", "add", "--name", name, "--community", community)["link"]
        for name, community in (("大厅", "heling"), (HOSTILE, "heling"), ("城里", "tahai"))
    }
    wall_context, phone_context = screen(browser, reduced_motion="reduce"), screen(browser, PHONE)
    wall = wall_context.new_page()
    wall.goto(cockpit.url + links["大厅"])
    wall.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    phone = phone_context.new_page()
    cockpit.sign_in(phone, "屏幕经理", "manager", "heling")
    phone.goto(f"{cockpit.url}/displays?community=heling")
    manager = bearer(cockpit, "屏幕", "manager", "heling")
    secret, other = (links[name].rpartition("/")[2] for name in ("大厅", HOSTILE))
    yield Screens(cockpit, wall, phone, secret, other, manager)
    for context in (wall_context, phone_context):
        context.close()


def scene(page: Page) -> str | None:
    """The scene that is on."""
    found: str | None = page.evaluate("() => cockpit.root && cockpit.root.dataset.scene")
    return found


def _scenes(page: Page) -> list[dict[str, Any]]:
    """The scenes of a wall, in their order."""
    found: list[dict[str, Any]] = page.evaluate("() => JSON.parse(cockpit.root.dataset.scenes)")
    return found


def test_a_screen_says_what_it_shows_and_how_it_fares(screens: Screens) -> None:
    heard = until(lambda: screens.told("大厅")["heard"], 15)
    assert (heard["page"], heard["language"]) == ("/wall/heling", "zh-CN")
    assert heard["width"] > 0
    assert heard["memory"] > 0
    assert heard["silent"] is False
    assert heard["error"] is None
    assert heard["version"] == screens.wall.evaluate("() => cockpit.root.dataset.build")
    screens.phone.reload()
    expect(screens.card("大厅").locator(".mark")).to_have_text("● 在线")
    assert screens.told(HOSTILE)["heard"] is None
    expect(screens.phone.locator(".display .mark", has_text="从未上线")).to_have_count(1)


def test_only_displays_say_how_they_fare_and_only_so_much(screens: Screens) -> None:
    url = screens.cockpit.url + HEARTBEAT
    assert httpx.post(url, json=BEAT).status_code == 401
    assert httpx.post(url, json=BEAT, headers=screens.manager).status_code == 403
    elsewhere = {"Cookie": f"cockpit_display={screens.secret}"}
    assert httpx.post(url.replace("heling", "tahai"), json=BEAT, headers=elsewhere).status_code == 403
    for more in ({"error": "x" * 301}, {"page": "x" * 201}, {"frames": -1}, {"memory": 2**60}, {"x": 1}, {"age": -1}):
        assert screens.beat(**more).status_code == 400, more
    for number in range(3):
        said = {"error": f"{HOSTILE}{number}\u202e", "page": "/wall\u202e/heling", "scene": "\u2066overview"}
        assert screens.beat(**said, error_age=1000).status_code == 200
    heard = screens.told(HOSTILE)["heard"]
    assert (heard["error"], heard["page"], heard["scene"]) == (f"{HOSTILE}2", "/wall/heling", "overview")
    screens.phone.reload()
    expect(screens.phone.locator(".fault", has_text=f"{HOSTILE}2")).to_be_visible()
    assert screens.phone.evaluate("() => window.hurt") is None
    with _database(screens.cockpit).connect() as connection:
        assert connection.scalar(select(func.count()).select_from(display_heard)) == 2, "one row for each display"


def _database(cockpit: Cockpit) -> Any:
    return open_engine(f"sqlite:///{cockpit.data}/cockpit.db")


def test_a_screen_that_is_silent_is_said_so_by_the_servers_clock(screens: Screens) -> None:
    with writing(_database(screens.cockpit)) as connection:
        late = display_heard.c.page == BEAT["page"], display_heard.c.version == "x"
        connection.execute(update(display_heard).where(*late).values(at=now() - SILENT - 1))
    assert screens.told(HOSTILE)["heard"]["silent"] is True
    assert screens.told("大厅")["heard"]["silent"] is False
    screens.phone.reload()
    expect(screens.phone.locator(".mark.is-bad")).to_contain_text("▲ 失联")
    expect(screens.phone.locator("[data-displays-note]")).to_contain_text("1 块失联")


def test_a_heartbeat_gives_a_display_its_cookie_anew(screens: Screens) -> None:
    [cookie] = [one for one in screens.beat().headers.get_list("set-cookie") if one.startswith("cockpit_display=")]
    assert f"Max-Age={400 * 86_400}" in cookie


def test_a_manager_sees_only_the_screens_of_their_communities(screens: Screens) -> None:
    names = {
        one["name"] for one in httpx.get(screens.cockpit.url + DISPLAYS, headers=screens.manager).json()["displays"]
    }
    assert names == {"大厅", HOSTILE}
    steward = bearer(screens.cockpit, "屏幕网格员", "steward", "heling")
    assert httpx.get(screens.cockpit.url + DISPLAYS, headers=steward).status_code == 403
    for path in (STEER, PROGRAMME):
        body = {"act": "next"} if path == STEER else {"programme": None}
        assert httpx.post(screens.cockpit.url + path, json=body, headers=steward).status_code == 403
        there = screens.cockpit.url + path.replace("heling", "tahai")
        assert httpx.post(there, json=body, headers=screens.manager).status_code == 403
    assert screens.steer(act="next", displays=["城里"]).status_code == 404
    assert screens.steer(act="go", scene="nowhere").status_code == 422
    assert screens.steer(act="language", language="xx").status_code == 400


def test_steering_with_a_session_takes_its_own_word(screens: Screens) -> None:
    cookies = {one["name"]: one["value"] for one in screens.phone.context.cookies()}
    forged = httpx.post(screens.cockpit.url + STEER, json={"act": "next"}, cookies=cookies)
    assert forged.status_code == 403


def test_buttons_are_wide_enough_for_a_thumb_and_nothing_hangs_over(screens: Screens) -> None:
    small = screens.phone.evaluate(
        """() => [...document.querySelectorAll(".display button, .display select, .display summary")]
          .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect())
          .filter(({ width, height }) => width < 44 || height < 44).length"""
    )
    assert small == 0
    assert screens.phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_screen_is_steered_by_phone(screens: Screens) -> None:
    card, wall = screens.card("大厅"), screens.wall
    card.get_by_role("button", name="下一景").click()
    until(lambda: scene(wall) == "areas.chenglu", 2)
    card.get_by_role("button", name="停住").click()
    expect(wall.locator(".scenes .held")).to_contain_text("已停", timeout=STAYS_MS)
    card.get_by_role("button", name="下一景").click()
    until(lambda: scene(wall) == "areas.yanshang", 2)
    expect(wall.locator(".scenes .held")).to_contain_text("已停")
    card.get_by_role("button", name="上一景").click()
    until(lambda: scene(wall) == "areas.chenglu", 2)
    card.get_by_label("转到场景").select_option("visitors")
    until(lambda: scene(wall) == "visitors", 2)
    expect(card.locator(".shows")).to_contain_text("停住")
    card.get_by_role("button", name="继续").click()
    until(lambda: scene(wall) is None, 2)


def test_a_curtain_that_is_drawn_from_afar_is_drawn_after_a_reload_too(screens: Screens) -> None:
    wall = screens.wall
    screens.phone.locator(".display.all").get_by_role("button", name="拉上帘幕").click()
    wall.wait_for_selector(".is-curtained", timeout=STAYS_MS)
    wall.evaluate("() => sessionStorage.clear()")
    wall.reload()
    wall.wait_for_selector(".is-curtained", timeout=30_000)
    assert {screens.told(name)["curtain"] for name in ("大厅", HOSTILE)} == {True}
    # By hand at the screen: what came last counts.
    wall.keyboard.press("c")
    wall.wait_for_selector("#cockpit:not(.is-curtained)")
    screens.steer(act="uncurtain")
    expect(screens.card("大厅").get_by_role("button", name="拉上帘幕")).to_be_visible()


def test_with_the_curtain_drawn_only_what_is_critical_sounds(screens: Screens) -> None:
    heard = """(priority) => {
      const before = cockpit.root.dataset.tone;
      cockpit.root.dataset.tone = "1";
      const kept = cockpit.clock.since;
      cockpit.clock.since = () => 1e9;
      const running = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "state");
      Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => "running", configurable: true });
      const count = () => Number(cockpit.root.dataset.toned || 0);
      const was = count();
      cockpit.alarms.tone({ sounding: { [priority]: 1 } });
      const found = count() - was;
      cockpit.alarms.tone({ sounding: {} });
      Object.defineProperty(BaseAudioContext.prototype, "state", running);
      cockpit.clock.since = kept;
      cockpit.root.dataset.tone = before ?? "";
      return found;
    }"""
    sounds = lambda: [screens.wall.evaluate(heard, priority) for priority in ("high", "critical")]  # noqa: E731
    assert sounds() == [1, 1]
    screens.wall.keyboard.press("c")
    assert sounds() == [0, 1]
    screens.wall.keyboard.press("c")


def test_a_screen_speaks_another_language_and_is_loaded_anew(screens: Screens) -> None:
    wall = screens.wall
    screens.card("大厅").get_by_label("屏幕语言").select_option("en")
    expect(wall.locator("html")).to_have_attribute("lang", "en")
    screens.steer(act="language", language="zh-CN", displays=["大厅"])
    expect(wall.locator("html")).to_have_attribute("lang", "zh-CN")
    wall.wait_for_function("() => window.cockpit && cockpit.live.up")
    wall.evaluate("() => { window.isOld = true; }")
    screens.phone.once("dialog", lambda dialog: dialog.accept())
    screens.card("大厅").get_by_role("button", name="重新载入").click()
    wall.wait_for_function("() => window.isOld === undefined && window.cockpit && cockpit.live.up")


def test_what_steers_stands_in_the_audit_trail(screens: Screens) -> None:
    admin = bearer(screens.cockpit, "屏幕留痕", "admin", "*")
    rows = httpx.get(f"{screens.cockpit.url}/api/v1/audit?limit=200", headers=admin).json()["rows"]
    acts = [(row["actor"], row["object"], row["detail"]["act"]) for row in rows if row["action"] == "display.steer"]
    assert ("user:屏幕经理", "大厅", "next") in acts
    assert ("user:屏幕经理", "heling", "curtain") in acts
    assert ("token:屏幕", "大厅", "language") in acts


def programme(**more: Any) -> dict[str, Any]:
    """A programme of two scenes, the second by night only."""
    scenes = [{"scene": "visitors", "seconds": 30}, {"scene": "areas", "seconds": 5, "from": "20:00", "to": "06:00"}]
    return {
        "turns": True,
        "pixel_shift": True,
        "brightness": [{"from": "00:00", "percent": 60}],
        "scenes": scenes,
    } | more


def put(screens: Screens, given: Any, *names: str) -> httpx.Response:
    """Give screens a programme."""
    body = {"displays": list(names) or None, "programme": given}
    return httpx.post(screens.cockpit.url + PROGRAMME, json=body, headers=screens.manager)


def test_a_programme_is_a_row_for_each_screen(screens: Screens) -> None:
    assert put(screens, programme(), "大厅").status_code == 200
    until(lambda: scene(screens.wall) is not None, 2)
    assert screens.told("大厅")["own_programme"] is True
    assert screens.told(HOSTILE)["own_programme"] is False
    shown = screens.wall.evaluate(
        """() => ["2026-11-27T12:00:00+08:00", "2026-11-27T20:00:31+08:00"].map((at) => {
          const scenes = JSON.parse(cockpit.root.dataset.scenes);
          const moments = Array.from({ length: 60 }, (_, second) => Date.parse(at) + second * 1000);
          return new Set(moments.map((ms) => cockpit.rounds.due(scenes, ms).of)).size;
        })"""
    )
    assert shown == [1, 2]
    for wrong in (
        programme(scenes=[]),
        programme(scenes=[{"scene": "nowhere", "seconds": 30}]),
        programme(scenes=[{"scene": "areas", "seconds": 1}]),
        programme(scenes=[{"scene": "areas", "seconds": 30}] * 2),
        programme(scenes=[{"scene": "areas", "seconds": 30, "from": "24:00", "to": "01:00"}]),
        programme(brightness=[{"from": "22:00", "percent": 5}]),
        programme(brightness=[{"from": "22:00", "percent": 50}] * 2),
        programme(more=1),
        {},
    ):
        assert put(screens, wrong, "大厅").status_code == 422, wrong


def test_a_manager_writes_a_programme_by_phone(screens: Screens) -> None:
    card = screens.card("大厅")
    card.locator("summary", has_text="节目单").click()
    seconds = card.get_by_label("游客：秒")
    expect(seconds).to_have_value("30")
    seconds.fill("40")
    card.get_by_role("button", name="保存").click()
    expect(card.locator(".outcome")).to_contain_text("节目单已生效")
    written = screens.told("大厅")["programme"]
    assert written == programme(
        scenes=[
            {"scene": "visitors", "seconds": 40},
            {"scene": "areas", "seconds": 5, "from": "20:00", "to": "06:00"},
        ]
    )


def test_a_screen_is_dimmed_by_the_hour_but_not_while_an_alarm_waits(screens: Screens) -> None:
    wall = screens.wall
    expect(wall.locator("#cockpit.is-dimmed")).to_have_count(1)
    assert wall.evaluate("() => getComputedStyle(cockpit.root, '::after').opacity") == "0.4"
    smoke = screens.cockpit.add_device("smoke-dim", "smoke", lon=120.1968, lat=28.9345)
    assert screens.cockpit.publish(smoke, "telemetry", {"smoke": True}) == 0
    expect(wall.locator("#cockpit.is-dimmed")).to_have_count(0)
    # And it is seen, though another scene is held.
    until(lambda: scene(wall) == "alarms")
    for alarm in screens.cockpit.get("/api/v1/heling/alarms", state="unacknowledged")["alarms"]:
        path = f"{screens.cockpit.url}/api/v1/heling/alarms/{alarm['id']}/acknowledge"
        assert httpx.post(path, json={}, headers=screens.manager).status_code == 200
    expect(wall.locator("#cockpit.is-dimmed")).to_have_count(1)


@pytest.mark.parametrize("size", [(1080, 1920), (3840, 1080), WALL])
def test_the_picture_moves_a_little_and_nothing_is_cut_off(screens: Screens, size: tuple[int, int]) -> None:
    screens.wall.set_viewport_size({"width": size[0], "height": size[1]})
    found = screens.wall.evaluate(
        """() => {
          const { style } = cockpit.root;
          const places = [];
          for (const x of [-4, 0, 4]) for (const y of [-4, 0, 4]) {
            style.setProperty("--shift-x", `${x}px`);
            style.setProperty("--shift-y", `${y}px`);
            const parts = [...cockpit.root.querySelectorAll(":scope > *, .panel")];
            const boxes = parts.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
            const isWhole = ({ left, top, right, bottom }) =>
              left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
            const inside = boxes.every(isWhole);
            const map = document.querySelector("#map").getBoundingClientRect();
            places.push([inside, map.left, map.top, map.width, map.height]);
          }
          const { scrollWidth, scrollHeight } = document.documentElement;
          return { places, isScrolled: scrollWidth > innerWidth || scrollHeight > innerHeight };
        }"""
    )
    assert all(place[0] for place in found["places"])
    assert not found["isScrolled"]
    assert len({(left, top) for _, left, top, _, _ in found["places"]}) == 9
    assert len({(wide, high) for _, _, _, wide, high in found["places"]}) == 1, "the map is laid out once"


def test_what_was_done_at_the_screen_is_known_afar(screens: Screens) -> None:
    screens.steer(act="uncurtain")
    screens.wall.wait_for_selector("#cockpit:not(.is-curtained)")
    screens.wall.keyboard.press("c")
    until(lambda: screens.told("大厅")["heard"]["curtain"], 15)
    assert screens.told("大厅")["curtain"] is False
    screens.phone.reload()
    expect(screens.card("大厅").locator(".shows")).to_contain_text("▤ 帘幕")
    screens.wall.keyboard.press("c")
    until(lambda: not screens.told("大厅")["heard"]["curtain"], 15)


@pytest.mark.thorough
def test_a_scene_that_is_held_by_key_is_held_on_when_somebody_steps_from_afar(screens: Screens) -> None:
    keys = screens.wall.keyboard

    def is_said(scene_there: str, held: bool) -> bool:
        heard = screens.told("大厅")["heard"]
        return (heard["scene"], heard["held"]) == (scene_there, held)

    def stepped(act: str) -> tuple[str, bool]:
        [told] = screens.steer(displays=["大厅"], act=act).json()["displays"]
        return told["chosen"], told["held"]

    second, third, fourth = (one["code"] for one in _scenes(screens.wall)[1:4])
    for key in ("2", " "):
        keys.press(key)
    until(lambda: is_said(second, True), 15)
    keys.press("ArrowRight")
    until(lambda: is_said(third, True), 15)
    assert stepped("next") == (fourth, True)
    until(lambda: is_said(fourth, True), 15)
    keys.press("Escape")
    until(lambda: not screens.told("大厅")["heard"]["held"], 15)
    assert stepped("next")[1] is False
    screens.steer(act="release")


@pytest.mark.thorough
def test_a_screen_that_shows_a_past_time_obeys_too(screens: Screens) -> None:
    wall = screens.wall
    before = format_rfc3339(now() - MINUTE)
    wall.goto(f"{screens.cockpit.url}/wall/heling?at={before}")
    wall.wait_for_function("() => window.cockpit && cockpit.state.displays")
    assert screens.steer(act="curtain").status_code == 200
    wall.wait_for_function("() => cockpit.root.classList.contains('is-curtained')", timeout=15_000)
    assert screens.steer(act="uncurtain").status_code == 200
    assert screens.steer(act="go", scene="overview").status_code == 200
    wall.wait_for_url(f"{screens.cockpit.url}/wall/heling", timeout=15_000)
    wall.wait_for_function("() => window.cockpit && cockpit.live.up")


def test_a_new_version_loads_a_screen_anew_once(screens: Screens) -> None:
    wall = screens.wall
    wall.evaluate("() => { window.isOld = true; cockpit.root.dataset.build = 'old'; }")
    screens.cockpit.add_device("air-renewed", lon=120.187, lat=28.927)
    wall.wait_for_function("() => window.isOld === undefined && window.cockpit && cockpit.live.up")
    wall.evaluate("() => { window.isOld = true; cockpit.root.dataset.build = 'old'; }")
    screens.cockpit.add_device("air-renewed-again", lon=120.187, lat=28.927)
    wall.wait_for_function("() => cockpit.live.isOutdated")
    ten_seconds_on = "() => { const { steady } = cockpit.clock; cockpit.clock.steady = () => steady() + 10000; "
    assert wall.evaluate(ten_seconds_on + "return cockpit.live.renew(); }") is False


STUCK = {
    "not drawing": "window.requestAnimationFrame = () => 0;",
    "not showing what comes": "cockpit.live.owed = cockpit.clock.steady();",
    "no channel": "cockpit.live.up = false;",
}


@pytest.mark.parametrize("sign", STUCK)
def test_a_screen_that_is_stuck_is_loaded_anew_and_says_why(screens: Screens, sign: str) -> None:
    wall = screens.wall
    wall.reload()
    wall.wait_for_function("() => window.cockpit && cockpit.live.up")
    still = wall.evaluate(
        """async () => {
          const { steady } = cockpit.clock;
          let on = 0;
          cockpit.clock.steady = () => steady() + on;
          const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 100); });
          window.goOn = async (ms) => {
            for (const end = on + ms; on < end; on += 10000) await cockpit.watchdog.check(await frame());
          };
          cockpit.live.check = () => undefined;   // its clock goes too fast for the server's heartbeats
          window.isOld = true;
          on += 600000;   // old enough, and to the watchdog it slept meanwhile
          await window.goOn(150000);
          return window.isOld;
        }"""
    )
    assert still, "one that is well is left alone"
    wall.evaluate(f"() => {{ {STUCK[sign]} setTimeout(() => window.goOn(400000)); }}")
    wall.wait_for_function("() => window.isOld === undefined && window.cockpit && cockpit.live.up")
    until(lambda: screens.told("大厅")["heard"]["error"] == f"watchdog: {sign}", 15)


def test_a_display_that_is_revoked_is_listed_no_more_and_its_name_is_free(screens: Screens) -> None:
    screens.cockpit.answer("display", "revoke", HOSTILE)
    assert screens.beat().status_code == 401
    expect(screens.phone.locator(".display")).to_have_count(1, timeout=15_000)
    again = ("display", "add", "--name", HOSTILE, "--community", "heling")
    assert screens.cockpit.answer(*again)["link"]
    assert screens.beat().status_code == 401, "the old link stays revoked"
    told = httpx.get(screens.cockpit.url + DISPLAYS, headers=screens.manager).json()["displays"]
    by_name = {one["name"]: one["revoked"] for one in told if one["name"].startswith(HOSTILE)}
    assert by_name.pop(HOSTILE) is False
    assert list(by_name.values()) == [True]
