"""A past time: what the screens and the API say of it is what they said at it, and all of a page says the same."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.running import Cockpit, strip, until

PATHS = (
    "state",
    "areas",
    "devices",
    "visitors",
    "visitors/flow?site=fangyan",
    "hierarchy",
    "events?state=reported&state=filed&state=dispatched",
    "events/board",
    "stewards",
    "governance",
    "heat",
    "nearest?lon=120.1900&lat=28.9285",
    "areas/trend?metric=pm2_5&hours=3",
)


class Then:
    """A cockpit with a moment that lies behind it, and what was answered at that moment."""

    def __init__(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.at = ""
        self.answers: dict[str, Any] = {}
        self.event = ""

    def ask(self, path: str, at: str | None = None) -> Any:
        mark = "&" if "?" in path else "?"
        then = "" if at is None else f"{mark}at={at}"
        answer = httpx.get(f"{self.cockpit.url}/api/v1/heling/{path}{then}", headers=self.who)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    @property
    def who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def step(self, event: str, to: str, **more: Any) -> None:
        path = f"{self.cockpit.url}/api/v1/heling/events/{event}/transitions"
        answer = httpx.post(path, json={"to": to, **more}, headers=self.who)
        assert answer.status_code == 201, answer.text

    def file(self, number: str, **more: Any) -> str:
        body = {"id": number, "category": "facility.lighting", "title": f"路灯 {number}", **more}
        answer = httpx.post(f"{self.cockpit.url}/api/v1/heling/events", json=body, headers=self.who)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def appoint(self, name: str) -> None:
        path = f"{self.cockpit.url}/api/v1/heling/stewards/g-1"
        assert httpx.post(path, json={"name": name}, headers=self.who).status_code == 200

    token = ""


def ms(seconds_ago: float) -> int:
    return int((time.time() - seconds_ago) * 1000)


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Then]:
    cockpit = Cockpit(tmp_path_factory.mktemp("then"))
    found = Then(cockpit)
    cockpit.import_grids(strip("g-1", "第一网格", 120.18, 120.20))
    for name in ("li.si", "wang.wu"):
        cockpit.add_user(name, "steward", "heling")
    air = cockpit.add_device("air-then", lon=120.1905, lat=28.9285, interval=600)
    quiet = cockpit.add_device("air-quiet", lon=120.1975, lat=28.9365, interval=600)
    gone = cockpit.add_device("air-gone", lon=120.1905, lat=28.9285, interval=600)
    gate = cockpit.add_device("gate-then", "gate", lon=120.19, lat=28.93, site="fangyan", interval=600)
    cockpit.start()
    found.token = cockpit.answer("token", "add", "--role", "admin", "--name", "then")["token"]

    def send(who: Any, values: dict[str, Any]) -> None:
        assert cockpit.publish(who, "telemetry", {"ts": ms(0), "values": values}) == 0

    send(air, {"pm2_5": 40})
    send(quiet, {"pm2_5": 90})
    send(gone, {"pm2_5": 20})
    send(gate, {"enter": 12, "leave": 5})
    cockpit.publish(quiet, "status", b"offline")
    found.appoint("li.si")
    late, early = found.file("1", lon=120.19, lat=28.93), found.file("2", severity="critical")
    found.event = late
    found.step(late, "filed")
    found.step(late, "dispatched", assignee="li.si")
    found.step(early, "filed")
    until(lambda: found.ask("devices")["features"] and _status(found.ask("devices"), "air-quiet") == "offline")
    time.sleep(1.2)
    found.answers = {path: found.ask(path) for path in PATHS}
    found.answers["event"] = found.ask(f"events/{late}")
    found.at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    time.sleep(1.2)

    send(air, {"pm2_5": 400})
    send(quiet, {"pm2_5": 5})
    send(gate, {"enter": 100, "leave": 1})
    cockpit.publish(air, "status", b"offline")
    cockpit.answer("device", "revoke", "air-gone")
    cockpit.add_device("air-new", lon=120.1905, lat=28.9285)
    found.appoint("wang.wu")
    # It happened before the moment, and nobody knew of it then.
    found.file("3", ts=ms(3600), lon=120.19, lat=28.93)
    found.step(late, "in_hand")
    found.step(late, "assigned", assignee="wang.wu")
    found.step(early, "void", note="重复")
    matter = {"kind": "hard", "title": "停车难"}
    assert (
        httpx.post(f"{cockpit.url}/api/v1/heling/governance/matters", json=matter, headers=found.who).status_code == 201
    )
    until(lambda: _status(found.ask("devices"), "air-then") == "offline")
    yield found
    cockpit.stop()


def _status(devices: dict[str, Any], code: str) -> str:
    return str(next(one["properties"]["status"] for one in devices["features"] if one["id"] == code))


MOVING = ("now", "stale_at", "last_seen", "ts", "as_of", "commands", "clock_offset", "shut_out", "connected")
"""Times of hearing are those of the server now and of the reading then; the present alone has commands in hand."""


def still(answer: Any) -> Any:
    """An answer without what may differ by the way of a message."""
    if isinstance(answer, dict):
        return {name: still(value) for name, value in answer.items() if name not in MOVING}
    return [still(one) for one in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("path", [*PATHS, "event"])
def test_what_was_answered_then_is_answered_of_then(then: Then, path: str) -> None:
    asked = f"events/{then.event}" if path == "event" else path
    of_then, now = then.ask(asked, then.at), then.ask(asked)
    assert still(of_then) == still(then.answers[path])
    assert still(now) != still(of_then) or path in (
        "stewards",
        "visitors/flow?site=fangyan",
        "areas/trend?metric=pm2_5&hours=3",
        "heat",
    )


def test_the_figures_of_a_past_time_know_nothing_later(then: Then) -> None:
    figures = then.ask("events/figures?from=2020-01-01T00:00:00Z&by=area", then.at)["total"]
    assert (figures["counts"]["reported"], figures["backlog"], figures["counts"]["filed"]) == (2, 2, 2)


def test_all_of_a_page_is_of_the_same_time(then: Then, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{then.cockpit.url}/?community=heling&at={then.at}")
    expect(page.locator(".past-note")).to_contain_text("回看")
    expect(page.locator("[data-live-mark]")).to_have_text("◷ 回看")
    page.wait_for_selector(".map-ready", state="attached", timeout=40_000)
    expect(page.locator('[data-row="areas.chenglu"] .value').first).to_have_text("30")
    expect(page.locator('[data-list="grid_events"] li.event')).to_have_count(2)
    counts = [
        page.locator(f'[data-live="grid_events.*.{severity}"]').inner_text() for severity in ("critical", "minor")
    ]
    assert counts == ["1", "1"]
    expect(page.locator('[data-live="visitors.fangyan.inside"]').first).to_have_text("7")
    table = page.locator("#devices-table")
    for device, status in (("air-then", "● 在线"), ("air-quiet", "○ 离线"), ("air-gone", "● 在线")):
        expect(table.locator(f'[row-id="{device}"] .status').first).to_have_text(status)
    expect(table.locator('[row-id="air-new"]')).to_have_count(0)
    told = page.evaluate(
        """() => ({
          area: cockpit.map.handle.getFeatureState({ source: "areas", id: "chenglu" }).level,
          quiet: cockpit.map.handle.getFeatureState({ source: "devices", id: "air-quiet" }).status,
          open: cockpit.state.grid_events["*"].open,
        })"""
    )
    assert told == {"area": page.evaluate('() => cockpit.level("pm2_5", 30)'), "quiet": "offline", "open": 2}
    page.locator('[data-list="grid_events"] a', has_text="路灯 1").click()
    expect(page.locator(".event-head")).to_contain_text("派遣")
    expect(page.locator(".event-next")).to_contain_text("回看时不能办理")
    page.get_by_role("link", name="看板").click()
    expect(page.locator('[data-state="dispatched"] .card')).to_have_count(1)
    expect(page.locator('[data-state="filed"] .card')).to_have_count(1)
    page.get_by_role("link", name="网格事件").click()
    expect(page.locator("#events-table .ag-row")).to_have_count(2)
    page.get_by_role("link", name="指标").click()
    expect(page.locator("[data-totals] .total").first).to_contain_text("2")
    page.get_by_role("link", name="共治").click()
    expect(page.locator('[data-kind="hard"] [data-state="listed"]')).to_have_text("0")
    page.get_by_role("link", name="回到实时").click()
    expect(page.locator(".past-note")).to_have_count(0)
    expect(page.locator('[data-kind="hard"] [data-state="listed"]')).to_have_text("1")
    assert errors == []


def test_a_device_of_then_says_what_it_said_then(then: Then, page: Page) -> None:
    page.goto(f"{then.cockpit.url}/devices/air-then?at={then.at}")
    expect(page.locator("[data-device-status]")).to_have_text("● 在线")
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("40")
    plot = page.locator("#device-chart .js-plotly-plot")
    drawn = until(lambda: plot.evaluate("(plot) => [...(plot.data || []).map((line) => line.y)][0]"))
    assert [value for value in drawn if value is not None] == [40]
    page.goto(f"{then.cockpit.url}/devices/air-new?at={then.at}")
    expect(page.locator("[data-device-status]")).to_have_text("那时还没有登记")


@pytest.mark.parametrize(("name", "is_found"), [("li.si", True), ("wang.wu", False)])
def test_an_event_is_found_by_who_had_it_then(then: Then, name: str, is_found: bool) -> None:
    found = then.ask(f"events?q={name}&total=true", then.at)
    assert [one["id"] for one in found["features"]] == [then.event] * is_found
    assert found["total"] == int(is_found)
    now = then.ask(f"events?q={name}&total=true")
    assert [one["id"] for one in now["features"]] == [then.event] * (not is_found)
    path = f"{then.cockpit.url}/api/v1/heling/events/export"
    table = httpx.get(path, params={"q": name, "at": then.at, "format": "csv"}, headers=then.who)
    assert table.status_code == 200
    assert (then.event in table.text) is is_found


def test_an_event_of_later_is_none_of_then(then: Then) -> None:
    later = then.ask("events?limit=1")["features"]
    found = next(one["id"] for one in then.ask("events")["features"] if one["properties"]["title"] == "路灯 3")
    assert later
    assert httpx.get(f"{then.cockpit.url}/events/{found}", params={"at": then.at}).status_code == 404
    assert httpx.get(f"{then.cockpit.url}/api/v1/heling/events/{found}", params={"at": then.at}).status_code == 404


def test_the_wall_of_a_past_time_says_so(then: Then, page: Page) -> None:
    page.goto(f"{then.cockpit.url}/wall/heling?at={then.at}")
    expect(page.locator(".past-note")).to_be_visible()
    expect(page.locator('[data-row="areas.chenglu"] .value').first).to_have_text("30")
    assert json.loads(page.evaluate("() => JSON.stringify(cockpit.state.grid_events['*'].open)")) == 2
