"""The wall's panel of the visitors holds all that may have to be said at once, on every screen, in both languages."""

import contextlib
import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.end_to_end.test_festivals import BASE as FESTIVALS
from tests.end_to_end.test_festivals import PLAN
from tests.running import Cockpit

VISITORS = "/api/v1/heling/visitors"
SCREENS = [(1920, 1080), (3840, 2160), (1080, 1920), (5120, 1440), (390, 844)]
WIDE = [(1920, 1080), (1440, 900), (1080, 1920)]
OPEN = 17
OVERFULL = """() => [...document.querySelectorAll(".wall .panel")]
  .filter((one) => one.checkVisibility() && (one.scrollHeight > one.clientHeight + 4
    || one.getBoundingClientRect().bottom > document.querySelector(".wall > .bottom").getBoundingClientRect().top + 1))
  .map((one) => one.dataset.panel)"""
"""Panels that hold more than they show, or stand over the foot."""
SITES = ("fangyan", "centre", "square")
REASON = (
    "因台风“贝碧嘉”外围影响，景区内山洪与落石风险高，按镇防指一级响应要求自即日起闭园，"
    "恢复时间另行通知，已在内游客由工作人员引导从南门有序离园"
)
WARNED = {
    "warning": {
        "level": "red",
        "name": "红色预警",
        "name_en": "red",
        "mark": "▲",
        "ts": "2026-11-27T03:15:00Z",
        "expected": 28700,
        "high": 30120,
        "people": 30000,
        "mean_ts": None,
        "of": "instant",
        "of_name": "瞬时承载量",
        "of_name_en": "capacity at one moment",
    },
    "points": [{"ts": "2026-11-27T04:45:00Z", "mean": 28700, "low": 26900, "high": 30120}],
    "model": "like_days",
}
MISPLACED = """(isLoud) => {
  const panel = document.querySelector('[data-panel="visitors"]'), found = [];
  if (isLoud) document.querySelector('[data-panel="alarms"]').classList.remove("is-waiting");
  const shared = (a, b) => [
    Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  ];
  const name = (one) => one.dataset.panel || one.className;
  const around = panel.getBoundingClientRect(), words = [];
  for (const one of panel.querySelectorAll("*")) {
    const isSaid = [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!isSaid || !one.checkVisibility() || one.closest(".bars")) continue;
    const range = document.createRange();
    range.selectNodeContents(one);
    const wide = range.getBoundingClientRect();
    const high = getComputedStyle(one).display === "inline" ? wide : one.getBoundingClientRect();
    const { left, right } = wide, { top, bottom } = high;
    const word = { left, right, top, bottom, text: one.textContent.slice(0, 30) };
    const out = Math.max(around.top - top, bottom - around.bottom, around.left - left, right - around.right);
    if (out > 1) found.push(`cut by ${Math.round(out)}: ${word.text}`);
    for (const other of words) {
      const [x, y] = shared(word, other);
      // A letter's box is a little higher than its line.
      const least = 0.1 * Math.min(bottom - top, other.bottom - other.top);
      if (x > 1 && y > least) found.push(`${other.text} under ${word.text}`);
    }
    words.push(word);
  }
  for (const one of panel.querySelectorAll(".content, .site, .row, .surge, .surge div, .closed, .ahead, .ahead div")) {
    if (one.checkVisibility() && one.scrollWidth > one.clientWidth + 1) found.push(`too wide: ${one.className}`);
  }
  const parts = [...document.querySelectorAll(".wall .panel, .wall > .map-frame, .wall > .bottom, .wall > .top")];
  parts.forEach((one, place) => {
    const isOver = one.scrollHeight > one.clientHeight + 4 && !one.matches(".map-frame");
    if (isOver) found.push(`overfull: ${name(one)} by ${one.scrollHeight - one.clientHeight}`);
    for (const other of parts.slice(0, place)) {
      const [x, y] = shared(one.getBoundingClientRect(), other.getBoundingClientRect());
      if (x > 1 && y > 1) found.push(`${name(other)} under ${name(one)}`);
    }
  });
  return found;
}"""
"""What is cut off in the panel, what lies over something else, and what of the wall does; ``isLoud``: alarms stand."""


def close(manager: httpx.Client, *sites: str) -> None:
    """Close sites for a reason that is long."""
    for site in sites:
        answer = manager.post(f"{VISITORS}/{site}/closing", json={"closed": True, "reason": REASON})
        assert answer.status_code == 201, answer.text


@pytest.fixture
def fair(cockpit: Cockpit) -> httpx.Client:
    """A manager, in whose scenic area a festival is on, whose counts are doubtful and whose other sites are closed."""
    manager = client(cockpit, "大屏经理", "manager", "heling")
    for place, site in enumerate(("fangyan", "fangyan", "centre", "square")):
        gate = cockpit.add_device(f"gate-full-{place}", "gate", site=site, name=f"{site} 北门 {place} 号闸机")
        cockpit.publish(gate, "telemetry", {"enter": 12913, "leave": 1140})
        cockpit.add_device(f"gate-silent-{place}", "gate", site=site, name=f"{site} 后山小路 {place} 号闸机")
    capacity = {"instant": 30000, "daily": 60000, "from": "2026-01-01"}
    assert manager.post(f"{VISITORS}/fangyan/capacity", json=capacity).status_code == 201
    plan = PLAN | {"name": "方岩胡公庙会暨非遗展演", "name_en": "Temple fair of Lord Hu and of living heritage"}
    assert manager.post(FESTIVALS, json=plan).status_code == 201
    assert manager.post(f"{FESTIVALS}/lantern/start", json={"note": "开"}).status_code == 201
    close(manager, *SITES[1:])
    return manager


def misplaced(page: Page) -> dict[str, Any]:
    """What does not lie as it should, by screen; without and with alarms that stand."""
    found: dict[str, Any] = {}
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")
        for is_loud in (False, True):
            if wrong := page.evaluate(MISPLACED, is_loud):
                found[f"{width}x{height}{' loud' if is_loud else ''}"] = wrong
    return found


def test_a_festival_a_warning_a_doubt_and_closed_sites_have_room_beside_each_other(
    cockpit: Cockpit, page: Page, fair: httpx.Client
) -> None:
    def warn(route: Any) -> None:
        with contextlib.suppress(PlaywrightError):  # the page went on while it was asked
            answer = route.fetch()
            route.fulfill(response=answer, body=json.dumps(answer.json() | WARNED, ensure_ascii=False))

    page.route("**/visitors/*/forecast*", warn)
    for language in ("zh-CN", "en"):
        page.goto(f"{cockpit.url}/wall/heling?lang={language}")
        expect(page.locator(".warned")).to_contain_text("▲")
        expect(page.locator('[data-surge="fangyan"]')).to_contain_text("50/60/70%")
        expect(page.locator('[data-row="visitors.fangyan.inside"]')).to_contain_text("◇")
        for site in SITES[1:]:
            expect(page.locator(f'[data-closed="{site}"]')).to_contain_text("◇")
            expect(page.locator(f'[data-closed="{site}"]')).to_contain_text("因台风")
        assert misplaced(page) == {}, language
    close(fair, SITES[0])
    for language in ("zh-CN", "en"):
        page.goto(f"{cockpit.url}/wall/heling?lang={language}")
        expect(page.locator('[data-closed="fangyan"]')).to_contain_text("因台风")
        expect(page.locator(".warned")).to_be_hidden()
        assert misplaced(page) == {}, language
    for site in SITES:
        assert fair.post(f"{VISITORS}/{site}/closing", json={"closed": False, "reason": "恢复开放"}).status_code == 201
    who = cockpit.add_device("reporter-full", "siren", lon=120.1905, lat=28.9285)
    for number in range(OPEN):
        event = {"id": str(number), "title": f"第 {number} 件待办的事", "category": "facility.lighting"}
        cockpit.publish(who, "event", event | {"severity": "major"})
    # An alarm stands whatever the hour: how many people are too many may follow some minutes later.
    smoke = cockpit.add_device("smoke-full", "smoke", name="礼堂烟感", lon=120.1905, lat=28.9285)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    assert_all_have_room(cockpit, page)
    assert fair.post(f"{FESTIVALS}/lantern/stop", json={"note": "结束"}).status_code == 201
    expect(page.locator('[data-surge="fangyan"]')).to_be_hidden()
    assert_all_have_room(cockpit, page)


def assert_all_have_room(cockpit: Cockpit, page: Page) -> None:
    """In both languages three events are named, an alarm too, and no column runs over its foot."""
    for language, size in ((language, size) for language in ("zh-CN", "en") for size in WIDE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{cockpit.url}/wall/heling?lang={language}")
        expect(page.locator("#panel-grid_events .event-more")).to_have_text(re.compile(r"\b1[0-5]\b"))
        expect(page.locator("#panel-grid_events .event .title").nth(2)).to_be_visible()
        expect(page.locator("#panel-alarms .event").first).to_be_visible()
        expect(page.locator('[data-row="visitors.square.inside"]')).to_contain_text("◇")
        assert page.evaluate(OVERFULL) == [], (language, size)
        assert page.evaluate(MISPLACED, True) == [], (language, size)
