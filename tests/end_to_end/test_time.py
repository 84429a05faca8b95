"""Late, early, out of order, and from a clock that is wrong."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.running import Cockpit, until


def ms(seconds_ago: float) -> int:
    """Epoch milliseconds of so long ago."""
    return int((time.time() - seconds_ago) * 1000)


def device(cockpit: Cockpit, code: str) -> dict[str, object]:
    """A device as the API says it."""
    found: dict[str, object] = cockpit.get(f"/api/v1/heling/devices/{code}")["properties"]
    return found


def test_data_filled_in_after_an_outage_are_history_and_not_what_is_live(cockpit: Cockpit, page: Page) -> None:
    air = cockpit.add_device("air-fill", lon=120.1905, lat=28.9285)
    page.goto(f"{cockpit.url}/wall/heling")
    figure = page.locator('[data-live="areas.chenglu"]')
    cockpit.publish(air, "telemetry", {"ts": ms(0), "values": {"pm2_5": 44}})
    expect(figure).to_have_text("44")
    backlog = [{"ts": ms(3600 * 6 - 60 * i), "values": {"pm2_5": 100}} for i in range(180)]
    assert cockpit.publish(air, "telemetry", backlog[::-1]) == 0
    until(lambda: len(cockpit.readings("air-fill", "pm2_5", limit=1000)) == 181)
    hours = cockpit.readings("air-fill", "pm2_5", every="1h")
    assert sum(hour["count"] for hour in hours) == 181
    page.wait_for_timeout(500)
    expect(figure).to_have_text("44")
    found = device(cockpit, "air-fill")
    assert (found["latest"]["pm2_5"]["value"], found["clock_offset_s"]) == (44, None)  # type: ignore[index]


@pytest.mark.thorough
def test_a_device_with_a_wrong_clock_is_found_and_named_and_not_averaged(cockpit: Cockpit, page: Page) -> None:
    behind = cockpit.add_device("air-slow", lon=120.1975, lat=28.9365, interval=2)
    for number in range(4):
        time.sleep(10.5 if number else 0)
        cockpit.publish(behind, "telemetry", {"ts": ms(8 * 3600), "values": {"pm10": 77}})
    offset = until(lambda: device(cockpit, "air-slow")["clock_offset_s"])
    assert -8 * 3600 - 10 < offset <= -8 * 3600 + 10
    newest, *_, first = cockpit.readings("air-slow", "pm10")
    assert (newest["quality"], first["quality"]) == ("suspect", "good")
    page.goto(f"{cockpit.url}/devices/air-slow")
    expect(page.locator("[data-device-clock]")).to_have_text("? 设备时钟慢 8 小时 0 分，其读数存疑，不计入均值")
    assert "clock_wrong" in cockpit.log

    cockpit.publish(behind, "telemetry", {"ts": ms(0), "values": {"pm10": 55}})
    until(lambda: device(cockpit, "air-slow")["clock_offset_s"] is None)
    expect(page.locator("[data-device-clock]")).to_be_hidden()
    assert cockpit.readings("air-slow", "pm10")[0]["quality"] == "good"


def test_a_clock_that_was_ahead_and_is_set_right_is_followed_at_once(cockpit: Cockpit) -> None:
    ahead = cockpit.add_device("air-fast")
    cockpit.publish(ahead, "telemetry", {"ts": ms(-8 * 3600), "values": {"pm10": 90}})
    assert device(cockpit, "air-fast")["latest"]["pm10"]["quality"] == "suspect"  # type: ignore[index]
    cockpit.publish(ahead, "telemetry", {"ts": ms(0), "values": {"pm10": 40}})
    assert device(cockpit, "air-fast")["latest"]["pm10"]["value"] == 40  # type: ignore[index]


def test_a_day_in_the_api_is_one_of_shanghai(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-day")
    sample = [
        {"ts": "2026-11-20T23:59:59+08:00", "values": {"pm2_5": 10}},
        {"ts": "2026-11-21T00:00:00+08:00", "values": {"pm2_5": 30}},
        {"ts": "2026-11-21T12:00:00+08:00", "values": {"pm2_5": 50}},
    ]
    assert cockpit.publish(air, "telemetry", sample) == 0
    span = {"from": "2026-11-19T00:00:00+08:00", "to": "2026-11-22T00:00:00+08:00"}
    days = cockpit.readings("air-day", "pm2_5", every="1d", **span)
    assert [(d["ts"], d["mean"], d["count"]) for d in days] == [
        ("2026-11-20T16:00:00Z", 40, 2),
        ("2026-11-19T16:00:00Z", 10, 1),
    ]


def test_a_years_chart_is_one_of_days_with_their_extremes(cockpit: Cockpit, page: Page) -> None:
    air = cockpit.add_device("air-year")
    days = [
        {"ts": ms(86_400 * day + 3_600 * hour), "values": {"pm2_5": day % 50 + hour}}
        for day in range(300)
        for hour in range(3)
    ]
    assert cockpit.publish(air, "telemetry", days) == 0
    page.goto(f"{cockpit.url}/devices/air-year")
    expect(page.locator("#device-chart .js-plotly-plot")).to_be_visible()
    page.get_by_text("一年", exact=True).click()
    plot = page.locator("#device-chart .js-plotly-plot")
    until(lambda: plot.evaluate("(plot) => (plot.data || []).length") == 3)
    high, low, mean = plot.evaluate("(plot) => plot._fullData.map((line) => [...line.y])")
    assert len(mean) >= 300
    assert all(lower <= middle <= upper for lower, middle, upper in zip(low, mean, high, strict=True))
