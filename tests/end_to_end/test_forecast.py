"""The forecast as people and programs meet it: by the API, on its page, and on the wall."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, update

from layers.visitors.capacity.tables import site_capacity
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, format_rfc3339, now
from store.migrate import upgrade
from tests.browsing import PHONE
from tests.end_to_end.test_events import client
from tests.layers.visitors.test_forecast import fill
from tests.running import Cockpit

BASE = "/api/v1/heling/visitors"
SHAPE = {
    "site",
    "at",
    "inside",
    "day",
    "days",
    "model",
    "points",
    "baseline",
    "errors",
    "warning",
    "levels",
    "capacity",
}


@pytest.fixture
def history(either_cockpit: Cockpit) -> Iterator[Engine]:
    """The cockpit's database."""
    running = either_cockpit
    engine = open_engine(running.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{running.data}/cockpit.db")
    upgrade(engine)
    yield engine
    engine.dispose()


def test_a_site_without_history_says_so_and_one_with_it_is_forecast_and_warned_of(
    either_cockpit: Cockpit, history: Engine
) -> None:
    running = either_cockpit
    bare = running.get(f"{BASE}/centre/forecast")
    assert bare.keys() >= SHAPE
    assert (bare["model"], bare["points"], bare["baseline"], bare["warning"]) == (None, [], [], None)
    assert (bare["reason"], bare["reason_name"], bare["reason_name_en"]) == (
        "history",
        "历史不足",
        "not enough history",
    )

    fill(history, 40, until=now())
    told = running.get(f"{BASE}/fangyan/forecast")
    assert told["model"] in ("like_days", "seasonal_naive")
    assert len(told["points"]) == 12
    assert told["points"][0].keys() == {"ts", "mean", "low", "high"}
    assert [row["hours"] for row in told["errors"]["horizons"]] == [1, 2, 3]
    assert told["errors"]["horizons"][0]["like_days"].keys() == {"mae", "coverage"}
    assert (told["capacity"], told["levels"], told["warning"], told["sources"]) == (None, [], None, [])

    # Of a past noon the forecast is that of the afternoon; with a capacity it is warned ahead of it.
    manager = client(running, "预测经理", "manager", "heling")
    moment = now()
    noon = moment - (moment + 8 * HOUR) % DAY - DAY + 9 * HOUR
    body = {"instant": 700, "from": format_rfc3339(noon - 3 * DAY)}
    assert manager.post(f"{BASE}/fangyan/capacity", json=body).status_code == 201
    assert running.get(f"{BASE}/fangyan/forecast", at=format_rfc3339(noon))["levels"] == [], "it was not known then"
    with writing(history) as connection:
        connection.execute(update(site_capacity).values(at=noon - 3 * DAY))
    morning = running.get(f"{BASE}/fangyan/forecast", at=format_rfc3339(noon))
    assert morning["at"] == format_rfc3339(noon)
    assert [row["people"] for row in morning["levels"]] == [560, 630, 700]
    assert morning["warning"]["level"] in ("yellow", "orange", "red")
    assert morning["at"] < morning["warning"]["ts"] <= morning["points"][-1]["ts"]
    assert [(past["ts"] <= morning["at"]) for past in morning["past"]] == [True] * 6


def test_a_wrong_site_and_a_time_to_come_are_refused_with_why(cockpit: Cockpit) -> None:
    stranger = client(cockpit, "预测网格", "steward", "heling")
    assert stranger.get(f"{BASE}/nowhere/forecast").status_code == 404
    later = stranger.get(f"{BASE}/fangyan/forecast", params={"at": format_rfc3339(now() + DAY)})
    assert (later.status_code, "lies in the future" in later.json()["detail"]) == (400, True)


def test_the_page_shows_the_forecast_its_errors_and_those_on_the_recording(cockpit: Cockpit, page: Page) -> None:
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    fill(engine, 40, until=now())
    engine.dispose()
    page.goto(f"{cockpit.url}/forecast?community=heling")
    site = page.locator('[data-forecast-site="fangyan"]')
    expect(site.locator("[data-forecast-model]")).to_contain_text(re.compile("留出日误差小于"))
    expect(site.locator("svg .mean")).to_have_count(1)
    expect(site.locator("svg .interval")).to_have_count(1)
    expect(site.locator("[data-forecast-errors] tbody tr")).to_have_count(3)
    expect(site.locator("[data-forecast-warning]")).to_have_text("承载量未配置，不作等级预警")
    expect(page.locator('[data-forecast-site="square"] [data-forecast-model]')).to_contain_text(
        "历史不足，不作预测（有计数 0 天，需 21 天）"
    )
    expect(page.locator("main")).to_contain_text("随附录制数据的回测")
    expect(page.locator("main")).to_contain_text("停留时长是假定的")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    # The way about is one row that opens, by a finger as by keys.
    way = page.locator("[data-way]")
    assert page.locator(".desk > .top").bounding_box()["height"] < 60  # type: ignore[index]
    expect(page.locator("nav.pages")).to_be_hidden()
    way.press("Enter")
    expect(way).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("link", name="网格事件")).to_be_visible()
    expect(page.get_by_role("link", name="客流预测")).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    expect(page.locator("nav.pages")).to_be_hidden()
    expect(way).to_be_focused()
    page.goto(f"{cockpit.url}/wall/heling")
    expect(page.locator('[data-ahead="fangyan"] .said')).to_contain_text(re.compile("(预测|基线) .* 约 .* 人"))
