"""Signs and labels of the map: an alarm is always seen, no label lies on a building, the legend has what is drawn."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import WALL, screen
from tests.running import Cockpit, until

GATE = {"lon": 120.2072, "lat": 28.9311}
SITE = {"lon": 120.20955, "lat": 28.9357}
"""Within 方岩景区, where its name would stand."""
NAMES = ["areas-name", "sites-name", "sites-parking", "facilities-name", "gates-pill"]
RANKED = NAMES[1:]
"""Those that give way to buildings; the few areas are named in any case."""


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit of its own, whose alarms are those of here."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit")).start()
    for number, place in enumerate(({"lon": 120.2000, "lat": 28.9305}, GATE)):
        gate = running.add_device(f"gate-{number}", "gate", site=("centre", "fangyan")[number], **place)
        running.publish(gate, "telemetry", {"enter": 234, "leave": 9})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def wall(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """The wall of heling."""
    context = screen(browser, WALL, is_drawn=True)
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    until(lambda: shown(page, "gates-pill", "id") == {"gate-0", "gate-1"})
    yield page
    context.close()


def shown(page: Page, layer: str, key: str) -> set[str]:
    """What the features say that a layer draws now."""
    found = page.evaluate(
        """([layer, key]) => cockpit.map.handle.queryRenderedFeatures({ layers: [layer] })
          .map((one) => one.properties[key])""",
        [layer, key],
    )
    return set(found)


def legend(page: Page) -> list[str]:
    """The words of the alarms' signs in the legend."""
    texts = page.locator('.legend [data-legend-group="alarms"] .entry:visible').all_inner_texts()
    return ["".join(text.split()) for text in texts]


@pytest.mark.parametrize("size", [WALL, pytest.param((1080, 1920), marks=pytest.mark.thorough)])
def test_no_label_and_no_badge_lies_on_a_building(wall: Page, size: tuple[int, int]) -> None:
    wall.set_viewport_size({"width": size[0], "height": size[1]})
    wall.evaluate("() => new Promise((done) => { cockpit.map.handle.once('idle', done).triggerRepaint(); })")
    covered = wall.evaluate(
        """async (layers) => {
          const { handle } = cockpit.map;
          const buildings = (await (await fetch("/geo/heling/buildings.geojson")).json()).features;
          const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
          const middle = (ring) => [0, 1].map((axis) => mean(ring.slice(1).map((at) => at[axis])));
          return buildings.flatMap(({ geometry, properties }) => {
            const labels = handle.queryRenderedFeatures(handle.project(middle(geometry.coordinates[0])), { layers });
            return labels.map((one) => [properties.code, one.properties.name ?? one.properties.label]);
          });
        }""",
        RANKED,
    )
    assert covered == []
    assert shown(wall, "areas-name", "name") == {"橙麓", "岩上", "岩下", "两头门"}
    assert shown(wall, "gates-pill", "id") == {"gate-0", "gate-1"}
    assert "方岩景区" in shown(wall, "sites-name", "name")


def test_an_alarm_comes_before_every_name_and_badge(cockpit: Cockpit, wall: Page) -> None:
    assert legend(wall) == [], "nothing is said of what is not there"
    wall.set_viewport_size({"width": WALL[0], "height": WALL[1]})
    for name, place in (("at-gate", GATE), ("at-site", SITE)):
        smoke = cockpit.add_device(name, "smoke", **place)
        cockpit.publish(smoke, "telemetry", {"smoke": True})
    until(lambda: len(shown(wall, "alarms-ring", "id")) == 2)
    until(lambda: len(shown(wall, "alarms-sign", "id")) == 2)
    until(lambda: "gate-1" in shown(wall, "gates-pill", "id"))
    over = wall.evaluate(
        """(layers) => {
          const { handle } = cockpit.map;
          const reach = 1.5 * cockpit.u();
          return handle.queryRenderedFeatures({ layers: ["alarms-ring"] }).flatMap(({ geometry }) => {
            const { x, y } = handle.project(geometry.coordinates);
            return handle.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers })
              .map((one) => one.properties.name ?? one.properties.label);
          });
        }""",
        [*NAMES, "alarms-sign"],
    )
    assert over == []
    assert legend(wall) == ["■紧急"]
    assert wall.locator('.legend [data-icon="alarm-critical"] canvas').is_visible()
