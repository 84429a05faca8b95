"""A device's page: how soon it is drawn, a day and a year, with a month of history and with a year of it.

And how long a year that was stored under another word takes to follow its metric.
"""

import statistics
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from bench.figures import judged
from sensors.devices.words import Key, Scope
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.observations import store
from sensors.readings.renaming import declare
from store.engine import open_engine, writing
from store.instant import DAY, MINUTE, now
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

REPEATS = 5
GOAL_S = 1.0
BATCH = 40_000
HISTORIES = {"air-month": 30, "air-year": 365}
"""Device -> days of readings, one a minute."""
DRAWN = """(lines) => new Promise((resolve) => {
  const look = () => {
    const data = document.querySelector("[data-plot]")?.data;
    if (data?.length === lines && data[0].x.length) requestAnimationFrame(() => resolve(performance.now()));
    else requestAnimationFrame(look);
  };
  look();
})"""
YEAR = """async (drawn) => {
  const began = performance.now();
  document.querySelector('[data-span="year"]').click();
  return (await eval(drawn)(3)) - began;
}"""


def measure(folder: Path) -> list[str]:
    """Fill a database, then open the pages."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    for device in HISTORIES:
        cockpit.add_device(device)
    cockpit.add_device("air-word")
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    for device, days in HISTORIES.items():
        _fill(engine, device, "pm2_5", days, 0)
    _fill(engine, "air-word", "PM2.5", 365, 2)
    began = time.monotonic()
    followed = declare(engine, Key("heling", Scope.DEVICE, "air-word", "PM2.5"), "pm2_5", "bench")
    seconds = time.monotonic() - began
    lines = [f"a word with {followed.readings} stored readings becomes a metric's: {seconds:.1f} s"]
    engine.dispose()
    cockpit.start()
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            _times(chromium, cockpit, "air-month")  # the server's own first time
            for device, days in HISTORIES.items():
                opened, year = (
                    statistics.median(times)
                    for times in zip(*(_times(chromium, cockpit, device) for _ in range(REPEATS)), strict=True)
                )
                line = (
                    f"{days} days of readings: page with its day after {opened:.2f} s, a year after {year:.2f} s more"
                )
                lines.append(line + judged(f"a year within {GOAL_S:g} s", year < GOAL_S))
            chromium.close()
    finally:
        cockpit.stop()
    return lines


def _times(chromium: Browser, cockpit: Cockpit, device: str) -> tuple[float, float]:
    """Seconds until the page has drawn its day, and from the click until it has drawn a year."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{cockpit.url}/devices/{device}", wait_until="commit")
    opened = page.evaluate(DRAWN, 1) / 1000
    page.wait_for_timeout(1_000)
    # The policy of scripts of the pages lets none be made of text: it is told whole.
    year = page.evaluate(YEAR.replace("eval(drawn)", f"({DRAWN})"), None) / 1000
    context.close()
    return opened, year


def _fill(engine: Engine, device: str, metric: str, days: int, quality: int) -> None:
    index, until = SeriesIndex(), now() - now() % MINUTE
    times = range(until - days * DAY, until, MINUTE)
    for first in range(0, len(times), BATCH):
        rows = [
            Observation(device, metric, ts, float(ts // MINUTE % 90), quality) for ts in times[first : first + BATCH]
        ]
        with writing(engine) as connection:
            store(connection, index, Observations.of(index, rows))
        index.committed()
