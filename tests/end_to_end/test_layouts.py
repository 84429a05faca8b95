"""Whatever the screen, the language and the theme: no word lies over another, is cut, too pale or too small.

Every page of the product is measured at the sizes that people work at, the walls at five sizes. Sizes follow one
another in one page that stays open, as do the themes; each language is a page of its own. A thorough run measures each
of four sizes in each of them.
"""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from cockpit import access
from store.instant import local_date, now
from tests.browsing import DESK, PHONE, WALL, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.end_to_end.test_festivals import BASE as FESTIVALS
from tests.end_to_end.test_festivals import PLAN
from tests.end_to_end.test_pages_by_role import SETTLED
from tests.measuring import misplaced
from tests.running import Cockpit, until
from tests.thorough import usually

PORTRAIT, WIDE, UHD = (1080, 1920), (5120, 1440), (3840, 2160)
SIZES = usually((DESK, PHONE), (DESK, PORTRAIT, WIDE, PHONE))
"""A manager's page is set in the same type at 1920 as at 1440 pixels, which have less room."""
WALLS = (WALL, UHD, WIDE, PORTRAIT, PHONE)
LANGUAGES = ("zh-CN", "en")
HERE = {"lon": 120.1905, "lat": 28.9285}
LONG = "橙麓 12 幢东侧消防通道被占用，三辆车堵住出口，物业多次劝导无效，需要城管到场"
BEFORE = ("/sign-in", "/welcome?token=none", "/nowhere")
"""What is seen before anybody signed in, and where there is nothing."""
KNOWN = {"community": "heling", "device": "air-laid", "event": "{event}"}
"""What stands for the parameters of paths."""
PATHS = sorted(key.removeprefix("PAGE ") for key in access.table() if key.startswith("PAGE /"))
FURTHER = (
    *("/devices/siren-laid", "/alarms?view=duty", "/alarms?view=history", "/alarms?view=shelved"),
    "/events?at=2026-11-26T12:00",
)
WALL_PAGES = (
    *("heling", "heling?programme=1", "heling?at=2026-11-26T12:00", "heling?replay=2026-11-26T12:00&paused=1"),
    "tahai",
)
"""The wall as it is, in turn, of a past time, and replaying one; and one whose community names its panels itself."""
LEAST_MAP = 0.15
"""Of the height of an upright wall, whose map comes first."""
STILL = "() => { if (window.cockpit?.map?.handle) cockpit.map.handle._render = () => {}; }"
"""What the map draws is not measured here, and each size would have it worked out anew."""
EMPTY = """() => {
  const text = (one, part) => one.querySelector(part)?.textContent.trim();
  const seen = (all) => [...document.querySelectorAll(all)].filter((one) => one.checkVisibility());
  const near = (one) => one.closest("section, .panel")?.textContent.slice(0, 40);
  const bare = seen("main table").filter((one) => !one.querySelector("tbody tr td, tbody tr th"));
  const mute = seen(".nothing").filter((one) => !text(one, ".what") || !text(one, ".next"));
  const grids = seen(".ag-overlay-no-rows-center").filter((one) => !/[。.].+/.test(one.textContent));
  return [
    ...bare.map((one) => `a table without a row, and without a word: ${one.className} in ${near(one)}`),
    ...[...mute, ...grids].map((one) => `nothing, and nothing to do: ${one.textContent} in ${near(one)}`),
  ];
}"""
"""Tables with no row: each says what would stand there, and what to do for it."""
HEADED = """() => {
  const root = document.querySelector("[data-page]"), header = document.querySelector(".desk > .top");
  const wrong = [];
  if (!root) return wrong;
  if (!/^.+ · .+$/.test(document.title)) wrong.push(`the title says not what and where: ${document.title}`);
  if (root.dataset.framed !== undefined || !header) return wrong;
  scrollTo(0, document.body.scrollHeight);
  const { top, height } = header.getBoundingClientRect();
  if (top !== 0 || height > 64) wrong.push(`the header on a phone: at ${top}, ${height} high`);
  for (const one of header.querySelectorAll("button, a")) {
    const isSmall = one.checkVisibility() && one.getBoundingClientRect().height < 44;
    if (isSmall) wrong.push(`for no finger: ${one.textContent}`);
  }
  return wrong;
}"""
"""What a manager's page of our own is called, and its header at the last size, a phone's: one row that stays."""
FLAT = """(() => {
  const given = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind.startsWith("webgl") ? null : given.call(this, kind, ...more);
  };
})()"""
"""A browser that draws no map: the flat picture stands in, whose words are the page's."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with replayed observations and something on each page; what has a name has a long one."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit")).start("--replay")
    air = running.add_device("air-laid", lon=120.187, lat=28.927, name="橙麓小区三期东北角空气质量监测站")
    smoke = running.add_device("smoke-laid", "smoke", **HERE, name="橙麓 7 幢 2 单元 1 层楼道独立式烟感报警器")
    running.add_device("siren-laid", "siren", **HERE, name="橙麓广播")
    for payload in ({"pm2_5": 141}, {"pm2_5": "vierzig"}):
        running.publish(air, "telemetry", payload)
    running.publish(smoke, "telemetry", {"smoke": True})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def event(furnished: Cockpit) -> str:
    """An event that is open, one of several; a festival is on, and registers of governance have a row."""
    manager = client(furnished, "版式经理", "manager", "heling")
    numbers = []
    for place, severity in enumerate(("minor", "major", "critical") * 4):
        told = {"id": f"laid-{place}", "title": LONG[: 12 + 3 * place], "category": "order.vendor"}
        answer = manager.post(EVENTS, json=told | HERE | {"severity": severity})
        assert answer.status_code == 201, answer.text
        numbers.append(answer.json()["id"])
    capacity = {"instant": 30000, "daily": 60000, "from": "2026-01-01"}
    assert manager.post("/api/v1/heling/visitors/fangyan/capacity", json=capacity).status_code == 201
    assert manager.post(FESTIVALS, json=PLAN).status_code == 201
    matter = {"kind": "mediation", "topic": "light", "area": "chenglu"}
    assert manager.post("/api/v1/heling/governance/matters", json=matter).status_code == 201
    _activities(manager)
    return str(numbers[-1])


def _activities(manager: httpx.Client) -> None:
    """A day of the calendar with more than its cell has room for, and a photo of the wall that is to come."""
    day = local_date(now())
    for place in range(6):
        times = {"starts": f"{day} {9 + place:02}:00", "ends": f"{day} {10 + place:02}:00"}
        row = {"title": LONG[: 8 + 6 * place], "kind": "lecture", "venue": LONG[:20], "places": 20} | times
        assert manager.post("/api/v1/heling/registers/activities", json=row).status_code == 201
    photo = {"title": LONG, "day": str(day), "consent": True, "shown": False}
    assert manager.post("/api/v1/heling/registers/media", json=photo).status_code == 201


@pytest.fixture(scope="module", params=LANGUAGES)
def reader(request: pytest.FixtureRequest, furnished: Cockpit, browser: Browser) -> Iterator[BrowserContext]:
    """A manager's browser that asks for a language."""
    context = screen(browser, DESK, locale=request.param, reduced_motion="reduce")
    furnished.sign_in(context.new_page(), f"版式 {request.param}", "manager", "heling", "tahai")
    yield context
    context.close()


def opened(context: BrowserContext, url: str) -> Page:
    """A page that has what it asked for."""
    page, asked = context.new_page(), set[Request]()
    page.on("request", lambda one: asked.add(one) if "/api/" in one.url or "/_dash-update" in one.url else None)
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda one: asked.discard(one))
    answer = page.goto(url)
    assert answer is not None
    page.wait_for_selector("main", state="attached")
    if answer.ok and page.locator("[data-page]").count():
        page.wait_for_function(SETTLED)
    until(lambda: page.evaluate("true") and not asked)
    page.evaluate(STILL)
    return page


@pytest.mark.parametrize("path", [path for path in (*PATHS, *FURTHER) if not path.startswith("/wall")])
def test_every_page_can_be_read(furnished: Cockpit, event: str, reader: BrowserContext, path: str) -> None:
    page = opened(reader, furnished.url + path.format(**KNOWN).format(event=event))
    wrong = [*misplaced(page, SIZES), *page.evaluate(EMPTY), *page.evaluate(HEADED)]
    page.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", BEFORE)
def test_what_is_seen_before_signing_in_can_be_read(furnished: Cockpit, browser: Browser, path: str) -> None:
    for language in LANGUAGES:
        context = screen(browser, DESK, locale=language, reduced_motion="reduce")
        wrong = misplaced(opened(context, furnished.url + path), SIZES)
        context.close()
        assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("wall", WALL_PAGES)
def test_every_wall_can_be_read(furnished: Cockpit, event: str, reader: BrowserContext, wall: str) -> None:
    page = opened(reader, f"{furnished.url}/wall/{wall}")
    wrong = misplaced(page, WALLS, is_wall=True)
    page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    share = page.evaluate("() => document.querySelector('.map-frame').getBoundingClientRect().height / innerHeight")
    if share < LEAST_MAP:
        wrong.append(f"in portrait the map has {share:.0%} of the height")
    page.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wall_with_a_flat_map_can_be_read(furnished: Cockpit, event: str, browser: Browser, language: str) -> None:
    context = screen(browser, WALL, locale=language, reduced_motion="reduce")
    context.add_init_script(FLAT)
    page = opened(context, f"{furnished.url}/wall/heling?programme=1")
    page.wait_for_selector(".flat-alarm")
    wrong = misplaced(page, WALLS, is_wall=True)
    context.close()
    assert not wrong, "\n".join(wrong)
