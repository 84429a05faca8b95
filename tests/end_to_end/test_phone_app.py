"""The steward's page as an app: opened, reported and worked with while there is no line, and nothing lost by it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import update

from layers.grid_events.tables import grid_event_transition
from store.engine import open_engine, writing
from store.instant import MINUTE, parse_rfc3339
from tests.browsing import phone_screen
from tests.end_to_end.test_accessible import AXE, DRESS, EVERYTHING, LOOK, THEMES
from tests.end_to_end.test_events import EVENTS, HERE, client
from tests.end_to_end.test_phone import FULL_STORE
from tests.end_to_end.test_phone_photos import noisy
from tests.running import Cockpit, until

REPORT_TAPS = 2
"""What a report takes where nothing is added: what it is about, and 上报."""
STEP_TAPS = 1
THUMB = 44
"""Pixels: what a thumb hits."""
AGE = """(ms) => new Promise((done) => {
  const opening = indexedDB.open("cockpit-reports");
  opening.onsuccess = () => {
    const write = opening.result.transaction("reports", "readwrite");
    const reports = write.objectStore("reports");
    reports.getAll().onsuccess = ({ target }) => {
      for (const one of target.result) {
        if (one.body.ts) one.body.ts -= ms;
        reports.put({ ...one, stamp: { ...one.stamp, wall: one.stamp.wall - ms } });
      }
    };
    write.oncomplete = () => { opening.result.close(); done(); };
  };
})"""
"""Makes all that the phone keeps so much older: nobody waits ten minutes."""
SMALL = """(least) => {
  const hit = document.querySelectorAll("main :is(button, select, input[type=text], .photo-field, .phone-ways a)");
  const small = [...hit].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least);
  return small.map((one) => one.outerHTML);
}"""
KEPT_PATHS = """async () => {
  const found = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  return found.flat().map((one) => new URL(one.url).pathname);
}"""


TIMES_KEPT = """async () => {
  const answers = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).matchAll()));
  return answers.flat().map((one) => one.headers.get("Date"));
}"""


class Thumb:
    """Taps, and how many it took."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, what: Locator) -> None:
        """One tap."""
        what.tap()
        self.taps += 1

    def since(self) -> int:
        """How many since it was last asked."""
        taps, self.taps = self.taps, 0
        return taps


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A steward's phone that keeps the page, and is touched."""
    context = phone_screen(browser, HERE, has_touch=True, is_mobile=True, service_workers="allow")
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context
    context.close()
    assert faults == []


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    """Who gives work out."""
    return client(cockpit, "派工经理", "manager", "heling")


def given(manager: httpx.Client, name: str, *titles: str) -> list[str]:
    """Events that somebody has to do, by their numbers."""
    numbers = []
    for title in titles:
        made = manager.post(EVENTS, json={"id": f"{name}-{title}", "title": title, "category": "other"}).json()
        for step in ({"to": "filed"}, {"to": "dispatched", "assignee": name}):
            manager.post(f"{EVENTS}/{made['id']}/transitions", json=step).raise_for_status()
        numbers.append(made["id"])
    return numbers


def age(cockpit: Cockpit, events: list[str]) -> None:
    """Make events older than what the phone will keep: nobody does anything with one that is not there yet."""
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    step = grid_event_transition.c
    with writing(engine) as connection:
        older = update(grid_event_transition).where(step.event_id.in_(events))
        connection.execute(older.values(at=step.at - 15 * MINUTE))
    engine.dispose()


def opened(cockpit: Cockpit, phone: BrowserContext, session: str, more: str = "") -> Page:
    """The page of somebody who signed in."""
    phone.clear_cookies()
    phone.add_cookies([cockpit.cookie(session)])
    page = phone.new_page()
    page.goto(f"{cockpit.url}/report?community=heling{more}")
    expect(page.locator(".who")).to_be_attached(timeout=20_000)
    return page


def task(page: Page, title: str) -> Locator:
    return page.locator("[data-my-tasks] li", has_text=title)


def filed(page: Page) -> Locator:
    """What the phone keeps that is not a draft."""
    return page.locator("[data-outbox] li[data-report]")


def add_photo(place: Locator, side: int) -> None:
    before = place.locator(".thumb").count()
    file: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": noisy(side)}
    place.locator("input[type=file][multiple]").set_input_files(file)
    expect(place.locator(".thumb")).to_have_count(before + 1)


def report(page: Page, thumb: Thumb, detail: str, side: int | None = None) -> None:
    form = page.locator("[data-report-form]")
    form.get_by_label("补充说明").fill(detail)
    if side is not None:
        add_photo(form, side)
    thumb.tap(page.get_by_role("button", name="其他"))
    thumb.tap(page.get_by_role("button", name="上报", exact=True))
    expect(filed(page).filter(has_text=detail)).to_have_count(1)
    assert thumb.since() <= REPORT_TAPS


def step(page: Page, thumb: Thumb, title: str, name: str, side: int | None = None) -> None:
    if side is not None:
        add_photo(task(page, title), side)
    thumb.tap(task(page, title).get_by_role("button", name=name, exact=True))
    expect(task(page, title)).to_contain_text("已办，待发送")
    assert thumb.since() == STEP_TAPS


def looked_at(page: Page) -> None:
    """What is on the page can be hit by a thumb and read by everybody; its head is one row."""
    assert page.evaluate(SMALL, THUMB) == []
    head = page.locator("header.top").bounding_box()
    assert head is not None
    assert head["height"] <= 64
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in THEMES:
        page.evaluate(DRESS, theme)
        assert page.evaluate(LOOK, EVERYTHING) == []


def test_ten_minutes_without_a_line_lose_nothing_and_arrive_once_in_order(
    cockpit: Cockpit, phone: BrowserContext, manager: httpx.Client
) -> None:
    steward = cockpit.add_user("断线网格", "steward", "heling")
    other = cockpit.add_user("借机网格", "steward", "heling")
    events = given(manager, "断线网格", "井盖松动", "路灯不亮", "楼道堆物")
    age(cockpit, events)
    thumb = Thumb()
    page = opened(cockpit, phone, steward)
    expect(page.locator("[data-shell]")).to_contain_text("断网也能打开此页", timeout=30_000)
    expect(task(page, "楼道堆物")).to_be_visible()

    phone.set_offline(True)
    report(page, thumb, "第一件", 120)
    step(page, thumb, "井盖松动", "处置", 121)
    step(page, thumb, "井盖松动", "反馈", 122)
    step(page, thumb, "路灯不亮", "处置", 123)
    report(page, thumb, "第二件", 124)

    # What is kept may be days old, and a page that it opens in goes by the server's time.
    assert set(page.evaluate(TIMES_KEPT)) == {None}
    page.reload()
    expect(filed(page)).to_have_count(5, timeout=20_000)
    expect(page.locator("[data-tasks-age]")).to_contain_text("的列表，已过")
    expect(page.locator("[data-shell]")).to_contain_text("断网也能打开此页")
    expect(task(page, "井盖松动").get_by_role("button")).to_have_count(0)
    looked_at(page)

    kept = "IDBObjectStore.prototype.put"
    page.evaluate(f"() => {{ window.put = {kept}; {FULL_STORE} }}")
    step(page, thumb, "路灯不亮", "反馈", 125)
    expect(page.locator("[data-outcome]")).to_contain_text("手机存不下：只在此页面里")
    expect(page.locator("[data-doubts]")).to_contain_text("手机存储已满")
    page.evaluate(f"() => {{ {kept} = window.put; }}")
    report(page, thumb, "第三件", 126)
    step(page, thumb, "楼道堆物", "处置", 127)
    page.close()

    page = phone.new_page()
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(filed(page)).to_have_count(8, timeout=20_000)
    page.evaluate(AGE, 10 * MINUTE // 1000)
    page.close()
    phone.clear_cookies()
    phone.set_offline(False)
    page = opened(cockpit, phone, other)
    expect(page.locator("[data-outbox]")).to_contain_text("他人的 8 件没有发出")
    expect(page.locator("[data-my-tasks]")).to_contain_text("没有待办")
    assert "第一件" not in page.content()
    page.close()

    page = opened(cockpit, phone, steward)
    expect(page.locator("[data-outbox] li[data-state=sent]")).to_have_count(8, timeout=60_000)
    expect(page.locator(".outbox-mark")).to_be_hidden()
    reports = [one["properties"] for one in manager.get(EVENTS, params={"q": "件", "limit": 100}).json()["features"]]
    mine = sorted((one for one in reports if one["reporter"] == "user:断线网格"), key=lambda one: one["received"])
    assert [one["detail"] for one in mine] == ["第一件", "第二件", "第三件"]
    for one in mine:
        assert 9 * MINUTE < parse_rfc3339(one["received"]) - parse_rfc3339(one["ts"]) < 15 * MINUTE
    wholes = [manager.get(f"{EVENTS}/{one}").json()["properties"] for one in events]
    for whole, steps in zip(wholes, (["in_hand", "handled"], ["in_hand", "handled"], ["in_hand"]), strict=True):
        taken = whole["transitions"][3:]
        assert [one["to"] for one in taken] == steps
        assert {one["actor"] for one in taken} == {"user:断线网格"}
        for one in taken:
            assert 9 * MINUTE < parse_rfc3339(one["at"]) - parse_rfc3339(one["ts"]) < 15 * MINUTE
        assert [photo["seq"] for photo in whole["photos"]] == [one["seq"] for one in taken]


def test_a_step_that_somebody_else_overtook_shows_both_sides_and_is_settled_by_hand(
    cockpit: Cockpit, phone: BrowserContext, manager: httpx.Client
) -> None:
    steward = cockpit.add_user("迟到网格", "steward", "heling")
    first, second = given(manager, "迟到网格", "改派的事", "挂账的事")
    thumb = Thumb()
    page = opened(cockpit, phone, steward)
    expect(task(page, "挂账的事")).to_be_visible()
    phone.set_offline(True)
    step(page, thumb, "改派的事", "处置")
    step(page, thumb, "改派的事", "反馈", 130)
    step(page, thumb, "挂账的事", "处置", 131)
    for event, wanted in ((first, {"to": "assigned", "assignee": "迟到网格"}), (second, {"to": "suspended"})):
        manager.post(f"{EVENTS}/{event}/transitions", json=wanted).raise_for_status()
    phone.set_offline(False)
    late = filed(page).filter(has_text="处置：改派的事")
    expect(late).to_contain_text("您办的时候是「派遣」")
    expect(late).to_contain_text("派工经理 刚刚")
    after = filed(page).filter(has_text="反馈：改派的事")
    expect(after).to_contain_text("等前一步「处置」处理完再发")
    gone = filed(page).filter(has_text="处置：挂账的事")
    expect(gone).to_have_attribute("data-state", "refused")
    looked_at(page)
    late.get_by_role("button", name="改说明").tap()
    late.get_by_role("textbox").fill("改派后照办")
    late.get_by_role("textbox").blur()
    late.get_by_role("button", name="看过了，仍要办").tap()
    expect(late).to_have_attribute("data-state", "sent")
    expect(after).to_have_attribute("data-state", "sent")
    gone.get_by_role("button", name="看过了，仍要办").tap()
    expect(page.locator("[data-outcome]")).to_contain_text("现在是「挂账」，不能再办「处置」")
    gone.get_by_role("button", name="只发照片").tap()
    until(lambda: len(manager.get(f"{EVENTS}/{second}").json()["properties"]["photos"]) == 1)
    told = manager.get(f"{EVENTS}/{first}").json()["properties"]
    assert [(one["action"] or one["to"], one["note"]) for one in told["transitions"][3:]] == [
        ("assigned", ""),
        ("in_hand", "改派后照办"),
        ("handled", ""),
    ]


def test_a_place_is_the_phones_or_a_pin_or_a_building_or_a_code(
    cockpit: Cockpit, phone: BrowserContext, manager: httpx.Client
) -> None:
    cockpit.add_device("air-phone", name="橙麓空气站", **HERE)
    phone.add_init_script("window.BarcodeDetector = class { detect = async () => [{ rawValue: window.code }]; };")
    page = opened(cockpit, phone, cockpit.add_user("定位网格", "steward", "heling"))
    place = page.get_by_role("group", name="位置")
    thumb = Thumb()
    expect(place).to_contain_text("已定位")
    place.get_by_label("定位坐标系").select_option("GCJ02")
    report(page, thumb, "高德的位置")
    place.get_by_label("定位坐标系").select_option("WGS84")
    place.get_by_role("button", name="在图上标").tap()
    plan = place.get_by_role("application")
    plan.tap()
    plan.press("ArrowUp")
    expect(place).to_contain_text("图上标的位置")
    looked_at(page)
    report(page, thumb, "大头针的位置")
    place.get_by_label("楼栋或设备").fill("没有的楼")
    place.get_by_label("楼栋或设备").blur()
    expect(place).to_contain_text("不认识「没有的楼」，照您写的上报")
    report(page, thumb, "写出的位置")
    place.get_by_label("楼栋或设备").fill("chenglu-b001")
    place.get_by_label("楼栋或设备").blur()
    expect(place).to_contain_text("✓ chenglu-b001")
    report(page, thumb, "楼栋的位置")
    page.evaluate("window.code = 'mqtts://air-phone:SECRET@cim.example:8883/cim/v1/heling/air-phone/telemetry'")
    code: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": noisy(40)}
    place.locator("input[type=file]").set_input_files(code)
    expect(place).to_contain_text("✓ 橙麓空气站")
    place.get_by_label("楼栋或设备").fill("https://cim.example/devices/air-phone?community=heling")
    place.get_by_label("楼栋或设备").blur()
    expect(place.get_by_label("楼栋或设备")).to_have_value("橙麓空气站")
    report(page, thumb, "扫码的位置")
    expect(page.locator("[data-outbox] li[data-state=sent]")).to_have_count(5)
    found = manager.get(EVENTS, params={"q": "的位置"}).json()["features"]
    at = {one["properties"]["detail"]: one["geometry"]["coordinates"] for one in found}
    lon, lat = HERE["lon"], HERE["lat"]
    assert at["扫码的位置"] == pytest.approx([lon, lat], abs=1e-6)
    assert at["大头针的位置"][0] == pytest.approx(lon, abs=2e-5)
    assert 2e-5 < at["大头针的位置"][1] - lat < 2e-4, "one step north of the middle"
    assert "写出的位置\n地点：没有的楼" in at
    assert at["楼栋的位置"] != at["扫码的位置"]
    assert 0.002 < abs(at["高德的位置"][0] - lon) < 0.01, "GCJ-02 lies half a kilometre beside it"


def test_it_is_installed_in_the_language_of_who_asks_and_keeps_no_other_page(
    cockpit: Cockpit, phone: BrowserContext
) -> None:
    for tag, name in (("zh-CN", "网格上报"), ("en", "Grid report")):
        told = httpx.get(f"{cockpit.url}/phone.webmanifest", headers={"Accept-Language": tag})
        assert (told.json()["short_name"], told.json()["start_url"]) == (name, "/report")
        for icon in told.json()["icons"]:
            assert httpx.get(cockpit.url + icon["src"]).headers["content-type"] == "image/png"
    page = opened(cockpit, phone, cockpit.add_user("英文网格", "steward", "heling"), "&lang=en")
    expect(page.locator("[data-shell]")).to_contain_text("without a line", timeout=30_000)
    looked_at(page)
    kept = page.evaluate(KEPT_PATHS)
    assert not [one for one in kept if one.startswith("/api/")]
    assert "/report" in kept
    assert {one for one in kept if not one.startswith(("/assets/", "/_dash"))} <= {
        "/report",
        "/geo/heling/areas.geojson",
        "/geo/heling/buildings.geojson",
        "/phone.webmanifest",
        "/_favicon.ico",
    }
    page.get_by_role("button", name="Call me while the page is closed too").tap()
    expect(page.locator("[data-calls]")).to_contain_text("▲")  # a browser of tests has no push service
    page.goto(f"{cockpit.url}/board?community=heling&lang=en")
    assert page.evaluate("navigator.serviceWorker.controller") is None
