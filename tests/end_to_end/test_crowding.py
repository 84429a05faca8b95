"""A site that fills: the recorded people through its gates take it through the levels and back, on every screen."""

from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import accumulate

import pytest
from playwright.sync_api import Page, expect

from sensors.replay import recording
from sensors.replay.replay import people_passed
from store.instant import HOUR, MINUTE, Instant, from_datetime
from tests.end_to_end.test_counting import visitors
from tests.end_to_end.test_events import client
from tests.running import Cockpit

SATURDAY = from_datetime(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))  # 05:00 in Shanghai
STEP = 30 * MINUTE
RISE_AND_FALL = ["normal", "yellow", "orange", "red", "orange", "yellow", "normal"]
BASE = "/api/v1/heling/visitors"


def recorded_day() -> list[dict[str, tuple[int, int]]]:
    """Gate -> (entered, left) of each half hour of a recorded Saturday at the scenic area."""
    with as_file(files("sensors.replay") / "recordings" / "pedestrian_counts_hourly.csv") as path:
        tracks = [track for track in recording.read(path).tracks if track.device.site == "fangyan"]

    def passed(track: recording.Track, begin: Instant) -> tuple[int, int]:
        gone = begin - track.residence
        left = people_passed(track, max(SATURDAY, gone), gone + STEP) if gone + STEP > SATURDAY else 0
        return people_passed(track, begin, begin + STEP), left

    begins = range(SATURDAY, SATURDAY + 22 * HOUR, STEP)
    return [{track.device.id: passed(track, begin) for track in tracks} for begin in begins]


@pytest.mark.thorough
def test_the_recorded_day_goes_up_through_the_levels_and_back_without_flicker(cockpit: Cockpit, page: Page) -> None:
    day = recorded_day()
    inside = list(accumulate(sum(entered - left for entered, left in step.values()) for step in day))
    manager = client(cockpit, "承载经理", "manager", "heling")
    gates = {gate: cockpit.add_device(gate, "gate", site="fangyan", source="recorded") for gate in day[0]}
    most = int(max(inside) / 1.02)
    answer = manager.post(f"{BASE}/fangyan/capacity", json={"instant": most, "daily": 1_000_000, "from": "2026-01-01"})
    assert (answer.status_code, answer.json()["instant"]) == (201, most), answer.text
    page.goto(f"{cockpit.url}/wall/heling")
    row = page.locator('[data-row="visitors.fangyan.inside"]')
    expect(page.locator('[data-row="visitors.fangyan.capacity"]')).to_contain_text(f"{most:,}".replace(",", "\u202f"))

    told: list[str] = []
    for step, people in zip(day, inside, strict=True):
        for gate, (entered, left) in step.items():
            assert cockpit.publish(gates[gate], "telemetry", {"enter": entered, "leave": left}) == 0
        site = visitors(cockpit, "fangyan")
        assert site["inside"] == people
        assert site["low"] <= people <= site["high"]
        if told[-1:] != [site["level"]]:
            told.append(site["level"])
            expect(row).to_have_attribute("data-crowd", site["level"])
            if site["level"] == "red":
                expect(row).to_contain_text("▲")
                expect(page.locator('[data-row="visitors.fangyan.capacity"]')).to_contain_text("红色预警")
    assert told == RISE_AND_FALL
    log = cockpit.get(f"{BASE}/fangyan/levels")["changes"]
    assert [change["to"] for change in reversed(log)] == RISE_AND_FALL
    assert all(change["capacity"] == most for change in log)
    # A past time has the level that the screens had.
    red = next(change["at"] for change in log if change["to"] == "red")
    past = cockpit.get(BASE, at=red)["sites"]
    assert next(one["level"] for one in past if one["site"] == "fangyan") == "red"


def test_a_capacity_by_area_is_that_of_the_standard_and_counts_from_its_day(cockpit: Cockpit) -> None:
    manager = client(cockpit, "面积经理", "manager", "heling")
    before = cockpit.get(f"{BASE}/square/capacity")
    assert (before["instant"], before["daily"], before["versions"]) == (None, None, [])
    area = {"area_m2": 3000, "m2_per_person": 2.5, "turnover": 1.5}
    made = manager.post(f"{BASE}/square/capacity", json=area | {"from": "2026-01-01"})
    assert [made.json()[name] for name in ("instant", "daily", "basis", "from")] == [
        1200,
        1800,
        "area",
        "2025-12-31T16:00:00Z",
    ]
    manager.post(f"{BASE}/square/capacity", json={"instant": 900, "from": "2099-01-01"})
    known = cockpit.get(f"{BASE}/square/capacity")
    assert (known["instant"], [row["instant"] for row in known["versions"]]) == (1200, [900, 1200])
    assert "by" not in known["versions"][0], "a stranger is not told who did it"
    assert manager.get(f"{BASE}/square/capacity").json()["versions"][0]["by"] == "user:面积经理"
    foreign = client(cockpit, "外地经理", "manager", "tahai")
    assert "by" not in foreign.get(f"{BASE}/square/capacity").json()["versions"][0], "nor who works elsewhere"
    assert visitors(cockpit, "square")["capacity_daily"] == 1800
    admin = client(cockpit, "承载审计", "admin", "*")
    told = [row for row in admin.get("/api/v1/audit").json()["rows"] if row["action"] == "visitors.capacity"]
    assert told[0]["object"] == "heling/square"


WRONG = [
    ("capacity", {}, "instant: say how many"),
    ("capacity", {"instant": 5, "area_m2": 5}, "not both"),
    ("capacity", {"area_m2": 5}, "both are needed"),
    ("capacity", {"area_m2": 1, "m2_per_person": 5}, "these give 0 people"),
    ("capacity", {"instant": 0}, "instant"),
    ("capacity", {"instant": 1e12}, "instant"),
    ("capacity", {"instant": 5, "from": "tomorrow"}, "from: not a time"),
    ("closing", {"closed": True, "reason": "  "}, "reason: a text is needed"),
    ("errors", {"device": "gate-x", "percent": 101, "how": "x"}, "percent"),
    ("duties", {"duty": "report", "note": " "}, "note: a text is needed"),
]


@pytest.mark.parametrize(("what", "body", "why"), WRONG)
def test_what_cannot_be_taken_is_refused_with_why(cockpit: Cockpit, what: str, body: dict, why: str) -> None:
    manager = client(cockpit, f"错误{WRONG.index((what, body, why))}", "manager", "heling")
    answer = manager.post(f"{BASE}/square/{what}", json=body)
    assert (answer.status_code, why in answer.json()["detail"]) == (400, True), answer.text


def test_only_a_manager_of_the_community_changes_what_a_site_may_hold(cockpit: Cockpit) -> None:
    writes = {
        "capacity": {"instant": 5},
        "closing": {"closed": True, "reason": "x"},
        "errors": {"device": "gate-x", "percent": 1, "how": "x"},
        "duties": {"duty": "report", "note": "x"},
    }
    steward = client(cockpit, "越权网格", "steward", "heling")
    elsewhere = client(cockpit, "越权经理", "manager", "tahai")
    manager = client(cockpit, "场所经理", "manager", "heling")
    for what, body in writes.items():
        for who in (steward, elsewhere):
            assert who.post(f"{BASE}/square/{what}", json=body).status_code == 403
        assert manager.post(f"{BASE}/nowhere/{what}", json=body).status_code == 404


def test_a_manager_closes_a_site_and_the_wall_says_so(cockpit: Cockpit, page: Page) -> None:
    gate = cockpit.add_device("gate-closing", "gate", site="centre")
    cockpit.publish(gate, "telemetry", {"enter": 3})
    manager = client(cockpit, "关闭经理", "manager", "heling")
    page.goto(f"{cockpit.url}/wall/heling")
    row = page.locator('[data-row="visitors.centre.inside"]')
    expect(row.locator(".value")).to_have_text("3")
    for closed, level in ((True, "closed"), (False, None)):
        answer = manager.post(f"{BASE}/centre/closing", json={"closed": closed, "reason": "台风"})
        assert (answer.status_code, answer.json()["closed"]) == (201, closed)
        assert visitors(cockpit, "centre")["level"] == level
        expect(row).to_have_attribute("data-crowd", level or "")
        said = page.locator('[data-closed="centre"]')
        if closed:
            expect(said).to_contain_text("✕ 已关闭 · 自")
            expect(said).to_contain_text("仍有 3 人在内 · 台风")
        else:
            expect(said).to_be_hidden()
    words = cockpit.get(f"{BASE}/centre/closing")["words"]
    assert [word["closed"] for word in words] == [False, True]


def test_on_the_page_a_manager_enters_a_capacity_counts_and_sees_to_a_duty(cockpit: Cockpit, page: Page) -> None:
    gate = cockpit.add_device("gate-page", "gate", site="fangyan", name="东门口")
    client(cockpit, "清零经理", "manager", "heling").post(f"{BASE}/fangyan/count", json={"inside": 0, "note": "闭园"})
    cockpit.publish(gate, "telemetry", {"enter": 95})
    cockpit.sign_in(page, "页面承载", "manager", "heling")
    page.goto(f"{cockpit.url}/visitors?community=heling")
    place = page.locator('[data-visitors-site="fangyan"]')
    done = page.locator("[data-outcome]")
    expect(place.locator('[data-figure="inside"]')).to_contain_text("95 人（90–100）")
    expect(place).to_contain_text("误差为默认值，未经实测")
    expect(page.locator('[data-visitors-site="square"]')).to_contain_text("现为")
    expect(page.locator('[data-visitors-site="square"]')).not_to_contain_text("旅游法")
    place.get_by_text("录入核定的承载量").click()
    place.get_by_label("瞬时承载量（人）").fill("100")
    place.get_by_role("button", name="录入", exact=True).click()
    expect(done).to_contain_text("承载量已录入")
    expect(place.locator("[data-level]")).to_contain_text("◆ 橙色预警")
    expect(place).to_contain_text("本次预警自")
    duty = place.locator(".duty", has_text="同时向当地人民政府报告")
    duty.get_by_text("办理：同时").click()
    duty.get_by_label("怎样办的、告知了谁").fill("电话报告镇值班室")
    duty.get_by_role("button", name="已办").click()
    expect(place).to_contain_text("✓ 已办 · 页面承载")
    place.get_by_text("现场清点：校正在场人数").click()
    place.get_by_label("在场人数", exact=True).fill("60")
    place.get_by_label("依据", exact=True).fill("人工清点")
    place.get_by_role("button", name="校正").click()
    expect(place.locator('[data-figure="inside"]')).to_contain_text("60 人")
    expect(place).to_contain_text("多35")
    expect(place.locator("[data-level]")).to_contain_text("正常")
