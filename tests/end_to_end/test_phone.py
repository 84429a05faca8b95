"""A steward's phone loses no word: whatever the server, the line, the clock or the next person does."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from store.instant import now, parse_rfc3339
from tests.browsing import SET_CLOCK, phone_screen
from tests.end_to_end.test_events import EVENTS, HERE
from tests.running import Cockpit, until

POSTS = re.compile(r"/api/v1/heling/events$")
AGAIN = "window.dispatchEvent(new Event('online'))"
SEEN = "document.dispatchEvent(new Event('visibilitychange'))"
PROXY = "<html><body><h1>Bad Gateway</h1></body></html>"


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = phone_screen(browser, HERE)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context
    context.close()
    assert faults == []


def opened(cockpit: Cockpit, phone: BrowserContext, name: str | None = None) -> Page:
    """The phone's page, of somebody who signs in, or who is signed in already."""
    page = phone.new_page()
    if name:
        phone.add_cookies([cockpit.cookie(cockpit.add_user(name, "steward", "heling"))])
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(page.get_by_role("group", name="位置")).to_contain_text("已定位", timeout=20_000)
    return page


def report(page: Page, detail: str) -> None:
    """Write and file a report."""
    page.get_by_role("button", name="其他").click()
    page.get_by_label("补充说明").fill(detail)
    expect(page.get_by_role("button", name="上报", exact=True)).to_be_enabled()
    page.get_by_role("button", name="上报", exact=True).click()


def kept(page: Page, detail: str) -> Any:
    """The row of a report that the phone keeps."""
    return page.locator("[data-outbox] li", has_text=detail)


def of(cockpit: Cockpit, detail: str) -> list[dict[str, Any]]:
    """What the server has with these words."""
    found = cockpit.get(EVENTS, limit=1000)["features"]
    return [one["properties"] for one in found if one["properties"]["detail"] == detail]


def refuse(page: Page, status: int, body: str | None = None, **headers: str) -> None:
    """From now on reports are answered so."""
    problem = f'{{"title": "refused", "status": {status}, "detail": "原因 {status}"}}'
    kind = "text/html" if body else "application/problem+json"
    page.unroute(POSTS)
    page.route(
        POSTS, lambda route: route.fulfill(status=status, body=body or problem, content_type=kind, headers=headers)
    )


def test_what_is_refused_is_kept_with_its_reason_and_can_be_sent_again(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "拒网格")
    statuses = (400, 403, 404, 409, 410, 413, 415, 422)
    for status in statuses:
        refuse(page, status)
        report(page, f"拒收 {status}")
        expect(kept(page, f"拒收 {status}")).to_contain_text(f"原因 {status}（{status}）")
        expect(kept(page, f"拒收 {status}")).to_have_attribute("data-state", "refused")
    refuse(page, 413, PROXY)
    report(page, "代理拒收")
    expect(kept(page, "代理拒收")).to_contain_text("太大")
    expect(page.locator(".outbox-mark")).to_have_text(f"▲ 待处理 {len(statuses) + 1}")
    page.unroute(POSTS)
    page.reload()
    for detail in [*(f"拒收 {status}" for status in statuses), "代理拒收"]:
        kept(page, detail).get_by_role("button", name="再发").click()
        expect(kept(page, detail)).to_have_attribute("data-state", "sent")
        assert len(of(cockpit, detail)) == 1
    expect(page.locator(".outbox-mark")).to_be_hidden()


def test_what_is_no_fault_of_the_report_waits_and_goes_by_itself(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "等网格")
    for status, body in ((401, None), (429, None), (500, None), (502, PROXY), (200, PROXY), (503, None)):
        detail = f"等待 {status} {'页' if body else ''}".strip()
        refuse(page, status, body)
        report(page, detail)
        expect(kept(page, detail)).to_have_attribute("data-state", "waiting")
        expect(page.locator("[data-waiting]")).to_have_text("◷ 1 件待发送，有网即发")
        expect(page.locator("[data-outcome]")).to_contain_text("已存在手机里")
        page.unroute(POSTS)
        page.evaluate(AGAIN)
        expect(kept(page, detail)).to_have_attribute("data-state", "sent")
        assert len(of(cockpit, detail)) == 1


def test_the_server_is_left_alone_for_as_long_as_it_asks(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "缓网格")
    tries: list[datetime] = []

    def busy(route: Route) -> None:
        tries.append(datetime.now(UTC))
        if len(tries) == 1:
            route.fulfill(status=429, headers={"Retry-After": "4"}, body="{}", content_type="application/json")
        else:
            route.continue_()

    page.route(POSTS, busy)
    report(page, "太忙")
    expect(kept(page, "太忙")).to_have_attribute("data-state", "waiting")
    page.evaluate(AGAIN)
    page.reload()
    expect(kept(page, "太忙")).to_have_attribute("data-state", "sent", timeout=10_000)
    assert tries[1] - tries[0] > timedelta(seconds=3.5)


def test_closed_in_mid_send_it_is_filed_once(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "关网格")
    arrived: list[int] = []

    def taken_but_never_answered(route: Route) -> None:
        arrived.append(route.fetch().status)

    page.route(POSTS, taken_but_never_answered)
    report(page, "关了页面")
    until(lambda: arrived or page.wait_for_timeout(50))
    page.close()
    page = opened(cockpit, phone)
    expect(kept(page, "关了页面")).to_have_attribute("data-state", "sent")
    assert (arrived, len(of(cockpit, "关了页面"))) == ([201], 1)


def test_two_pages_at_once_send_it_once(cockpit: Cockpit, phone: BrowserContext) -> None:
    first = opened(cockpit, phone, "双网格")
    second = opened(cockpit, phone)
    sent: list[str] = []
    phone.on("request", lambda request: POSTS.search(request.url) and request.method == "POST" and sent.append("one"))
    phone.set_offline(True)
    report(first, "两个页面")
    expect(kept(second, "两个页面")).to_contain_text("恢复后自动再发")
    tried = len(sent)
    phone.set_offline(False)
    for page in (first, second):
        page.evaluate(AGAIN)
        expect(kept(page, "两个页面")).to_have_attribute("data-state", "sent")
    assert len(sent) - tried == 1
    assert len(of(cockpit, "两个页面")) == 1


def test_two_quick_taps_are_one_report(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "快网格")
    page.get_by_role("button", name="其他").click()
    page.get_by_label("补充说明").fill("点了两下")
    page.get_by_role("button", name="上报", exact=True).dblclick()
    expect(page.locator("[data-outcome]")).to_contain_text("已上报，编号")
    page.wait_for_timeout(1000)
    expect(page.locator("[data-outcome]")).to_contain_text("已上报，编号")
    assert len(of(cockpit, "点了两下")) == 1


def test_two_people_on_one_phone_each_has_an_outbox_of_their_own(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "甲网格")
    refuse(page, 503)
    report(page, "甲的秘密")
    expect(kept(page, "甲的秘密")).to_be_visible()
    first = phone.cookies()
    page.close()
    phone.clear_cookies()
    page = opened(cockpit, phone, "乙网格")
    expect(page.locator("[data-outbox]")).to_contain_text("他人的 1 件没有发出")
    expect(page.locator(".outbox-mark")).to_contain_text("他人待发 1")
    report(page, "乙的上报")
    expect(kept(page, "乙的上报")).to_have_attribute("data-state", "sent")
    assert "甲的秘密" not in page.content()
    assert of(cockpit, "甲的秘密") == []
    page.close()
    phone.clear_cookies()
    phone.add_cookies(first)  # type: ignore[arg-type]  # what Playwright gives it takes
    page = opened(cockpit, phone)
    expect(kept(page, "甲的秘密")).to_have_attribute("data-state", "sent")
    assert "乙的上报" not in page.content()


def test_a_page_that_changed_hands_sends_nothing_under_the_other_name(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "丙网格")
    phone.add_cookies([cockpit.cookie(cockpit.add_user("丁网格", "steward", "heling"))])
    report(page, "丙写的")
    expect(page.locator("[data-outcome]")).to_contain_text("现在登录的是 丁网格")
    assert of(cockpit, "丙写的") == []
    page.evaluate(SEEN)
    expect(page.locator(".who")).to_contain_text("丁网格", timeout=20_000)
    assert "丙写的" not in page.content()


def test_an_ended_session_asks_to_sign_in_and_then_goes_on(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "戊网格")
    session = phone.cookies()
    phone.clear_cookies()
    report(page, "会话过期")
    expect(kept(page, "会话过期")).to_contain_text("登录已经失效，请重新登录")
    expect(kept(page, "会话过期").get_by_role("link", name="登录")).to_have_attribute(
        "href", re.compile("sign-in.*report")
    )
    phone.add_cookies(session)  # type: ignore[arg-type]  # what Playwright gives it takes
    page.evaluate(SEEN)
    expect(kept(page, "会话过期")).to_have_attribute("data-state", "sent")


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_two_days_off_is_not_the_reports(cockpit: Cockpit, phone: BrowserContext, hours: int) -> None:
    phone.add_init_script(f"{SET_CLOCK}; window.setClock({hours * 3_600_000});")
    page = opened(cockpit, phone, f"钟网格{hours}")
    report(page, f"钟差 {hours}")
    expect(kept(page, f"钟差 {hours}")).to_have_attribute("data-state", "sent")
    phone.set_offline(True)
    report(page, f"断网钟差 {hours}")
    written = now()
    page.wait_for_timeout(4000)
    phone.set_offline(False)
    expect(kept(page, f"断网钟差 {hours}")).to_have_attribute("data-state", "sent")
    for detail in (f"钟差 {hours}", f"断网钟差 {hours}"):
        [told] = of(cockpit, detail)
        assert abs(parse_rfc3339(told["ts"]) - written) < 12_000_000
    [told] = of(cockpit, f"断网钟差 {hours}")
    assert abs(parse_rfc3339(told["ts"]) - written) < 2_500_000, "when it was written, not when it arrived"


def test_a_clock_that_is_set_between_writing_and_sending_leaves_the_time_to_the_server(
    cockpit: Cockpit, phone: BrowserContext
) -> None:
    phone.add_init_script(SET_CLOCK)
    page = opened(cockpit, phone, "调钟网格")
    phone.set_offline(True)
    page.evaluate("window.setClock(-172800000)")
    report(page, "调了钟")
    expect(kept(page, "调了钟")).to_have_attribute("data-state", "waiting")
    page.evaluate("window.setClock(0)")
    phone.set_offline(False)
    page.evaluate(AGAIN)
    expect(kept(page, "调了钟")).to_have_attribute("data-state", "sent")
    [told] = of(cockpit, "调了钟")
    assert abs(parse_rfc3339(told["ts"]) - now()) < 60_000_000


def test_what_is_being_written_is_there_again_after_a_reload(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "稿网格")
    page.get_by_role("button", name="设施").click()
    page.get_by_role("button", name="路灯照明").click()
    page.get_by_label("补充说明").type("写到一半")
    page.wait_for_timeout(300)  # nobody reloads between a key and the next thing that the browser does
    page.reload()
    expect(page.get_by_label("补充说明")).to_have_value("写到一半", timeout=20_000)
    expect(page.get_by_role("button", name="路灯照明")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(kept(page, "写到一半")).to_have_attribute("data-state", "sent")
    assert [one["category"] for one in of(cockpit, "写到一半")] == ["facility.lighting"]


def test_what_was_refused_is_mended_or_taken_away_by_the_person(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "改网格")
    refuse(page, 422)
    for detail in ("写错的", "不要的"):
        report(page, detail)
        expect(kept(page, detail)).to_have_attribute("data-state", "refused")
    page.unroute(POSTS)
    kept(page, "写错的").get_by_role("button", name="修改").click()
    expect(page.get_by_label("补充说明")).to_have_value("写错的")
    page.get_by_label("补充说明").fill("改对的")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(kept(page, "改对的")).to_have_attribute("data-state", "sent")
    page.once("dialog", lambda dialog: dialog.dismiss())
    kept(page, "不要的").get_by_role("button", name="删除").click()
    expect(kept(page, "不要的")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    kept(page, "不要的").get_by_role("button", name="删除").click()
    expect(kept(page, "不要的")).to_have_count(0)
    assert [len(of(cockpit, detail)) for detail in ("写错的", "改对的", "不要的")] == [0, 1, 0]


def test_a_draft_is_called_one_and_not_something_on_its_way(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "草稿网格")
    page.get_by_label("补充说明").fill("写了一半")
    expect(page.locator(".outbox-mark")).to_have_text("✎ 草稿 1")


def test_a_change_that_the_server_did_not_take_is_said(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = opened(cockpit, phone, "迟网格")

    def cut_after_it_arrived(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(POSTS, cut_after_it_arrived)
    report(page, "先写的")
    expect(kept(page, "先写的")).to_contain_text("恢复后自动再发")
    page.unroute(POSTS)
    kept(page, "先写的").get_by_role("button", name="修改").click()
    expect(page.get_by_label("补充说明")).to_have_value("先写的")
    page.get_by_label("补充说明").fill("后改的")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(kept(page, "后改的")).to_contain_text("改动没有并入")
    assert (len(of(cockpit, "先写的")), len(of(cockpit, "后改的"))) == (1, 0)


NO_STORE = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
FULL_STORE = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.mark.parametrize(("broken", "words"), [(NO_STORE, "不能保存"), (FULL_STORE, "存储已满")])
def test_a_phone_that_keeps_nothing_says_so_and_asks_before_the_page_goes(
    cockpit: Cockpit, phone: BrowserContext, broken: str, words: str
) -> None:
    phone.add_init_script(broken)
    page = opened(cockpit, phone, f"满网格{words}")
    expect(page.locator("[data-doubts]")).to_contain_text(words)
    phone.set_offline(True)
    report(page, f"没处存 {words}")
    expect(kept(page, f"没处存 {words}")).to_have_attribute("data-state", "waiting")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("setTimeout(() => location.reload(), 0)")
    until(lambda: asked or page.wait_for_timeout(50))
    assert asked == ["beforeunload"]
    phone.set_offline(False)
    expect(kept(page, f"没处存 {words}")).to_have_attribute("data-state", "sent")
    assert len(of(cockpit, f"没处存 {words}")) == 1


def test_what_an_older_page_left_is_nobodys_until_somebody_takes_it(cockpit: Cockpit, phone: BrowserContext) -> None:
    page = phone.new_page()
    phone.add_cookies([cockpit.cookie(cockpit.add_user("旧网格", "steward", "heling"))])
    page.goto(f"{cockpit.url}/healthz")
    page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open("cockpit-reports", 1);
          opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "id" });
          opening.onsuccess = () => {
            const body = { id: "old-1", category: "other", title: "其他", detail: "旧版留下的", ts: Date.now() };
            const write = opening.result.transaction("reports", "readwrite");
            write.objectStore("reports").put({ id: "old-1", community: "heling", body, photos: [new Blob(["x"])] });
            write.oncomplete = () => { opening.result.close(); done(); };
          };
        })"""
    )
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(kept(page, "旧版留下的")).to_contain_text("不知由谁填写")
    expect(kept(page, "旧版留下的")).to_contain_text("1 张照片")
    page.wait_for_timeout(1000)
    assert of(cockpit, "旧版留下的") == []
    kept(page, "旧版留下的").get_by_role("button", name="修改").click()
    page.get_by_role("button", name="上报", exact=True).click()
    until(lambda: len(of(cockpit, "旧版留下的")) == 1)
