"""The list of events: what its filters let through is what it shows, keeps while things change, and exports."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from store.instant import local_date, now
from tests.end_to_end.test_events import EVENTS, client
from tests.layers.sheets.test_out import read_csv, read_xlsx
from tests.running import Cockpit


def filed(who: Any, reference: str, title: str, **more: Any) -> str:
    """A report; returns the event's id."""
    body = {"id": reference, "title": title, "category": "facility.lighting"} | more
    return str(who.post(EVENTS, json=body).json()["id"])


def test_the_export_is_what_the_list_shows_in_its_order(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "导出经理", "manager", "heling")
    kept = filed(manager, "x1", "乙 路灯=1", severity="minor")
    fire = filed(manager, "x2", "甲 火情", category="safety.fire", severity="critical")
    gone = filed(manager, "x3", "误报")
    manager.post(f"{EVENTS}/{gone}/transitions", json={"to": "declined"}).raise_for_status()
    cockpit.sign_in(page, "看表经理", "manager", "heling")
    page.goto(f"{cockpit.url}/events?community=heling")
    rows = page.locator(".ag-center-cols-container [row-id]")
    expect(rows).to_have_count(2)
    page.locator('[col-id="title"] .ag-header-cell-label').click()
    first = page.locator('.ag-center-cols-container [row-index="0"]')
    expect(first).to_contain_text("乙 路灯=1")

    def exported(name: str) -> bytes:
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        return download.value.path().read_bytes()

    lines = read_csv(exported("导出 CSV"))
    assert [line[lines[0].index("标题")] for line in lines[1:]] == ["乙 路灯=1", "甲 火情"]
    page.locator('[data-narrows="q"]').fill("火情")
    expect(rows).to_have_count(1)
    sheet = read_xlsx(exported("导出 XLSX"))
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [fire]
    head = [cell.value for cell in sheet[1]]
    when = sheet.cell(2, head.index("发生") + 1)
    assert (when.is_date, sheet.freeze_panes) == (True, "A2")
    # What is no longer what was asked for goes from the list, and what comes to be so comes in.
    page.locator('[data-narrows="q"]').fill("")
    expect(rows).to_have_count(2)
    manager.post(f"{EVENTS}/{kept}/transitions", json={"to": "declined"}).raise_for_status()
    expect(rows).to_have_count(1)
    filed(manager, "x4", "新上报")
    expect(rows).to_have_count(2)
    expect(page.locator(".ag-center-cols-container")).to_contain_text("新上报")
    what_it_is_narrowed_to_stands_in_the_address(cockpit, page, fire)


def what_it_is_narrowed_to_stands_in_the_address(cockpit: Cockpit, page: Page, fire: str) -> None:
    """An address is what the API takes; each condition is a chip, and whoever comes back finds the list as it was."""
    page.goto(f"{cockpit.url}/events?community=heling&severity=critical,major&category=safety&from=2020-01-01")
    rows, chips = page.locator(".ag-center-cols-container [row-id]"), page.locator("[data-chips] .chip")
    expect(rows).to_have_count(1)
    expect(page.locator("[data-rows-count]")).to_have_attribute("data-total", "1")
    expect(chips).to_have_text(
        ["状态：未结 ✕", "级别：高 ✕", "级别：中 ✕", "类别：安全（全部） ✕", "发生自：2020-01-01 ✕"]
    )
    page.locator("a", has_text="甲 火情").click()
    expect(page.locator(".event-head h2")).to_have_text("甲 火情")
    page.get_by_role("link", name="返回列表").click()
    expect(chips).to_have_count(5)
    page.get_by_role("button", name="去掉条件 类别：安全（全部）").click()
    expect(chips).to_have_count(4)
    assert "category" not in page.url
    assert "severity=critical" in page.url
    page.locator("a", has_text="甲 火情").click()
    expect(page.locator(".event-head h2")).to_have_text("甲 火情")
    page.go_back()
    expect(chips).to_have_count(4)
    page.goto(f"{cockpit.url}/events?community=heling&state=all&q={fire[-7:]}")
    expect(rows).to_have_count(1)
    page.get_by_text("保存视图").click()
    page.get_by_label("视图的名字").fill("我的火情")
    page.get_by_role("button", name="保存当前筛选").click()
    expect(page.locator(".views .outcome")).to_contain_text("已保存在您的账号里")
    page.goto(f"{cockpit.url}/events?community=heling")
    page.get_by_label("我的视图").select_option("我的火情")
    expect(chips).to_have_text([f"搜索：{fire[-7:]} ✕"])
    expect(rows).to_have_count(1)
    # Whoever goes back sees what is so now, and the page that they go back to.
    for path in (EVENTS, "/_dash-layout"):
        assert httpx.get(cockpit.url + path).headers["Cache-Control"] == "no-store", path
    for wrong in ("state=offen", "severity=huge", "from=gestern", "overdue=1"):
        assert httpx.get(f"{cockpit.url}/events?community=heling&{wrong}").status_code == 400, wrong


def test_open_means_the_same_in_list_export_and_counts(either_cockpit: Cockpit) -> None:
    manager = client(either_cockpit, "未结经理", "manager", "heling")
    for number in range(3):
        filed(manager, f"o{number}", f"未结 {number}")
    done = filed(manager, "o9", "未结 结束")
    manager.post(f"{EVENTS}/{done}/transitions", json={"to": "declined"}).raise_for_status()
    listed = manager.get(EVENTS, params={"state": "open"}).json()["features"]
    lines = read_csv(manager.get(f"{EVENTS}/export", params={"state": "open", "format": "csv"}).content)
    columns = manager.get(f"{EVENTS}/board").json()["columns"]
    # A file is known by its day later on: today, or that of the past time that it shows.
    for asked, day in (({}, str(local_date(now()))), ({"at": "2026-11-20T20:00"}, "2026-11-20")):
        answer = manager.get(f"{EVENTS}/export", params={"state": "open", "format": "csv"} | asked)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="events-heling-{day}.csv"'
    rows = manager.get("/api/v1/heling/registers/persons/export", params={"format": "csv", "at": "2026-11-20T20:00"})
    assert rows.headers["Content-Disposition"] == 'attachment; filename="persons-heling-2026-11-20.csv"'
    assert len(listed) == len(lines) - 1 == sum(column["count"] for column in columns)
    assert done not in {one["id"] for one in listed}
    asked = {"q": "未结 2", "severity": "minor", "state": ["reported", "filed"]}
    assert [one["properties"]["title"] for one in manager.get(EVENTS, params=asked).json()["features"]] == ["未结 2"]
    for wrong in ({"state": "offen"}, {"severity": "huge"}, {"sort": "colour"}, {"q": "x" * 101}):
        assert manager.get(f"{EVENTS}/export", params=wrong).status_code == 400


def test_the_same_report_eight_times_at_once_is_one_event(either_cockpit: Cockpit) -> None:
    who = [client(either_cockpit, f"连点{number}", "steward", "heling") for number in range(1)] * 8
    start = threading.Barrier(8)

    def send(session: Any) -> tuple[int, str]:
        start.wait()
        answer = session.post(EVENTS, json={"id": "double", "title": "双击"})
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, who))
    assert sorted(status for status, _event in found) == [200] * 7 + [201]
    assert len({event for _status, event in found}) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"id": "t", "title": "x", "ts": "2099-01-01T00:00:00+08:00"}, "time_ahead"),
        ({"id": "t", "title": "x", "ts": 5}, "bad_time"),
        ({"id": "t"}, "wrong_shape"),
        ({"id": "t", "title": "x", "lon": 400, "lat": 1}, "bad_position"),
    ],
)
def test_a_report_that_is_refused_says_why_in_a_code_and_what_time_it_is(
    cockpit: Cockpit, body: dict[str, Any], reason: str
) -> None:
    token = cockpit.answer("token", "add", "--role", "steward", "--name", f"phone-{reason}")["token"]
    answer = httpx.post(f"{cockpit.url}{EVENTS}", json=body, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", answer.json()["server_time"])
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
