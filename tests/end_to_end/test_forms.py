"""Forms of the pages: what is written stays until the server has it, and two clicks are one entry."""

import re

from playwright.sync_api import Page, Route, expect

from tests.end_to_end.test_events import EVENTS, client
from tests.running import Cockpit

POSTS = re.compile(r"/council/members$")


def opened(cockpit: Cockpit, page: Page, name: str) -> Page:
    """共治 as a manager sees it, with two of its forms open."""
    cockpit.sign_in(page, name, "manager", "heling")
    page.goto(f"{cockpit.url}/governance?community=heling")
    for form in ("加入成员", "登记会议"):
        page.locator("summary", has_text=form).click(timeout=20_000)
    return page


def test_what_is_written_in_one_form_stays_when_another_is_sent(cockpit: Cockpit, page: Page) -> None:
    opened(cockpit, page, "表经理")
    council = page.locator('[data-register="council"]')
    council.locator("[name=subject]").fill("停车怎么办")
    council.locator("details", has_text="加入成员").locator("[name=name]").fill("一号楼楼长")
    council.get_by_role("button", name="登记", exact=True).first.dblclick()
    expect(council).to_contain_text("一号楼楼长 ")
    expect(council.locator("[name=subject]")).to_have_value("停车怎么办")
    expect(council.locator("[name=subject]")).to_be_visible()
    expect(council.locator("details", has_text="加入成员").locator("[name=name]")).to_have_value("")
    page.wait_for_timeout(500)
    assert council.locator(".entry", has_text="一号楼楼长").count() == 1


def test_what_is_refused_stays_in_the_form_and_the_page_asks_before_it_goes(cockpit: Cockpit, page: Page) -> None:
    def proxy(route: Route) -> None:
        route.fulfill(status=502, body="<html>Bad Gateway</html>", content_type="text/html")

    opened(cockpit, page, "拒经理")
    page.route(POSTS, proxy)
    member = page.locator('[data-register="council"] details', has_text="加入成员")
    member.locator("[name=name]").fill("二号楼楼长")
    member.get_by_role("button", name="登记").click()
    expect(page.locator('[data-register="council"] .outcome')).to_contain_text("服务器暂时不在")
    expect(member.locator("[name=name]")).to_have_value("二号楼楼长")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("setTimeout(() => location.assign('/board'), 0)")
    page.wait_for_timeout(1000)
    assert asked == ["beforeunload"]
    expect(member.locator("[name=name]")).to_have_value("二号楼楼长")


def test_who_was_chosen_stays_chosen_when_somebody_else_takes_a_step(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "选经理", "manager", "heling")
    cockpit.add_user("选网格员", "steward", "heling")
    other = client(cockpit, "另经理", "manager", "heling")
    told = {"id": "chosen", "title": "占道经营", "category": "order.vendor"}
    event = other.post(EVENTS, json=told).json()["id"]
    assert other.post(f"{EVENTS}/{event}/transitions", json={"to": "filed"}).status_code == 201
    page.goto(f"{cockpit.url}/events/{event}")
    page.get_by_label("派给").select_option("选网格员")
    assert other.post(f"{EVENTS}/{event}/transitions", json={"to": "escalated"}).status_code == 201
    expect(page.locator(".timeline")).to_contain_text("升级")
    expect(page.get_by_label("派给")).to_have_value("选网格员")
    page.get_by_role("button", name="派遣", exact=True).click()
    expect(page.locator("[data-outcome]")).to_have_text("✓ 已办理")
    expect(page.locator(".event-head")).to_contain_text("选网格员")
