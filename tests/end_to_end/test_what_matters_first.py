"""What stands on a screen that stays open is what matters, and what is true by now."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from store.engine import open_engine
from store.instant import DAY, HOUR, MILLISECOND, now
from tests.browsing import WALL, screen
from tests.layers.test_concerns import put
from tests.running import Cockpit

CHENGLU = {"lon": 120.1905, "lat": 28.9285}
NEWER = 30
"""Minor events that come after a critical one."""


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit that finds events when it starts: a critical one past its limit, one in time, and a medium one."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit"))
    running.add_device("reporter-0", "siren", **CHENGLU)
    engine = open_engine(f"sqlite:///{running.data}/cockpit.db")
    here = CHENGLU | {"area": "chenglu"}
    put(engine, "late", "critical", now() - 3 * DAY, now() - 2 * DAY, **here)
    put(engine, "known", "critical", now() - HOUR, now() + DAY, **here)
    put(engine, "medium", "major", now() - 8 * HOUR, now() + DAY, **here)
    engine.dispose()
    yield running.start()
    running.stop()


def test_no_newer_event_pushes_a_graver_one_off_the_wall(cockpit: Cockpit, browser: Browser) -> None:
    who = cockpit.add_device("reporter", "siren", **CHENGLU)
    context = screen(browser)
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/wall/heling")
        began = (now() - 5 * HOUR) // MILLISECOND
        for number, severity in enumerate(["critical", *["minor"] * NEWER, "major"]):
            event = {
                "id": str(number),
                "severity": severity,
                "title": f"第 {number} 件",
                "category": "facility.lighting",
                "ts": began + number * 60_000,
            }
            cockpit.publish(who, "event", event)
        rows = page.locator("#panel-grid_events .event:not([hidden])")
        expect(page.locator("#panel-grid_events [data-live='grid_events.*.minor']")).to_have_text(str(NEWER))
        for place, title in enumerate(("第 late 件", "第 known 件", "第 0 件")):
            expect(rows.nth(place)).to_contain_text(title)
        shown = rows.count()
        expect(page.locator("#panel-grid_events .event-more")).to_have_text(f"另有 {NEWER + 5 - shown} 件")
    finally:
        context.close()


def test_a_leader_sees_in_front_of_the_wall_what_the_brief_says_and_opens_the_rows_of_each_by_one_click(
    cockpit: Cockpit, browser: Browser
) -> None:
    smoke = cockpit.add_device("smoke-brief", "smoke", name="礼堂烟感", **CHENGLU)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    context = screen(browser, WALL)
    faults: list[str] = []
    try:
        page = context.new_page()
        cockpit.sign_in(page, "王书记", "manager", "heling")
        page.goto(f"{cockpit.url}/wall/heling")
        expect(page.locator("#panel-alarms .alarm").first).to_contain_text("礼堂烟感")
        first = page.locator("#panel-grid_events .event:not([hidden]) .title").first.inner_text()
        page.close()
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{cockpit.url}/events?community=heling")
        menu = page.locator("nav.pages a:visible")
        expect(menu.first).to_have_text("今日要情")
        menu.first.click()
        clicks = 1
        cards = page.locator(".brief-card")
        expect(cards).to_have_count(3)
        codes = [card.get_attribute("data-concern") for card in cards.all()]
        assert codes == ["alarm_critical", "event_critical_late", "event_critical"]
        told = cards.all_inner_texts()
        assert "烟感报警 · 礼堂烟感" in told[0]
        assert first in told[1]
        assert "2 天 0 小时" in told[1]
        assert "→ 与昨日此时持平（1）" in told[1]
        assert "（昨日 0）" in told[2]
        expect(page.locator(".brief-others li").first).to_contain_text("中级事件在办")
        expect(page.locator('[data-source="visitors"]')).to_contain_text("未配置：方岩景区的承载量")
        for number in range(3):
            card = cards.nth(number)
            value = int(card.locator(".value").inner_text())
            rows = card.locator("a.rows")
            answer = page.request.get(cockpit.url + str(rows.get_attribute("data-api"))).json()
            assert len(answer.get("alarms") or answer["features"]) == value
            rows.click()
            clicks += 1
            page.wait_for_url("**/alarms?*" if number == 0 else "**/events?*")
            expect(page.locator(f'[data-rows-count][data-total="{value}"]')).to_be_visible()
            page.go_back()
            expect(cards).to_have_count(3)
        # What comes while one looks is there without a click; so is the way to its place.
        cockpit.publish(smoke, "telemetry", {"smoke": False})
        manager = httpx.Client(base_url=cockpit.url, headers={"Authorization": f"Bearer {_token(cockpit)}"})
        [alarm] = manager.get("/api/v1/heling/alarms", params={"state": "open"}).json()["alarms"]
        manager.post(f"/api/v1/heling/alarms/{alarm['id']}/acknowledge", json={}).raise_for_status()
        expect(cards.first).to_have_attribute("data-concern", "event_critical_late")
        # A server that is busy is asked again.
        assert (clicks, [fault for fault in faults if "503" not in fault]) == (4, [])
        cards.nth(1).locator("a.place").click()
        expect(page.locator(".map-card")).to_contain_text(re.compile("第 (0|known) 件"))
    finally:
        context.close()


def _token(cockpit: Cockpit) -> str:
    return str(cockpit.answer("token", "add", "--role", "manager", "--name", "leader")["token"])


def test_an_open_page_of_a_device_gets_its_chart_with_the_first_reading_and_says_when_it_is_revoked(
    cockpit: Cockpit, browser: Browser
) -> None:
    who = cockpit.add_device("new-air", **CHENGLU)
    context = screen(browser, (1440, 900))
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/devices/new-air")
        expect(page.locator("[data-device-status]")).to_contain_text("离线")
        expect(page.locator("[data-series-metric]")).to_have_count(0)
        cockpit.publish(who, "telemetry", {"pm2_5": 35})
        expect(page.locator("[data-series-metric]")).to_have_count(1)
        expect(page.locator("[data-device-status]")).to_contain_text("在线")
        cockpit.answer("device", "revoke", "new-air")
        expect(page.locator("[data-device-status]")).to_have_text("✕ 已撤销")
        expect(page.locator("[data-device-latest]")).to_contain_text("没有读数")
    finally:
        context.close()
