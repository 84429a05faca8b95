"""The board: a column shows what presses most, says how many others there are, and never runs empty before them."""

from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import EVENTS, client
from tests.end_to_end.test_events_list import filed
from tests.running import Cockpit

FIRST = 50
"""Cards that a column begins with."""


def test_what_waits_below_the_cards_of_a_column_comes_up_when_they_go(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "看板经理", "manager", "heling")
    for number in range(FIRST + 27):
        filed(manager, f"b{number}", f"第 {number} 件")
    cockpit.sign_in(page, "看板主管", "manager", "heling")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/events/board" in request.url else None)
    page.goto(f"{cockpit.url}/board?community=heling")
    column = page.locator(".column-of-state[data-state=reported]")
    cards, others = column.locator(".card"), column.locator(".others")
    expect(cards).to_have_count(FIRST)
    expect(others).to_have_text("另有 27 件")
    expect(page.locator(".column-of-state[data-state=filed] .others")).to_be_hidden()
    # Below the threshold only: a column that still shows enough asks for nothing, and says what is so now.
    shown = cards.evaluate_all("(all) => all.map((one) => one.dataset.event)")
    manager.post(f"{EVENTS}/{shown[0]}/transitions", json={"to": "declined"}).raise_for_status()
    expect(cards).to_have_count(FIRST - 1)
    expect(others).to_have_text("另有 27 件")
    before = len(asked)
    answer = manager.post(f"{EVENTS}/transitions", json={"events": [{"id": one} for one in shown[1:]], "to": "filed"})
    assert answer.json()["taken"] == FIRST - 1
    expect(column.locator("h2")).to_contain_text("27")
    expect(cards).to_have_count(27)
    expect(others).to_be_hidden()
    assert 1 <= len(asked) - before <= 2, asked[before:]
    moved = page.locator(".column-of-state[data-state=filed] .card")
    expect(moved).to_have_count(FIRST - 1)
    # None of them twice.
    every = page.locator(".card").evaluate_all("(all) => all.map((one) => one.dataset.event)")
    assert len(every) == len(set(every)) == 27 + FIRST - 1


def test_the_line_of_the_others_leads_to_the_list_of_that_state(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "列表经理", "manager", "heling")
    for number in range(FIRST + 3):
        event = filed(manager, f"l{number}", f"立案 {number}")
        manager.post(f"{EVENTS}/{event}/transitions", json={"to": "filed"}).raise_for_status()
    there = manager.get(f"{EVENTS}/board").json()["columns"]
    count = next(one["count"] for one in there if one["state"] == "filed")
    cockpit.sign_in(page, "列表主管", "manager", "heling")
    page.goto(f"{cockpit.url}/board?community=heling")
    line = page.locator(".column-of-state[data-state=filed] .others")
    expect(line).to_have_text(f"另有 {count - FIRST} 件")
    line.get_by_role("link").click()
    expect(page.locator("[data-chips] .chip")).to_have_text(["状态：立案 ✕"])
    expect(page.locator("[data-rows-count]")).to_have_attribute("data-total", str(count))
