"""A past day on the wall once more: as it was at each moment, never to be taken for live; what cannot be is refused."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from store.instant import SHANGHAI
from tests.browsing import PHONE, screen
from tests.cockpit.test_replay import comparable, show
from tests.running import Cockpit, until

NOW = datetime.now(SHANGHAI)
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)


def at(minutes: float) -> str:
    """So many minutes after ten yesterday, as an address of a page has it."""
    return (YESTERDAY + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")


def rfc(minutes: float) -> str:
    """The same for the API."""
    return (YESTERDAY + timedelta(minutes=minutes)).isoformat()


def ms(minutes: float) -> int:
    """The same as devices say it."""
    return round((YESTERDAY + timedelta(minutes=minutes)).timestamp() * 1000)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with something measured yesterday from ten on, and an event of today."""
    cockpit = Cockpit(tmp_path_factory.mktemp("replay"))
    air = cockpit.add_device("air-past", lon=120.1905, lat=28.9285, interval=600)
    other = cockpit.add_device("air-other", lon=120.1905, lat=28.9285, interval=60)
    gate = cockpit.add_device("gate-past", "gate", lon=120.19, lat=28.93, site="fangyan", interval=600)
    cockpit.start()
    said: list[tuple[Any, float, dict[str, Any]]] = [
        (air, 0, {"pm2_5": 40}),
        (other, 1, {"pm2_5": 60}),
        (gate, 1, {"enter": 12, "leave": 5}),
        (air, 5, {"pm2_5": 80}),
        (gate, 6, {"enter": 30, "leave": 1}),
        (air, 70, {"pm2_5": 20}),
    ]
    for who, minutes, values in said:
        assert cockpit.publish(who, "telemetry", {"ts": ms(minutes), "values": values}) == 0
    event = {"id": "1", "category": "facility.lighting", "title": "路灯不亮", "lon": 120.19, "lat": 28.93}
    path = f"{cockpit.url}/api/v1/heling/events"
    assert httpx.post(path, json=event, headers=cockpit.steward).status_code == 201
    until(lambda: len(cockpit.readings("air-past", "pm2_5", **{"from": rfc(-1)})) == 3)
    yield cockpit
    cockpit.stop()


def test_a_window_tells_what_at_answers_for_each_moment(past: Cockpit) -> None:
    moments: dict[int, Any] = {}
    shown: dict[str, dict[str, Any]] = {}
    since, whole = rfc(0.5), True
    for until_minutes in (4, 30, 90):
        query = {"from": since, "to": rfc(until_minutes), "step": 60, "whole": whole}
        answer = past.get("/api/v1/heling/replay", **query)
        for frame in answer["frames"]:
            time = show(shown, frame)
            moments[time] = comparable(shown)
        since, whole = answer["to"], False
        assert datetime.fromisoformat(since) == datetime.fromisoformat(rfc(until_minutes))
    assert len(moments) > 4
    inside = set()
    for time, screen_then in moments.items():
        then = datetime.fromtimestamp(time / 1000, SHANGHAI).isoformat()
        asked = comparable(past.get("/api/v1/heling/state", at=then)["layers"])
        for layer, records in asked.items():
            assert screen_then[layer] == records, (layer, then)
        inside.add(asked["visitors"]["fangyan"]["inside"])
    assert inside == {None, 7, 36}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": rfc(0), "to": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ({"from": rfc(-60), "to": rfc(0), "whole": True}, "before the first observation"),
        ({"from": rfc(0), "to": rfc(600)}, "at most 120 minutes"),
        ({"from": rfc(1), "to": rfc(0)}, "must not be later"),
        ({"from": rfc(0), "to": rfc(1), "step": 7}, "whole part of an hour"),
        ({"from": "gestern", "to": rfc(1)}, "from: not a time"),
    ],
)
def test_a_window_that_cannot_be_is_refused(past: Cockpit, query: dict[str, Any], says: str) -> None:
    answer = httpx.get(f"{past.url}/api/v1/heling/replay", params=query)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("replay=2999-01-01", "还没有到，只能复盘过去"),
        (f"replay={(NOW + timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M')}", "还没有到"),
        (f"replay={at(-1)}", "最早的是"),
        ("replay=2001-01-01", "最早的是"),
        ("replay=gestern", "看不懂"),
        ("replay=2026-02-31", "不是日期"),
        (f"replay={at(1)}&speed=7", "没有 7 倍速"),
        (f"replay={at(1)}&at={at(1)}", "只能用一个"),
    ],
)
def test_an_address_that_cannot_be_replayed_says_why(past: Cockpit, query: str, says: str) -> None:
    answer = httpx.get(f"{past.url}/wall/heling?{query}", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 400
    assert says in answer.text


def test_where_nothing_was_observed_there_is_nothing_to_replay(past: Cockpit) -> None:
    answer = httpx.get(f"{past.url}/wall/tahai?replay={at(1)}", headers={"Accept-Language": "zh-CN"})
    assert (answer.status_code, "还没有任何观测" in answer.text) == (400, True)


def test_the_days_of_a_month_that_have_data_are_told(past: Cockpit) -> None:
    def told(month: str) -> Any:
        return past.get("/api/v1/heling/replay/days", month=month)

    day = str(YESTERDAY.date())
    assert told(day[:7]) == {"month": day[:7], "first": day, "days": [day]}
    assert told("2020-02")["days"] == []
    assert past.get("/api/v1/tahai/replay/days", month=day[:7])["first"] is None
    wrong = httpx.get(f"{past.url}/api/v1/heling/replay/days", params={"month": "2026-13"}, headers=past.steward)
    assert wrong.status_code == 400


def value(page: Page) -> Any:
    """The figure of an area on the wall."""
    return page.locator('[data-row="areas.chenglu"] .value').first


def test_the_wall_replays_a_day_and_cannot_be_taken_for_live(past: Cockpit, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{past.url}/wall/heling?replay={at(0.5)}&speed=60&paused=1")
    expect(value(page)).to_have_text("40")
    expect(page.locator(".replay-mark")).to_contain_text("复盘 · 非实时")
    expect(page.locator("[data-live-mark]")).to_have_text("◀◀ 复盘")
    expect(page.locator("[data-clock]")).to_contain_text(YESTERDAY.strftime("%m-%d"))
    expect(page.locator("[data-clock]")).to_contain_text("10:00:30")
    feet = page.locator(".panel .foot")
    for number in range(feet.count()):
        expect(feet.nth(number)).to_contain_text("非实时")

    # A minute on, and an hour, and back.
    page.keyboard.press("ArrowRight")
    expect(value(page)).to_have_text("50")
    expect(page.locator('[data-live="visitors.fangyan.inside"]').first).to_have_text("7")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-clock]")).to_contain_text("11:01:30")
    expect(page.locator('[data-row="areas.chenglu"] .since').first).to_contain_text("数据停于 10:05")
    page.keyboard.press("Shift+ArrowLeft")
    expect(value(page)).to_have_text("50")

    # It plays over what happened then, and stands still where it is told to.
    page.keyboard.press(" ")
    expect(page.locator('[data-live="visitors.fangyan.inside"]').first).to_have_text("36")
    expect(value(page)).to_have_text("80")
    page.locator("[data-replay-play]").click()
    expect(page).to_have_url(re.compile("paused=1"))
    stood = page.locator("[data-clock]").inner_text()
    shown = page.evaluate("() => ({ at: cockpit.at, state: cockpit.state })")
    until(lambda: page.evaluate("() => !cockpit.replay.state().isWaiting"))
    asked = past.get("/api/v1/heling/state", at=datetime.fromtimestamp(shown["at"] / 1000, SHANGHAI).isoformat())
    then = page.evaluate("() => cockpit.state")
    for layer, records in comparable(asked["layers"]).items():
        assert comparable(then)[layer] == records, layer
    page.reload()
    expect(page.locator("[data-clock]")).to_have_text(stood)
    expect(value(page)).to_have_text("80")
    expect(page.locator('[data-replay-speed="60"]')).to_have_attribute("aria-pressed", "true")

    # A day is chosen among those that have data.
    page.locator("button[data-replay-date]").click()
    days = page.locator("[data-replay-days]")
    expect(days.get_by_role("button", name=str(YESTERDAY.date()))).to_have_attribute("aria-current", "date")
    expect(days.locator("button.has-data")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(days).to_be_hidden()

    # By hand on the timeline: to noon.
    track = page.locator("[data-replay-track]")
    box = track.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3, steps=3)
    page.mouse.up()
    expect(track).to_have_attribute("aria-valuetext", re.compile("12:0"))
    expect(page.locator("[data-clock]")).to_contain_text("12:0")
    page.get_by_role("link", name="回到实时").click()
    expect(page.locator("[data-live-mark]")).to_have_text("● 实时")
    expect(page.locator(".replay-mark")).to_have_count(0)
    assert errors == []


def test_what_happened_stands_on_the_timeline_and_leads_there(past: Cockpit, page: Page) -> None:
    past.sign_in(page, "li.wei", "manager", "heling")
    page.goto(f"{past.url}/events?community=heling")
    page.locator("[data-moment] > button").click()
    if YESTERDAY.month != NOW.month:
        page.get_by_role("button", name="上个月").click()
    page.locator(".month-of-days").get_by_role("button", name=str(YESTERDAY.date())).click()
    page.get_by_role("button", name="大屏复盘").click()
    expect(page).to_have_url(re.compile(f"replay={YESTERDAY.date()}T"))
    page.go_back()
    page.get_by_role("link", name="复盘", exact=True).click()
    mark = page.locator("[data-replay-marks] button", has_text="●").first
    expect(mark).to_have_attribute("aria-label", re.compile("网格事件 · 路灯不亮"))
    # The event is a few seconds old: it is there once its time may be replayed.
    until(
        lambda: page.evaluate(
            "() => cockpit.replay.state().day.marks.every((one) => one.at < cockpit.clock.server() - 5000)"
        )
    )
    mark.focus()
    expect(page.locator("#replay-word")).to_contain_text("路灯不亮")
    mark.click()
    expect(page.locator('[data-list="grid_events"] li.event')).to_have_count(1)


def test_a_day_without_data_says_so_and_a_phone_has_room_for_it(past: Cockpit, browser: Browser) -> None:
    with screen(browser, PHONE, locale="en") as context:
        page = context.new_page()
        page.goto(f"{past.url}/wall/heling?replay={at(0)}&paused=1&lang=en")
        expect(page.locator(".replay-mark")).to_contain_text("NOT LIVE")
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        expect(page.locator("[data-replay-said]")).to_have_text("")
        if NOW.hour < 23:  # what was filed today is no observation
            page.get_by_role("button", name="The day after").click()
            expect(page.locator("[data-replay-said]")).to_have_text("◇ No data of this day")
