"""Counting as people meet it: what screens say of a doubtful figure, and how a manager decides."""

import re
import time

from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.running import Cockpit


def send_totals(cockpit: Cockpit, device: str, site: str, *totals: int) -> None:
    """A gate that sends totals, a second apart, the last one now."""
    gate = cockpit.add_device(device, "gate", site=site, lon=120.2072, lat=28.9311)
    at = int(time.time() * 1000)
    for number, total in enumerate(totals):
        ts = at - (len(totals) - 1 - number) * 1000
        assert cockpit.publish(gate, "telemetry", {"ts": ts, "values": {"enter_total": total}}) == 0


def visitors(cockpit: Cockpit, site: str) -> dict:
    """What the API says of a site."""
    return next(one for one in cockpit.get("/api/v1/heling/visitors")["sites"] if one["site"] == site)


def test_a_manager_decides_over_a_jump_and_the_sums_follow(cockpit: Cockpit) -> None:
    send_totals(cockpit, "gate-jump", "centre", 1000, 1010, 21010, 21012)
    assert visitors(cockpit, "centre")["entered_today"] == 12
    [doubt] = visitors(cockpit, "centre")["doubt"]
    assert (doubt["code"], doubt["name"], doubt["gates"]) == ("suspect", "有计数待核定", ["gate-jump"])

    manager, steward = (client(cockpit, f"核对{role}", role, "heling") for role in ("manager", "steward"))
    base = "/api/v1/heling/visitors/centre"
    [step] = manager.get(f"{base}/steps").json()["steps"]
    assert (step["people"], step["counted"], step["trust"], step["verdict"]) == (20000, 0, "suspect", "impossible")
    asked = {name: step[name] for name in ("device", "counter", "ts")} | {"reason": "更换主板"}
    for decision, entered in (("accepted", 20012), ("taken_out", 12), ("open", 12), ("taken_out", 12)):
        answer = manager.post(f"{base}/decisions", json=asked | {"decision": decision})
        assert (answer.status_code, answer.json()["reason"]) == (201, "更换主板")
        assert visitors(cockpit, "centre")["entered_today"] == entered
    assert visitors(cockpit, "centre")["doubt"] == []
    assert manager.get(f"{base}/steps").json()["steps"] == []
    [decided] = manager.get(f"{base}/steps", params={"state": "all"}).json()["steps"]
    assert decided["by"] == "user:核对manager"

    assert steward.post(f"{base}/decisions", json=asked | {"decision": "open"}).status_code == 403
    assert steward.get(f"{base}/steps").status_code == 403
    admin = client(cockpit, "核对admin", "admin", "*")
    told = [row for row in admin.get("/api/v1/audit").json()["rows"] if row["action"] == "visitors.step"]
    assert len(told) == 4
    assert told[0]["detail"] == {"site": "centre", "people": 20000, "decision": "taken_out", "reason": "更换主板"}


WRONG = [
    ({"ts": "2026-11-24T08:00:00Z"}, 404, "no step of 'enter' of 'gate-none' at 2026-11-24T08:00:00Z"),
    ({"ts": "yesterday"}, 400, "ts: not a time"),
    ({"reason": "  "}, 400, "reason: a text is needed"),
    ({"reason": "a\0b"}, 400, "NUL"),
    ({"decision": "perhaps"}, 400, "decision"),
]


def test_a_decision_that_cannot_be_taken_is_refused_with_why(cockpit: Cockpit) -> None:
    manager = client(cockpit, "核对经理", "manager", "heling")
    asked = {"device": "gate-none", "counter": "enter", "ts": "2026-11-24T08:00:00Z", "decision": "open", "reason": "x"}
    for change, status, why in WRONG:
        answer = manager.post("/api/v1/heling/visitors/centre/decisions", json=asked | change)
        assert (answer.status_code, why in answer.json()["detail"]) == (status, True), answer.text


def test_who_counts_on_the_spot_sets_the_people_inside_and_gates_go_on_from_there(cockpit: Cockpit) -> None:
    gate = cockpit.add_device("gate-spot", "gate", site="square", lon=120.2012, lat=28.9312)
    cockpit.publish(gate, "telemetry", {"enter": 40, "leave": 3})
    before = time.time()
    manager = client(cockpit, "清点经理", "manager", "heling")
    counted = manager.post("/api/v1/heling/visitors/square/count", json={"inside": 12, "note": "保安清点"})
    assert (counted.status_code, counted.json()["inside"]) == (201, 12)
    assert visitors(cockpit, "square")["inside"] == 12
    cockpit.publish(gate, "telemetry", {"enter": 5, "leave": 0})
    assert visitors(cockpit, "square")["inside"] == 17
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before + 1))
    past = cockpit.get("/api/v1/heling/visitors", at=then)["sites"]
    assert next(one for one in past if one["site"] == "square")["entered_today"] in (40, 45)
    [kept] = manager.get("/api/v1/heling/visitors/square/counts").json()["counts"]
    assert (kept["inside"], kept["note"], kept["by"]) == (12, "保安清点", "user:清点经理")
    for wrong in (
        {"inside": -1, "note": "x"},
        {"inside": 1},
        {"inside": 1, "note": " "},
        {"inside": "many", "note": "x"},
    ):
        assert manager.post("/api/v1/heling/visitors/square/count", json=wrong).status_code == 400
    steward = client(cockpit, "清点网格", "steward", "heling")
    assert steward.post("/api/v1/heling/visitors/square/count", json={"inside": 1, "note": "x"}).status_code == 403


def test_every_screen_says_that_a_figure_is_doubtful_and_the_page_lets_a_manager_decide(
    cockpit: Cockpit, page: Page
) -> None:
    send_totals(cockpit, "gate-south", "fangyan", 5000, 5010, 5009, 35012, 35014)
    cockpit.add_device("gate-dead", "gate", site="fangyan", name="东门闸机", lon=120.2161, lat=28.9358)
    for address in ("/wall/heling", "/?community=heling"):
        page.goto(cockpit.url + address)
        row = page.locator('[data-row="visitors.fangyan.inside"]')
        expect(row.locator(".value")).to_have_text("12", timeout=20_000)
        expect(row).to_contain_text("◇ 存疑 · 有闸机无数据（东门闸机")
        expect(page.locator('[data-row="visitors.fangyan.entered"]')).to_contain_text("◇ 存疑")
    page.goto(f"{cockpit.url}/counts?community=heling")
    expect(page.locator("[data-outcome]")).to_contain_text("登录为管理员后可查看")
    cockpit.sign_in(page, "页面核对", "manager", "heling")
    page.goto(f"{cockpit.url}/counts?community=heling")
    place = page.locator('[data-site-steps="fangyan"]')
    expect(page.locator('[data-site-state="fangyan"]')).to_contain_text("有闸机无数据（东门闸机）")
    expect(place).to_contain_text("超出闸机通行能力")
    place.get_by_label("理由").fill("更换闸机")
    place.get_by_role("button", name="剔除").click()
    expect(page.locator("[data-outcome]")).to_contain_text(re.compile("已剔除 30.000 人|已剔除 30.00. 人"))
    expect(place).to_contain_text("已剔除 · 更换闸机 · 页面核对")
    expect(page.locator('[data-site-state="fangyan"]')).not_to_contain_text("待核定")
    panel = page.locator("section", has=page.locator('[data-site-count="fangyan"]'))
    panel.get_by_text("现场清点").click()
    panel.get_by_label("在场人数").fill("7")
    panel.get_by_label("依据").fill("保安清点")
    panel.get_by_role("button", name="改定").click()
    expect(page.locator('[data-site-state="fangyan"]')).to_contain_text("在场 7 人")
