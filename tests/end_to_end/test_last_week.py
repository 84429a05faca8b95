"""Last Friday evening, a week later: seen by a click or two, on every page as it was, whatever was done since."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from store.instant import MINUTE, SECOND, local_date, midnight, now
from tests.browsing import DESK, PHONE, screen
from tests.end_to_end.test_accessible import AXE, EVERYTHING, LOOK
from tests.end_to_end.test_events import EVENTS, client
from tests.running import COMMAND, Cockpit, until

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
"""Debian's libfaketime: sets the clock back that a process reads (deploy/test-servers.sh)."""
HALF_PAST_SEVEN = (19 * 60 + 30) * MINUTE
PERSONS = "/api/v1/heling/registers/persons"
MATTERS = "/api/v1/heling/governance/matters"
HERE = {"lon": 120.1905, "lat": 28.9285}
MATTER = {"kind": "hard", "title": "停车难"}
LAMP = {"title": "路灯不亮", "category": "facility.lighting"} | HERE


def last_friday() -> date:
    """Friday of the week before this one."""
    today = local_date(now())
    return today - timedelta(today.weekday() + 3)


class Week(NamedTuple):
    """A cockpit of today, whose week before was another."""

    running: Cockpit
    friday: date
    rows: list[dict[str, Any]]
    clerk: httpx.Client


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder, friday = tmp_path_factory.mktemp("week"), last_friday()
    back = (now() - midnight(friday) - HALF_PAST_SEVEN) // SECOND
    faked = ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME=-{back}", "FAKETIME_DONT_FAKE_MONOTONIC=1", COMMAND]
    then = Cockpit(folder, command=faked)
    air = then.add_device("air-week", interval=7200, **HERE)
    smoke = then.add_device("smoke-week", "smoke", name="礼堂烟感", **HERE)
    then.start()
    try:
        rows = _lived(then)
    finally:
        then.stop()
    assert {one["at"][:10] for one in rows} == {str(friday)}

    running = Cockpit(folder).start()
    clerk = client(running, "本周经理", "manager", "heling")
    measured = [{"ts": f"{friday}T19:40:00+08:00", "values": {"pm2_5": 40}}, {"values": {"pm2_5": 400}}]
    assert running.publish(air, "telemetry", measured) == 0
    assert running.publish(smoke, "telemetry", {"smoke": True}) == 0
    until(lambda: clerk.get("/api/v1/heling/alarms").json()["alarms"])
    for path, body in ((EVENTS, LAMP | {"id": "2"}), (MATTERS, MATTER | {"title": "充电难"})):
        assert clerk.post(path, json=body).status_code == 201
    changed = {"name": "本周改的", "seq": 1, "reason": "改名"}
    assert clerk.post(f"{PERSONS}/{rows[0]['id']}", json=changed).status_code == 200
    assert clerk.post(f"{PERSONS}/{rows[1]['id']}/void", json={"reason": "误录"}).status_code == 200
    assert clerk.post(PERSONS, json={"card": "W-9", "name": "本周来的"}).status_code == 201
    yield Week(running, friday, rows, clerk)
    running.stop()


def _lived(then: Cockpit) -> list[dict[str, Any]]:
    """What was entered at half past seven on that Friday; answers the rows of a register."""
    clerk = client(then, "上周经理", "manager", "heling")
    for path, body in ((EVENTS, LAMP | {"id": "1"}), (MATTERS, MATTER)):
        assert clerk.post(path, json=body).status_code == 201
    return [clerk.post(PERSONS, json={"card": f"W-{n}", "name": f"上周{n}"}).json() for n in range(3)]


def test_a_register_is_seen_as_it_was(week: Week, page: Page) -> None:
    def names(**asked: str) -> list[str]:
        told = week.clerk.get(PERSONS, params={"sort": "card"} | asked).json()
        return [one["values"]["name"] for one in told["rows"]]

    assert names() == ["本周改的", "上周2", "本周来的"]
    assert names(at=f"{week.friday}T20:00") == names(at=f"{week.friday}T20:00:00+08:00") == ["上周0", "上周1", "上周2"]
    assert names(at=f"{week.friday - timedelta(1)} 12:00") == []

    week.running.sign_in(page, "回看的人", "steward", "heling")
    page.goto(f"{week.running.url}/registers?community=heling&register=persons")
    cells, count = page.locator(".ag-center-cols-container"), page.locator("[data-register-count]")
    expect(cells).to_contain_text("本周改的")
    page.get_by_role("button", name="选择时刻").click()
    page.get_by_label("时刻（北京时间）").fill(f"{week.friday}T21:15")
    page.get_by_role("button", name="看当时").click()
    expect(page.locator(".past-note")).to_contain_text(f"◷ 回看 {week.friday} 21:15（五）")
    expect(count).to_have_text("共 3 行")
    for name in ("上周0", "上周1", "上周2"):
        expect(cells).to_contain_text(name)
    expect(cells).not_to_contain_text(re.compile("本周"))


NAV = """() => [...document.querySelectorAll("nav.pages a")].map((one) =>
  [new URL(one.href).pathname, one.href, "present" in one.dataset])"""
WRITTEN = """(title) => cockpit.post("/api/v1/heling/events", { title, category: "facility.lighting" })
  .then(({ status }) => status)"""
OUTSIDE = """() => {
  const { left, right, bottom } = document.querySelector(".moment-choices").getBoundingClientRect();
  const header = document.querySelector(".desk > .top").getBoundingClientRect();
  const isWide = document.documentElement.scrollWidth > innerWidth;
  return [left < 0, right > innerWidth, bottom > innerHeight, isWide, header.height > 64];
}"""


def test_last_friday_evening_is_walked_through_from_page_to_page(week: Week, browser: Browser) -> None:
    context = screen(browser, DESK)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if _is_ours(said) else None)
    week.running.sign_in(page, "周五的人", "manager", "heling")
    at, band = f"at={week.friday}T20:00", page.locator(".past-note strong")

    def is_then() -> None:
        expect(band).to_have_text(f"◷ 回看 {week.friday} 20:00（五）")
        assert at in unquote(page.url)
        expect(page.locator("[data-live-mark]")).to_have_text("◷ 回看")

    # Two clicks.
    page.goto(f"{week.running.url}/?community=heling")
    expect(page.locator('[data-row="areas.chenglu"] .value').first).to_have_text("400")
    page.get_by_role("button", name="选择时刻").click()
    page.get_by_role("link", name="上周五 20:00").click()
    is_then()
    expect(page.locator('[data-row="areas.chenglu"] .value').first).to_have_text("40")
    expect(page.locator('[data-list="grid_events"] li.event')).to_have_count(1)

    # Every page of the way about keeps the time, or says before and after that it shows the present.
    for path, href, is_present in page.evaluate(NAV):
        assert (at in href or "replay=" in href) != is_present, path
        status, said = until(lambda path=path: _answered(page, f"{week.running.url}{path}?{at}"), 30)
        assert (status, "只有现在" in said) == ((400, True) if is_present else (200, False)), path

    page.get_by_role("link", name="网格事件", exact=True).click()
    is_then()
    expect(page.locator("#events-table .ag-center-cols-container .ag-row")).to_have_count(1)
    page.get_by_role("link", name="告警", exact=True).click()
    is_then()
    expect(page.locator("main")).not_to_contain_text("礼堂烟感")
    page.get_by_role("link", name="总览", exact=True).click()
    is_then()
    page.locator('#devices-table [row-id="air-week"] a').first.click()
    is_then()
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("40")
    page.get_by_role("link", name="共治", exact=True).click()
    is_then()
    matters = page.locator('[data-kind="hard"] [data-state="listed"]')
    expect(matters).to_have_text("1")
    assert page.evaluate(WRITTEN, "写进过去") == 409, "nothing is written from a page of the past"

    # A step by key, and one back; the next key takes one more.
    page.locator('[data-step="-86400000"]').focus()
    page.keyboard.press("ArrowLeft")
    expect(band).to_contain_text(f"{week.friday - timedelta(1)} 20:00（四）")
    expect(page.locator('[data-step="-86400000"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    is_then()
    page.locator('[data-step="-300000"]').click()
    expect(band).to_contain_text(f"{week.friday} 19:55（五）")
    page.get_by_role("link", name="+5 分").click()
    is_then()

    # What the list lies over is covered while it is open: then the list alone is looked at.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(LOOK, EVERYTHING) == []
    page.get_by_role("button", name="选择时刻").click()
    assert page.evaluate(LOOK.replace("run(document,", 'run(document.querySelector(".moment"),'), EVERYTHING) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate(OUTSIDE) == [False] * 5
    page.keyboard.press("Escape")
    page.locator(".past-note").get_by_role("link", name="回到实时").click()
    expect(page.locator(".past-note")).to_have_count(0)
    assert "at=" not in page.url
    expect(matters).to_have_text("2")

    page.goto(f"{week.running.url}/quarantine?community=heling")
    page.get_by_role("button", name="选择时刻").click()
    expect(page.locator(".moment-choices")).to_contain_text("此页只显示现在")
    assert errors == []
    context.close()


def _is_ours(said: ConsoleMessage) -> bool:
    """Whether an error is of our scripts: a busy machine's 503 is not."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def _answered(page: Page, address: str) -> tuple[int, str] | None:
    """What an address answers to whoever is signed in; None while the machine is too busy to say."""
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    answer = httpx.get(address, cookies=cookies, timeout=30)
    return None if answer.status_code == 503 else (answer.status_code, answer.text)
