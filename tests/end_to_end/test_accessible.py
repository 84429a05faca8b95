"""Every page by axe-core: WCAG 2.2 AA and its best practices, in both themes, at a desk and on a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.addresses import page_paths
from tests.browsing import DESK, PHONE, WALL, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.prepared import ROOT
from tests.running import Cockpit, until
from tests.thorough import usually

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HERE = {"lon": 120.1905, "lat": 28.9285}
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("dark", "light")
PLACES = {"community": "heling", "device": "air-axe", "event": "{event}"}
"""What fills the parameters of pages; what is only known once it runs is filled then."""
FURTHER = (
    *("/alarms?alarm={alarm}", "/alarms?view=aside", "/alarms?view=history", "/alarms?view=duty"),
    *("/devices/siren-axe", "/devices/gate-axe", "/nowhere", "/events?at=2026-11-01T08:00"),
)
"""Pages that show something else by what is asked of them."""
SETTLED = """() => {
  if (!document.querySelector("#react-entry-point")) return document.readyState === "complete";
  const table = document.querySelector(".ag-root");
  return cockpit.live.up && (!table || table.querySelector(".ag-header-cell"));
}"""
"""A page that is kept by scripts is live, and its table laid out; plain HTML is there at once."""
UNFOLD = "() => { for (const one of document.querySelectorAll('details')) one.open = true; }"
DRESS = """async (theme) => {
  for (const one of document.querySelectorAll("[data-theme]")) one.dataset.theme = theme;
  const frames = async (many) => { while (many--) await new Promise(requestAnimationFrame); };
  await frames(2);
  for (let waits = 0; waits < 60 && document.querySelector(".ag-header-row:empty"); waits++) await frames(1);
}"""
"""Puts a theme on, and waits until what follows from it and from the page's size is done: a table that is laid out anew
puts its rows up before their cells."""
LOOK = """async (asked) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...asked });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, html, any, all, none }) => ({
    rule: id,
    target: target.join(" "),
    html: html.slice(0, 160),
    why: [...any, ...all, ...none].map((one) => one.message)[0],
  })));
}"""
LOOKS = (0, 1000, 3000)
"""ms before each look: a table that is laid out while axe looks keeps nobody out a moment later: faults stay."""
MORE = ("target-size", "label-content-name-mismatch")
"""Rules that axe leaves out by itself."""
EVERYTHING = {"runOnly": {"type": "tag", "values": STANDARD}, "rules": {one: {"enabled": True} for one in MORE}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""All that another theme can change."""


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """A cockpit with something on each page."""
    air = cockpit.add_device("air-axe", name="橙麓空气站", **HERE)
    for payload in ({"pm2_5": 41, "temperature": 18}, {"pm2_5": "vierzig"}):
        cockpit.publish(air, "telemetry", payload)
    smoke = cockpit.add_device("smoke-axe", "smoke", name="礼堂烟感", **HERE)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    cockpit.add_device("siren-axe", "siren", name="广场警笛", **HERE)
    cockpit.add_device("gate-axe", "gate", name="南门", **HERE)
    return cockpit


@pytest.fixture(scope="module")
def known(furnished: Cockpit) -> dict[str, str]:
    """An event and an alarm that are open."""
    manager = client(furnished, "读屏经理", "manager", "heling")
    told = {"id": "by-axe", "title": "占道经营", "category": "order.vendor"} | HERE
    event = manager.post(EVENTS, json=told).json()["id"]
    alarms = until(lambda: manager.get("/api/v1/heling/alarms").json()["alarms"])
    return {"event": event, "alarm": alarms[0]["id"]}


@pytest.fixture(scope="module")
def readers(furnished: Cockpit, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """A browser of an admin, and one of nobody's."""
    made = {who: screen(browser, DESK) for who in ("admin", "stranger")}
    furnished.sign_in(made["admin"].new_page(), "读屏员", "admin", "*")
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(scope="module")
def opened(furnished: Cockpit, known: dict[str, str], readers: dict[str, BrowserContext]) -> Callable[[str, str], Page]:
    """Opens a page as somebody and waits until it shows what it has."""

    def open_(who: str, path: str) -> Page:
        page, asked = readers[who].new_page(), set[Request]()
        page.on("request", lambda one: asked.add(one) if "/api/" in one.url else None)
        for ended in ("requestfinished", "requestfailed"):
            page.on(ended, lambda one: asked.discard(one))
        answer = page.goto(furnished.url + path.format(**known))
        assert answer is not None
        page.wait_for_function(SETTLED)
        until(lambda: page.evaluate("true") and not asked)
        page.evaluate(UNFOLD)
        # By the protocol, which the pages' policy of scripts does not hold back.
        page.evaluate(AXE.read_text(encoding="utf-8"))
        return page

    return open_


def faults(page: Page, path: str, size: tuple[int, int], theme: str) -> list[str]:
    """What axe finds on the page as it looks at such a size: rule, page and element."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found: list[dict[str, Any]] = []
    for waits in LOOKS:
        page.wait_for_timeout(waits)
        page.evaluate(DRESS, theme)
        if not (found := page.evaluate(LOOK, EVERYTHING if theme == THEMES[0] else COLOURS)):
            break
    where = f"{path} at {size[0]}x{size[1]}, {theme}"
    return [f"{one['rule']} on {where}: {one['target']} {one['html']!r} {one['why']}" for one in found]


@pytest.mark.parametrize("path", [*page_paths(PLACES), *FURTHER])
def test_nobody_is_kept_out_of_a_page(opened: Callable[[str, str], Page], path: str) -> None:
    page = opened("admin", path)
    desk = WALL if path.startswith("/wall") else DESK
    every = [(size, theme) for theme in THEMES for size in (desk, PHONE)]
    # What a theme changes are colours, whose contrast test_layouts measures in both.
    looks = usually(every[:2], every)
    found = [fault for size, theme in looks for fault in faults(page, path, size, theme)]
    page.close()
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("path", usually(page_paths(PLACES)[::4], page_paths(PLACES)))
def test_no_stranger_is_kept_out_of_a_page(opened: Callable[[str, str], Page], path: str) -> None:
    page = opened("stranger", path)
    found = faults(page, path, DESK, "dark")
    page.close()
    assert found == [], "\n".join(found)
