"""A phone that two communities, or two people, use: each report goes where it was written for, by whoever wrote it."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.end_to_end.test_events import client
from tests.end_to_end.test_phone_app import Thumb, filed, manager, phone, report
from tests.running import Cockpit, until

__all__ = ["manager", "phone"]

BOTH = ("heling", "tahai")
COMMUNITY = "cockpit.root.dataset.community"


@pytest.fixture(scope="module")
def over_both(cockpit: Cockpit) -> httpx.Client:
    """A manager of both communities."""
    return client(cockpit, "两边经理", "manager", *BOTH)


def kept(cockpit: Cockpit, phone: BrowserContext, search: str, said: str = "断网也能打开此页") -> Page:
    """A page that is kept on the phone."""
    page = phone.new_page()
    page.goto(f"{cockpit.url}/report{search}")
    expect(page.locator("[data-shell]")).to_contain_text(said, timeout=30_000)
    return page


def shown(page: Page, community: str) -> Locator:
    """The form of a community's page, once it is laid out."""
    form = page.locator("[data-report-form]")
    expect(form.get_by_label("补充说明")).to_be_visible(timeout=20_000)
    assert page.evaluate(COMMUNITY) == community
    return form


def arrived(over_both: httpx.Client, community: str, words: str) -> list[tuple[str, str]]:
    """What a community has: what was written, and by whom."""
    found: Any = over_both.get(f"/api/v1/{community}/events", params={"q": words, "limit": 100}).json()["features"]
    return sorted((one["properties"]["detail"], one["properties"]["reporter"]) for one in found)


def test_without_a_line_an_address_opens_its_own_community_or_says_that_it_is_not_kept(
    cockpit: Cockpit, phone: BrowserContext
) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("两边网格", "steward", *BOTH))])
    page = kept(cockpit, phone, "?community=heling")
    phone.set_offline(True)
    page.goto(f"{cockpit.url}/report?community=tahai")
    expect(page.locator("body")).to_contain_text("这部手机上没有存下这个社区的上报页")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.evaluate("window.cockpit") is None
    # Other parameters do not matter, and an address that names none opens what this phone has.
    page.goto(f"{cockpit.url}/report?theme=light&community=heling")
    shown(page, "heling")
    page.goto(f"{cockpit.url}/report#tasks")
    shown(page, "heling")
    assert page.url == f"{cockpit.url}/report?community=heling#tasks"


def test_that_a_page_is_not_kept_is_said_in_the_language_of_its_reader(cockpit: Cockpit, phone: BrowserContext) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("英文两边", "steward", *BOTH))])
    page = kept(cockpit, phone, "?community=heling&lang=en", "without a line")
    phone.set_offline(True)
    page.goto(f"{cockpit.url}/report?community=tahai")
    expect(page.locator("body")).to_contain_text("was not kept on this phone")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Open the page that was kept").tap()
    expect(page.locator("[data-report-form] textarea")).to_be_visible(timeout=20_000)
    assert page.evaluate(COMMUNITY) == "heling"


def test_the_app_that_begins_without_a_community_opens_the_same_page_without_a_line(
    cockpit: Cockpit, phone: BrowserContext
) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("塔海网格", "steward", "tahai"))])
    page = kept(cockpit, phone, "")
    phone.set_offline(True)
    page.goto(f"{cockpit.url}/report")
    shown(page, "tahai")
    page.goto(f"{cockpit.url}/report?community=tahai")
    shown(page, "tahai")
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(page.locator("body")).to_contain_text("这部手机上没有存下这个社区的上报页")


def test_what_was_written_for_one_community_goes_there_whichever_page_is_open(
    cockpit: Cockpit, phone: BrowserContext, over_both: httpx.Client
) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("分送网格", "steward", *BOTH))])
    page = kept(cockpit, phone, "?community=tahai")
    page.close()
    page = kept(cockpit, phone, "?community=heling")
    phone.set_offline(True)
    thumb = Thumb()
    report(page, thumb, "分送赫灵一")
    report(page, thumb, "分送赫灵二")
    page.locator("[data-report-form]").get_by_label("补充说明").fill("分送赫灵草稿")
    expect(page.locator("[data-outbox] li")).to_have_count(2)
    page.goto(f"{cockpit.url}/report?community=tahai")
    form = shown(page, "tahai")
    report(page, thumb, "分送塔海一")
    expect(form.get_by_label("补充说明")).to_have_value("")
    # What is of heling is changed on the page of heling: here it is another ground.
    second = filed(page).filter(has_text="分送赫灵二")
    expect(second).to_contain_text("赫灵")
    expect(second.get_by_role("button", name="修改", exact=True)).to_have_count(0)
    second.get_by_role("button", name="到赫灵未来社区的页面修改").tap()
    shown(page, "heling")
    expect(page.locator("[data-report-form]").get_by_label("补充说明")).to_have_value("分送赫灵草稿")
    page.goto(f"{cockpit.url}/report?community=tahai")
    shown(page, "tahai")
    phone.set_offline(False)
    expect(page.locator("[data-outbox] li[data-state=sent]")).to_have_count(3, timeout=60_000)
    sent = {community: [one for one, _who in arrived(over_both, community, "分送")] for community in BOTH}
    assert sent == {"heling": ["分送赫灵一", "分送赫灵二"], "tahai": ["分送塔海一"]}


def test_a_page_that_was_opened_without_a_line_sends_nothing_for_the_next_person(
    cockpit: Cockpit, phone: BrowserContext, over_both: httpx.Client
) -> None:
    first, second = (cockpit.add_user(name, "steward", "heling") for name in ("前一人", "后一人"))
    phone.add_cookies([cockpit.cookie(first)])
    page = kept(cockpit, phone, "?community=heling")
    phone.set_offline(True)
    page.reload()
    shown(page, "heling")
    report(page, Thumb(), "前人写的")
    # The session ended, and somebody else signed in, while this page stood open.
    phone.clear_cookies()
    phone.add_cookies([cockpit.cookie(second)])
    with page.expect_response("**/api/v1/session"):
        phone.set_offline(False)
    page.locator("[data-report-form]").get_by_label("补充说明").fill("前人没写完的")
    page.wait_for_timeout(3_000)
    assert arrived(over_both, "heling", "前人") == []
    other = phone.new_page()
    other.goto(f"{cockpit.url}/report?community=heling")
    expect(other.locator("[data-outbox]")).to_contain_text("他人的 2 件没有发出", timeout=20_000)
    assert "前人" not in other.content()
    page.close()
    phone.clear_cookies()
    phone.add_cookies([cockpit.cookie(first)])
    other.reload()
    until(lambda: arrived(over_both, "heling", "前人") == [("前人写的", "user:前一人")], 30)
    expect(other.locator("[data-report-form]").get_by_label("补充说明")).to_have_value("前人没写完的")


def test_who_signed_out_is_not_who_writes_without_a_line(cockpit: Cockpit, phone: BrowserContext) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("已退出", "steward", "heling"))])
    page = kept(cockpit, phone, "?community=heling")
    page.locator("[data-way]").tap()
    page.locator(".who").tap()
    # The line is cut just as the sign-out was answered.
    page.route("**/api/v1/session", lambda route: route.abort())
    page.get_by_role("button", name="退出", exact=True).tap()
    expect(page.locator("[data-report-form]")).to_contain_text("请先登录", timeout=20_000)
