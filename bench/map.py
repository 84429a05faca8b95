"""The map: how soon it is complete, what it transfers, what a frame costs, and points in polygons by the array."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from bench.figures import percentiles
from geo import ground
from sensors.tables import device as device_table
from sensors.tables import device_state
from store.engine import open_engine
from store.instant import now
from store.migrate import upgrade
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

BUILDINGS, DEVICES, CHANGED, POINTS = 3_000, 10_000, 1_000, 100_000
LOOP_POINTS = 5_000
LOADS = 5
MAP = "document.querySelector('#map .js-plotly-plot')._fullLayout.map._subplot.map"
# The page looks for itself, at each frame: a driver that asks now and then would add its own waiting.
COMPLETE = f"""() => new Promise((done) => {{
  const look = () => {{
    const map = document.querySelector(".map-ready") && {MAP};
    if (map && map.areTilesLoaded() && map.loaded()) done(performance.now()); else requestAnimationFrame(look);
  }};
  look();
}})"""
# Milliseconds from frame to frame while the map glides for two seconds; reading a pixel waits until it is drawn.
PAN = f"""() => new Promise((done) => {{
  const map = {MAP}, times = [], gl = map.getCanvas().getContext("webgl2"), pixel = new Uint8Array(4);
  let last = null, ended = false;
  map.once("moveend", () => {{ ended = true; }});
  map.on("render", function each() {{
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    const at = performance.now();
    if (last !== null) times.push(at - last);
    last = at;
    if (ended) {{ map.off("render", each); done(times); }}
  }});
  map.panBy([600, 200], {{ duration: 2000, easing: (t) => t }});
}})"""
HIDE = f"""() => {{
  for (const layer of {MAP}.getStyle().layers) {{
    if (layer.type !== "background") {MAP}.setLayoutProperty(layer.id, "visibility", "none");
  }}
}}"""
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
        (folder / "plain").mkdir()
        plain = Cockpit(folder / "plain", settings={"COCKPIT_LOG_LEVEL": "warning"}).start()
        try:
            lines += _loads(chromium, plain)
        finally:
            plain.stop()
        (folder / "large").mkdir()
        large = _large(folder / "large")
        try:
            lines += _frames(chromium, large)
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


def _loads(chromium: Browser, cockpit: Cockpit) -> list[str]:
    """The wall, first with an empty cache, then again: seconds until its map is complete, and bytes."""
    lines = []
    for path in ("/wall/heling", "/map?community=tahai"):
        first, again = [], []
        for _ in range(LOADS):
            context = chromium.new_context(viewport={"width": 1920, "height": 1080})
            page = context.new_page()
            received = _count_bytes(page)
            for kept in (first, again):
                received.clear()
                page.goto(cockpit.url + path, wait_until="commit")
                took = page.evaluate(COMPLETE) / 1000
                page.wait_for_timeout(1_000)
                kept.append((took, sum(received)))
            context.close()
        for name, kept in (("empty cache", first), ("reload", again)):
            seconds, transferred = np.median(np.array(kept), axis=0)
            lines.append(f"{path}, {name}: complete after {seconds:.2f} s, {transferred / 1000:.1f} kB transferred")
    return lines


def _count_bytes(page: Page) -> list[float]:
    received: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    return received


def _large(folder: Path) -> Cockpit:
    """A community of 3,000 surveyed buildings and 10,000 devices that report."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    west, south, east, north = ground.community_of("heling").bounds
    random = np.random.default_rng(7)

    def block(number: int, lon: float, lat: float) -> dict[str, Any]:
        ring = [[lon, lat], [lon + 2e-4, lat], [lon + 2e-4, lat + 1e-4], [lon, lat + 1e-4], [lon, lat]]
        properties = {"code": f"b{number}", "floors": int(random.integers(1, 9))}
        return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    places = zip(random.uniform(west, east, BUILDINGS), random.uniform(south, north, BUILDINGS), strict=True)
    survey = folder / "buildings.geojson"
    features = [block(number, lon, lat) for number, (lon, lat) in enumerate(places)]
    survey.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    cockpit.answer("geo", "import", str(survey), "--community", "heling", "--kind", "buildings")
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    upgrade(engine)
    moment = now()
    lons, lats = random.uniform(west, east, DEVICES), random.uniform(south, north, DEVICES)
    rows = [
        {
            "id": f"d{number}", "community": "heling", "kind": "air", "name": f"设备 {number}", "crs": "CGCS2000",
            "lon": lon, "lat": lat, "raw_lon": lon, "raw_lat": lat, "interval_s": 3600, "secret_hash": "",
            "created": moment,
        }
        for number, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True))
    ]  # fmt: skip
    states = [{"device_id": row["id"], "last_seen": moment, "connected": True} for row in rows]
    with engine.begin() as connection:
        connection.execute(insert(device_table), rows)
        connection.execute(insert(device_state), states)
    engine.dispose()
    return cockpit.start()


def _frames(chromium: Browser, cockpit: Cockpit) -> list[str]:
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{cockpit.url}/map?community=heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=60_000)
    page.wait_for_function(f"() => cockpit.devices().length === {DEVICES}", timeout=60_000)
    page.evaluate(COMPLETE)
    page.wait_for_timeout(3_000)
    took = page.evaluate(CHANGE, CHANGED)
    page.wait_for_timeout(3_000)
    page.evaluate(COMPLETE)
    ours = page.evaluate(PAN)
    page.evaluate(HIDE)
    page.wait_for_timeout(1_000)
    bare = page.evaluate(PAN)
    page.close()
    return [
        f"{CHANGED} of {DEVICES} devices change: {percentiles([ms / 1000 for ms in took], 50, 95)}",
        f"a frame while panning, {BUILDINGS} buildings and {DEVICES} devices: {np.median(ours):.1f} ms;"
        f" the same map without our layers {np.median(bare):.1f} ms",
    ]
