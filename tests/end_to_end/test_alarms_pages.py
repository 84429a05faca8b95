"""Alarms as people meet them: the banner of the wall, the list, what is done there, rules and figures."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESK, PHONE, screen
from tests.end_to_end.test_events import client
from tests.running import Cockpit, Credentials, until

BASE = "/api/v1/heling"
HERE = {"lon": 120.1905, "lat": 28.9285}
LIMIT = 75
SMALLEST = """() => [...document.querySelectorAll('.alarm-banner *, [data-panel="alarms"] *')]
  .filter((one) => one.childElementCount === 0 && one.textContent.trim() && one.offsetParent)
  .map((one) => parseFloat(getComputedStyle(one).fontSize))
  .reduce((least, size) => Math.min(least, size), Infinity)"""
BEYOND = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [banner, frame] = [box('.alarm-banner'), box('.map-frame')];
  const over = (inner, outer) => inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
  const texts = [...document.querySelectorAll('.alarm-banner p')];
  return over(banner, frame) || texts.some((one) => over(one.getBoundingClientRect(), banner));
}"""


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    """A manager of heling, with a rule that needs no patience."""
    made = client(cockpit, "告警经理", "manager", "heling")
    keep(made, code="air.page", name="PM2.5 偏高", metric="pm2_5", value=LIMIT, deadband=5, guidance="查看附近有无焚烧")
    return made


def keep(manager: httpx.Client, **fields: Any) -> None:
    """Keep a rule of the priority high."""
    answer = manager.post(f"{BASE}/alarm-rules", json={"op": ">", "priority": "high", "name_en": "test"} | fields)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def desk(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """A manager's browser."""
    context = screen(browser, DESK)
    page = context.new_page()
    page.context.add_cookies([cockpit.cookie(cockpit.add_user(f"告警员{time.monotonic_ns()}", "manager", "heling"))])
    yield page
    context.close()


def quiet(manager: httpx.Client) -> None:
    """Acknowledge whatever sounds; what a test before left must not be louder than its own."""
    for state in ("unacknowledged", "returned"):
        found = manager.get(f"{BASE}/alarms", params={"state": state, "limit": 1000}).json()["alarms"]
        ids = [one["id"] for one in found]
        assert not ids or manager.post(f"{BASE}/alarms/acknowledge", json={"ids": ids}).status_code == 200


def above(cockpit: Cockpit, code: str, name: str, value: float = 120) -> Credentials:
    """An air station over its limit."""
    device = cockpit.add_device(code, "air", name=name, **HERE)
    assert cockpit.publish(device, "telemetry", {"pm2_5": value}) == 0
    return device


def line(page: Page, text: str) -> Any:
    """The line of the list that says so."""
    return page.locator(".cause").filter(has_text=text)


def test_over_its_limit_it_is_on_the_wall_and_in_the_list_until_somebody_acknowledges(
    cockpit: Cockpit, manager: httpx.Client, page: Page, desk: Page
) -> None:
    page.goto(f"{cockpit.url}/wall/heling")
    banner = page.locator(".alarm-banner")
    expect(page.locator("#panel-alarms")).to_contain_text("没有未确认的告警")
    expect(banner).to_be_hidden()
    device = above(cockpit, "air-over", "橙麓空气站")
    for words in ("▲ 高", "PM2.5 偏高", "橙麓空气站", "橙麓", "120", f"限值 {LIMIT}"):
        expect(banner).to_contain_text(words)
    expect(page.locator("#panel-alarms .alarm")).to_contain_text("橙麓空气站")
    ring = "() => cockpit.map.handle.getSource('alarms')._data.geojson?.features ?? []"
    assert page.evaluate("() => document.querySelector('.alarm-banner').dataset.tone") == "high", ring

    desk.goto(f"{cockpit.url}/alarms?community=heling")
    expect(desk.locator('nav.pages a[href^="/alarms"]')).to_have_text("告警 ▲1")
    desk.get_by_role("button", name="通知").click()
    told = desk.locator(".notices .title").first
    expect(told).to_have_text(f"▲ 高 · PM2.5 偏高 · 橙麓空气站 · 120 µg/m³ · 限值 {LIMIT} µg/m³ · 橙麓")
    assert told.evaluate("(one) => one.scrollWidth <= one.clientWidth"), "the line is read to its end"
    desk.get_by_role("button", name="通知").click()
    line(desk, "橙麓空气站").locator(".alarm-line").first.click()
    detail = desk.locator("[data-alarm-detail]")
    expect(detail).to_contain_text("处置：查看附近有无焚烧")
    expect(detail.locator(".alarm-chart svg")).to_be_visible()
    expect(desk).to_have_url(re.compile(r"alarm=a\d{8}-"))
    detail.get_by_label("备注").fill("已派人")
    detail.get_by_role("button", name="确认", exact=True).click()
    expect(detail.locator(".timeline")).to_contain_text("已派人")
    expect(detail.locator(".marks")).to_contain_text("已确认")
    expect(banner).to_be_hidden()
    expect(line(desk, "橙麓空气站")).to_have_class(re.compile("is-heard"))
    # It returns to normal and is over: it leaves the list by itself.
    cockpit.publish(device, "telemetry", {"pm2_5": 20})
    expect(line(desk, "橙麓空气站")).to_have_count(0)
    expect(detail.locator(".timeline")).to_contain_text("恢复")


def test_the_value_of_the_trigger_is_told_beside_the_value_now_and_what_keeps_it(
    cockpit: Cockpit, manager: httpx.Client, page: Page, desk: Page
) -> None:
    quiet(manager)
    device = above(cockpit, "air-back", "回差空气站", 120)
    page.goto(f"{cockpit.url}/wall/heling")
    expect(page.locator(".alarm-banner")).to_contain_text("PM2.5 触发时 120 µg/m³")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "回差空气站").locator(".alarm-line").first.click()
    detail = desk.locator("[data-alarm-detail]")
    expect(detail.locator(".marks")).to_contain_text("条件仍在")
    cockpit.publish(device, "telemetry", {"pm2_5": 72})
    for place in (line(desk, "回差空气站"), detail.locator(".facts")):
        expect(place).to_contain_text("触发时 120 µg/m³ · 现为 72 µg/m³")
        expect(place).to_contain_text(f"回差内，过 {LIMIT - 5} µg/m³ 才恢复")
    expect(detail.locator(".marks")).to_contain_text("回差内")
    expect(detail.locator(".marks")).not_to_contain_text("条件仍在")
    expect(page.locator(".alarm-banner")).to_contain_text("触发时 120 µg/m³")
    cockpit.publish(device, "telemetry", {"pm2_5": 20})
    expect(detail.locator(".timeline")).to_contain_text("恢复")


def test_an_off_delay_says_until_when_it_runs(cockpit: Cockpit, manager: httpx.Client, desk: Page) -> None:
    keep(manager, code="noise.page", name="噪声偏高", metric="noise", value=60, off_delay_s=3600)
    device = cockpit.add_device("noise-back", "noise", name="延时噪声站", **HERE)
    assert cockpit.publish(device, "telemetry", {"noise": 80}) == 0
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "延时噪声站").locator(".alarm-line").first.click()
    marks = desk.locator("[data-alarm-detail] .marks")
    expect(marks).to_contain_text("条件仍在")
    cockpit.publish(device, "telemetry", {"noise": 40})
    expect(marks).to_contain_text("已回到限值内，恢复延时至")
    expect(line(desk, "延时噪声站")).to_contain_text("恢复延时至")
    cockpit.publish(device, "telemetry", {"noise": 90})
    expect(marks).to_contain_text("条件仍在")
    quiet(manager)


def test_smoke_is_seen_on_banner_and_map_at_once(cockpit: Cockpit, manager: httpx.Client, page: Page) -> None:
    quiet(manager)
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_function("() => cockpit.root && cockpit.root.classList.contains('map-ready')", timeout=60_000)
    device = cockpit.add_device("smoke-page", "smoke", name="礼堂烟感", **HERE)
    began = time.monotonic()
    cockpit.publish(device, "telemetry", {"smoke": True})
    expect(page.locator(".alarm-banner")).to_contain_text("■ 紧急")
    assert time.monotonic() - began < 5
    expect(page.locator(".alarm-banner")).to_contain_text("烟感 报警")
    placed = "() => cockpit.map.handle.querySourceFeatures('alarms').map((one) => one.properties.sign)"
    until(lambda: "■ 紧急" in page.evaluate(placed), 15)
    quiet(manager)


def test_what_is_shelved_stands_aside_with_its_reason_and_comes_back(
    cockpit: Cockpit, manager: httpx.Client, desk: Page
) -> None:
    quiet(manager)
    above(cockpit, "air-shelf", "检修空气站")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "检修空气站").locator(".alarm-line").first.click()
    detail = desk.locator("[data-alarm-detail]")
    detail.get_by_text("搁置", exact=True).first.click()
    form = detail.locator("details[open] form")
    form.get_by_label("搁置多久").select_option("8h")
    form.get_by_label("原因").fill("仪器检修")
    form.get_by_role("button", name="搁置").click()
    expect(detail.locator(".marks")).to_contain_text("已搁置")
    expect(line(desk, "检修空气站")).to_have_count(0)
    desk.get_by_role("tab", name="搁置").click()
    aside = desk.locator("[data-other-view]")
    expect(aside).to_contain_text("检修空气站")
    expect(aside).to_contain_text("原因：仪器检修")
    detail.get_by_role("button", name="取消搁置").click()
    expect(detail.locator(".marks")).to_contain_text("未确认")
    expect(aside).not_to_contain_text("检修空气站")
    desk.get_by_role("tab", name="当前").click()
    expect(line(desk, "检修空气站")).to_be_visible()
    # What was acknowledged is chosen as well, for shelving.
    detail.get_by_role("button", name="确认", exact=True).click()
    expect(detail.locator(".marks")).to_contain_text("已确认")
    line(desk, "检修空气站").locator(".pick input").check()
    bar = desk.locator("[data-batch]")
    expect(bar).to_contain_text("已选 1 条")
    expect(bar.get_by_role("button", name="全部确认")).to_be_hidden()
    bar.get_by_text("全部搁置", exact=True).click()
    bar.get_by_label("原因").fill("一并检修")
    bar.get_by_role("button", name="搁置", exact=True).click()
    expect(line(desk, "检修空气站")).to_have_count(0)


def test_one_click_opens_one_grid_event_and_its_end_is_told(
    cockpit: Cockpit, manager: httpx.Client, desk: Page
) -> None:
    quiet(manager)
    above(cockpit, "air-click", "转办空气站")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "转办空气站").locator(".alarm-line").first.click()
    detail = desk.locator("[data-alarm-detail]")
    detail.get_by_text("转为网格事件", exact=True).click()
    expect(detail.locator(".alarm-event")).to_contain_text("将上报：PM2.5 偏高 · 转办空气站")
    expect(detail.locator(".alarm-event")).to_contain_text("高级 · 橙麓；由管理员立案派遣")
    detail.get_by_role("button", name="确认转为网格事件").click()
    expect(detail.locator(".alarm-event a")).to_be_visible()
    expect(detail.get_by_role("button", name="转为网格事件")).to_have_count(0)
    number = detail.locator(".alarm-event a").inner_text()
    event = manager.get(f"{BASE}/events/{number}").json()["properties"]
    assert "转办空气站" in event["title"]
    assert ("120" in event["detail"], f"限值 {LIMIT}" in event["detail"], event["area"]) == (True, True, "chenglu")
    # Another person's click, at the same time, finds the same event.
    alarm = desk.url.rpartition("alarm=")[2].partition("&")[0]
    again = manager.post(f"{BASE}/events", json={"id": "x", "title": "x", "origin": {"alarm": alarm}})
    assert (again.status_code, again.json()["id"]) == (200, number)
    step = manager.post(f"{BASE}/events/{number}/transitions", json={"to": "declined", "note": "演练"})
    assert step.status_code == 201, step.text
    expect(detail.locator(".alarm-event")).to_contain_text("已办结")


def test_a_flood_is_told_with_what_came_first_and_cleared_by_two_actions(
    cockpit: Cockpit, manager: httpx.Client, page: Page, desk: Page
) -> None:
    quiet(manager)
    page.goto(f"{cockpit.url}/wall/heling")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    expect(desk.locator("[data-summary]")).to_contain_text("未确认 0 条")
    for number in range(12):
        above(cockpit, f"flood-{number:02}", f"第 {number} 站")
    for place in (page.locator(".alarm-banner"), desk.locator("[data-flood]")):
        expect(place).to_contain_text("告警泛滥")
        expect(place).to_contain_text("首出：")
    expect(desk.locator("[data-summary]")).to_contain_text("未确认 12 条")
    desk.get_by_role("button", name="选中全部").click()
    desk.get_by_role("button", name="全部确认").click()
    expect(desk.locator("[data-outcome]").first).to_contain_text("确认 12 条")
    expect(desk.locator("[data-summary]")).to_contain_text("未确认 0 条")
    expect(page.locator(".alarm-banner .loudest")).to_have_count(0)
    found = manager.get(f"{BASE}/alarms", params={"state": "unacknowledged"}).json()["alarms"]
    assert found == []


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (5120, 1440), (1080, 1920)])
def test_on_every_wall_the_banner_stays_within_the_map_and_can_be_read(
    cockpit: Cockpit, manager: httpx.Client, browser: Browser, size: tuple[int, int]
) -> None:
    quiet(manager)
    above(cockpit, f"air-wall-{size[0]}", "名称很长很长的两头门片区文化礼堂后门东侧空气质量监测站")
    context = screen(browser, size)
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/wall/heling")
        expect(page.locator(".alarm-banner")).to_contain_text("名称很长很长")
        assert page.evaluate(BEYOND) is False
        # In portrait u follows the width: the rule of a sixtieth is of a wall that is wider than high.
        least = min(size) / 60 if size[0] > size[1] else size[0] / 84 * 1.8
        assert page.evaluate(SMALLEST) >= least - 0.5
    finally:
        context.close()


def test_a_display_sounds_only_where_it_was_asked_to(cockpit: Cockpit, manager: httpx.Client, browser: Browser) -> None:
    quiet(manager)
    above(cockpit, "air-tone", "提示音空气站")
    context = screen(browser)
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/wall/heling")
        expect(page.locator(".alarm-banner")).to_contain_text("提示音空气站")
        expect(page.locator(".tone-state")).to_have_count(0)
        page.goto(f"{cockpit.url}/wall/heling?tone=1")
        expect(page.locator(".tone-state")).to_contain_text("提示音")
        page.mouse.click(10, 10)
        expect(page.locator(".tone-state")).to_have_text("♪ 提示音开")
        expect(page.locator("#cockpit")).to_have_attribute("data-toned", re.compile(r"[1-9]"))
        quiet(manager)
        expect(page.locator(".alarm-banner")).to_be_hidden()
        toned = page.locator("#cockpit").get_attribute("data-toned")
        page.wait_for_timeout(11_000)
        assert page.locator("#cockpit").get_attribute("data-toned") == toned
    finally:
        context.close()


def test_a_rule_is_tried_on_the_past_and_what_is_wrong_stands_beside_its_field(
    cockpit: Cockpit, manager: httpx.Client, desk: Page
) -> None:
    device = cockpit.add_device("air-trial", "air", name="试运行空气站", **HERE)
    at = int(time.time() * 1000)
    values = [20, 66, 20, 67, 20, 68, 20]
    for place, value in enumerate(values):
        ts = at - (len(values) - place) * 600_000
        assert cockpit.publish(device, "telemetry", {"ts": ts, "values": {"so2": value}}) == 0
    keep(manager, code="so2.page", name="二氧化硫页面规则", metric="so2", value=60, enabled=False)
    desk.goto(f"{cockpit.url}/alarm-rules?community=heling")
    row = desk.locator('[data-rule="so2.page"]')
    expect(row).to_contain_text("二氧化硫 大于 60")
    row.get_by_role("button", name="编辑").click()
    form = desk.locator("[data-rule-detail]")
    form.get_by_role("button", name="试运行").click()
    expect(form.locator(".trial")).to_contain_text("过去 7 天会报警 3 次")
    expect(form.locator(".trial li")).to_have_count(3)
    expect(form.locator(".trial li").first).to_contain_text("试运行空气站")
    form.locator('[name="deadband"]').fill("-1")
    form.get_by_role("button", name="保存为新版本").click()
    expect(form.locator('[data-field="deadband"] .fault')).to_have_text("▲ 不小于 0")
    expect(desk.locator("[data-outcome]").first).to_contain_text("有字段不对")
    form.locator('[name="deadband"]').fill("2")
    expect(form.locator('[data-field="deadband"] .fault')).to_be_empty()
    expect(desk.locator("[data-outcome]").first).to_be_empty()
    form.locator('[name="value"]').fill("65")
    form.locator('[name="enabled"]').check()
    form.get_by_role("button", name="保存为新版本").click()
    expect(desk.locator("[data-outcome]").first).to_contain_text("已保存为第 2 版，已生效")
    expect(row).to_contain_text("二氧化硫 大于 65")
    kept = manager.get(f"{BASE}/alarm-rules/so2.page").json()
    assert (kept["version"], kept["value"], kept["deadband"], kept["enabled"], len(kept["versions"])) == (
        *(2, 65, 2, True),
        2,
    )
    row.get_by_text("停用", exact=True).click()
    expect(row).to_contain_text("没有未结束的告警")
    row.get_by_label("原因").fill("换探头")
    row.get_by_role("button", name="停用此规则").click()
    expect(row).to_contain_text("（停用）")
    row.get_by_role("button", name=re.compile("编辑")).click()
    expect(desk.locator(".versions")).to_contain_text("换探头")
    # The same where a version is kept that switches it off.
    row.get_by_role("button", name=re.compile("^启用")).click()
    expect(row).not_to_contain_text("（停用）")
    row.get_by_role("button", name=re.compile("编辑")).click()
    expect(form.locator('[name="enabled"]')).to_be_checked()
    form.locator('[name="enabled"]').uncheck()
    form.get_by_label("变更原因").fill("入冬停测")
    form.get_by_role("button", name="保存为新版本").click()
    expect(form.locator(".buttons [role=alert]")).to_contain_text("没有未结束的告警；写明变更原因后再按一次保存")
    form.get_by_role("button", name="保存为新版本").click()
    expect(row).to_contain_text("（停用）")
    assert manager.get(f"{BASE}/alarm-rules/so2.page").json()["reason"] == "入冬停测"


def test_the_figures_stand_beside_their_targets(cockpit: Cockpit, manager: httpx.Client, desk: Page) -> None:
    above(cockpit, "air-figures", "指标空气站")
    until(lambda: manager.get(f"{BASE}/alarms", params={"device": "air-figures"}).json()["alarms"])
    desk.goto(f"{cockpit.url}/alarm-figures?community=heling")
    row = desk.locator('[data-figure="per_day"]')
    expect(row).to_contain_text("≤ 150")
    # A cockpit that listens since a minute has seen no month, and says so instead of a rate.
    expect(row).to_contain_text("监视不足 20 小时，不计频次")
    expect(desk.locator("[data-period]")).to_contain_text("小时有规则监视")
    expect(desk.locator('[data-figure="in_flood"]')).to_contain_text(re.compile("✓ 达到|▲ 未达到|监视不足"))
    missed = desk.locator("[data-figures] tr.is-missed")
    for place in range(missed.count()):
        expect(missed.nth(place)).to_contain_text("▲ 未达到")


def test_who_is_on_duty_is_entered_and_taken_off(cockpit: Cockpit, manager: httpx.Client, desk: Page) -> None:
    cockpit.add_user("值班网格员", "steward", "heling")
    desk.goto(f"{cockpit.url}/alarms?community=heling&view=duty")
    place = desk.locator("[data-other-view]")
    expect(place).to_contain_text("现在值班：没有人")
    place.get_by_text("排班", exact=True).click()
    place.get_by_label("值班人").select_option("值班网格员")
    for label, shift in (("从（北京时间）", -1), ("到（北京时间）", 1)):
        local = time.gmtime(time.time() + (8 + shift) * 3600)
        place.get_by_label(label).fill(time.strftime("%Y-%m-%dT%H:%M", local))
    place.get_by_role("button", name="加入").click()
    expect(place).to_contain_text("现在值班：值班网格员")
    place.get_by_role("button", name="移除 值班网格员").click()
    expect(place).to_contain_text("现在值班：没有人")


def test_a_notice_leads_to_its_alarm(cockpit: Cockpit, manager: httpx.Client, desk: Page) -> None:
    quiet(manager)
    desk.goto(f"{cockpit.url}/?community=heling")
    above(cockpit, "air-bell", "通知空气站")
    expect(desk.locator(".bell button").first).to_contain_text(re.compile(r"通知 \d"))
    alarm = until(lambda: manager.get(f"{BASE}/alarms", params={"device": "air-bell"}).json()["alarms"])[0]["id"]
    pages = [one["page"] for one in manager.get(f"{BASE}/notices").json()["notices"]]
    assert {page for page in pages if page.startswith("/alarms")}
    desk.goto(f"{cockpit.url}/alarms?community=heling&alarm={alarm}")
    expect(desk.locator("[data-alarm-detail]")).to_contain_text("通知空气站")


def test_on_a_phone_a_steward_acknowledges_and_sees_what_needs_another_role(
    cockpit: Cockpit, manager: httpx.Client, browser: Browser
) -> None:
    quiet(manager)
    above(cockpit, "air-phone", "手机空气站")
    context = screen(browser, PHONE)
    try:
        page = context.new_page()
        cockpit.sign_in(page, "手机网格员", "steward", "heling")
        page.goto(f"{cockpit.url}/alarms?community=heling")
        line(page, "手机空气站").locator(".alarm-line").first.click()
        detail = page.locator("[data-alarm-detail]")
        expect(detail).to_contain_text("搁置需要管理员")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0]
        detail.get_by_role("button", name="确认", exact=True).click()
        expect(detail.locator(".marks")).to_contain_text("已确认")
        detail.get_by_role("button", name="关闭").click()
        expect(line(page, "手机空气站")).to_be_visible()
    finally:
        context.close()


def test_by_the_keyboard_alone_an_alarm_is_opened_acknowledged_and_closed(
    cockpit: Cockpit, manager: httpx.Client, desk: Page
) -> None:
    quiet(manager)
    above(cockpit, "air-keys", "键盘空气站")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    opener = line(desk, "键盘空气站").locator(".alarm-line").first
    opener.focus()
    desk.keyboard.press("Enter")
    detail = desk.locator("[data-alarm-detail]")
    expect(detail).to_be_focused()
    button = detail.get_by_role("button", name="确认", exact=True)
    expect(button).to_be_visible()
    for _ in range(12):
        desk.keyboard.press("Tab")
        if button.evaluate("(one) => one === document.activeElement"):
            break
    expect(button).to_be_focused()
    desk.keyboard.press("Enter")
    expect(detail.locator(".marks")).to_contain_text("已确认")
    detail.get_by_role("button", name="关闭").focus()
    desk.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    expect(opener).to_be_focused()


def test_an_alarm_leads_to_its_place_on_the_map(cockpit: Cockpit, manager: httpx.Client, desk: Page) -> None:
    quiet(manager)
    above(cockpit, "air-map", "地图空气站")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "地图空气站").locator(".alarm-line").first.click()
    desk.locator("[data-alarm-detail]").get_by_role("link", name="在地图上看").click()
    card = desk.locator("[data-map-card]")
    expect(card).to_contain_text("PM2.5 偏高 · 地图空气站", timeout=60_000)
    expect(card).to_contain_text("▲ 高 · 未确认")


def test_who_acts_on_what_changed_meanwhile_is_told_so_in_a_sentence(
    cockpit: Cockpit, manager: httpx.Client, desk: Page
) -> None:
    quiet(manager)
    above(cockpit, "air-race", "抢先空气站")
    desk.goto(f"{cockpit.url}/alarms?community=heling")
    line(desk, "抢先空气站").locator(".alarm-line").first.click()
    detail = desk.locator("[data-alarm-detail]")
    button = detail.get_by_role("button", name="确认", exact=True)
    expect(button).to_be_visible()
    desk.evaluate("() => { cockpit.alarms.moved = () => {}; }")
    quiet(manager)
    button.click()
    expect(detail.locator(".outcome")).to_contain_text("现在的状态是「已确认」，不能确认")
