"""A day's work with the keyboard alone: nothing is pointed at, and each stop is seen."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.addresses import page_paths
from tests.browsing import DESK, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.end_to_end.test_sign_in import PASSWORD, add
from tests.running import Cockpit, until
from tests.thorough import usually

HERE = {"lon": 120.1905, "lat": 28.9285}
PLACES = {"community": "heling", "device": "air-keys", "event": "{event}"}
MOST = 120
"""Stops on the way to anything."""
STOP = """() => {
  let one = document.activeElement;
  while (one && one.contentDocument && one.contentDocument.activeElement) one = one.contentDocument.activeElement;
  if (!one || one.tagName === "BODY" && one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
  return {
    name: (one.getAttribute("aria-label") || label || one.innerText || "").trim(),
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    isThere: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    what: one.outerHTML.slice(0, 120),
  };
}"""
SETTLED = "() => Boolean(window.cockpit && cockpit.live.up)"


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """A cockpit with an alarm."""
    add(cockpit, "键盘经理", "manager", "heling")
    air = cockpit.add_device("air-keys", name="橙麓空气站", **HERE)
    cockpit.publish(air, "telemetry", {"pm2_5": 41})
    smoke = cockpit.add_device("smoke-keys", "smoke", name="礼堂烟感", **HERE)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    return cockpit


@pytest.fixture(scope="module")
def manager(furnished: Cockpit) -> httpx.Client:
    """Somebody else, who looks whether it was done."""
    return client(furnished, "旁观", "manager", "heling")


@pytest.fixture(scope="module")
def page(furnished: Cockpit, browser: Browser) -> Iterator[Page]:
    """A manager's browser, signed in by the keyboard."""
    context = screen(browser, DESK)
    page = context.new_page()
    page.goto(f"{furnished.url}/sign-in?next=/report%3Fcommunity%3Dheling")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("键盘经理")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-me]")).to_contain_text("键盘经理")
    yield page
    context.close()


def reach(page: Page, name: str) -> None:
    """Go on by Tab until what is called so has the keyboard; every stop on the way can be seen."""
    passed = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            continue
        assert stop["isSeen"], f"nobody sees that the keyboard is on {stop['what']}"
        if stop["name"].startswith(name):
            assert stop["isThere"], f"out of sight: {stop['what']}"
            return
        passed.append(stop["name"])
    raise AssertionError(f"no way by Tab to {name}; on the way: {passed}")


def press(page: Page, name: str) -> None:
    """Press what is called so."""
    reach(page, name)
    page.keyboard.press("Enter")


def test_an_event_is_filed_and_given_to_somebody(furnished: Cockpit, manager: httpx.Client, page: Page) -> None:
    page.goto(f"{furnished.url}/report?community=heling")
    expect(page.get_by_role("button", name="设施")).to_be_visible()
    press(page, "设施")
    press(page, "路灯照明")
    reach(page, "补充说明")
    page.keyboard.type("灯杆倾斜")
    press(page, "上报")
    expect(page.locator("[data-outcome]")).to_contain_text("已上报")
    [event] = [one["id"] for one in manager.get(EVENTS, params={"q": "灯杆倾斜"}).json()["features"]]
    page.goto(f"{furnished.url}/events/{event}")
    expect(page.get_by_role("button", name="立案", exact=True)).to_be_visible()
    press(page, "立案")
    expect(page.locator("[data-outcome]")).to_have_text("✓ 已办理")
    reach(page, "派给")
    choice = page.get_by_label("派给")
    for _ in range(5):
        if choice.input_value() != "旁观":
            page.keyboard.press("ArrowDown")
    press(page, "派遣")
    expect(page.locator(".event-head")).to_contain_text("旁观")
    told = manager.get(f"{EVENTS}/{event}").json()["properties"]
    assert (told["state"], told["assignee"]) == ("dispatched", "旁观")


def test_an_alarm_is_acknowledged(furnished: Cockpit, manager: httpx.Client, page: Page) -> None:
    until(lambda: manager.get("/api/v1/heling/alarms", params={"state": "unacknowledged"}).json()["alarms"])
    page.goto(f"{furnished.url}/alarms?community=heling")
    expect(page.locator(".alarm-line").first).to_be_visible()
    press(page, "■ 紧急")
    expect(page.locator("[data-alarm-detail]")).to_be_focused()
    press(page, "确认")
    expect(page.locator("[data-alarm-detail] .marks")).to_contain_text("已确认")


def test_a_rule_is_kept(furnished: Cockpit, manager: httpx.Client, page: Page) -> None:
    page.goto(f"{furnished.url}/alarm-rules?community=heling")
    expect(page.locator("[data-rule]").first).to_be_visible()
    press(page, "编辑 PM2.5 中度污染")
    expect(page.locator("[data-rule-detail]")).to_be_focused()
    reach(page, "限值")
    page.keyboard.press("Control+a")
    page.keyboard.type("120")
    press(page, "保存为新版本")
    expect(page.locator("[data-outcome]")).to_contain_text("已保存为第 1 版")
    assert manager.get("/api/v1/heling/alarm-rules/air.pm2_5.moderate").json()["value"] == 120


def test_what_the_map_shows_is_read_in_words_and_gone_to(furnished: Cockpit, page: Page) -> None:
    page.goto(f"{furnished.url}/map?community=heling")
    page.wait_for_function("() => cockpit.root && cockpit.root.classList.contains('map-ready')", timeout=60_000)
    press(page, "地图内容，用文字")
    words = page.locator("[data-map-words]")
    for said in ("烟感报警", "■ 紧急", "橙麓空气站", "PM2.5 41"):
        expect(words).to_contain_text(said)
    press(page, "橙麓空气站")
    expect(page.locator("[data-map-card]")).to_contain_text("PM2.5 41")
    expect(page.locator("[data-map-card]").get_by_role("link", name="详情")).to_be_visible()


def test_what_is_new_is_said_once_and_nothing_else(furnished: Cockpit, manager: httpx.Client, page: Page) -> None:
    page.goto(f"{furnished.url}/?community=heling")
    page.wait_for_function(SETTLED)
    assert page.locator("ol[aria-live]").count() == 0, "no list is read out whole"
    manager.post(EVENTS, json={"id": "news", "title": "井盖松动", "category": "order.vendor"}).raise_for_status()
    expect(page.locator("[data-news]")).to_have_text("新的网格事件：井盖松动")
    expect(page.get_by_role("status").filter(has_text="井盖松动")).to_have_count(1)


def test_a_table_is_gone_through_by_arrows_and_left_by_tab(furnished: Cockpit, page: Page) -> None:
    page.goto(f"{furnished.url}/?community=heling")
    expect(page.locator("#devices-table a")).to_have_count(2)
    reach(page, "名称")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(STOP)["isSeen"]
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('#devices-table')") is None
    page.keyboard.press("Shift+Tab")
    reach(page, "橙麓空气站")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/devices/(air|smoke)-keys"))


@pytest.mark.parametrize("path", usually(page_paths(PLACES)[::3], page_paths(PLACES)))
def test_the_keyboard_goes_through_a_page_and_out_of_it(
    furnished: Cockpit, manager: httpx.Client, page: Page, path: str
) -> None:
    event = manager.post(EVENTS, json={"id": "keys", "title": "占道经营", "category": "order.vendor"}).json()["id"]
    page.goto(furnished.url + path.format(event=event))
    if page.locator("#react-entry-point").count():
        page.wait_for_function(SETTLED)
    page.evaluate("() => document.body.focus()")
    for _ in range(4 * MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return
        assert stop["isSeen"], f"nobody sees that the keyboard is on {stop['what']}"
    raise AssertionError(f"the keyboard does not come out of {path}; it is on {stop}")
