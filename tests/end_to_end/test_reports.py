"""Reports by one click: their progress, their files, who may have them, what they say where they cannot be made."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from cockpit.reports.kinds import code_of, over_by
from store.instant import now
from tests.browsing import DESK, screen
from tests.permissions import bearer
from tests.running import Cockpit, until

REPORTS = "/api/v1/heling/reports"
MADE_S = 60


@dataclass
class Desk:
    """A running cockpit with somebody of each role."""

    cockpit: Cockpit
    page: Page
    manager: dict[str, str]
    steward: dict[str, str]

    def get(self, path: str, who: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        """Ask the API as a manager, or who is named."""
        headers = self.manager if who is None else who
        return httpx.get(self.cockpit.url + REPORTS + path, headers=headers, params=params, timeout=MADE_S)

    def post(self, path: str, who: dict[str, str], **body: Any) -> httpx.Response:
        """Write by the API."""
        return httpx.post(self.cockpit.url + REPORTS + path, headers=who, json=body, timeout=MADE_S)


@pytest.fixture(scope="module")
def desk(cockpit: Cockpit, browser: Browser) -> Iterator[Desk]:
    """A manager at a desk, and tokens."""
    context = screen(browser, DESK)
    page = context.new_page()
    cockpit.sign_in(page, "报告经理", "manager", "heling")
    page.goto(f"{cockpit.url}/reports?community=heling")
    manager, steward = (bearer(cockpit, f"报告-{role}", role, "heling") for role in ("manager", "steward"))
    yield Desk(cockpit, page, manager, steward)
    context.close()


def test_a_month_is_one_request_and_the_same_bytes_the_next_time(desk: Desk) -> None:
    month = over_by("month", now()).code
    first = desk.get("/month", month=month, format="pdf")
    assert (first.status_code, first.headers["content-type"], first.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert desk.get("/month", month=month, format="pdf").content == first.content
    known_at = first.headers["x-report-known-at"]
    assert desk.get("/month", month=month, format="pdf", known_at=known_at).content == first.content
    english = desk.get("/month", month=month, format="xlsx", lang="en")
    assert "Figures" in load_workbook(io.BytesIO(english.content)).sheetnames
    [listed] = [one for one in desk.get("").json()["reports"] if one["period"] == month]
    [file] = [one for one in listed["files"] if (one["format"], one["language"]) == ("pdf", "zh-CN")]
    assert (file["bytes"], file["sha256"]) == (len(first.content), hashlib.sha256(first.content).hexdigest())
    assert listed["known_at"] == known_at


def test_a_month_that_is_not_over_is_told_until_now_and_one_that_has_not_begun_is_refused(desk: Desk) -> None:
    answer = desk.get("/month", month=code_of("month", now()), format="xlsx")
    sheet = load_workbook(io.BytesIO(answer.content))["说明"]
    assert any("尚未结束" in str(row[1]) for row in sheet.iter_rows(values_only=True))
    assert desk.get("/month", month="2999-01").status_code == 400
    assert desk.get("/month", month="2026-13").status_code == 400
    assert desk.get("/month", month="2026-10", known_at="soon").status_code == 400


def test_a_steward_has_the_day_only(desk: Desk) -> None:
    day = over_by("day", now()).code
    assert desk.get("/day", desk.steward, day=day).status_code == 200
    assert desk.get("/month", desk.steward, month="2026-10").status_code == 403
    assert {one["kind"] for one in desk.get("", desk.steward).json()["kinds"]} == {"day"}
    assert {one["kind"] for one in desk.get("", desk.steward).json()["reports"]} <= {"day"}
    assert desk.post("", desk.steward, kind="month").status_code == 403
    assert desk.post("/schedule", desk.steward, kind="day", enabled=False).status_code == 403
    [month] = [one for one in desk.get("").json()["reports"] if one["kind"] == "month"][:1]
    assert desk.get(f"/{month['id']}/file", desk.steward, format="pdf").status_code == 403
    assert desk.get("", {}).status_code == 401
    elsewhere = desk.cockpit.url + "/api/v1/tahai/reports"
    assert httpx.get(elsewhere, headers=desk.manager).status_code == 403


def test_the_page_makes_one_shows_how_far_it_is_and_gives_its_files(desk: Desk) -> None:
    week = over_by("week", now()).code
    card = desk.page.locator('.report-kind[data-kind="week"]')
    expect(card.locator("input")).to_have_value(week)
    card.get_by_role("button", name="制作", exact=True).click()
    row = desk.page.locator(".reports-table tbody tr").filter(has_text="议事周报").first
    expect(row.locator(".report-files a")).to_have_count(4, timeout=MADE_S * 1000)
    expect(row.locator(".report-state")).to_have_text("● 已完成")
    with desk.page.expect_download() as downloading:
        row.get_by_role("link", name="PDF 中文").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"%PDF-")


def test_what_is_made_by_itself_is_switched_off_and_on(desk: Desk) -> None:
    schedule = desk.page.locator('.report-kind[data-kind="day"] .schedule')
    expect(schedule).to_contain_text("每天 07:30 自动制作")
    schedule.get_by_role("button").click()
    expect(schedule).to_contain_text("不自动制作")
    schedule.get_by_role("button").click()
    expect(schedule).to_contain_text("每天 07:30 自动制作")


def test_one_that_cannot_be_made_says_why_and_is_tried_again(own_cockpit: Cockpit, tmp_path: Path) -> None:
    font = tmp_path / "later.ttc"
    own_cockpit.settings["COCKPIT_REPORT_FONT"] = str(font)
    own_cockpit.start()
    manager = bearer(own_cockpit, "报告", "manager", "heling")
    day = over_by("day", now()).code
    address = own_cockpit.url + REPORTS
    failed = httpx.get(f"{address}/day", params={"day": day}, headers=manager, timeout=MADE_S)
    assert failed.status_code == 500
    assert "COCKPIT_REPORT_FONT" in failed.json()["detail"]
    [told] = httpx.get(address, headers=manager).json()["reports"]
    assert (told["state"], told["reason"]) == ("failed", failed.json()["detail"])
    found = next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"))
    font.symlink_to(found)
    assert httpx.post(f"{address}/{told['id']}/again", json={}, headers=manager).status_code == 202
    until(lambda: httpx.get(address, headers=manager).json()["reports"][0]["state"] == "done", MADE_S, 0.2)
