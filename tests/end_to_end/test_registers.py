"""Registers as those use them who keep them: by the one page, by files, by keyboard, and by who may see what."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from geo.ground import places
from layers.services.registers import declare
from store.instant import format_rfc3339, now, parse_rfc3339
from tests.browsing import PHONE, screen
from tests.end_to_end.samples import COMMUNITY, TODAY, add, register, sample
from tests.end_to_end.test_events import client
from tests.running import Cockpit
from tests.thorough import usually
from tests.towns import xinlin

ALL = list(declare.registers(COMMUNITY))
BASE = f"/api/v1/{COMMUNITY}/registers"


def each_kind() -> list[str]:
    """Registers that have between them every kind of field that there is."""
    found, seen = [], set[object]()
    for code, one in declare.registers(COMMUNITY).items():
        kinds = {(each.type, each.personal, each.computed, each.fixed, each.past) for each in one.fields}
        if not kinds <= seen:
            found.append(code)
            seen |= kinds
    return found


@pytest.fixture(scope="module")
def clerk(cockpit: Cockpit) -> httpx.Client:
    return client(cockpit, "窗口文员", "steward", COMMUNITY)


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    found = client(cockpit, "登记经理", "manager", COMMUNITY)
    add(found, "meal_prices")
    return found


@pytest.fixture(scope="module")
def desk(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """A manager's browser that has read the scripts already."""
    context = screen(browser)
    page = context.new_page()
    cockpit.sign_in(page, "页面经理", "manager", COMMUNITY)
    yield page
    context.close()


def opened(cockpit: Cockpit, page: Page, code: str, **query: str) -> Locator:
    """The page of a register, its table ready."""
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{cockpit.url}/registers?community={COMMUNITY}&register={code}{asked}")
    expect(page.locator("[data-register-count]")).to_have_text(re.compile("共 .* 行"))
    return page.locator("dialog")


def fill(dialog: Locator, code: str, values: dict[str, Any], called: dict[int, str]) -> None:
    """Enter values as somebody would, each by its field's own control."""
    fields = {one.code: one for one in register(code).fields}
    for name, value in values.items():
        control = dialog.locator(f'[data-field="{name}"]')
        match fields[name].type:
            case "choice" | "place" | "yes_no":
                control.locator("select").select_option(str(value))
            case "choices":
                for one in value:
                    control.locator(f'input[value="{one}"]').check()
            case "row":
                control.locator("input").fill(called[value])
                control.locator("[role=option]").first.click()
            case "time":
                control.locator("input").fill(value[:16])
            case "long":
                control.locator("textarea").fill(value)
            case _:
                control.locator("input").fill(str(value))


@pytest.mark.parametrize("code", usually(each_kind(), ALL))
def test_every_register_is_kept_by_the_one_page(cockpit: Cockpit, desk: Page, manager: httpx.Client, code: str) -> None:
    faults: list[str] = []

    def tells(error: Error) -> None:
        faults.append(str(error))

    desk.on("pageerror", tells)
    values = sample(manager, code, **({"from": "2025-01-01", "until": "2025-03-31"} if code == "meal_prices" else {}))
    called = {}
    for one in register(code).fields:
        if one.type == "row" and one.code in values:
            called[values[one.code]] = f"#{values[one.code]}"
    dialog = opened(cockpit, desk, code)
    before = desk.locator("[data-register-count]").inner_text()
    desk.get_by_role("button", name="登记一行").click()
    fill(dialog, code, values, called)
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator("[data-outcome]")).to_contain_text("已登记")
    expect(desk.locator("[data-register-count]")).not_to_have_text(before)
    number = re.search(r"\d+", desk.locator("[data-outcome]").inner_text())
    assert number
    row = manager.get(f"{BASE}/{code}/{number[0]}").json()
    for name, value in values.items():
        kept = row["values"][name]
        assert is_same(kept, value), (name, kept, value)
    cell = desk.locator('[col-id="id"]').filter(has_text=re.compile(rf"^{number[0]}$"))
    cell.click()
    expect(dialog.get_by_text("历次更改（1）")).to_be_visible()
    dialog.get_by_text("作废", exact=True).click()
    dialog.get_by_label("理由").fill("测试")
    dialog.get_by_role("button", name="作废这一行").click()
    expect(desk.locator("[data-outcome]")).to_contain_text("已作废")
    assert manager.get(f"{BASE}/{code}/{number[0]}").json()["voided"]
    desk.remove_listener("pageerror", tells)
    assert faults == []


def is_same(kept: Any, given: Any) -> bool:
    if isinstance(kept, bool):
        return kept == (given == "是")
    if isinstance(kept, str) and kept.endswith("Z"):
        return parse_rfc3339(kept) == parse_rfc3339(given)
    try:
        return float(kept) == float(given)
    except (TypeError, ValueError):
        return str(kept) == str(given)


def test_what_is_wrong_is_said_at_the_field_and_what_others_did_meanwhile(
    cockpit: Cockpit, page: Page, clerk: httpx.Client
) -> None:
    first = add(clerk, "persons", card="W-1", name="甲")
    cockpit.sign_in(page, "文员一", "steward", COMMUNITY)
    dialog = opened(cockpit, page, "persons", q="W-1")
    page.get_by_role("button", name="登记一行").click()
    dialog.get_by_label("卡号").fill("w-1")
    dialog.get_by_label("姓名").fill("乙")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(dialog.locator(".outcome")).to_contain_text(f"卡号相同的已登记，编号 {first['id']}")
    dialog.get_by_role("button", name="关闭").click()
    page.locator(".ag-center-cols-container .ag-row").first.click()
    expect(dialog.get_by_label("姓名")).to_have_value("甲")
    body = {"values": {"name": "丙"}, "seq": 1}
    assert clerk.post(f"{BASE}/persons/{first['id']}", json=body).status_code == 200
    dialog.get_by_label("姓名").fill("丁")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.locator(".outcome")).to_contain_text("刚刚被别人改过")
    wrong = clerk.post(f"{BASE}/goods", json={"name": "豆腐", "price": 0, "kind": "x"}).json()
    assert {one["field"] for one in wrong["faults"]} == {"price", "kind", "origin", "unit"}


def table_of(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")


def test_a_thousand_rows_with_three_faults_import_nothing_and_without_them_all(
    cockpit: Cockpit, page: Page, clerk: httpx.Client, tmp_path: Path
) -> None:
    rows = [{"卡号": f"IM-{n:04}", "姓名": f"导入{n}", "出生日期": "1950/3/1", "片区": "橙麓"} for n in range(1000)]
    bad = [dict(row) for row in rows]
    bad[9]["姓名"], bad[499]["出生日期"], bad[998]["卡号"] = "", "1950-02-30", "IM-0000"
    cockpit.sign_in(page, "导入文员", "steward", COMMUNITY)
    dialog = opened(cockpit, page, "persons", q="IM-")
    page.get_by_role("button", name="导入", exact=True).click()
    (tmp_path / "bad.csv").write_bytes(table_of(bad))
    dialog.locator("input[type=file]").set_input_files(tmp_path / "bad.csv")
    expect(dialog.locator(".outcome")).to_contain_text("3 处有误，没有导入任何一行")
    assert [line.split("\t")[0] for line in dialog.locator(".faults tr").all_inner_texts()[1:]] == ["11", "501", "1000"]
    (tmp_path / "good.csv").write_bytes(table_of(rows))
    stopped_while_it_takes_long(page, dialog, tmp_path / "bad.csv")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "good.csv")
    expect(dialog.locator(".outcome")).to_contain_text("新增 1000 行")
    dialog.get_by_role("button", name="导入 1000 行").click()
    expect(page.locator("[data-outcome]")).to_contain_text("已导入")
    expect(page.locator("[data-register-count]")).to_have_text(re.compile("共 1.000 行"))
    asked = {"format": "xlsx", "q": "IM-", "work": "of-the-clerk"}
    exported = clerk.get(f"{BASE}/persons/export", params=asked)
    assert clerk.get("/api/v1/work/of-the-clerk").status_code == 404, "it is over"
    again = clerk.post(f"{BASE}/persons/import", params={"dry_run": "false"}, content=exported.content).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1000)
    book = load_workbook(io.BytesIO(exported.content))
    sheet = book.active
    names = [cell.value for cell in sheet[1]]
    sheet.cell(2, names.index("Name") + 1).value = "改名"
    changed = io.BytesIO()
    book.save(changed)
    once = clerk.post(f"{BASE}/persons/import", content=changed.getvalue())
    assert once.json()["changed"] == 1, once.text
    late = clerk.post(f"{BASE}/persons/import", content=exported.content)
    assert late.status_code == 422
    assert "changed since the export" in late.json()["detail"]


def stopped_while_it_takes_long(page: Page, dialog: Locator, file: Path) -> None:
    """A file of which it is told how far it is, until somebody stops it."""
    held: list[Route] = []

    def stop(asked: Route) -> None:
        held[0].fulfill(status=409, json={"detail": "停了"})
        asked.fulfill(status=202, json={})

    page.route("**/registers/persons/import?**", lambda one: held.append(one))
    page.route("**/api/v1/work/*", lambda one: one.fulfill(json={"stage": "checking", "done": 50, "total": 1000}))
    page.route("**/api/v1/work/*/stop", stop)
    dialog.locator("input[type=file]").set_input_files([])
    dialog.locator("input[type=file]").set_input_files(file)
    expect(dialog.locator(".far")).to_contain_text(re.compile("正在检查 50 / 1.000 行"))
    dialog.locator(".far").get_by_role("button", name="停下").click()
    expect(dialog.locator(".outcome")).to_contain_text("停了")
    expect(dialog.locator(".far")).to_have_count(0)
    for path in ("**/registers/persons/import?**", "**/api/v1/work/*", "**/api/v1/work/*/stop"):
        page.unroute(path)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("code", ALL)
def test_what_is_exported_is_imported_without_a_change(manager: httpx.Client, code: str, form: str) -> None:
    if not manager.get(f"{BASE}/{code}").json()["total"]:
        add(manager, code)
    exported = manager.get(f"{BASE}/{code}/export", params={"format": form})
    assert exported.status_code == 200
    taken = manager.post(f"{BASE}/{code}/import", content=exported.content)
    assert taken.status_code == 200, taken.text
    assert taken.json()["added"] + taken.json()["changed"] == 0, taken.text
    assert taken.json()["unchanged"] > 0


def test_a_register_is_seen_as_it_was(cockpit: Cockpit, page: Page, clerk: httpx.Client) -> None:
    row = add(clerk, "persons", card="T-1", name="当时叫这个")
    time.sleep(0.01)
    then = format_rfc3339(now())
    time.sleep(0.01)
    clerk.post(f"{BASE}/persons/{row['id']}", json={"name": "现在叫那个", "seq": 1, "reason": "改名"})
    add(clerk, "persons", card="T-2", name="后来的")
    cockpit.sign_in(page, "回看文员", "steward", COMMUNITY)
    opened(cockpit, page, "persons", q="T-", at=then)
    cells = page.locator(".ag-center-cols-container")
    expect(cells).to_contain_text("当时叫这个")
    expect(cells).not_to_contain_text("后来的")
    expect(page.get_by_role("button", name="登记一行")).to_have_count(0)
    told = clerk.get(f"{BASE}/persons", params={"at": then, "q": "T-"}).json()
    assert [one["values"]["name"] for one in told["rows"]] == ["当时叫这个"]


def test_strangers_are_not_told_why_a_row_of_an_open_register_was_changed(
    cockpit: Cockpit, clerk: httpx.Client
) -> None:
    row = add(clerk, "poi_visits")
    why = "按王小二来电更正"
    changed = clerk.post(f"{BASE}/poi_visits/{row['id']}", json={"persons": 77, "seq": 1, "reason": why})
    assert changed.status_code == 200
    address = f"{BASE}/poi_visits/{row['id']}"
    assert clerk.get(address).json()["versions"][-1]["reason"] == why
    told = httpx.get(f"{cockpit.url}{address}")
    assert [one["action"] for one in told.json()["versions"]] == ["add", "change"]
    assert why not in told.text
    (place,) = (one for one in places(COMMUNITY, "facilities") if one.code == row["values"]["place"])
    assert told.json()["called"] == f"{place.name_en} · {row['values']['day']}"
    (totals,) = httpx.get(f"{cockpit.url}{BASE}/poi_visits/totals").json()["totals"]
    of_place = next(one for one in totals["values"] if one["code"] == place.code)
    assert (of_place["count"], of_place["sums"]["persons"]) == (1, 77)


def everything_told(cockpit: Cockpit, asking: httpx.Client | None, codes: list[str]) -> str:
    """What somebody can read of registers: lists, rows, exports, totals, pages, the log, figures."""
    asked = asking or httpx.Client(base_url=cockpit.url)
    said = [asked.get(f"{BASE}{path}").text for path in ("", *(f"/{code}" for code in codes))]
    said += [asked.get(f"{BASE}/{code}/totals").text for code in codes]
    said += [asked.get(f"{BASE}/{code}/export", params={"format": "csv"}).text for code in codes]
    for code in ("persons", "living_alone"):
        said += [asked.get(f"{BASE}/{code}/{number}").text for number in range(1, 30)]
    others = ("/metrics", f"/api/v1/{COMMUNITY}/points/accounts", f"/registers?community={COMMUNITY}")
    said += [asked.get(path).text for path in others]
    said += [cockpit.log]
    return "\n".join(said)


def test_names_are_where_a_role_allows_and_after_erasure_nowhere(
    cockpit: Cockpit, page: Page, manager: httpx.Client
) -> None:
    name, phone, story = "欧阳测试人", "13912345678", "独居且腿脚不便"
    person = add(manager, "persons", card="E-1", name=name, born="1941-05-06", phone=phone)
    alone = add(manager, "living_alone", person=person["id"], account=story)
    add(manager, "meals", guest=person["id"])
    manager.post(f"{BASE}/persons/{person['id']}", json={"seq": 1, "phone": phone + "0", "reason": f"{name}来电"})
    for asking in (None, client(cockpit, "塔海文员", "steward", "tahai")):
        said = everything_told(cockpit, asking, ALL)
        assert not [word for word in (name, phone, story, "1941-05-06") if word in said]
    assert name in everything_told(cockpit, manager, ["persons"])
    neighbour = add(manager, "persons", card="E-2", name="李四邻居")
    other = add(manager, "living_alone", person=neighbour["id"], account=f"{name}有钥匙；对青霉素过敏")
    found = manager.post(f"{BASE}/erasure", json={"id": person["id"], "reason": "查看", "dry_run": True}).json()
    assert {(one["register"], one["id"]) for one in found["found"]} >= {
        ("persons", person["id"]),
        ("living_alone", alone["id"]),
    }
    called = {(one["id"], one["name_en"], one["called"], one["certain"]) for one in found["found"]}
    assert called >= {
        (alone["id"], "Elderly who live alone", f"{name} · E-1", True),
        (other["id"], "Elderly who live alone", "李四邻居 · E-2", False),
    }
    steward = client(cockpit, "网格小王", "steward", COMMUNITY)
    assert steward.post(f"{BASE}/erasure", json={"id": person["id"], "reason": "x"}).status_code == 403
    cockpit.sign_in(page, "抹去经理", "manager", COMMUNITY)
    opened(cockpit, page, "persons", row=str(person["id"]))
    page.get_by_text("应本人要求抹去个人信息").click()
    expect(page.locator(".erasing li")).to_have_count(3)
    mention = page.get_by_role("checkbox", name="李四邻居")
    expect(mention).not_to_be_checked()
    mention.check()
    page.get_by_label("申请编号").fill("2026-017")
    page.get_by_role("button", name="抹去，不能恢复").click()
    expect(page.locator(".erasing dl")).to_contain_text(f"living_alone/{other['id']}")
    kept_of_other = manager.get(f"{BASE}/living_alone/{other['id']}").json()["values"]["account"]
    assert kept_of_other == "▇▇有钥匙；对青霉素过敏"
    page.close()
    said = everything_told(cockpit, manager, ALL) + manager.get(f"{BASE}/persons/{person['id']}").text
    assert not [word for word in (name, phone, story) if word in said]
    assert '"register.erase"' in audit_of(cockpit)
    kept = b"".join(file.read_bytes() for file in cockpit.data.glob("cockpit.db*"))
    assert not [word for word in (name, phone, story) if word.encode() in kept]


def audit_of(cockpit: Cockpit) -> str:
    admin = client(cockpit, "审计员", "admin", "*")
    return admin.get("/api/v1/audit", params={"limit": 200}).text


def test_sixty_meals_are_entered_by_the_keyboard_alone(cockpit: Cockpit, page: Page, manager: httpx.Client) -> None:
    guests = [add(manager, "persons", card=f"M-{n:02}", name=f"食客{n}", born="1950-01-01") for n in range(60)]
    cockpit.sign_in(page, "食堂文员", "steward", COMMUNITY)
    opened(cockpit, page, "meals")
    expect(page.get_by_label("快速登记")).to_be_focused()
    began = time.monotonic()
    for number, _ in enumerate(guests):
        page.keyboard.type(f"M-{number:02}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="1 早餐")).to_be_focused()
        page.keyboard.press("2")
        expect(page.locator(".quick .done li").first).to_contain_text(f"✓ 食客{number} ")
    took = time.monotonic() - began
    assert page.locator(".quick .done li").first.inner_text().count("3.00")
    told = manager.get(f"{BASE}/meals", params={"limit": 200, "where": "meal:eq:lunch"}).json()
    assert told["total"] >= 60
    assert took < 180, f"{took:.0f} s"
    lose_an_answer(page, manager, add(manager, "persons", card="M-60", name="食客60", born="1950-01-01"))


TAP_S = 0.3
"""Between two taps of somebody who knows where they go."""
BY_TOUCH = 5


def test_a_meal_costs_a_card_number_and_one_tap_on_a_phone(
    cockpit: Cockpit, browser: Browser, manager: httpx.Client
) -> None:
    cards = [f"70{number:02}" for number in range(BY_TOUCH)]
    guests = [add(manager, "persons", card=card, name=f"触屏{card}", born="1950-01-01") for card in cards]
    for number in range(12):
        add(manager, "persons", card=f"1{cards[0]}{number}", name="号码相近")
    context = screen(browser, PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    cockpit.sign_in(page, "手机文员", "steward", COMMUNITY)
    opened(cockpit, page, "meals")
    began, taps = time.monotonic(), 0
    lunch, lines = page.get_by_role("button", name="2 午餐"), page.locator(".quick .done li")
    for card in cards:
        page.keyboard.type(card)
        if card == cards[1]:
            # Whoever waits finds the button where it was, with what is offered below it.
            expect(page.locator(".quick .offered")).to_contain_text(card)
        lunch.tap()
        taps += len(card) + 1
        expect(page.get_by_label("快速登记")).to_be_focused()
    expect(lines.filter(has_text="✓")).to_have_count(len(cards))
    took = time.monotonic() - began + taps * TAP_S
    assert taps == 5 * len(cards)
    assert took / len(cards) * 60 < 180, f"{taps} taps, {took:.1f} s for {len(cards)} meals"
    page.get_by_role("button", name="第二份").tap()
    expect(lines.first).to_contain_text("✓ 触屏7004 · 7004 · 午餐 · 第二份")
    page.get_by_role("button", name="同一人再登一项").tap()
    page.get_by_role("button", name="3 晚餐").tap()
    expect(lines.first).to_contain_text("✓ 触屏7004 · 7004 · 晚餐")
    page.keyboard.type("号码相近")
    lunch.tap()
    expect(lines.first).to_contain_text("不止一人，没有登记")
    told = manager.get(f"{BASE}/meals", params={"limit": 200, "where": f"guest:eq:{guests[-1]['id']}"}).json()
    assert sorted((one["values"]["meal"], bool(one["values"]["second"])) for one in told["rows"]) == [
        ("dinner", False),
        ("lunch", False),
        ("lunch", True),
    ]
    context.close()


def test_who_is_signed_in_without_a_role_here_is_told_so(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/registers?community=tahai&register=check_ins")
    closed = page.locator("[data-register-closed]")
    expect(closed).to_have_text("登录后可查看各行")
    cockpit.sign_in(page, "赫灵文员", "steward", "heling")
    page.goto(f"{cockpit.url}/registers?community=tahai&register=check_ins")
    expect(closed).to_have_text("您的账号在塔海未来社区没有角色，看不到各行")
    page.goto(f"{cockpit.url}/registers?community=tahai&register=persons")
    expect(closed).to_have_text("您的账号在塔海未来社区没有角色，看不到各行；这里只有合计")


def test_rooms_are_booked_from_what_is_free_and_recur_in_words(
    cockpit: Cockpit, page: Page, manager: httpx.Client
) -> None:
    day = TODAY + timedelta(9)
    cockpit.sign_in(page, "约房文员", "steward", COMMUNITY)
    dialog = opened(cockpit, page, "bookings")
    page.get_by_role("button", name="空闲房间").click()
    # What is over is offered to nobody, nor what nobody books.
    expect(dialog.locator(".rooms")).to_contain_text("排练厅")
    expect(dialog.locator(".rooms")).not_to_contain_text("走廊")
    dialog.get_by_label("日期").fill((TODAY - timedelta(1)).isoformat())
    expect(dialog.locator(".rooms")).to_be_visible()
    expect(dialog.locator(".rooms .book")).to_have_count(0)
    dialog.get_by_label("日期").fill(day.isoformat())
    free = dialog.get_by_role("button", name=re.compile("预约.*书法.* 20 时")).first
    free.focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("button", name=re.compile("预约.*书法.* 21 时")).first).to_be_focused()
    free.click()
    dialog.get_by_role("textbox", name="名称").fill("晚课")
    dialog.locator('[data-field="purpose"] select').select_option("course")
    rule = dialog.locator('[data-field="recurrence"]')
    rule.get_by_label("重复", exact=True).select_option("WEEKLY")
    weekday = "一二三四五六日"[day.weekday()]
    rule.get_by_label(f"周{weekday}").check()
    rule.get_by_label("最后一天").fill((day + timedelta(14)).isoformat())
    expect(rule).to_contain_text(f"每周{weekday}，到 {day + timedelta(14)} 为止")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("[data-outcome]")).to_contain_text("已登记")
    (row,) = manager.get(f"{BASE}/bookings", params={"q": "晚课"}).json()["rows"]
    code = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[day.weekday()]
    assert row["values"]["recurrence"] == f"FREQ=WEEKLY;BYDAY={code};UNTIL={day + timedelta(14):%Y%m%d}"
    assert parse_rfc3339(row["values"]["starts"]) == parse_rfc3339(f"{day}T20:00:00+08:00")
    # From the calendar a free hour leads to the form, with room and times filled in.
    page.goto(f"{cockpit.url}/calendar?community={COMMUNITY}&day={day}")
    rooms = page.locator("[data-calendar-rooms]")
    expect(rooms).to_contain_text("▨")
    rooms.get_by_role("link", name=re.compile("预约.*书法.* 9 时")).first.click()
    expect(dialog.locator('[data-field="room"] select')).not_to_have_value("")
    expect(dialog.locator('[data-field="starts"] input')).to_have_value(f"{day}T09:00")
    expect(dialog.locator('[data-field="ends"] input')).to_have_value(f"{day}T10:00")
    opened(cockpit, page, "bookings", row=str(row["id"]))
    expect(page.locator("dialog").get_by_label("最后一天")).to_have_value((day + timedelta(14)).isoformat())


def test_who_comes_to_a_full_course_is_told_the_place_in_line(
    cockpit: Cockpit, page: Page, manager: httpx.Client
) -> None:
    course, first = add(manager, "courses", places=1, name="满员课"), add(manager, "persons", card="Q-1")
    add(manager, "enrolments", course=course["id"], person=first["id"])
    add(manager, "persons", card="Q-2", name="候补的人")
    cockpit.sign_in(page, "报名文员", "steward", COMMUNITY)
    dialog = opened(cockpit, page, "enrolments")
    page.get_by_role("button", name="登记一行").click()
    fill(dialog, "enrolments", {"course": 1, "person": 2, "channel": "offline"}, {1: "满员课", 2: "Q-2"})
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("[data-outcome]")).to_contain_text("候补 第 1 位")


def test_days_are_closed_and_points_told_where_the_rows_are(
    cockpit: Cockpit, page: Page, manager: httpx.Client
) -> None:
    person = add(manager, "persons", card="P-1", name="对账的人", born="1950-01-01")
    yesterday = TODAY - timedelta(1)
    add(manager, "meals", guest=person["id"], day=yesterday.isoformat())
    earned = {"person": person["id"], "amount": 30, "memo": "清洁家园"}
    assert manager.post(f"/api/v1/{COMMUNITY}/points/entries", json=earned).status_code == 201
    cockpit.sign_in(page, "食堂主管", "manager", COMMUNITY)
    dialog = opened(cockpit, page, "meals")
    page.get_by_role("button", name="结账").click()
    dialog.get_by_label("月份").fill(yesterday.isoformat()[:7])
    dialog.get_by_role("button", name=f"结 {yesterday}", exact=True).click()
    expect(dialog.locator(".outcome")).to_contain_text(f"已结 {yesterday}，共 10.00 元")
    expect(dialog.get_by_role("row", name=re.compile(f"^{yesterday}")).first).to_contain_text("✓ 已结")
    expect(dialog).to_contain_text("过完才能月结" if yesterday.month == TODAY.month else "月结")
    dialog = opened(cockpit, page, "persons", row=str(person["id"]))
    page.get_by_text("共富点对账单").click()
    expect(dialog.locator(".statement")).to_contain_text("现有 30 点")
    expect(dialog.locator(".statement")).to_contain_text("清洁家园")


def lose_an_answer(page: Page, manager: httpx.Client, guest: dict[str, Any]) -> None:
    """An entry that arrives while its answer does not: sent again by the button, it is the same row."""

    def cut(route: Route) -> None:
        route.fetch()
        route.abort()

    entries = re.compile(r"/registers/meals$")
    page.route(entries, cut, times=1)
    page.keyboard.type("M-60")
    page.keyboard.press("Enter")
    # Pressed before the answer is there, which a clerk does not wait for.
    page.keyboard.press("2")
    line = page.locator(".quick .done li").first
    expect(line).to_contain_text("▲ 食客60")
    line.get_by_role("button", name="重试").click()
    expect(line).to_contain_text("✓ 食客60")
    expect(page.get_by_label("快速登记")).to_be_focused()
    told = manager.get(f"{BASE}/meals", params={"where": f"guest:eq:{guest['id']}"}).json()
    assert told["total"] == 1


OWN = """
name = "菜园"
name_en = "Gardens"
scene = "neighbourhood"
reads = "everybody"
label = ["plot"]
key = ["plot"]
[[fields]]
code = "plot"
name = "地块"
name_en = "Plot"
type = "text"
required = true
[[fields]]
code = "crop"
name = "作物"
name_en = "Crop"
type = "choice"
choices = { cabbage = { name = "白菜", name_en = "Cabbage" } }
"""


def test_a_community_brings_a_register_of_its_own_in_its_folder(tmp_path: Path, page: Page) -> None:
    own = xinlin(tmp_path / "towns")
    (own / "registers").mkdir()
    (own / "registers" / "gardens.toml").write_text(OWN, encoding="utf-8")
    running = Cockpit(tmp_path, settings={"COCKPIT_COMMUNITIES_DIR": str(tmp_path / "towns")}).start()
    try:
        keeper = client(running, "菜园管理", "steward", "*")
        added = keeper.post("/api/v1/xinlin/registers/gardens", json={"plot": "东一", "crop": "白菜"})
        assert added.status_code == 201
        assert added.json()["values"] == {"plot": "东一", "crop": "cabbage"}
        listed = httpx.get(f"{running.url}/api/v1/xinlin/registers/gardens").json()
        assert listed["total"] == 1
        assert httpx.get(f"{running.url}/api/v1/heling/registers/gardens").status_code == 404
        running.sign_in(page, "菜园文员", "steward", "*")
        page.goto(f"{running.url}/registers?community=xinlin&register=gardens")
        expect(page.locator(".ag-center-cols-container")).to_contain_text("白菜")
    finally:
        running.stop()
    (own / "registers" / "bad.toml").write_text('name = "坏"', encoding="utf-8")
    refused = running.run("up")
    assert refused.returncode == 2
    assert "xinlin/registers/bad.toml" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_declarations_are_told_in_both_languages(cockpit: Cockpit, clerk: httpx.Client) -> None:
    told = json.loads(clerk.get(BASE).text)["registers"]
    assert {one["code"] for one in told} == set(ALL)
    for one in told:
        assert one["name"]
        assert one["name_en"]
        assert all(field["name"] and field["name_en"] for field in one["fields"])
