"""A page with a map: how soon it is complete with an empty cache and when loaded again, and the bytes of each.

A wall that is loaded anew has stood for long. Who loads a page again within seconds waits besides until the processor
that stands in for a graphics card has prepared what the first load asked of it: Chromium tears a map down no sooner
(`GpuChannel::OnDestroyCommandBuffer`). That wait is measured too, and has no goal: it is none of ours.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import judged
from bench.map import COMPLETE
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

PAGES = ("/wall/heling", "/map?community=tahai")
BROWSERS = 4
STOOD_MS = (1_500, 10_000, 10_000)
"""How long the page has stood before each reload."""
FIRST, AT_ONCE, AGAIN = "first load, empty cache", "reload at once", "reload of one that stood"


def measure(folder: Path) -> list[str]:
    """Several browsers, each of which loads each page for the first time and several times again."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"}).start()
    lines = []
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            _load(chromium, cockpit.url + PAGES[0], ())  # the server's own first time
            for path in PAGES:
                lines += _told(path, [_load(chromium, cockpit.url + path, STOOD_MS) for _ in range(BROWSERS)])
            chromium.close()
    finally:
        cockpit.stop()
    return lines


Load = tuple[float, float]
"""Seconds until the map is complete, and bytes that were transferred."""


def _told(path: str, loads: list[list[Load]]) -> list[str]:
    ways = {FIRST: [each[0] for each in loads], AT_ONCE: [each[1] for each in loads]}
    ways[AGAIN] = [one for each in loads for one in each[2:]]
    found = {name: np.median(kept, axis=0) for name, kept in ways.items()}
    lines = [f"{path}, {name}: complete after {at:.2f} s, {size / 1000:.1f} kB" for name, (at, size) in found.items()]
    lines[-1] += judged("no slower than the first", bool(found[AGAIN][0] <= found[FIRST][0]))
    return lines


def _load(chromium: Browser, address: str, stood_ms: Sequence[int]) -> list[Load]:
    """The first load in a browser of its own, then the reloads, each after the page has stood for so long."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = context.new_page()
    received = _count_bytes(page)
    page.goto(address, wait_until="commit")
    found = [_complete(page, received)]
    for pause in stood_ms:
        page.wait_for_timeout(pause)
        received.clear()
        page.reload(wait_until="commit")
        found.append(_complete(page, received))
    context.close()
    return found


def _complete(page: Page, received: list[float]) -> Load:
    seconds = page.evaluate(COMPLETE) / 1000
    page.wait_for_timeout(1_000)
    return seconds, sum(received)


def _count_bytes(page: Page) -> list[float]:
    received: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    return received
