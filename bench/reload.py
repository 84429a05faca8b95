"""A page with a map: how soon it is complete with an empty cache and when loaded again, and the bytes of each."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import judged
from bench.map import COMPLETE
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

PAGES = ("/wall/heling", "/map?community=tahai")
BROWSERS, RELOADS = 5, 3
PAUSE_MS = 1_500
"""A wall that is loaded anew has stood still before."""
FIRST, AGAIN = "first load, empty cache", "reload"


def measure(folder: Path) -> list[str]:
    """Several browsers, each of which loads each page for the first time and several times again."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"}).start()
    lines = []
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            _load(chromium, cockpit.url + PAGES[0], 0)  # the server's own first time
            for path in PAGES:
                lines += _told(path, [_load(chromium, cockpit.url + path, RELOADS) for _ in range(BROWSERS)])
            chromium.close()
    finally:
        cockpit.stop()
    return lines


Load = tuple[float, float]
"""Seconds until the map is complete, and bytes that were transferred."""


def _told(path: str, loads: list[list[Load]]) -> list[str]:
    first = np.median([each[0] for each in loads], axis=0)
    again = np.median([one for each in loads for one in each[1:]], axis=0)
    goal = judged("no slower than the first", bool(again[0] <= first[0]))
    return [
        f"{path}, {name}: complete after {seconds:.2f} s, {size / 1000:.1f} kB transferred{said}"
        for name, (seconds, size), said in ((FIRST, first, ""), (AGAIN, again, goal))
    ]


def _load(chromium: Browser, address: str, reloads: int) -> list[Load]:
    """The first load in a browser of its own, then the reloads."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = context.new_page()
    received = _count_bytes(page)
    found = []
    for number in range(reloads + 1):
        received.clear()
        if number:
            page.reload(wait_until="commit")
        else:
            page.goto(address, wait_until="commit")
        seconds = page.evaluate(COMPLETE) / 1000
        page.wait_for_timeout(PAUSE_MS)
        found.append((seconds, sum(received)))
    context.close()
    return found


def _count_bytes(page: Page) -> list[float]:
    received: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    return received
