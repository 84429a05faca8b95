"""Every page in English: no Chinese stands on it but names; who chooses a language keeps it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browsing import DESK, WALL, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.end_to_end.test_pages_by_role import DRAWN, PATHS, SETTLED
from tests.running import Cockpit, until

TITLE, DEVICE = "占道经营", "橙麓空气站"
NAMES = (TITLE, DEVICE, "中文", "烟感报警")
"""Titles of events, names of devices, and what a language calls itself."""
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
WORDS = """() => [
  document.body.innerText,
  document.title,
  ...[...document.querySelectorAll("[placeholder], [title], [aria-label], option")].flatMap((one) => [
    one.placeholder, one.title, one.getAttribute("aria-label"), one.tagName === "OPTION" ? one.textContent : "",
  ]),
].filter(Boolean).flatMap((text) => text.split("\\n"))"""
FURTHER = (
    *("/visitors", "/forecast", "/festivals", "/alarms?view=duty", "/alarms?view=history"),
    *("/devices/air-english", "/devices/siren-english", "/nowhere", "/map?metric=none"),
)
OWN = [path for path in (*PATHS, *FURTHER, *DRAWN) if "air-role" not in path]


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """A cockpit with something on each page; what people named has Chinese names."""
    air = cockpit.add_device("air-english", lon=120.187, lat=28.927, name=DEVICE)
    smoke = cockpit.add_device("smoke-english", "smoke", lon=120.187, lat=28.927, name=DEVICE)
    cockpit.add_device("siren-english", "siren", lon=120.187, lat=28.927, name=DEVICE)
    for payload in ({"pm2_5": 41}, {"pm2_5": "vierzig"}):
        cockpit.publish(air, "telemetry", payload)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    return cockpit


@pytest.fixture(scope="module")
def event(furnished: Cockpit) -> str:
    """An event that is open."""
    told = {"id": "in-english", "title": TITLE, "category": "order.vendor"}
    mae = client(furnished, "Mae", "manager", "heling")
    number: str = mae.post(EVENTS, json=told).json()["id"]
    matter = {"kind": "mediation", "topic": "light", "area": "chenglu"}
    assert mae.post("/api/v1/heling/governance/matters", json=matter).status_code == 201
    return number


@pytest.fixture(scope="module")
def english(furnished: Cockpit, browser: Browser) -> Iterator[BrowserContext]:
    """An admin whose browser asks for English."""
    context = screen(browser, DESK, locale="en-GB")
    furnished.sign_in(context.new_page(), "Erin", "admin", "*")
    yield context
    context.close()


@pytest.mark.parametrize(
    "path",
    [
        *(one for one in PATHS if "air-role" not in one),
        *FURTHER,
        *DRAWN,
        "/devices/air-english",
        "/devices/siren-english",
        "/nowhere",
        "/map?metric=none",
    ],
)
def test_a_page_is_all_english(furnished: Cockpit, event: str, english: BrowserContext, path: str) -> None:
    page, asked = english.new_page(), set[Request]()
    page.on("request", lambda one: asked.add(one) if "/api/" in one.url else None)
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda one: asked.discard(one))
    answer = page.goto(furnished.url + path.format(event=event))
    assert answer is not None
    assert answer.headers["content-language"] == "en"
    if answer.ok:
        page.wait_for_function(SETTLED)
        until(lambda: page.evaluate("true") and not asked)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert _chinese(page) == []
    page.close()


@pytest.mark.parametrize("size", [WALL, (1080, 1920)])
def test_nothing_of_the_english_wall_is_cut_off(
    furnished: Cockpit, event: str, browser: Browser, size: tuple[int, int]
) -> None:
    context = screen(browser, size, locale="en-GB")
    page = context.new_page()
    page.goto(f"{furnished.url}/wall/heling")
    page.wait_for_function(SETTLED)
    found = page.evaluate(
        """() => [...document.querySelectorAll(".panel h2, .panel .label, .panel .unit, .bottom span, .top span")]
          .filter((one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1
            && getComputedStyle(one).overflow !== "visible")
          .map((one) => one.textContent)"""
    )
    assert found == []
    context.close()


@pytest.mark.parametrize("size", [WALL, (1080, 1920)])
def test_a_brand_beside_a_title_is_said_whole(furnished: Cockpit, browser: Browser, size: tuple[int, int]) -> None:
    context = screen(browser, size, locale="en-GB")
    page = context.new_page()
    page.goto(f"{furnished.url}/wall/tahai")
    note = page.locator('[data-panel="governance"] header .note')
    expect(note).to_have_text("Seven colours, safe homes")
    assert note.evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")
    context.close()


def test_english_words_of_cards_stay_within_them(furnished: Cockpit, event: str, english: BrowserContext) -> None:
    page = english.new_page()
    page.goto(f"{furnished.url}/scenes?community=heling")
    expect(page.locator(".scene-figure .foot").first).to_contain_text("until")
    over = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"
    assert page.locator(".scene-figure .foot").evaluate_all(over) == []
    page.goto(f"{furnished.url}/board?community=heling")
    due = page.locator(f'.card[data-event="{event}"] .when')
    due.evaluate("(one) => { one.closest('.card').classList.add('is-late'); one.textContent = '11-27 13:00'; }")
    assert due.evaluate_all(over) == []
    page.close()


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/events/{event}", ("File", "Decline", "Void", "Escalate", "Feed back")),
        ("/governance?community=heling", ("Hold talks", "Refer")),
    ],
)
def test_a_button_says_what_one_does(
    furnished: Cockpit, event: str, english: BrowserContext, path: str, verbs: tuple[str, ...]
) -> None:
    page = english.new_page()
    page.goto(furnished.url + path.format(event=event))
    for verb in verbs:
        expect(page.get_by_role("button", name=verb, exact=True)).to_be_visible()
    page.close()


def test_who_chooses_a_language_keeps_it(furnished: Cockpit, browser: Browser) -> None:
    context = screen(browser, DESK)
    page = context.new_page()
    furnished.sign_in(page, "Sam", "steward", "heling")
    page.goto(f"{furnished.url}/board?lang=zh-CN")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "lang=" not in page.url
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", name="Time by stage")).to_be_visible()
    # An address that speaks another one leaves what was chosen as it is.
    page.goto(f"{furnished.url}/board?lang=zh-CN")
    context.clear_cookies(name="cockpit_language_of_address")
    page.goto(f"{furnished.url}/board")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()
    with closing(sqlite3.connect(furnished.data / "cockpit.db")) as database:
        [(kept,)] = database.execute("SELECT language FROM app_user WHERE name = 'Sam'")
    assert kept == "en"


def test_only_the_page_itself_chooses_for_who_is_signed_in(furnished: Cockpit, browser: Browser) -> None:
    context = screen(browser, DESK)
    page = context.new_page()
    furnished.sign_in(page, "Kim", "steward", "heling")
    address = f"{furnished.url}/api/v1/session/language"
    answer = context.request.post(address, data={"language": "zh-CN"}, headers={"X-CSRF-Token": "wrong"})
    assert answer.status == 403
    context.close()


def test_an_address_chooses_for_the_pages_after_it(furnished: Cockpit, browser: Browser) -> None:
    context = screen(browser, DESK)
    page = context.new_page()
    page.goto(f"{furnished.url}/events?lang=en")
    page.get_by_role("link", name="Board").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_a_display_has_a_language_of_its_own(furnished: Cockpit) -> None:
    made = furnished.answer("display", "add", "--name", "lobby", "--community", "heling", "--language", "en", "--json")
    with httpx.Client(base_url=furnished.url, headers={"Accept-Language": "zh-CN"}, follow_redirects=True) as wall:
        answer = wall.get(made["link"])
    assert answer.headers["content-language"] == "en"
    assert {"Accept-Language", "Cookie"} <= {one.strip() for one in answer.headers["vary"].split(",")}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "no community 'x'"),
        ({"Accept-Language": "en"}, "no community 'x'"),
        ({"Accept-Language": "zh"}, "没有社区「x」"),
    ],
)
def test_a_refusal_is_in_the_language_of_who_asks(furnished: Cockpit, asked: dict[str, str], said: str) -> None:
    answer = httpx.get(f"{furnished.url}/api/v1/x/devices", headers=asked)
    assert said in answer.json()["detail"]


def test_a_language_that_is_none_is_refused(furnished: Cockpit) -> None:
    assert httpx.get(f"{furnished.url}/?lang=xx").status_code == 400
    answer = httpx.post(f"{furnished.url}/api/v1/session/language", json={"language": "xx"})
    assert answer.status_code == 400


def _chinese(page: Page) -> list[str]:
    found = []
    for text in page.evaluate(WORDS):
        for name in NAMES:
            text = text.replace(name, "")
        if CHINESE.search(text):
            found.append(text.strip()[:80])
    return found
