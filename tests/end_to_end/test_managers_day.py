"""A manager's day: events found, narrowed, taken many at a time, on the board, exported; and yesterday at 18:00."""

from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from store.instant import SHANGHAI
from tests.browsing import DESK, screen
from tests.end_to_end.test_events import EVENTS, HERE, client
from tests.end_to_end.test_installing import opened
from tests.layers.sheets.test_out import read_csv
from tests.running import Cockpit

MOST_CLICKS = 11
"""From a list of all that is open to yesterday at 18:00, with three events dispatched and a file of them."""
YESTERDAY = (datetime.now(SHANGHAI) - timedelta(days=1)).strftime("%Y-%m-%dT18:00")


def test_a_managers_day(cockpit: Cockpit, browser: Any) -> None:
    colleague = client(cockpit, "值班同事", "manager", "heling")
    lamps = [("minor", "橙麓路灯不亮"), ("major", "岩上路灯闪烁"), ("minor", "方岩路灯歪斜")]
    for number, (severity, title) in enumerate([*lamps, ("minor", "橙麓垃圾桶满溢"), ("critical", "岩上消防通道占用")]):
        body = {"id": f"day-{number}", "title": title, "severity": severity, "category": "facility.lighting", **HERE}
        event = colleague.post(EVENTS, json=body).json()["id"]
        colleague.post(f"{EVENTS}/{event}/transitions", json={"to": "filed"}).raise_for_status()

    with screen(browser, DESK) as context:
        page, errors = opened(cockpit, context, "日班经理")
        page.goto(f"{cockpit.url}/events?community=heling")
        rows = page.locator(".ag-center-cols-container [row-id]")
        expect(rows).to_have_count(5)

        # Found by a word, narrowed, and widened again by a chip.
        page.locator('[data-narrows="q"]').fill("路灯")
        expect(rows).to_have_count(3)
        page.locator('[data-narrows="severity"]').select_option("minor")
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="去掉条件 级别：低").click()
        expect(rows).to_have_count(3)

        # The same step for all three: only what can be done with all of them is offered.
        page.locator(".ag-header-select-all input").click()
        bar = page.locator("[data-batch]")
        expect(bar).to_contain_text("已选 3 件")
        bar.get_by_label("派给").select_option(label="日班经理（在办 0）")
        bar.get_by_role("button", name="批量派遣").click()
        expect(bar.locator(".outcome")).to_contain_text("✓ 已办理 3 件")
        expect(rows.first).to_contain_text("派遣")

        # What the list shows is exported.
        with page.expect_download() as download:
            page.get_by_role("link", name="导出 CSV").click()
        lines = read_csv(download.value.path().read_bytes())
        assert {line[lines[0].index("标题")] for line in lines[1:]} == {title for _, title in lamps}

        # On the board they stand where they are now; what was done stands there for a minute to be undone.
        page.get_by_role("link", name="看板", exact=True).click()
        given = page.locator('[data-state="dispatched"] .card')
        expect(given).to_have_count(3)
        given.filter(has_text="岩上路灯闪烁").get_by_label("办理这一件").select_option(label="处置")
        expect(page.locator('[data-state="in_hand"] .card')).to_have_count(1)

        # Yesterday at 18:00 none of it was known.
        page.locator("[data-moment] > button").click()
        page.locator(".moment-choices input").fill(YESTERDAY)
        page.get_by_role("button", name="看当时").click()
        expect(page.locator(".past-note")).to_contain_text(f"◷ 回看 {YESTERDAY.replace('T', ' ')}")
        expect(page.locator('[data-state="dispatched"] h2 .value')).to_have_text("0")
        page.get_by_role("link", name="回到实时").click()
        expect(given).to_have_count(2)
        assert int(page.evaluate("sessionStorage.getItem('clicks')")) <= MOST_CLICKS
        assert errors == []
