"""Beside each figure of the managers' pages stands what it is, by mouse, keys and ear, in both languages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cockpit.pages import help
from geo.communities import community
from layers import panels
from tests.addresses import page_paths
from tests.browsing import DESK, PHONE, screen
from tests.running import Cockpit

HERE = {"lon": 120.1905, "lat": 28.9285}
OTHERS = ("/wall/heling", "/sign-in", "/welcome", "/events/")
"""The wall has none, nor have the pages before sign-in; an event has no figures."""
PATHS = [path for path in page_paths({"community": "heling", "device": "air-help", "event": ""}) if path not in OTHERS]
SETTLED = "() => Boolean(window.cockpit && cockpit.live.up)"
WITHOUT = """() => [...document.querySelectorAll(
    ".total, tr[data-figure], [data-panel], .page-figures .panel:has(h2, table), .page-alarm-figures .panel:has(h2)",
  )].filter((one) => one.checkVisibility() && !one.querySelector(".help") && !one.querySelector(".totals"))
  .map((one) => one.textContent.slice(0, 40))"""
"""Figures, and panels of figures, with no help in them."""


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit, browser: Browser) -> Iterator[BrowserContext]:
    """A manager's browser; there are readings and an alarm."""
    air = cockpit.add_device("air-help", name="橙麓空气站", **HERE)
    cockpit.publish(air, "telemetry", {"pm2_5": 41})
    smoke = cockpit.add_device("smoke-help", "smoke", name="礼堂烟感", **HERE)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    context = screen(browser, DESK)
    cockpit.sign_in(context.new_page(), "问号经理", "manager", "heling")
    yield context
    context.close()


def opened(manager: BrowserContext, url: str) -> Page:
    """A page that shows what it has."""
    page = manager.new_page()
    answer = page.goto(url)
    assert answer is not None
    if answer.ok:
        page.wait_for_function(SETTLED)
    return page


@pytest.mark.parametrize("path", PATHS)
def test_no_figure_is_without_its_help(cockpit: Cockpit, manager: BrowserContext, path: str) -> None:
    page = opened(manager, cockpit.url + path)
    if path == "/alarm-figures":
        expect(page.locator("[data-figure]").first).to_be_visible()
    if path == "/figures":
        expect(page.locator(".total").first).to_be_visible()
    assert page.evaluate(WITHOUT) == []
    keys = set(page.evaluate("[...document.querySelectorAll('[data-help-of]')].map((one) => one.dataset.helpOf)"))
    told = {key for key in help.words(page.evaluate("cockpit.root.dataset.page")) if not key.startswith("devices.")}
    # Of the panels those that the community shows.
    here = {f"panels.{code}" for code in panels.codes(community("heling"))}
    told = {key for key in told if not key.startswith("panels.") or key in here}
    if path in ("/alarm-figures", "/figures", "/governance", "/visitors", "/"):
        assert told - keys == set(), "what is told of has its place"
    page.close()


def test_the_help_is_opened_by_keys_read_and_left(cockpit: Cockpit, manager: BrowserContext) -> None:
    page = opened(manager, f"{cockpit.url}/governance?community=heling")
    button = page.get_by_role("button", name="说明：调解成功率")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="调解成功率")
    expect(dialog).to_be_focused()
    for said in ("办结 ÷（办结 + 转介）", "工作人员登记的台账", "自有登记以来"):
        expect(dialog).to_contain_text(said)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    page.close()


def test_on_a_phone_and_in_english_it_stays_within_the_screen(cockpit: Cockpit, manager: BrowserContext) -> None:
    page = opened(manager, f"{cockpit.url}/alarm-figures?community=heling&lang=en")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    button = page.locator('[data-help-of="alarms.low"]')
    button.click()
    dialog = page.get_by_role("dialog", name="Share of priority low")
    expect(dialog).to_contain_text("alarms of that priority ÷ alarms")
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= PHONE[1]
    page.mouse.click(4, 4)
    expect(dialog).to_be_hidden()
    page.close()
