"""Every page as everybody: nothing fails unseen, and what is not shown says truly why."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.running import Cockpit, strip

ROLES = {
    "nobody": None,
    "steward": ("steward", "heling"),
    "manager": ("manager", "heling"),
    "admin": ("admin", "*"),
    "admin_here": ("admin", "heling"),
    "steward_elsewhere": ("steward", "tahai"),
    "manager_elsewhere": ("manager", "tahai"),
}
PATHS = (
    "/",
    "/map",
    "/compare",
    "/events",
    "/events/{event}",
    "/board",
    "/report",
    "/governance",
    "/people",
    "/figures",
    "/ground",
    "/quarantine",
    "/devices/siren-role",
    "/wall/heling",
)
NEVER_TO_STRANGERS = ("/quarantine",)
SIGNED_IN = "登录后"


@dataclass
class Heard:
    """What a page said that nobody was to hear."""

    faults: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Keep every error of the page: of its scripts, its console, its requests."""
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))
        page.on("response", lambda got: got.status >= 400 and self.faults.append(f"{got.status}: {got.url}"))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cockpit, str]]:
    """A cockpit that has something on every page, and the id of an event."""
    cockpit = Cockpit(tmp_path_factory.mktemp("roles"))
    cockpit.import_grids(strip("g-1", "第一网格", 120.18, 120.20))
    air = cockpit.add_device("air-role", lon=120.1905, lat=28.9285)
    cockpit.add_device("siren-role", "siren", lon=120.1905, lat=28.9285)
    cockpit.start()
    cockpit.publish(air, "telemetry", {"pm2_5": 35})
    cockpit.publish(air, "telemetry", b"{not json")
    cockpit.publish(air, "event", {"id": "1", "category": "safety.fire", "title": "冒烟", "severity": "critical"})
    event = cockpit.get("/api/v1/heling/events")["features"][0]["id"]
    yield cockpit, event
    cockpit.stop()


def signed_in(browser: Browser, cockpit: Cockpit, who: str) -> BrowserContext:
    """A browser in which somebody is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    role = ROLES[who]
    if role is not None:
        name, place = role
        context.add_cookies([cockpit.cookie(cockpit.add_user(f"{who}.{len(browser.contexts)}", name, place))])
    return context


PANELS = (
    ".panel .register, [data-my-tasks], [data-part], [data-groups], [data-totals], [data-board], .event-page,"
    " [data-survey-form], [data-command-forms]"
)
EMPTY = """(panels) => [...document.querySelectorAll(panels)].filter((one) => one.offsetParent !== null
  && !one.innerText.trim() && !one.querySelector("input, select, button")).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("who", ROLES)
def test_each_page_opens_for_everybody_without_a_fault(busy: tuple[Cockpit, str], browser: Browser, who: str) -> None:
    cockpit, event = busy
    context = signed_in(browser, cockpit, who)
    found = []
    for path in PATHS:
        page = context.new_page()
        heard = Heard()
        heard.listen(page)
        asked = path.format(event=event)
        answer = page.goto(f"{cockpit.url}{asked}" + ("" if "/wall" in path else "?community=heling"))
        assert answer is not None
        is_shown = answer.status == 200 and "/sign-in" not in page.url
        if not is_shown and path in NEVER_TO_STRANGERS:
            page.close()
            continue
        page.wait_for_selector("#cockpit")
        page.wait_for_function("() => window.cockpit && cockpit.live.up")
        page.wait_for_timeout(700)
        text = page.locator("#cockpit").inner_text()
        found += [f"{path}: {fault}" for fault in heard.faults]
        try:
            page.wait_for_function(f"(panels) => ({EMPTY})(panels).length === 0", arg=PANELS, timeout=5_000)
        except PlaywrightTimeout:
            found += [f"{path}: empty {place}" for place in page.evaluate(EMPTY, PANELS)]
        if who != "nobody" and SIGNED_IN in text:
            found.append(f"{path}: says {SIGNED_IN} to {who}")
        page.close()
    context.close()
    assert found == []


def test_who_is_of_another_community_is_told_which_role_is_needed_where(
    busy: tuple[Cockpit, str], browser: Browser
) -> None:
    cockpit, _ = busy
    context = signed_in(browser, cockpit, "manager_elsewhere")
    page = context.new_page()
    page.goto(f"{cockpit.url}/governance?community=heling")
    said = "需要赫灵未来社区的网格员；您是塔海未来社区的管理员"
    page.wait_for_function(
        "(said) => document.querySelector('[data-matters] .why')?.innerText.includes(said)", arg=said
    )
    page.goto(f"{cockpit.url}/people?community=heling")
    said = "需要赫灵未来社区的系统管理员；您是塔海未来社区的管理员"
    page.wait_for_function("(said) => document.querySelector('[data-part] .why')?.innerText.includes(said)", arg=said)
    context.close()


def test_a_role_that_does_not_suffice_is_told_its_own(busy: tuple[Cockpit, str], browser: Browser) -> None:
    cockpit, _ = busy
    context = signed_in(browser, cockpit, "steward")
    page = context.new_page()
    page.goto(f"{cockpit.url}/governance?community=heling")
    page.wait_for_selector('[data-register="roster"] .entry')
    why = page.locator('[data-matters="mediation"] .why')
    assert why.inner_text() == "需要赫灵未来社区的管理员；您是网格员"
    assert why.locator("a").count() == 0
    context.close()
    context = signed_in(browser, cockpit, "nobody")
    page = context.new_page()
    page.goto(f"{cockpit.url}/governance?community=heling")
    page.wait_for_selector("[data-matters] .why")
    assert page.locator("[data-matters] .why a").first.inner_text() == "登录"
    context.close()
