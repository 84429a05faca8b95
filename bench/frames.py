"""What a frame of the map costs, beside one of the bare map in the same browser; and that it draws none while still.

The bare map is the same one with all layers but the background switched off: what is left is MapLibre's own work and
the canvas on its way to the screen, by a processor that stands in for a graphics card.
"""

from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import judged
from bench.large import BUILDINGS, DEVICES, large_community
from bench.map import COMPLETE
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

PAGES = ("/wall/heling", "/map?community=heling")
FRAMES = 25
GLIDE_MS = 2_000
STILL_S = 10
MOST_TIMES = 2
SETTLE_MS = 3_000
# Milliseconds from frame to frame. Reading a pixel waits until the frame is drawn.
FRAME = """(work) => new Promise((done) => {
  const map = cockpit.map.handle, gl = map.getCanvas().getContext("webgl2"), pixel = new Uint8Array(4), times = [];
  let last = null;
  map.on("render", function each() {
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    const at = performance.now();
    if (last !== null) times.push(at - last);
    last = at;
    if (!work.isOver(times.length)) return void work.goOn(map);
    map.off("render", each);
    done(times);
  });
  work.begin(map);
})"""
STILL = f"""() => ({FRAME})({{
  begin: (map) => map.triggerRepaint(), goOn: (map) => map.triggerRepaint(), isOver: (frames) => frames === {FRAMES},
}})"""
GLIDE = f"""() => {{
  let isOver = false;
  return ({FRAME})({{
    begin: (map) => {{
      map.once("moveend", () => {{ isOver = true; }});
      map.panBy([300, 100], {{ duration: {GLIDE_MS}, easing: (t) => t }});
    }},
    goOn: () => null,
    isOver: () => isOver,
  }});
}}"""
HIDE = """() => {
  for (const layer of cockpit.map.handle.getStyle().layers) {
    if (layer.type !== "background") cockpit.map.handle.setLayoutProperty(layer.id, "visibility", "none");
  }
}"""
COUNT = """(ms) => new Promise((done) => {
  let frames = 0;
  const count = () => { frames += 1; };
  cockpit.map.handle.on("render", count);
  setTimeout(() => { cockpit.map.handle.off("render", count); done(frames); }, ms);
})"""


def measure(folder: Path) -> list[str]:
    """The wall and the manager's map of a large community."""
    cockpit = large_community(folder)
    lines = [f"{BUILDINGS} buildings and {DEVICES} devices, 1920x1080, software GL"]
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            for path in PAGES:
                lines += _frames(chromium, cockpit, path)
            chromium.close()
    finally:
        cockpit.stop()
    return lines


def opened(chromium: Browser, cockpit: Cockpit, path: str) -> Page:
    """A page whose map shows all devices and has come to rest."""
    page = chromium.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page.goto(cockpit.url + path)
    page.wait_for_selector(".map-ready", state="attached", timeout=60_000)
    page.wait_for_function(f"() => cockpit.devices().length === {DEVICES}", timeout=60_000)
    page.evaluate(COMPLETE)
    page.wait_for_timeout(SETTLE_MS)
    return page


def _frames(chromium: Browser, cockpit: Cockpit, path: str) -> list[str]:
    page = opened(chromium, cockpit, path)
    idle = page.evaluate(COUNT, STILL_S * 1_000)
    ways = {"still": STILL, "gliding": GLIDE}
    ours = {way: float(np.median(page.evaluate(script))) for way, script in ways.items()}
    page.evaluate(HIDE)
    page.wait_for_timeout(1_000)
    bare = {way: float(np.median(page.evaluate(script))) for way, script in ways.items()}
    page.close()
    told = [f"{path}: {idle} frames in {STILL_S} s in which nothing changes{judged('0', idle == 0)}"]
    for way in ways:
        times = ours[way] / bare[way]
        goal = judged(f"{MOST_TIMES} times", times <= MOST_TIMES) if way == "still" else ""
        told.append(f"{path}: a frame while {way} {ours[way]:.0f} ms, bare {bare[way]:.0f} ms: {times:.2f} times{goal}")
    return told
