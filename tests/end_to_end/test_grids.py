"""Grids and who looks after them: on the map in a colour each, in 共治 as a roster with what each has to do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.end_to_end.test_map import on_map
from tests.running import Cockpit, strip, until

API = "/api/v1/heling"


@pytest.fixture(scope="module")
def gridded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """赫灵 with three grids, two of which somebody looks after."""
    running = Cockpit(tmp_path_factory.mktemp("grids"))
    thirds = [120.186, 120.189, 120.192, 120.195]
    running.import_grids(*(strip(f"g{n}", f"第{n}网格", thirds[n - 1], thirds[n]) for n in (1, 2, 3)))
    for grid, name in (("g1", "王管家"), ("g2", "李管家")):
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
    roster.get_by_label("网格员（留空为撤下）").fill("王管家")
    roster.get_by_role("button", name="任命").click()
    expect(roster.locator(".entry", has_text="王管家")).to_contain_text("第1网格、第3网格 · 在办 1")
    expect(roster.locator(".entry.is-late")).to_have_count(0)
    expect(page.locator('[data-total="grids"]')).to_have_text("3 / 3")
