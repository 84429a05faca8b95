"""A phone of somebody who works in two communities: each calls it where its owner turned it on, and nowhere else."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import phone_screen
from tests.end_to_end.test_events import HERE, client
from tests.end_to_end.test_notices import Receiver, receiver
from tests.running import Cockpit, until

__all__ = ["receiver"]

BOTH = ("heling", "tahai")
ON, OFF = "关闭提醒", "页面关着时也提醒我"
SERVICE = """(() => {
  if (!window.PushManager) return;
  const KEPT = "stand-in";
  const kept = () => JSON.parse(localStorage.getItem(KEPT) || "null");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
  const given = (one) => one && {
    endpoint: one.endpoint,
    options: { applicationServerKey: bytes(one.key) },
    unsubscribe: async () => { localStorage.removeItem(KEPT); return true; },
  };
  PushManager.prototype.getSubscription = async () => given(kept());
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const key = btoa(String.fromCharCode(...new Uint8Array(applicationServerKey)));
    const known = kept();
    if (known && known.key !== key) throw new DOMException("another key", "InvalidStateError");
    const n = Number(localStorage.getItem("stand-in-n") || 0) + 1;
    localStorage.setItem("stand-in-n", n);
    const made = known || { key, endpoint: "%s/" + n };
    localStorage.setItem(KEPT, JSON.stringify(made));
    return given(made);
  };
})()"""
"""A browser's push service: one subscription for the whole page, under one key at a time, as the standard has it."""
SUBSCRIPTION = 'JSON.parse(localStorage.getItem("stand-in") || "null")'


def called(who: httpx.Client, community: str, endpoint: str) -> bool:
    """Whether a community calls that phone of whoever asks."""
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    answer = who.get(f"/api/v1/{community}/push", params={"phone": digest}).raise_for_status().json()
    return bool(answer["called"])


def give(manager: httpx.Client, community: str, title: str, name: str) -> None:
    """Somebody gets something to do."""
    events = f"/api/v1/{community}/events"
    made = manager.post(events, json={"id": f"{community}-{title}", "title": title, "category": "other"}).json()
    for step in ({"to": "filed"}, {"to": "dispatched", "assignee": name}):
        manager.post(f"{events}/{made['id']}/transitions", json=step).raise_for_status()


@pytest.fixture
def phone(browser: Browser, receiver: Receiver) -> Iterator[BrowserContext]:
    """A phone whose browser has a push service."""
    context = phone_screen(browser, HERE, has_touch=True, is_mobile=True, service_workers="allow")
    context.add_init_script(SERVICE % receiver.url)
    yield context
    context.close()


def opened(cockpit: Cockpit, phone: BrowserContext, community: str) -> Page:
    page = phone.new_page()
    page.goto(f"{cockpit.url}/report?community={community}")
    return page


def offered(page: Page, text: str) -> Any:
    return expect(page.locator("[data-calls]").get_by_role("button")).to_have_text(text, timeout=30_000)


def turn(page: Page, before: str, after: str) -> None:
    offered(page, before)
    page.get_by_role("button", name=before).tap()
    offered(page, after)


def test_one_key_for_all_and_each_community_calls_for_itself(own_cockpit: Cockpit, receiver: Receiver) -> None:
    tahai = f"sqlite:///{own_cockpit.folder}/tahai.db"
    own_cockpit.settings["COCKPIT_COMMUNITY_DATABASES"] = json.dumps({"tahai": tahai})
    own_cockpit.start()
    manager, steward = client(own_cockpit, "两地经理", "manager", *BOTH), client(own_cockpit, "两地", "steward", *BOTH)
    assert len({steward.get(f"/api/v1/{one}/push").json()["key"] for one in BOTH}) == 1
    one, other = f"{receiver.url}/1", f"{receiver.url}/2"
    steward.post("/api/v1/heling/push", json={"endpoint": one}).raise_for_status()
    assert [called(steward, where, one) for where in BOTH] == [True, False]
    assert not called(manager, "heling", one)
    give(manager, "tahai", "没有开", "两地")
    for where in BOTH:
        steward.post(f"/api/v1/{where}/push", json={"endpoint": other}).raise_for_status()
    give(manager, "tahai", "开了", "两地")
    until(lambda: receiver.came)
    steward.post("/api/v1/tahai/push/remove", json={"endpoint": other}).raise_for_status()
    assert [called(steward, where, other) for where in BOTH] == [True, False]
    give(manager, "tahai", "又关了", "两地")
    give(manager, "heling", "还开着", "两地")
    until(lambda: len(receiver.came) == 3)
    time.sleep(1.5)
    assert sorted(path for path, _headers, _body in receiver.came) == ["/hook/1", "/hook/2", "/hook/2"]
    keys = {headers["Authorization"].partition(", k=")[2] for _path, headers, _body in receiver.came}
    assert keys == {steward.get("/api/v1/heling/push").json()["key"]}
    # The phone went to somebody else, who turned it on in one community: whose it was is called in none.
    successor = client(own_cockpit, "接手", "steward", "tahai")
    successor.post("/api/v1/tahai/push", json={"endpoint": other}).raise_for_status()
    assert [called(steward, where, other) for where in BOTH] == [False, False]
    assert called(steward, "heling", one)


def test_a_phone_is_turned_on_and_off_in_each_community_by_itself(
    cockpit: Cockpit, phone: BrowserContext, receiver: Receiver
) -> None:
    session = cockpit.add_user("两处网格", "steward", *BOTH)
    steward = httpx.Client(base_url=cockpit.url, cookies={"cockpit_session": session})
    phone.add_cookies([cockpit.cookie(session)])
    page = opened(cockpit, phone, "heling")
    turn(page, OFF, ON)
    endpoint = page.evaluate(SUBSCRIPTION)["endpoint"]
    other = opened(cockpit, phone, "tahai")
    turn(other, OFF, ON)
    assert other.evaluate(SUBSCRIPTION)["endpoint"] == endpoint
    assert [called(steward, one, endpoint) for one in BOTH] == [True, True]
    turn(other, ON, OFF)
    assert [called(steward, one, endpoint) for one in BOTH] == [True, False]
    page.reload()
    offered(page, ON)
    assert page.evaluate(SUBSCRIPTION) is not None
    turn(page, ON, OFF)
    assert page.evaluate(SUBSCRIPTION) is None, "nobody calls it: nothing is left with the service"
    for one in (page, other):
        one.reload()
        turn(one, OFF, ON)
    endpoint = page.evaluate(SUBSCRIPTION)["endpoint"]
    page.locator("[data-way]").tap()
    page.locator(".who").tap()
    page.get_by_role("button", name="退出", exact=True).tap()
    expect(page.locator("[data-report-form]")).to_contain_text("请先登录")
    phone.add_cookies([cockpit.cookie(session)])
    again = cockpit.add_user("两处经理", "manager", *BOTH)
    manager = httpx.Client(base_url=cockpit.url, cookies={"cockpit_session": again})
    manager.headers["X-CSRF-Token"] = manager.get("/api/v1/session").json()["csrf"]
    for one in BOTH:
        give(manager, one, "退出以后", "两处网格")
    time.sleep(1.5)
    assert receiver.came == []


def test_a_subscription_by_a_former_key_gives_way_to_a_new_one_wherever_it_was_on(
    cockpit: Cockpit, phone: BrowserContext, receiver: Receiver
) -> None:
    session = cockpit.add_user("旧钥网格", "steward", *BOTH)
    steward = httpx.Client(base_url=cockpit.url, cookies={"cockpit_session": session})
    steward.headers["X-CSRF-Token"] = steward.get("/api/v1/session").json()["csrf"]
    phone.add_cookies([cockpit.cookie(session)])
    former = f"{receiver.url}/former"
    steward.post("/api/v1/heling/push", json={"endpoint": former}).raise_for_status()
    page = opened(cockpit, phone, "tahai")
    offered(page, OFF)
    page.evaluate("(one) => localStorage.setItem('stand-in', JSON.stringify(one))", {"key": "BAAA", "endpoint": former})
    page.reload()
    turn(page, OFF, ON)
    endpoint = page.evaluate(SUBSCRIPTION)["endpoint"]
    assert endpoint != former
    assert [called(steward, one, endpoint) for one in BOTH] == [True, True]
    assert [called(steward, one, former) for one in BOTH] == [False, False]


def test_without_a_line_nothing_is_said_of_what_the_server_alone_knows(cockpit: Cockpit, phone: BrowserContext) -> None:
    phone.add_cookies([cockpit.cookie(cockpit.add_user("断线提醒", "steward", "heling"))])
    page = opened(cockpit, phone, "heling")
    expect(page.locator("[data-shell]")).to_contain_text("断网也能打开此页", timeout=30_000)
    turn(page, OFF, ON)
    phone.set_offline(True)
    page.reload()
    expect(page.locator("[data-calls]")).to_contain_text("联网后显示", timeout=30_000)
    expect(page.locator("[data-calls]").get_by_role("button")).to_have_count(0)
    phone.set_offline(False)
    offered(page, ON)
