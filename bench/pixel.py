"""Publish to pixel: from a device's publish to the frame in which Chromium shows the number on the wall.

Once in a cockpit with no other device, once among many that talk meanwhile. The figure is the mean of an area in
which the watched device is the only one; the crowd stands in another, whose figure changes with nearly every frame.
"""

import contextlib
import math
import time
from pathlib import Path

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
from playwright.sync_api import Page, sync_playwright

from bench.crowd import CHENGLU, YANXIA, connected, let_all_speak, register, talking
from bench.figures import judged, percentiles
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit, Credentials

DEVICES, RATE = 10_000, 1_000
SAMPLES = 100
PAUSE_S = 0.37
GOAL_MS = 250
SETTLE_MS = 3_000
LOAD_MS = 60_000
FIGURE = '[data-live="areas.chenglu"]'
# The second animation frame begins when the first, which holds the change, was handed to the screen.
WATCH = """(figure) => {
  window.shown = {};
  new MutationObserver(() => {
    const text = figure.textContent;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.shown[text] ??= Date.now(); }));
  }).observe(figure, { childList: true, characterData: true, subtree: true });
}"""


def measure(folder: Path) -> list[str]:
    """Alone, and among many."""
    return [
        "the wall at 1920x1080 in headless Chromium, software GL",
        f"publish to pixel, no other device: {_told(_run(folder / 'alone', 0))}",
        f"the same, {DEVICES} devices and {RATE} changes/s: {_told(_run(folder / 'crowd', DEVICES))}",
    ]


def _run(folder: Path, devices: int) -> list[float | None]:
    folder.mkdir()
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    gateway = register(cockpit, devices, YANXIA) if devices else None
    watched = cockpit.add_device("bench-air", lon=CHENGLU[0], lat=CHENGLU[1])
    cockpit.start()
    try:
        if gateway is not None:
            let_all_speak(gateway, cockpit.mqtt, devices)
        with connected(watched, cockpit.mqtt) as device, sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            try:
                page = chromium.new_page(viewport={"width": 1920, "height": 1080})
                page.goto(f"{cockpit.url}/wall/heling")
                page.wait_for_selector(".map-ready", state="attached", timeout=LOAD_MS)
                with talking(gateway, cockpit.mqtt, devices, RATE) if gateway else contextlib.nullcontext():
                    page.wait_for_timeout(SETTLE_MS)
                    return _watch(page, device, watched)
            finally:
                chromium.close()
    finally:
        cockpit.stop()


def _watch(page: Page, device: mqtt.Client, watched: Credentials) -> list[float | None]:
    """Publish numbers one after the other and see when the wall shows each; None for one that it never did."""
    page.locator(FIGURE).evaluate(WATCH)
    sent = {}
    for number in range(1, SAMPLES + 1):
        sent[str(number)] = time.time()
        device.publish(f"{watched.topic}/telemetry", msgspec.json.encode({"pm2_5": number}), qos=1)
        page.wait_for_timeout(PAUSE_S * 1000)
    page.wait_for_timeout(2_000)
    shown = page.evaluate("window.shown")
    return [shown[number] / 1000 - at if number in shown else None for number, at in sent.items()]


def _told(took: list[float | None]) -> str:
    shown = [seconds for seconds in took if seconds is not None]
    if not shown:
        return f"none of {len(took)} shown{judged(f'p95 under {GOAL_MS} ms', False)}"
    # What was never shown came later than any limit.
    p95 = np.percentile([math.inf if seconds is None else seconds for seconds in took], 95, method="higher")
    goal = judged(f"p95 under {GOAL_MS} ms", bool(p95 * 1_000 < GOAL_MS))
    return f"{percentiles(shown, 50, 95)}{goal}; {len(took) - len(shown)} of {len(took)} never shown"
