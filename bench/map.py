"""The map: what a change of many devices costs, and points in polygons by the array."""

import time
from pathlib import Path

import numpy as np
import shapely
from playwright.sync_api import Browser, sync_playwright

from bench.figures import percentiles
from bench.large import DEVICES, large_community
from geo import ground
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

CHANGED, POINTS = 1_000, 100_000
LOOP_POINTS = 5_000
MAP = "document.querySelector('#map .js-plotly-plot')._fullLayout.map._subplot.map"
# The page looks for itself, at each frame: a driver that asks now and then would add its own waiting.
COMPLETE = f"""() => new Promise((done) => {{
  const look = () => {{
    const map = document.querySelector(".map-ready") && {MAP};
    if (map && map.areTilesLoaded() && map.loaded()) done(performance.now()); else requestAnimationFrame(look);
  }};
  look();
}})"""
CHANGE = """(count) => {
  const all = cockpit.devices().slice(0, count), took = [];
  for (let round = 0; round < 20; round += 1) {
    const changed = {};
    for (const one of all) changed[one.id] = { ...one, suspect: !one.suspect };
    Object.assign(cockpit.state.devices, changed);
    const began = performance.now();
    cockpit.render({ devices: changed });
    took.push(performance.now() - began);
    all.forEach((one, index) => { all[index] = changed[one.id]; });
  }
  return took;
}"""


def measure(folder: Path) -> list[str]:
    """All of it, on one machine in one run."""
    lines = _points()
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        large = large_community(folder)
        try:
            lines += _changes(chromium, large)
        finally:
            large.stop()
        chromium.close()
    return lines


def _points() -> list[str]:
    """Which area each of many points lies in, against a loop over points and areas."""
    west, south, east, north = ground.community_of("heling").bounds
    random = np.random.default_rng(7)
    lons, lats = random.uniform(west, east, POINTS), random.uniform(south, north, POINTS)
    ground.locate("heling", lons, lats)  # makes the index, once
    began = time.perf_counter()
    ours = ground.locate("heling", lons, lats)
    took = time.perf_counter() - began
    table = ground.frame("heling", "areas")
    areas = list(zip(table["code"], table.geometry, strict=True))
    began = time.perf_counter()
    loop = [
        next((code for code, shape in areas if shape.intersects(shapely.Point(lon, lat))), None)
        for lon, lat in zip(lons[:LOOP_POINTS].tolist(), lats[:LOOP_POINTS].tolist(), strict=True)
    ]
    plain = (time.perf_counter() - began) * POINTS / LOOP_POINTS
    assert ours[:LOOP_POINTS] == loop
    return [
        f"{POINTS} points in areas: {took * 1000:.0f} ms; a plain loop {plain * 1000:.0f} ms: {plain / took:.0f} times"
    ]


def _changes(chromium: Browser, cockpit: Cockpit) -> list[str]:
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{cockpit.url}/map?community=heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=60_000)
    page.wait_for_function(f"() => cockpit.devices().length === {DEVICES}", timeout=60_000)
    page.evaluate(COMPLETE)
    page.wait_for_timeout(3_000)
    took = page.evaluate(CHANGE, CHANGED)
    page.close()
    return [f"{CHANGED} of {DEVICES} devices change: {percentiles([ms / 1000 for ms in took], 50, 95)}"]
