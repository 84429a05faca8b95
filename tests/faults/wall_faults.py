"""What happens to a wall in months: each fault as what breaks, what brings it back, and what must be seen meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from store.instant import SHANGHAI
from tests.browsing import HOUR_MS, set_clock
from tests.faults.wall_town import Town
from tests.running import until

NOTICED_S = 7.0
"""A cut line is said within it: after 4.5 s of silence, looked at each second, on a machine that has other work too."""
FLAT_S = 4.0
LOSE = """() => {
  window.graphics = cockpit.map.handle.getCanvas().getContext("webgl2").getExtension("WEBGL_lose_context");
  window.graphics.loseContext();
}"""


@dataclass(frozen=True)
class Fault:
    """One fault; ``reloads``: how often the page loads itself anew by it, ``spread_s``: within how long, by lot."""

    name: str
    breaks: Callable[[Town, Page], None]
    back: Callable[[Town, Page], None]
    reloads: int = 0
    spread_s: float = 0.0


def _nothing(_town: Town, _page: Page) -> None: ...


def _is_cut(page: Page) -> None:
    expect(page.locator("#band")).to_contain_text("中断", timeout=NOTICED_S * 1000)


def _renewed(town: Town, _page: Page) -> None:
    town.renew()


def _killed(town: Town, page: Page) -> None:
    town.kill()
    town.say()
    _is_cut(page)


def _begun(town: Town, _page: Page) -> None:
    town.begin()


def _pages_killed(town: Town, page: Page) -> None:
    town.kill_pages()
    town.say()
    _is_cut(page)


def _ready(town: Town, _page: Page) -> None:
    until(town.cockpit.is_ready, 20)


def _broker_gone(town: Town, page: Page) -> None:
    town.broker.stop()
    town.say()
    page.wait_for_timeout(1_500)


def _broker_back(town: Town, _page: Page) -> None:
    town.broker.launch()
    town.lines.wait()


def _cut(town: Town, page: Page) -> None:
    town.line.cut()
    town.say()
    _is_cut(page)


def _mended(town: Town, _page: Page) -> None:
    town.line.start()


def _dead(town: Town, page: Page) -> None:
    town.line.die()
    town.say()
    _is_cut(page)


def _alive(town: Town, _page: Page) -> None:
    town.line.live()


def _offline(town: Town, page: Page) -> None:
    page.context.set_offline(True)
    town.say()
    page.wait_for_timeout(1_000)


def _online(_town: Town, page: Page) -> None:
    page.context.set_offline(False)


def _lost(town: Town, page: Page) -> None:
    page.evaluate(LOSE)
    expect(page.locator(".map-lost")).to_contain_text("地图画面中断")
    town.say()


def _restored(_town: Town, page: Page) -> None:
    page.evaluate("window.graphics.restoreContext()")


def _lost_for_good(town: Town, page: Page) -> None:
    _lost(town, page)
    expect(page.locator(".flat-map")).to_be_visible(timeout=FLAT_S * 1000)


def _loaded_anew(_town: Town, page: Page) -> None:
    # It tries again by itself: in half a minute the first time, in a whole one the next.
    page.wait_for_event("domcontentloaded", timeout=120_000)


def _clock(ms: Callable[[], int]) -> Callable[[Town, Page], None]:
    def step(town: Town, page: Page) -> None:
        set_clock(page, ms())
        town.say()
        page.wait_for_timeout(1_500)
        hour = page.locator("[data-clock]").inner_text().split(" ")[-1][:2]
        # On the border of an hour the page may be a moment before us.
        near = {f"{datetime.now(SHANGHAI) - timedelta(seconds=s):%H}" for s in (0, 5)}
        assert hour in near, f"the time is the server's, {near}, not {hour}"

    return step


def _to_midnight() -> int:
    now = datetime.now(SHANGHAI)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=1, microsecond=0)
    return int((midnight - now).total_seconds() * 1000)


def _right(_town: Town, page: Page) -> None:
    set_clock(page, 0)


ENDING_PAGES = (
    Fault("the context is lost for good", _lost_for_good, _loaded_anew, reloads=1),
    Fault("another version", _renewed, _begun, reloads=1, spread_s=8.0),
)
"""The page is another one afterwards: these come first, so that the last one lives long."""
ENDING_PROCESSES = (
    Fault("the server is killed", _killed, _begun),
    Fault("its pages are killed", _pages_killed, _ready),
)
LASTING = (
    # First: the server reads and draws what it keeps from then on.
    Fault("the context is lost", _lost, _restored),
    Fault("the broker is gone", _broker_gone, _broker_back),
    Fault("the network is cut", _cut, _mended),
    Fault("the network hangs", _dead, _alive),
    Fault("the browser is offline", _offline, _online),
    Fault("the clock goes an hour on", _clock(lambda: HOUR_MS), _nothing),
    Fault("the clock goes an hour back", _clock(lambda: -HOUR_MS), _nothing),
    Fault("the clock goes over midnight", _clock(_to_midnight), _right),
)
"""Page and processes live on."""
