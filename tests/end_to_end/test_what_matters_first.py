"""What stands on a screen that stays open is what matters, and what is true by now."""

from playwright.sync_api import Browser, expect

from tests.browsing import screen
from tests.running import Cockpit

CHENGLU = {"lon": 120.1905, "lat": 28.9285}


def test_no_newer_event_pushes_a_graver_one_off_the_wall(cockpit: Cockpit, browser: Browser) -> None:
    who = cockpit.add_device("reporter", "siren", **CHENGLU)
    context = screen(browser)
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/wall/heling")
        for number, severity in enumerate(["minor", "critical", *["minor"] * 12, "major"]):
            event = {
                "id": str(number),
                "severity": severity,
                "title": f"第 {number} 件",
                "category": "facility.lighting",
            }
            cockpit.publish(who, "event", event)
        rows = page.locator("#panel-grid_events .event:not([hidden])")
        expect(rows.first).to_contain_text("第 1 件")
        expect(rows.nth(1)).to_contain_text("第 14 件")
        shown = rows.count()
        expect(page.locator("#panel-grid_events .event-more")).to_have_text(f"另有 {15 - shown} 件")
    finally:
        context.close()


def test_an_open_page_of_a_device_gets_its_chart_with_the_first_reading_and_says_when_it_is_revoked(
    cockpit: Cockpit, browser: Browser
) -> None:
    who = cockpit.add_device("new-air", **CHENGLU)
    context = screen(browser, (1440, 900))
    try:
        page = context.new_page()
        page.goto(f"{cockpit.url}/devices/new-air")
        expect(page.locator("[data-device-status]")).to_contain_text("离线")
        expect(page.locator('[data-chooses="device-metric"]')).to_have_count(0)
        cockpit.publish(who, "telemetry", {"pm2_5": 35})
        expect(page.locator('[data-chooses="device-metric"]')).to_have_count(1)
        expect(page.locator("[data-device-status]")).to_contain_text("在线")
        cockpit.answer("device", "revoke", "new-air")
        expect(page.locator("[data-device-status]")).to_have_text("✕ 已撤销")
        expect(page.locator("[data-device-latest] tr")).to_have_count(0)
    finally:
        context.close()
