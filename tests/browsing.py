"""A test's browser: what its screen draws, and what is done to it: its clock is set."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

COARSE = 0.35
"""Pixels of a screen for each of a page: the processor draws here; where things are on a page stays the same."""
BLIND = """(() => {
  const taken = ["drawArrays", "drawElements", "texImage2D", "texSubImage2D", "bufferData", "bufferSubData", "clear"];
  for (const name of taken) WebGL2RenderingContext.prototype[name] = () => {};
})()"""
"""A graphics card that takes all and draws nothing: a map that nobody looks at is worked out whole all the same."""
SET_CLOCK = """(() => {
  const Real = Date;
  let shift = 0;
  window.setClock = (ms) => { shift = ms; };
  window.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift); }
    static now() { return Real.now() + shift; }
  };
})()"""
HOUR_MS = 3_600_000
WALL = (1920, 1080)
DESK = (1440, 900)
PHONE = (390, 844)


def screen(
    browser: Browser, size: tuple[int, int] = WALL, *, is_drawn: bool = False, locale: str = "zh-CN", **more: Any
) -> BrowserContext:
    """A browser of its own with such a screen; its map is drawn only where a test looks at it.

    It keeps no page for when the line is cut: a test that wants that says so.
    """
    more.setdefault("service_workers", "block")
    viewport: Any = {"width": size[0], "height": size[1]}
    context = browser.new_context(device_scale_factor=COARSE, viewport=viewport, locale=locale, **more)
    if not is_drawn:
        context.add_init_script(BLIND)
    return context


def phone_screen(browser: Browser, place: Mapping[str, float], **more: Any) -> BrowserContext:
    """A steward's phone that may say where it is."""
    here: Any = {"longitude": place["lon"], "latitude": place["lat"], "accuracy": 8}
    return screen(browser, PHONE, geolocation=here, permissions=["geolocation"], **more)


def let_clock_be_set(page: Page) -> None:
    """Pages opened from now on have a wall clock that `set_clock` moves; the monotonic one goes on as it is."""
    page.add_init_script(SET_CLOCK)


def set_clock(page: Page, ms: int) -> None:
    """Set a page's wall clock so many milliseconds before or after the machine's."""
    page.evaluate("(ms) => window.setClock(ms)", ms)
