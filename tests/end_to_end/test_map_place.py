"""The map as a place: the sun's light over it, and the windows of the centre."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browsing import screen
from tests.running import Cockpit, until

LON, LAT = 120.2, 28.93
TILT = 23.44
"""Degrees between the ecliptic and the equator."""


@pytest.fixture(scope="module")
def wall(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """The wall of heling."""
    context = screen(browser)
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    yield page
    context.close()


def sun(wall: Page, moment: datetime) -> dict[str, float]:
    """Where the page says that the sun stands over heling."""
    found: dict[str, float] = wall.evaluate(f"(ms) => cockpit.sun(ms, {LON}, {LAT})", moment.timestamp() * 1000)
    return found


@pytest.mark.parametrize(("month", "day", "declination"), [(6, 21, TILT), (12, 21, -TILT), (3, 20, 0), (9, 23, 0)])
def test_at_noon_the_sun_stands_in_the_south_as_high_as_the_season_has_it(
    wall: Page, month: int, day: int, declination: float
) -> None:
    minutes = [sun(wall, datetime(2026, month, day, 3, 30 + n, tzinfo=UTC)) for n in range(30)]
    minutes += [sun(wall, datetime(2026, month, day, 4, n, tzinfo=UTC)) for n in range(30)]
    highest = max(minutes, key=lambda one: one["altitude"])
    assert highest["altitude"] == pytest.approx(90 - LAT + declination, abs=0.4)
    assert highest["azimuth"] == pytest.approx(180, abs=5)


def test_at_the_equinox_it_rises_in_the_east_and_sets_in_the_west(wall: Page) -> None:
    moments = [
        sun(wall, datetime(2026, 3, 20, hour, minute, tzinfo=UTC)) for hour in range(24) for minute in (0, 20, 40)
    ]
    up, down = (
        min((one for one in moments if (one["azimuth"] < 180) is is_morning), key=lambda one: abs(one["altitude"]))
        for is_morning in (True, False)
    )
    assert up["azimuth"] == pytest.approx(90, abs=3)
    assert down["azimuth"] == pytest.approx(270, abs=3)


def light(wall: Page, shown: str) -> dict[str, Any]:
    """The map's light at a time of day that is shown."""
    found: dict[str, Any] = wall.evaluate(
        """(text) => {
          const before = cockpit.now;
          cockpit.now = () => Date.parse(text);
          cockpit.map.shine();
          cockpit.now = before;
          return cockpit.map.handle.getLight();
        }""",
        shown,
    )
    return found


def test_the_light_comes_from_where_the_sun_is_and_is_faint_by_night(wall: Page) -> None:
    morning, evening, night = (light(wall, f"2026-06-01T{hour}:00+08:00") for hour in ("08:00", "17:00", "23:00"))
    assert morning["position"][1] < 180 < evening["position"][1]
    assert night["intensity"] < 0.6 * morning["intensity"]


def test_the_windows_of_the_centre_glow_while_people_are_inside(cockpit: Cockpit, wall: Page) -> None:
    def glow() -> list[float]:
        return sorted({one["glow"] for one in wall.evaluate(
            "() => cockpit.map.handle.querySourceFeatures('windows').map((one) => one.properties)"
        )})  # fmt: skip

    until(lambda: glow() == [0])
    gate = cockpit.add_device("gate-glow", "gate", site="centre")
    cockpit.publish(gate, "telemetry", {"enter": 25, "leave": 0})
    until(lambda: glow() == [0.5])
    cockpit.publish(gate, "telemetry", {"enter": 0, "leave": 25})
    until(lambda: glow() == [0])


def test_names_of_areas_stand_before_their_buildings(wall: Page) -> None:
    covered = wall.evaluate(
        """async () => {
          const { handle } = cockpit.map;
          const read = async (name) => (await (await fetch(`/geo/heling/${name}.geojson`)).json()).features;
          const [names, buildings] = await Promise.all([read("areas-labels"), read("buildings")]);
          const seen = buildings.flatMap((one) => one.geometry.coordinates[0].map((corner) => handle.project(corner)));
          return names.filter(({ geometry }) => {
            const foot = handle.project(geometry.coordinates);
            // The name hangs below its point, about two letters wide and one high.
            return seen.some((p) => Math.abs(p.x - foot.x) < 26 && p.y > foot.y + 4 && p.y < foot.y + 34);
          }).map((one) => one.properties.name);
        }"""
    )
    assert covered == []


def test_a_part_of_the_ground_that_the_server_could_not_give_is_asked_for_again(cockpit: Cockpit, page: Page) -> None:
    refused: list[str] = []
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def refuse_once(route: Route) -> None:
        if route.request.url in refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="busy")

    page.route(re.compile(r"/geo/heling/(buildings|backdrop|faces)\.geojson"), refuse_once)
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    for source in ("buildings", "ground", "faces"):
        until(lambda name=source: page.evaluate(f"() => cockpit.map.handle.querySourceFeatures('{name}').length"))
    assert (len(refused), errors) == (3, [])
