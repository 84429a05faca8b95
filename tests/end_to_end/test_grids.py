"""Grids and who looks after them: on the map in a colour each, in 共治 as a roster with what each has to do."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.test_events import client
from tests.end_to_end.test_map import on_map
from tests.layers.sheets.test_out import read_csv
from tests.running import Cockpit, strip, until

API = "/api/v1/heling"


@pytest.fixture(scope="module")
def gridded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """赫灵 with three grids, two of which somebody looks after."""
    running = Cockpit(tmp_path_factory.mktemp("grids"))
    thirds = [120.186, 120.189, 120.192, 120.195]
    running.import_grids(*(strip(f"g{n}", f"第{n}网格", thirds[n - 1], thirds[n]) for n in (1, 2, 3)))
    for grid, name in (("g1", "王管家"), ("g2", "李管家")):
        running.add_user(name, "steward", "heling")
        assert running.run("geo", "steward", "--community", "heling", grid, "--name", name).returncode == 0
    yield running.start()
    running.stop()


def test_grids_are_coloured_by_who_looks_after_them_when_somebody_asks(gridded: Cockpit, page: Page) -> None:
    gridded.sign_in(page, "周网格", "steward", "heling")
    page.goto(f"{gridded.url}/map?community=heling")
    expect(page.locator(".map-ready")).to_be_attached(timeout=20_000)
    legend = page.locator('[data-legend-group="stewards"]')
    expect(legend).not_to_contain_text("王管家")
    legend.get_by_role("checkbox").check()
    for said in ("王管家 1", "李管家 1", "无网格员 1"):
        expect(legend).to_contain_text(said)
    hues = on_map(page, "['g1', 'g2', 'g3'].map((id) => map.getFeatureState({ source: 'grids', id }).hue)")
    assert sorted(hues) == [-1, 0, 1]
    assert hues[2] == -1, "nobody looks after the third"
    fill = "map.getLayoutProperty('areas-fill', 'visibility')"
    assert on_map(page, fill) == "none", "two fills over each other would be of neither's colours"
    legend.get_by_role("checkbox").uncheck()
    assert on_map(page, fill) == "visible"


def test_who_is_not_signed_in_sees_a_roster_without_names_and_loads(gridded: Cockpit, page: Page) -> None:
    page.goto(f"{gridded.url}/governance?community=heling")
    roster = page.locator('[data-register="roster"]')
    expect(roster.locator(".entry", has_text="有网格员")).to_contain_text("第1网格、第2网格")
    expect(roster).not_to_contain_text("王管家")
    expect(roster).not_to_contain_text("在办")
    expect(roster.get_by_text("任命网格员")).to_have_count(0)


def test_an_events_page_leads_to_its_place_on_the_map(gridded: Cockpit, page: Page) -> None:
    manager = client(gridded, "孙经理", "manager", "heling")
    body = {"id": "m1", "title": "井盖松动", "lon": 120.187, "lat": 28.928}
    event = manager.post(f"{API}/events", json=body).json()["id"]
    gridded.sign_in(page, "钱经理", "manager", "heling")
    page.goto(f"{gridded.url}/events/{event}")
    # By its name, as people know it; in a file the code stands beside it.
    expect(page.locator(".facts div", has=page.get_by_text("网格", exact=True)).locator("dd")).to_have_text("第1网格")
    assert manager.get(f"{API}/events/{event}").json()["properties"]["grid_name"] == "第1网格"
    chinese = {"Accept-Language": "zh-CN"}
    head, *lines = read_csv(manager.get(f"{API}/events/export", params={"format": "csv"}, headers=chinese).content)
    row = dict(zip(head, next(line for line in lines if line[0] == event), strict=True))
    assert (row["网格"], row["网格编码"]) == ("第1网格", "g1")
    page.get_by_role("link", name="在地图上看").click()
    expect(page.locator("[data-map-card]")).to_contain_text("井盖松动", timeout=20_000)
    lon, lat = until(lambda: on_map(page, "(c => Math.abs(c.lng - 120.187) < 1e-3 && [c.lng, c.lat])(map.getCenter())"))
    assert (lon, lat) == pytest.approx((120.187, 28.928), abs=1e-3)
    page.locator("[data-map-card]").get_by_role("link", name="详情").click()
    expect(page.locator(".event-head")).to_contain_text("井盖松动")


def test_the_roster_says_who_has_how_much_to_do_and_a_manager_appoints(gridded: Cockpit, page: Page) -> None:
    manager = client(gridded, "王经理", "manager", "heling")
    body = {"id": "r1", "title": "路灯", "lon": 120.187, "lat": 28.928}
    event = manager.post(f"{API}/events", json=body).json()["id"]
    for to in ("filed", "dispatched"):
        assert manager.post(f"{API}/events/{event}/transitions", json={"to": to}).status_code == 201
    gridded.sign_in(page, "赵经理", "manager", "heling")
    page.goto(f"{gridded.url}/governance?community=heling")
    roster = page.locator('[data-register="roster"]')
    expect(roster.locator(".entry", has_text="王管家")).to_contain_text("第1网格 · 在办 1")
    expect(roster.locator(".entry", has_text="李管家")).to_contain_text("第2网格 · 在办 0")
    expect(roster.locator(".entry.is-late")).to_contain_text("第3网格")
    expect(page.locator('[data-total="grids"]')).to_have_text("2 / 3")
    roster.get_by_text("任命网格员").click()
    roster.locator("select[name=grid]").select_option("第3网格")
    roster.locator("select[name=steward]").select_option("王管家（在办 1）")
    roster.get_by_role("button", name="任命").click()
    expect(roster.locator(".entry", has_text="王管家")).to_contain_text("第1网格、第3网格 · 在办 1")
    expect(roster.locator(".entry.is-late")).to_have_count(0)
    expect(page.locator('[data-total="grids"]')).to_have_text("3 / 3")


def test_a_steward_is_somebody_with_an_account(gridded: Cockpit) -> None:
    command = ("geo", "steward", "--community", "heling", "g3", "--name", "王官家")
    refused = gridded.run(*command)
    assert refused.returncode == 2
    assert "'王官家' is no active account of this community, steward or above; did you mean 王管家?" in refused.stderr
    manager = client(gridded, "李经理", "manager", "heling")
    answer = manager.post(f"{API}/stewards/g3", json={"name": "王官家"})
    assert (answer.status_code, answer.json()["reason"], answer.json()["near"]) == (400, "no_account", ["王管家"])
    assert "did you mean 王管家?" in answer.json()["detail"]


def test_what_is_dispatched_by_a_grid_without_a_steward_is_said_event_by_event(gridded: Cockpit, page: Page) -> None:
    manager = client(gridded, "周经理", "manager", "heling")
    manager.post(f"{API}/stewards/g3", json={})
    for number, (title, lon) in enumerate((("有人管", 120.187), ("没人管", 120.194), ("没位置", None))):
        body = {"id": f"d{number}", "title": title} | ({"lon": lon, "lat": 28.928} if lon else {})
        event = manager.post(f"{API}/events", json=body).json()["id"]
        manager.post(f"{API}/events/{event}/transitions", json={"to": "filed"}).raise_for_status()
    gridded.sign_in(page, "吴经理", "manager", "heling")
    page.goto(f"{gridded.url}/board?community=heling")
    for title in ("有人管", "没人管", "没位置"):
        page.get_by_label(f"选择 {title}").check()
    bar = page.locator("[data-batch]")
    bar.get_by_role("button", name="批量派遣").click()
    expect(bar.locator(".outcome")).to_contain_text("▲ 已办理 1 件；2 件未办理")
    expect(bar.locator(".refusals")).to_contain_text("没人管：网格 g3 没有网格员；请指定人员")
    expect(bar.locator(".refusals")).to_contain_text("没位置：此事件不在任何网格内；请指定人员")
    expect(page.locator("[data-state=dispatched] .card", has_text="有人管")).to_contain_text("王管家")
    an_event_is_moved_on_the_board_and_back(page)


def an_event_is_moved_on_the_board_and_back(page: Page) -> None:
    """What was done is taken back; a card is dragged, or moved by its own list, only where it may go."""
    bar = page.locator("[data-batch]")
    # Those that were not taken are chosen still: what they have in common is offered.
    expect(bar.locator(".steps button")).to_have_text(["批量派遣", "批量挂账"])

    def card(state: str) -> Locator:
        return page.locator(f".column-of-state[data-state={state}] .card", has_text="有人管")

    bar.get_by_role("button", name="撤回").click()
    expect(bar.locator(".outcome")).to_contain_text("已撤回 1 件")
    expect(card("filed")).to_be_visible()
    expect(card("filed").get_by_label("办理这一件").locator("option")).to_have_text(["办理…", "派遣", "挂账"])
    card("filed").drag_to(page.locator(".column-of-state[data-state=handled]"))
    expect(card("filed")).to_be_visible()
    card("filed").drag_to(page.locator(".column-of-state[data-state=suspended]"))
    expect(card("suspended")).to_be_visible()
    card("suspended").get_by_label("办理这一件").select_option(label="立案")
    expect(card("filed")).to_be_visible()


def test_what_lies_with_nobody_comes_first_and_is_counted(gridded: Cockpit, page: Page) -> None:
    token = gridded.answer("token", "add", "--role", "manager", "--name", "platform")["token"]
    program = httpx.Client(base_url=gridded.url, headers={"Authorization": f"Bearer {token}"})
    event = program.post(f"{API}/events", json={"id": "n1", "title": "无人接", "category": "other"}).json()["id"]
    for to in ("filed", "dispatched"):
        assert program.post(f"{API}/events/{event}/transitions", json={"to": to}).status_code == 201
    gridded.sign_in(page, "郑经理", "manager", "heling")
    page.goto(f"{gridded.url}/board?community=heling")
    first = page.locator("[data-state=dispatched] .card").first
    expect(first).to_contain_text("无人接")
    expect(first).to_contain_text("▲ 未指派")
    page.get_by_role("button", name="通知").click()
    expect(page.locator(".notices")).to_contain_text("未指派，请指定人员")
    page.goto(f"{gridded.url}/events?community=heling&state=unassigned")
    # What was only reported or filed is with nobody too; it is loud by what was given out all the same.
    tally = gridded.get(f"{API}/state")["layers"]["grid_events"]["*"]
    assert (tally["given_to_nobody"], tally["unassigned"]) == (1, 1 + tally["by_state"].get("reported", 0)
                                                              + tally["by_state"].get("filed", 0))  # fmt: skip
    expect(page.locator(".ag-center-cols-container [row-id]")).to_have_count(tally["unassigned"])
    page.goto(f"{gridded.url}/wall/heling")
    expect(page.locator(".count.unassigned.is-late .value")).to_have_text(str(tally["unassigned"]))
