"""A demonstration as somebody meets it: it fills itself, every page says what it is, and it goes when it is told to."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import screen
from tests.running import Cockpit, until

PAGES = (
    "/wall/heling", "/", "/map", "/alarms", "/events", "/board", "/report", "/figures", "/visitors", "/forecast",
    "/festivals", "/counts", "/governance", "/calendar", "/media", "/registers?register=meals", "/quarantine",
    "/ground", "/displays", "/people", "/scenes?scene=low_carbon", "/scenes?scene=services", "/wall/tahai",
    "/governance?community=tahai", "/scenes?scene=health&community=tahai", "/figures?community=tahai",
)  # fmt: skip
UNMARKED = """() => [...document.querySelectorAll(
  ".ag-center-cols-container .ag-row, .alarm-line, .cards .card, .media-wall li, .matter, .scene-figure," +
  ".totals .total, .panel[data-panel]")]
  .filter((one) => one.offsetParent !== null && /[1-9]/.test(one.querySelector(".value")?.innerText ?? one.innerText))
  .map((one) => one.matches(".total") ? one.closest(".panel") : one)
  .filter((one) => !/演示|回放|未配置|底图/.test(one.innerText))
  .filter((one) => !(one.closest("#places-table") && /示意/.test(one.innerText)))
  .map((one) => one.className + ": " + one.innerText.replace(/\\s+/g, " ").slice(0, 120))"""
"""Rows, cards, figures and panels that tell of something and say neither that it is invented nor replayed.

What the ground lists comes with the software, not from the demonstration: 示意 says that nobody measured it.
"""


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A demonstration that runs and has begun to fill itself."""
    running = Cockpit(tmp_path_factory.mktemp("demonstration")).start("--demo")
    until(lambda: running.get("/api/v1/heling/registers/meal_prices")["rows"], 120, 0.5)
    yield running
    running.stop()


def unmarked(page: Page) -> list[str]:
    """What lacks its mark on a page, once what it asks for had time to come after its frame."""
    found: list[str] = []
    for _ in range(50):
        found = page.evaluate(UNMARKED)
        if not found:
            break
        page.wait_for_timeout(200)
    return found


@pytest.mark.thorough
def test_every_page_says_what_it_is_and_nothing_invented_on_it_lacks_its_mark(
    demonstration: Cockpit, browser: Browser
) -> None:
    context = screen(browser)
    context.add_cookies([demonstration.cookie(demonstration.add_user("看演示的人", "admin"))])
    page = context.new_page()
    for address in PAGES:
        page.goto(f"{demonstration.url}{address}")
        expect(page.locator("[data-demonstration]"), address).to_be_visible()
        expect(page.locator("[data-demonstration] .whole")).to_have_text("演示数据")
        assert (address, unmarked(page)) == (address, [])
    page.goto(f"{demonstration.url}/visitors?community=tahai")
    expect(page.locator("main")).to_contain_text("没有统计游客的场所")
    expect(page.locator(".way-about")).not_to_contain_text("客流")
    context.close()


@pytest.mark.thorough
def test_the_sick_device_raises_its_alarm_soon_in_both_communities(demonstration: Cockpit) -> None:
    for community in ("heling", "tahai"):
        alarms = f"/api/v1/{community}/alarms"
        until(lambda at=alarms: "device.battery" in {one["rule"] for one in demonstration.get(at)["alarms"]}, 300, 1)


def test_the_routes_tell_which_records_are_invented(demonstration: Cockpit) -> None:
    token = demonstration.answer("token", "add", "--role", "manager", "--name", "看演示的令牌")["token"]
    with httpx.Client(
        base_url=f"{demonstration.url}/api/v1/heling", headers={"Authorization": f"Bearer {token}"}
    ) as on:
        assert None not in {one["properties"]["source"] for one in on.get("/events").json()["features"]}
        until(lambda: on.get("/devices").json()["features"], 30, 0.2)
        assert None not in {one["properties"]["source"] for one in on.get("/devices").json()["features"]}
        mine = on.post("/events", json={"id": "mine", "title": "真的", "category": "facility.road"})
        assert (mine.status_code, mine.json()["properties"]["source"]) == (201, None)
        rows = on.get("/registers/persons").json()["rows"]
        assert rows
        assert all(one["demo"] for one in rows)
        added = on.post("/registers/persons", json={"card": "REAL-1", "name": "真"}).json()["id"]
        assert "demo" not in on.get(f"/registers/persons/{added}").json()
        people = {one["name"]: one["account"] for one in on.get("/assignees").json()["assignees"]}
        assert people["演示网格员丙"]
        council = on.get("/governance/council").json()
        assert council["members"]
        assert all(one["demo"] for one in council["members"])


def test_it_is_not_begun_among_records_of_somebody(own_cockpit: Cockpit) -> None:
    own_cockpit.add_device("real-01")
    done = own_cockpit.run("up", "--demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "records of its own" in done.stderr
    refused = own_cockpit.run("demo", "clear")
    assert refused.returncode == 2
    assert "no demonstration" in refused.stderr


def test_it_is_taken_out_once_it_is_stopped_and_what_was_added_stays(demonstration: Cockpit) -> None:
    running = demonstration.run("demo", "clear")
    assert running.returncode == 2
    assert "another cockpit up runs on it" in running.stderr
    demonstration.stop()
    counts = demonstration.answer("demo", "clear")
    assert counts["tables"]["register_row"] > 100
    demonstration.start()
    left = [one["properties"]["title"] for one in demonstration.get("/api/v1/heling/events")["features"]]
    assert left == ["真的"]
    assert demonstration.get("/api/v1/heling/devices")["features"] == []
