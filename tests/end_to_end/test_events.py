"""A day of grid events: reported by phone, filed, dispatched, handled, sent back once, closed and rated."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import DESK, phone_screen, screen
from tests.running import Cockpit, until

EVENTS = "/api/v1/heling/events"
HERE = {"lon": 120.1905, "lat": 28.9285}


def picture(colour: str = "olive") -> bytes:
    """A photo as a phone takes it, with a place written in it."""
    photo, kept = Image.new("RGB", (2400, 1800), colour), io.BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "Phone of 李网格"
    exif.get_ifd(0x8825)[2] = (28.0, 55.0, 42.0)
    photo.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def client(cockpit: Cockpit, name: str, role: str, *communities: str) -> httpx.Client:
    """Somebody who is signed in, without a browser."""
    made = httpx.Client(base_url=cockpit.url, cookies={"cockpit_session": cockpit.add_user(name, role, *communities)})
    made.headers["X-CSRF-Token"] = made.get("/api/v1/session").json()["csrf"]
    return made


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A steward's phone, in 方岩, that may say where it is."""
    context = phone_screen(browser, HERE)
    yield context
    context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A manager's browser."""
    context = screen(browser)
    yield context
    context.close()


def press(page: Page, name: str, *, note: str = "") -> None:
    """Take a step on an event's page and wait until it is taken."""
    if note:
        page.get_by_label("说明").fill(note)
    page.get_by_role("button", name=name, exact=True).click()
    # The word of the step before is gone as soon as this one is asked for.
    expect(page.locator("[data-outcome]")).to_have_text("✓ 已办理")


def test_one_day_from_the_phone_to_the_figures(
    cockpit: Cockpit, phone: BrowserContext, desk: BrowserContext, page: Page
) -> None:
    steward, manager = phone.new_page(), desk.new_page()
    cockpit.sign_in(steward, "李网格", "steward", "heling")
    cockpit.sign_in(manager, "王经理", "manager", "heling")
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    onlooker = screen(desk.browser, DESK).new_page()
    cockpit.sign_in(onlooker, "旁观经理", "manager", "heling")
    onlooker.goto(f"{cockpit.url}/board?community=heling")
    expect(onlooker.locator("[data-state=reported]")).to_be_visible(timeout=20_000)

    def stands_in(state: str) -> None:
        expect(onlooker.locator(f'[data-state="{state}"] [data-event="{event}"]')).to_have_count(1)

    steward.goto(f"{cockpit.url}/report?community=heling")
    expect(steward.get_by_role("group", name="位置")).to_contain_text("已定位，误差约 8 米")
    steward.get_by_role("button", name="设施").click()
    steward.get_by_role("button", name="路灯照明").click()
    steward.locator("input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    expect(steward.locator(".photos img")).to_have_count(1)
    steward.get_by_label("补充说明").fill("灯杆倾斜 <b>三盏</b>不亮")
    steward.get_by_role("button", name="上报", exact=True).click()
    expect(steward.locator("[data-outcome]")).to_contain_text("已上报，编号")
    event = re.findall(r"编号 ([\w-]+)", steward.locator("[data-outcome]").text_content() or "")[0]
    expect(page.locator(f'[data-event="{event}"]')).to_contain_text("上报")
    stands_in("reported")

    manager.goto(f"{cockpit.url}/events/{event}")
    expect(manager.locator(".event-head")).to_contain_text("灯杆倾斜 <b>三盏</b>不亮")
    expect(manager.locator(".photos img")).to_have_count(1)
    press(manager, "立案")
    expect(page.locator(f'[data-event="{event}"]')).to_contain_text("立案")
    stands_in("filed")
    manager.get_by_label("派给").select_option("李网格")
    press(manager, "派遣", note="请今天看一下")
    expect(manager.locator(".event-head")).to_contain_text("李网格")
    stands_in("dispatched")

    task = steward.locator("[data-my-tasks] a", has_text="路灯照明")
    expect(task).to_be_visible()
    task.click()
    press(steward, "处置")
    stands_in("in_hand")
    press(steward, "反馈", note="换了灯泡")
    expect(manager.locator(".timeline")).to_contain_text("换了灯泡")
    stands_in("handled")
    press(manager, "返工", note="还有一盏不亮")
    expect(steward.locator(".timeline")).to_contain_text("还有一盏不亮")
    stands_in("sent_back")
    press(steward, "处置")
    press(steward, "反馈", note="三盏都亮了")
    expect(manager.locator(".timeline")).to_contain_text("三盏都亮了")
    press(manager, "核查")
    stands_in("verified")
    press(manager, "结案")
    expect(page.locator(f'[data-event="{event}"]')).to_have_count(0)
    expect(onlooker.locator(f'[data-event="{event}"]')).to_have_count(0)
    onlooker.context.close()
    expect(page.locator('[data-live="grid_events.*.closed_today"]')).to_have_text("1")
    expect(manager.locator(".event-next")).to_contain_text("结案的人不评价；请上报人或他人评价")
    steward.reload()
    steward.get_by_role("button", name="评价", exact=True).click()
    expect(steward.locator("[data-outcome]")).to_have_text("▲ 请先评分")
    steward.get_by_label("评分").select_option("4")
    press(steward, "评价")

    told = cockpit.get(f"{EVENTS}/{event}")["properties"]
    states = [step["to"] for step in told["transitions"]]
    steps = "reported filed dispatched in_hand handled sent_back in_hand handled verified closed rated"
    assert states == steps.split()
    assert {step["actor"] for step in told["transitions"]} == {"user"}, "no name for who has not signed in"
    assert told["assignee"] is None
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    total = cockpit.get(f"{EVENTS}/figures", **{"from": since})["total"]
    assert total["rates"] == {
        "filing_rate": 1,
        "handling_rate": 1,
        "on_time_handling_rate": 1,
        "closing_rate": 1,
        "on_time_closing_rate": 1,
        "sent_back_rate": 1,
    }
    assert (total["satisfaction"], total["backlog"]) == (4, 0)


def test_what_cannot_be_sent_waits_in_the_phone_and_goes_when_the_line_is_back(
    cockpit: Cockpit, phone: BrowserContext
) -> None:
    page = phone.new_page()
    cockpit.sign_in(page, "周网格", "steward", "heling")
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(page.get_by_role("group", name="位置")).to_contain_text("已定位")
    phone.set_offline(True)
    page.get_by_role("button", name="其他").click()
    page.get_by_label("补充说明").fill("断网时上报")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator("[data-waiting]")).to_have_text("◷ 1 件待发送，有网即发")
    phone.set_offline(False)
    expect(page.locator("[data-outcome]")).to_contain_text("已上报，编号", timeout=15_000)
    expect(page.locator("[data-waiting]")).to_have_text("")
    found = [one["properties"]["detail"] for one in cockpit.get(EVENTS, category="other")["features"]]
    assert found == ["断网时上报"]


def test_two_people_at_once_the_second_is_told_and_nothing_is_lost(either_cockpit: Cockpit) -> None:
    first, second = (client(either_cockpit, name, "manager", "*") for name in ("甲经理", "乙经理"))
    either_cockpit.add_user("二人网格", "steward", "heling")
    event = first.post(EVENTS, json={"id": "two", "title": "井盖", "category": "facility.manhole"}).json()["id"]
    steps = f"{EVENTS}/{event}/transitions"
    assert first.post(steps, json={"to": "filed", "seq": 1}).status_code == 201
    late = second.post(steps, json={"to": "declined", "seq": 1})
    assert late.status_code == 409
    assert re.fullmatch(
        r'甲经理 has just \(\d\d:\d\d\) taken the step "Filed"; look at it first', late.json()["detail"]
    )
    assert second.post(steps, json={"to": "dispatched", "seq": 2, "assignee": "二人网格"}).status_code == 201
    load = {"name": "二人网格", "load": 1, "account": True}
    assert load in first.get("/api/v1/heling/assignees").json()["assignees"]
    told = first.get(f"{EVENTS}/{event}").json()["properties"]
    assert [one["actor"] for one in told["transitions"]] == ["user:甲经理", "user:甲经理", "user:乙经理"]
    assert told["due"] is not None


def test_the_same_matter_near_by_is_offered_to_merge_never_merged_in_silence(cockpit: Cockpit) -> None:
    manager = client(cockpit, "丙经理", "manager", "heling")

    def report(reference: str, **more: Any) -> dict[str, Any]:
        body = {"id": reference, "title": "积水", "category": "safety.flood", **HERE} | more
        found: dict[str, Any] = manager.post(EVENTS, json=body).json()
        return found

    kept = report("flood-1")
    far, other = report("flood-2", lat=HERE["lat"] + 0.002), report("flood-3", category="order.parking")
    twin = report("flood-4", lat=HERE["lat"] + 0.0005)
    assert [one["properties"]["duplicates"] for one in (kept, far, other)] == [[], [], []]
    assert twin["properties"]["duplicates"] == [kept["id"]]
    steps = f"{EVENTS}/{twin['id']}/transitions"
    assert manager.post(steps, json={"to": "void", "merged_into": twin["id"]}).status_code == 409
    merged = manager.post(steps, json={"to": "void", "merged_into": kept["id"]}).json()
    assert merged["properties"]["transitions"][-1]["merged_into"] == kept["id"]


def test_a_photo_is_made_small_keeps_no_trace_of_the_phone_and_is_for_the_staff(either_cockpit: Cockpit) -> None:
    steward = client(either_cockpit, "吴网格", "steward", "heling")
    event = steward.post(EVENTS, json={"id": "photo", "title": "垃圾"}).json()["id"]
    photos = f"{EVENTS}/{event}/photos"
    assert steward.post(photos, content=picture()).json() == {"number": 1}
    assert steward.post(photos, content=picture()).json() == {"number": 1}, "sent twice, kept once"
    assert steward.post(photos, content=picture("navy")).json() == {"number": 2}
    kept = Image.open(io.BytesIO(steward.get(f"{photos}/1").content))
    assert max(kept.size) == 1600
    assert dict(kept.getexif()) == {}
    for nonsense in (b"", b"<svg onload=alert(1)>", picture()[:2000]):
        refused = steward.post(photos, content=nonsense)
        assert (refused.status_code, "photo" in refused.json()["detail"]) == (400, True)
    assert httpx.get(f"{either_cockpit.url}{photos}/1").status_code == 401
    assert steward.get(f"{photos}/9").status_code == 404


def test_the_board_moves_a_card_while_somebody_looks(cockpit: Cockpit, desk: BrowserContext) -> None:
    page = desk.new_page()
    cockpit.sign_in(page, "看板经理", "manager", "heling")
    manager = client(cockpit, "戊经理", "manager", "heling")
    hasty = manager.post(EVENTS, json={"id": "b1", "title": "人群", "category": "order.crowd", **HERE}).json()["id"]
    event = manager.post(EVENTS, json={"id": "b2", "title": "<i>占道</i>", "category": "order.vendor"}).json()["id"]
    page.goto(f"{cockpit.url}/board?community=heling")
    reported, dispatched = (page.locator(f"[data-state={code}]") for code in ("reported", "dispatched"))
    expect(reported.locator(f'[data-event="{event}"]')).to_contain_text("<i>占道</i>")
    count = int(reported.locator("h2 .value").text_content() or 0)
    for step in ({"to": "filed"}, {"to": "dispatched", "assignee": "戊经理"}):
        assert manager.post(f"{EVENTS}/{event}/transitions", json=step).status_code == 201
    expect(dispatched.locator(f'[data-event="{event}"]')).to_contain_text("戊经理")
    expect(reported.locator(f'[data-event="{event}"]')).to_have_count(0)
    expect(reported.locator("h2 .value")).to_have_text(str(count - 1))
    for step in ({"to": "filed"}, {"to": "dispatched", "assignee": "戊经理"}):
        assert manager.post(f"{EVENTS}/{hasty}/transitions", json=step).status_code == 201
    expect(dispatched.locator("[data-event]").first).to_have_attribute("data-event", hasty)


HOSTILE = (
    "=HYPERLINK(1)",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "'; DROP TABLE grid_event; --",
    "${7*7}",
)


def test_what_somebody_writes_is_text_and_nothing_else(cockpit: Cockpit, desk: BrowserContext) -> None:
    manager = client(cockpit, "<img src=x onerror=alert(1)>", "manager", "heling")
    ran: list[str] = []
    page = desk.new_page()
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    cockpit.sign_in(page, "看客", "steward", "heling")
    for number, text in enumerate(HOSTILE):
        body = {"id": f"{text}{number}", "title": text, "detail": text, "category": text[:60]}
        made = manager.post(EVENTS, json=body)
        assert made.status_code == 201
        steps = f"{EVENTS}/{made.json()['id']}/transitions"
        assert manager.post(steps, json={"to": "filed", "note": text}).status_code == 201
        refused = manager.post(steps, json={"to": "dispatched", "note": text, "assignee": text})
        assert (refused.status_code, text in refused.json()["detail"]) == (400, True)
        given = {"to": "dispatched", "note": text, "assignee": "<img src=x onerror=alert(1)>"}
        assert manager.post(steps, json=given).status_code == 201
        page.goto(f"{cockpit.url}/events/{made.json()['id']}")
        expect(page.locator(".event-head h2")).to_have_text(text)
        expect(page.locator(".timeline")).to_contain_text(text)
    page.goto(f"{cockpit.url}/events?community=heling")
    expect(page.get_by_role("link", name="导出 XLSX")).to_be_visible()
    assert ran == []
    export = manager.get(f"{EVENTS}/export", params={"format": "csv"}, headers={"Accept-Language": "zh-CN"})
    lines = export.content.decode("utf-8-sig")
    titles = [row["标题"] for row in csv.DictReader(io.StringIO(lines))]
    assert {f"'{text}" if text[0] in "=+-@" else text for text in HOSTILE} <= set(titles)
    book = openpyxl.load_workbook(io.BytesIO(manager.get(f"{EVENTS}/export").content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert httpx.get(f"{cockpit.url}{EVENTS}/export").status_code == 401
    for text in HOSTILE:
        found = httpx.get(f"{cockpit.url}{EVENTS}", params={"category": text, "area": text, "assignee": ""})
        assert found.status_code in (200, 403)


def test_an_event_that_is_late_is_said_to_be_so_on_the_wall(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    ahead = "() => { cockpit.offset += 40 * 24 * 3600 * 1000; }"
    manager = client(cockpit, "丁经理", "manager", "heling")
    event = manager.post(EVENTS, json={"id": "late", "title": "火情", "category": "safety.fire", **HERE}).json()["id"]
    until(lambda: page.locator(f'[data-event="{event}"]').count() == 1)
    expect(page.locator(f'[data-event="{event}"]')).not_to_have_class(re.compile("is-late"))

    def is_late() -> bool:
        page.evaluate(ahead)  # each frame brings the server's own time again
        return "is-late" in (page.locator(f'[data-event="{event}"]').get_attribute("class") or "")

    until(is_late, every=0.5)


@pytest.mark.thorough
def test_many_events_take_the_same_step_and_one_that_may_not_holds_up_no_other(
    cockpit: Cockpit, desk: BrowserContext
) -> None:
    manager = client(cockpit, "批量经理", "manager", "heling")
    made = [
        manager.post(EVENTS, json={"id": f"batch-{number}", "title": f"批量 {number}", **HERE}).json()["id"]
        for number in range(4)
    ]
    for event in made[:3]:
        manager.post(f"{EVENTS}/{event}/transitions", json={"to": "filed"}).raise_for_status()
    board = desk.new_page()
    cockpit.sign_in(board, "多选经理", "manager", "heling")
    board.goto(f"{cockpit.url}/board?community=heling")
    bar = board.locator("[data-batch]")
    for number in (3, 0, 1, 2):
        board.get_by_label(f"选择 批量 {number}").check()
    expect(bar).to_contain_text("所选事件没有共同的下一步")
    board.get_by_label("选择 批量 3").uncheck()
    expect(bar).to_contain_text("已选 3 件")
    bar.get_by_label("派给").select_option(label="多选经理（在办 0）")
    # Somebody else is quicker with one of them, and the board has not heard of it yet.
    desk.set_offline(True)
    manager.post(
        f"{EVENTS}/{made[2]}/transitions", json={"to": "dispatched", "assignee": "批量经理"}
    ).raise_for_status()
    desk.set_offline(False)
    bar.get_by_role("button", name="批量派遣").click()
    expect(bar.locator(".outcome")).to_contain_text("已办理 2 件；1 件未办理")
    states = [manager.get(f"{EVENTS}/{event}").json()["properties"] for event in made]
    assert [one["state"] for one in states] == ["dispatched", "dispatched", "dispatched", "reported"]
    assert [one["assignee"] for one in states] == ["多选经理", "多选经理", "批量经理", None]
    expect(board.locator('[data-state="dispatched"] .card', has_text="批量 0")).to_be_visible()
    stranger = client(cockpit, "批量网格", "steward", "heling")
    asked = {"to": "closed", "events": [{"id": made[0]}, {"id": "none"}]}
    answer = stranger.post(f"{EVENTS}/transitions", json=asked).json()
    assert [one["status"] for one in answer["events"]] == [409, 404]
