"""Festival mode as people meet it: planned, begun by hand, manned, on the wall, and ended; who may not is refused."""

import time

import httpx
from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.running import Cockpit, until

BASE = "/api/v1/heling/festivals"
PLAN = {
    "code": "lantern",
    "name": "灯会",
    "name_en": "Lantern fair",
    "sites": ["fangyan"],
    "begins": "hand",
    "limits": {"yellow": 0.5, "orange": 0.6, "red": 0.7},
    "posts": [
        {"code": "south", "name": "南门", "site": "fangyan", "people": 4},
        {"code": "top", "name": "山顶", "site": "fangyan", "people": 2},
    ],
    "units": ["派出所", "民兵连"],
}


def level(running: Cockpit) -> str:
    """The level of the scenic area."""
    sites = running.get("/api/v1/heling/visitors")["sites"]
    return next(site["level"] for site in sites if site["site"] == "fangyan")


def test_a_festival_is_planned_begun_manned_and_ended_and_levels_follow_it(either_cockpit: Cockpit) -> None:
    running = either_cockpit
    gate = running.add_device("gate-fair", "gate", site="fangyan", lon=120.2072, lat=28.9311)
    manager, steward = (client(running, f"节会{role}", role, "heling") for role in ("manager", "steward"))
    visitors = "/api/v1/heling/visitors/fangyan/capacity"
    assert manager.post(visitors, json={"instant": 100, "from": "2026-01-01"}).status_code == 201
    running.publish(gate, "telemetry", {"enter": 65})
    until(lambda: level(running) == "normal", 20)

    assert steward.post(BASE, json=PLAN).status_code == 403
    assert manager.post(BASE, json=PLAN).json()["on"] is None
    assert steward.post(f"{BASE}/lantern/start", json={"note": "x"}).status_code == 403
    begun = manager.post(f"{BASE}/lantern/start", json={"note": "开灯"})
    assert (begun.status_code, begun.json()["on"]["by"]) == (201, "user:节会manager")
    assert manager.post(f"{BASE}/lantern/start", json={"note": "开灯"}).status_code == 409
    until(lambda: level(running) == "orange", 20)

    south = f"{BASE}/lantern/posts/south/duty"
    assert steward.post(south, json={"who": "派出所", "on": True}).status_code == 403
    assert steward.post(south, json={"who": "节会steward", "on": True}).status_code == 201
    assert manager.post(south, json={"who": "派出所", "on": True}).status_code == 201
    assert manager.post(south, json={"who": "张大娘", "on": True}).status_code == 400
    assert manager.post(f"{BASE}/lantern/posts/none/duty", json={"who": "派出所", "on": True}).status_code == 404
    told = next(one for one in steward.get(BASE).json()["festivals"] if one["code"] == "lantern")
    assert [post["on_duty"] for post in told["posts"]] == [["节会steward", "派出所"], []]
    shown = running.get("/api/v1/heling/state")["layers"]["visitors"]["fangyan"]["festival"]
    assert (shown["name"], shown["manned"], shown["posts"], shown["on_duty"], shown["people"]) == ("灯会", 1, 2, 2, 6)

    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    time.sleep(1.2)
    assert manager.post(f"{BASE}/lantern/stop", json={"note": "收灯"}).json()["on"] is None
    until(lambda: level(running) == "normal", 20)
    past = next(one for one in steward.get(BASE, params={"at": then}).json()["festivals"] if one["code"] == "lantern")
    assert past["on"] is not None

    log = manager.get(f"{BASE}/lantern/log").json()["log"]
    assert [row["what"] for row in log] == ["stop", "on", "on", "start"]
    assert steward.get(f"{BASE}/lantern/log").status_code == 403
    admin = client(running, "节会admin", "admin", "*")
    trail = [row["action"] for row in admin.get("/api/v1/audit").json()["rows"]]
    for action, times in (("festival.plan", 1), ("festival.start", 1), ("festival.stop", 1), ("festival.duty", 2)):
        assert trail.count(action) == times, action


def test_a_stranger_sees_no_names_on_posts_and_wrong_plans_are_refused_with_why(cockpit: Cockpit) -> None:
    assert httpx.get(f"{cockpit.url}{BASE}").status_code == 401
    manager = client(cockpit, "节会经理", "manager", "heling")
    wrong = [
        ({"sites": ["nowhere"]}, 404, "no site 'nowhere'"),
        ({"begins": "calendar"}, 400, "has a first and a last day"),
        ({"limits": {"yellow": 2}}, 400, "one for each of yellow, orange, red"),
        ({"code": "Ünicode"}, 400, "code"),
        ({"name": " "}, 400, "name"),
        ({"posts": [PLAN["posts"][0] | {"site": "square"}]}, 400, "no site of the festival"),
    ]
    for change, status, why in wrong:
        answer = manager.post(BASE, json=PLAN | change)
        assert (answer.status_code, why in answer.json()["detail"]) == (status, True), answer.text
    assert manager.post(f"{BASE}/none/start", json={"note": "x"}).status_code == 404
    assert manager.post(f"{BASE}/fangyan-miaohui/start", json={"note": " "}).status_code == 400
    elsewhere = client(cockpit, "塔海经理", "manager", "tahai")
    assert elsewhere.post(BASE, json=PLAN).status_code == 403


def test_on_the_page_a_manager_plans_begins_and_mans_and_the_wall_shows_the_surge(cockpit: Cockpit, page: Page) -> None:
    gate = cockpit.add_device("gate-wall", "gate", site="fangyan", lon=120.2072, lat=28.9311)
    cockpit.publish(gate, "telemetry", {"enter": 12})
    cockpit.sign_in(page, "页面节会", "manager", "heling")
    page.goto(f"{cockpit.url}/festivals?community=heling")
    fair = page.locator('[data-key="fangyan-miaohui"]')
    expect(fair).to_contain_text("据文献，未经镇方配置")
    expect(fair).to_contain_text("八月初一至九月初九；高潮 八月十三、九月初九 前后")
    expect(fair).to_contain_text("岗位：未配置")

    form = fair.locator("details", has_text="改方案")
    form.locator("summary").click()
    for level, share in (("yellow", "60"), ("orange", "70"), ("red", "80")):
        form.locator(f"[name={level}]").fill(share)
    form.locator("[name=posts]").fill("south，南门，fangyan，4\ntop，山顶，fangyan，2")
    form.locator("[name=units]").fill("派出所\n民兵连")
    form.get_by_role("button", name="保存").click()
    expect(page.locator("[data-outcome]")).to_contain_text("方案已保存")
    expect(fair).not_to_contain_text("据文献")
    expect(fair).to_contain_text("● 黄色预警 60%")

    # By the calendar it is on for some weeks of the year: it is ended first where it is.
    if "○ 未开始" not in fair.inner_text():
        fair.locator("summary", has_text="手动结束").click()
        fair.locator("details", has_text="手动结束").locator("[name=note]").fill("试")
        fair.get_by_role("button", name="结束", exact=True).click()
        expect(fair).to_contain_text("○ 未开始")
    fair.locator("summary", has_text="手动开始").click()
    fair.locator("details", has_text="手动开始").locator("[name=note]").fill("演练")
    fair.get_by_role("button", name="开始", exact=True).click()
    expect(fair.locator(".festival-state")).to_contain_text("◆ 进行中")
    fair.locator("[name=who-south]").fill("派出所")
    fair.locator("form", has=page.locator("[name=who-south]")).get_by_role("button", name="到岗").click()
    expect(page.locator("[data-outcome]")).to_contain_text("派出所 已到岗")
    expect(fair).to_contain_text("1：派出所")
    expect(fair).to_contain_text("▲ 无人")

    page.goto(f"{cockpit.url}/wall/heling")
    surge = page.locator('[data-surge="fangyan"]')
    expect(surge).to_contain_text("◆ 方岩庙会")
    expect(surge).to_contain_text("在岗 1 / 2 岗 · 1 / 6 人")
    expect(surge).to_contain_text("阈值 60/70/80%")
    expect(page.locator('[data-ahead="fangyan"]')).to_contain_text("预测：历史不足")
