"""Publish to pixel: from a device's publish to the frame in which Chromium shows the number on the wall."""

import time
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import sync_playwright

from bench.figures import percentiles
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

SAMPLES = 100
PAUSE_S = 0.37
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
    """Publish numbers one after the other and see when the wall shows each."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"}).start()
    try:
        who = cockpit.add_device("bench-air", lon=120.1905, lat=28.9285)
        device = mqtt.Client(CallbackAPIVersion.VERSION2, who.device)
        device.username_pw_set(who.username, who.password)
        device.connect("127.0.0.1", cockpit.mqtt)
        device.loop_start()
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            page = chromium.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{cockpit.url}/wall/heling")
            page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
            page.wait_for_timeout(3_000)
            page.locator(FIGURE).evaluate(WATCH)
            sent = {}
            for number in range(1, SAMPLES + 1):
                sent[str(number)] = time.time()
                device.publish(f"{who.topic}/telemetry", msgspec.json.encode({"pm2_5": number}), qos=1)
                page.wait_for_timeout(PAUSE_S * 1000)
            page.wait_for_timeout(2_000)
            shown = page.evaluate("window.shown")
            chromium.close()
        device.disconnect()
        device.loop_stop()
    finally:
        cockpit.stop()
    took = [shown[number] / 1000 - at for number, at in sent.items() if number in shown]
    return [
        "the wall at 1920x1080 in headless Chromium, software GL",
        f"publish to pixel: {percentiles(took, 50, 95)}; {len(sent) - len(took)} of {len(sent)} never shown",
    ]
