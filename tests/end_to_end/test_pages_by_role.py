"""Each page as each role: it opens without an error, and says in words of the reader's why something is not theirs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browsing import DESK, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.running import Cockpit
from tests.thorough import usually

PATHS = (
    *("/events", "/board", "/report", "/figures", "/governance"),
    *("/quarantine", "/people", "/counts", "/displays", "/health", "/devices/air-role", "/events/{event}"),
    *("/alarms", "/alarm-rules", "/alarm-figures"),
    *("/scenes", "/indicators"),
)
DRAWN = ("/", "/map", "/compare", "/ground", "/wall/heling")
"""Those with a map, which takes a browser without a graphics card its time."""
ROLES = {
    "stranger": (),
    "steward": ("steward", "heling"),
    "manager": ("manager", "heling"),
    "of another community": ("manager", "tahai"),
    "admin": ("admin", "*"),
}
"""who -> (role, where it holds)."""
NOT_ALONE = ("manager", "admin")
"""Whose pages the tests of layouts and of access open one by one too."""
CASES = [
    *((who, path) for who in usually([one for one in ROLES if one not in NOT_ALONE], list(ROLES)) for path in PATHS),
    *((who, path) for who in ("stranger", "manager") for path in DRAWN),
]
ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
SETTLED = "() => Boolean(window.cockpit && cockpit.live.up)"


@dataclass
class Seen:
    """What a reader's page brought on its way."""

    status: int = 0
    text: str = ""
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def furnished(cockpit: Cockpit) -> Cockpit:
    """A cockpit with something on each page."""
    air = cockpit.add_device("air-role", lon=120.187, lat=28.927)
    for payload in ({"pm2_5": 41}, {"pm2_5": "vierzig"}):
        cockpit.publish(air, "telemetry", payload)
    return cockpit


@pytest.fixture(scope="module")
def event(furnished: Cockpit) -> str:
    """An event that is open."""
    told = {"id": "by-role", "title": "占道经营", "category": "order.vendor"}
    number: str = client(furnished, "角色经理", "manager", "heling").post(EVENTS, json=told).json()["id"]
    return number


@pytest.fixture(scope="module")
def readers(furnished: Cockpit, browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """A browser of somebody with a role, or of nobody's."""
    known: dict[str, BrowserContext] = {}

    def reader(who: str) -> BrowserContext:
        if who not in known:
            known[who] = screen(browser, DESK)
            if ROLES[who]:
                furnished.sign_in(known[who].new_page(), f"读者{len(known)}", *ROLES[who])
        return known[who]

    yield reader
    for context in known.values():
        context.close()


def look(page: Page, url: str) -> Seen:
    """Open a page and wait until it shows what it has."""
    seen = Seen()
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    answer = page.goto(url)
    assert answer is not None
    seen.status = answer.status
    if answer.ok and page.locator("[data-page]").count():
        page.wait_for_function(SETTLED)
    page.wait_for_timeout(400)  # what a page asks for once it is live
    seen.text = page.inner_text("body")
    return seen


@pytest.mark.parametrize(("who", "path"), CASES)
def test_a_page_opens_without_an_error_and_speaks_the_readers_language(
    furnished: Cockpit, readers: Callable[[str], BrowserContext], event: str, who: str, path: str
) -> None:
    page = readers(who).new_page()
    seen = look(page, furnished.url + path.format(event=event) + ("" if "heling" in path else "?community=heling"))
    # A browser itself says so of a page that is refused.
    told = [one for one in seen.errors if f"status of {seen.status}" not in one]
    assert told == []
    assert ENGLISH.findall(seen.text) == []
    if seen.status >= 400:
        assert "登录" in seen.text or "需要" in seen.text, seen.text
    page.close()
