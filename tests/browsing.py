"""What a test does to a browser: its clock is set, its graphics fail."""

from playwright.sync_api import Page

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


def let_clock_be_set(page: Page) -> None:
    """Pages opened from now on have a wall clock that `set_clock` moves; the monotonic one goes on as it is."""
    page.add_init_script(SET_CLOCK)


def set_clock(page: Page, ms: int) -> None:
    """Set a page's wall clock so many milliseconds before or after the machine's."""
    page.evaluate("(ms) => window.setClock(ms)", ms)
