"""Until a page has been answered it says that it reads, and nowhere that there is nothing."""

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute

from cockpit import access
from tests.browsing import DESK, screen
from tests.running import Cockpit, until

PAGES = (
    "/",
    "/devices",
    "/events",
    "/alarms",
    "/governance",
    "/registers",
    "/reports",
    "/scenes",
    "/?at=2026-11-01T08:00",
)
KNOWN = {"community": "heling", "device": "air-load", "event": "none"}
KNOWN_BEFORE = {"/quarantine", "/events/{event}"}
"""Pages that the server lays out with what there is: they do not wait for an answer."""
ALL = sorted({key.removeprefix("PAGE ") for key in access.table() if key.startswith("PAGE /")} - KNOWN_BEFORE)
FRAMES = """() => new Promise((done) => {
  let left = 20;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""
SAID = r"""() => {
  const nothing = /^(还没有|没有|当时没有|这段时间没有|暂无|无数据|无设备)/;
  const seen = (one) => one.checkVisibility({ visibilityProperty: true });
  const all = [...document.querySelectorAll("#cockpit :is(main, .column, .panel) *")].filter(seen);
  const worded = all.filter((one) => !one.children.length && nothing.test(one.textContent.trim()));
  const marked = all.filter((one) => one.matches(".nothing, .calm, .ag-overlay-no-rows-center"));
  return [...new Set([...worded, ...marked])].map((one) => one.textContent.trim().slice(0, 60));
}"""
"""Words that say that there is nothing, where they are seen."""


def _unanswered(page: Page) -> list[str]:
    """Let nothing that is asked be answered; returns what was asked."""
    asked: list[str] = []

    def hold(channel: WebSocketRoute) -> None:
        asked.append(channel.url)

    page.route("**/api/v1/**", lambda route: asked.append(route.request.url))
    page.route_web_socket("**/*", hold)
    return asked


def _said(cockpit: Cockpit, browser: Browser, paths: tuple[str, ...] | list[str]) -> dict[str, list[str]]:
    found = {}
    with screen(browser, DESK) as context:
        page = context.new_page()
        cockpit.sign_in(page, f"等待经理 {len(paths)}", "manager", "heling")
        asked = _unanswered(page)
        for path in paths:
            asked.clear()
            page.goto(cockpit.url + path.format(**KNOWN) + ("" if {"{", "?"} & set(path) else "?community=heling"))
            page.wait_for_function("() => window.cockpit?.root?.isConnected")
            until(lambda: asked)
            page.evaluate(FRAMES)
            found[path] = page.evaluate(SAID)
    return {path: said for path, said in found.items() if said}


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """A cockpit with a device, which has a page."""
    cockpit.add_device("air-load")
    return cockpit


def test_nobody_is_told_that_there_is_nothing_before_it_is_known(furnished: Cockpit, browser: Browser) -> None:
    assert _said(furnished, browser, PAGES) == {}


@pytest.mark.thorough
def test_no_page_says_so(furnished: Cockpit, browser: Browser) -> None:
    assert _said(furnished, browser, ALL) == {}
