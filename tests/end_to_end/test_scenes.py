"""The nine scenes from outside: figures that are the rows at their addresses, who is told what, and the pages."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from store.instant import local_date, now
from tests.end_to_end.test_events import client
from tests.running import Cockpit

API = "/api/v1/heling"
NINE = ["neighbourhood", "education", "health", "business", "building"]
NINE += ["transport", "low_carbon", "services", "governance"]
TODAY = local_date(now())


def told(who: httpx.Client, path: str, **asked: str) -> Any:
    answer = who.get(path if path.startswith("/") else f"{API}/{path}", params=asked or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def figure(who: httpx.Client, scene: str, code: str) -> Any:
    return {one["code"]: one for one in told(who, f"scenes/{scene}")["indicators"]}[code]


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    return client(cockpit, "场景经理", "manager", "heling")


@pytest.fixture(scope="module")
def filled(cockpit: Cockpit, manager: httpx.Client) -> Cockpit:
    """Clubs of two areas, events, an alarm of none, a meter."""
    for n, area in enumerate(("chenglu", "chenglu", "yanxia")):
        club = {"name": f"舞团{n}", "kind": "dance", "area": area}
        assert manager.post(f"{API}/registers/clubs", json=club).status_code == 201
    for n in range(3):
        event = {
            "id": f"lamp-{n}",
            "title": f"路灯{n}",
            "category": "facility.lighting",
            "lon": 120.1905,
            "lat": 28.9285,
        }
        assert manager.post(f"{API}/events", json=event).status_code == 201
    meter = cockpit.add_device("meter-1", "power", lon=120.1905, lat=28.9285)
    cockpit.publish(meter, "telemetry", {"energy": 100})
    cockpit.publish(meter, "telemetry", {"energy": 110})
    return cockpit


def test_the_nine_scenes_are_told_to_everybody_as_the_contract_says(filled: Cockpit) -> None:
    stranger = httpx.Client(base_url=filled.url)
    assert [one["code"] for one in told(stranger, "scenes")["scenes"]] == NINE
    wanted = {"code", "name", "value", "unit", "target", "period", "as_of", "source", "rows"}
    for scene in NINE:
        found = told(stranger, f"scenes/{scene}")["indicators"]
        assert 3 <= len(found) <= 6
        assert all(wanted <= one.keys() for one in found)
    nothing = figure(stranger, "business", "employed")
    assert (nothing["value"], nothing["source"], nothing["baseline"]["value"]) == (None, "not configured", 300)
    assert stranger.get(f"{API}/scenes/nothing").status_code == 404
    assert stranger.get(f"{API}/scenes/health", params={"at": "2026-01-01T00:00:00Z"}).status_code == 401


def test_figures_are_the_rows_at_their_addresses(filled: Cockpit, manager: httpx.Client) -> None:
    clubs = figure(manager, "neighbourhood", "clubs_active")
    assert clubs["value"] == told(manager, clubs["rows"])["total"] == 3
    assert clubs["areas"] == {"chenglu": 2, "yanxia": 1}
    events = figure(manager, "transport", "lighting_events_month")
    assert events["value"] == len(told(manager, events["rows"])["features"]) == 3
    energy = figure(manager, "low_carbon", "energy_month")
    assert energy["value"] == sum(one["moved"] for one in told(manager, energy["rows"])["devices"]) == 10
    carbon = figure(manager, "low_carbon", "carbon_month")
    assert carbon["value"] == pytest.approx(10 * carbon["factor"]["value"])
    assert (carbon["factor"]["year"], carbon["source"]) == (2023, "Sensors")
    buildings = figure(manager, "building", "buildings")
    assert buildings["value"] == len(told(manager, buildings["rows"])["places"])
    for code in ("hard_solved_month", "mediations_year"):
        made = figure(manager, "governance", code)
        assert made["source"] == "not configured"
        assert told(manager, made["rows"])["matters"] == []


def test_every_address_of_rows_and_pages_answers(filled: Cockpit, manager: httpx.Client) -> None:
    for scene in NINE:
        for one in told(manager, f"scenes/{scene}")["indicators"]:
            for address in (one["rows"], one["page"]):
                answer = manager.get(address)
                assert answer.status_code == 200, (one["code"], address, answer.text)


def test_values_targets_and_indicators_are_a_managers_to_enter(filled: Cockpit, manager: httpx.Client) -> None:
    steward = client(filled, "场景网格员", "steward", "heling")
    stranger = httpx.Client(base_url=filled.url)
    elsewhere = client(filled, "外区经理", "manager", "tahai")
    value = {"value": 312, "date": str(TODAY - timedelta(3)), "source": "就业台账", "reference": "job-1"}
    own = {
        "code": "own_courses",
        "scene": "education",
        "name": "自定课程数",
        "formula": {"kind": "register", "register": "courses"},
        "period": "now",
    }
    posts = (("indicators/employed/values", value), ("indicators/employed/target", {"value": 350}), ("indicators", own))
    for path, body in posts:
        for who, status in ((stranger, 401), (steward, 403), (elsewhere, 403)):
            assert who.post(f"{API}/{path}", json=body).status_code == status, path
        assert manager.post(f"{API}/{path}", json=body).status_code == 201, path
    assert manager.post(f"{API}/indicators/employed/values", json=value).status_code == 200
    found = figure(stranger, "business", "employed")
    assert (found["value"], found["target"], found["source"]) == (312, 350, "Entered")
    one = told(manager, found["rows"])
    [entry] = one["entries"]
    assert (entry["value"], entry["source"], entry["date"]) == (312, "就业台账", value["date"])
    assert entry["by"] == "user:场景经理"
    assert told(stranger, found["rows"])["entries"][0]["by"] == "user"
    assert figure(steward, "education", "own_courses")["value"] is None
    kept = own | {"code": "own_kept", "sees": "manager", "reason": "因张三来信"}
    assert manager.post(f"{API}/indicators", json=kept).status_code == 201
    assert told(manager, f"{API}/indicators/own_kept")["versions"][0]["reason"] == "因张三来信"
    unseen = told(stranger, f"{API}/indicators/own_kept")
    assert (unseen["formula"], unseen["versions"], unseen["targets"]) == ({}, [], [])
    # A reference is of its indicator: who sends a month of several has one id for all.
    other = value | {"value": 7}
    assert manager.post(f"{API}/indicators/parking_free/values", json=other).status_code == 201

    for path, body, status in (
        ("indicators/employed/values", value | {"source": " "}, 422),
        ("indicators/employed/values", value | {"date": "2999-01-01"}, 422),
        ("indicators/employed/values", value | {"date": "昨天"}, 422),
        ("indicators/clubs_active/values", value, 409),
        ("indicators/nothing/values", value, 404),
        ("indicators/nothing/target", {"value": 1}, 404),
        ("indicators", own | {"code": "employed"}, 409),
        ("indicators", own | {"code": "Own Code"}, 422),
        ("indicators", own | {"scene": "nothing"}, 422),
        ("indicators", own | {"formula": {"kind": "register", "register": "meals"}, "sees": "everybody"}, 422),
        ("indicators", own | {"formula": {"kind": "register", "register": "x" * 5000}}, 422),
    ):
        answer = manager.post(f"{API}/{path}", json=body)
        assert answer.status_code == status, (path, answer.text)


def test_figures_of_people_are_told_to_stewards_only(filled: Cockpit, manager: httpx.Client) -> None:
    person = manager.post(f"{API}/registers/persons", json={"card": "s-1", "name": "张三"}).json()
    listed = {"person": person["id"], "every_days": 3, "since": str(TODAY)}
    assert manager.post(f"{API}/registers/living_alone", json=listed).status_code == 201
    check_in = {"person": person["id"], "how": "called", "seen": f"{TODAY} 00:00"}
    assert manager.post(f"{API}/registers/check_ins", json=check_in).status_code == 201
    stranger = httpx.Client(base_url=filled.url)
    assert figure(manager, "health", "check_ins_month")["value"] == 1
    hidden = figure(stranger, "health", "check_ins_month")
    assert (hidden["value"], hidden["source"], hidden["areas"]) == (None, "fewer than 5 people", {})
    meals = figure(stranger, "services", "meals_month")
    assert (meals["value"], meals["source"]) == (None, "not told without a role")


def test_the_pages_show_figures_and_lead_to_what_makes_them(filled: Cockpit, manager: httpx.Client, page: Page) -> None:
    filled.sign_in(page, "看场景", "manager", "heling")
    page.goto(f"{filled.url}/scenes?community=heling&scene=neighbourhood")
    card = page.locator(".scene-figure", has=page.get_by_text("活动中的社团"))
    expect(card.locator(".value")).to_have_text("3")
    expect(page.locator(".scene-list")).to_contain_text("橙麓2 个".replace(" ", "\u2009"))
    assert page.locator(".scene-area.step-4").count() == 1
    page.get_by_role("link", name="看明细：活动中的社团").click()
    expect(page.locator("[data-register-chips], .register-open")).to_have_count(2)
    page.goto(f"{filled.url}/scenes?community=heling&scene=transport")
    expect(page.locator("[data-scene-note]")).to_have_text("来源文章未提及")
    page.goto(f"{filled.url}/scenes?community=heling&scene=governance")
    expect(page.locator(".scene-labels")).to_contain_text("1249行动计划")
    page.goto(f"{filled.url}/scenes?community=heling&scene=nothing")
    expect(page.locator("h1")).to_have_text("没有这个页面")


def test_a_manager_enters_a_value_on_the_indicators_page(filled: Cockpit, page: Page) -> None:
    filled.sign_in(page, "录入经理", "manager", "heling")
    page.goto(f"{filled.url}/indicators?community=heling&indicator=chargers")
    expect(page.locator("[data-indicator-head]")).to_contain_text("未配置")
    page.get_by_text("录入数值").click()
    page.locator('[data-indicator-entries] input[name="value"]').fill("24")
    page.locator('[data-indicator-entries] input[name="source"]').fill("<b>物业台账</b>")
    page.locator("[data-indicator-entries] button.ahead").click()
    expect(page.locator("[data-indicator-head] .value")).to_have_text("24")
    expect(page.locator("[data-indicator-entries] .entry")).to_contain_text("<b>物业台账</b>")
    page.goto(f"{filled.url}/indicators?community=heling")
    page.locator("[data-indicator-new] summary").click()
    page.locator('input[name="code"]').fill("own_on_page")
    page.locator('input[name="name"]').fill("页面新增")
    page.locator('select[name="kind"]').select_option("register")
    page.locator('select[name="register"]').select_option("clubs")
    page.locator('select[name="period"]').select_option("now")
    page.locator("[data-indicator-new] button.ahead").click()
    expect(page.get_by_role("link", name="页面新增")).to_be_visible()


def test_the_wall_shows_the_nine_scenes_as_one_picture_of_its_programme(filled: Cockpit, page: Page) -> None:
    page.goto(f"{filled.url}/wall/heling?programme=1")
    expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
    cover = page.locator('[data-cover="indicators"]')
    page.keyboard.press("1")  # it may be their turn just now
    expect(cover).to_be_hidden()
    page.keyboard.press("9")
    expect(cover.locator("li")).to_have_count(9)
    expect(cover).to_contain_text("治理")
    expect(cover).to_contain_text("本月办成难事")
    cut = "all => all.filter(one => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)"
    assert cover.locator("li").evaluate_all(f"{cut}.length") == 0
    page.keyboard.press("1")
    expect(cover).to_be_hidden()
