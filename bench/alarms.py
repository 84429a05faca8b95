"""Alarms: rules evaluated a second, publish to alarm on the wall, what rules cost ingest, a rule tried on a month."""

import json
import math
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, insert

from bench import month
from bench.crowd import CHENGLU, connected
from bench.figures import judged, percentiles
from bench.throughput import VALUES, drain, ingesting, mosquitto
from layers.alarms.feed import AlarmsFeed
from layers.alarms.rules import Rule, defaults
from layers.alarms.tables import alarm_rule
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.intake.batch import Batch
from sensors.readings.columns import Observations, Series
from sensors.tables import series
from store import revision
from store.engine import open_engine, writing
from store.instant import SECOND, Instant, now
from store.migrate import upgrade
from tests.database import new_postgres_database
from tests.postgres import Postgres
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit, Credentials

DEVICES, GROUPS, LIMITS = 10_000, 100, 5
BATCH, BATCHES = 2_000, 25
RULES_GOAL = 200_000
SAMPLES, PAUSE_S, SETTLE_MS, GOAL_MS = 100, 0.5, 3_000, 400
ROUNDS, PART_GOAL = 3, 0.9
TRIAL_S = 3.0
BENCH = {"community": "heling", "version": 1, "actor": "bench", "at": 0}
# The second animation frame begins when the first, which holds the change, was handed to the screen.
WATCH = """(list) => {
  window.shown = {};
  new MutationObserver(() => {
    const titles = [...list.querySelectorAll(".alarm .title")].map((one) => one.textContent);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const title of titles) window.shown[title.split("bench-").pop()] ??= Date.now();
    }));
  }).observe(list, { childList: true });
}"""


def measure(folder: Path) -> list[str]:
    """Each in turn."""
    return [*_evaluated(folder), *_on_screen(folder / "screen"), *_ingest(folder), *_tried(folder)]


def keep(engine: Engine, rules: list[Rule]) -> None:
    """Keep rules in one transaction."""
    rows = [BENCH | {"code": rule.code, "body": msgspec.json.encode(rule).decode()} for rule in rules]
    with writing(engine) as connection:
        connection.execute(insert(alarm_rule), rows)
        revision.bump(connection, "alarm_rules")


# Rules evaluated a second.


def _evaluated(folder: Path) -> list[str]:
    engine = open_engine(f"sqlite:///{folder}/rules.db")
    upgrade(engine)
    registry.add_all(
        engine, [Device(id=f"d{n}", community="heling", kind="air", name=f"站 {n}") for n in range(DEVICES)]
    )
    with writing(engine) as connection:
        rows = [{"id": n + 1, "device_id": f"d{n}", "metric": "pm2_5", "kind": "number"} for n in range(DEVICES)]
        connection.execute(insert(series), rows)
    some = [tuple(f"d{n}" for n in range(group, DEVICES, GROUPS)) for group in range(GROUPS)]
    keep(
        engine,
        [
            Rule(
                code=f"bench.{group}.{number}",
                name="试验",
                metric="pm2_5",
                op=">",
                value=100.0 + 20 * number,
                deadband=5.0,
                on_delay_s=60.0 * number,
                devices=devices,
            )
            for group, devices in enumerate(some)
            for number in range(LIMITS)
        ],
    )
    columns = [Series(f"d{n}", "pm2_5", None, number=n + 1) for n in range(DEVICES)]
    feed = AlarmsFeed()
    _seconds(engine, feed, columns, now(), 0.0)
    calm = _seconds(engine, feed, columns, now() + 20 * SECOND, 0.0)
    busy = _seconds(engine, feed, columns, now() + 40 * SECOND, 0.01)
    engine.dispose()
    values = BATCH * BATCHES
    told = f"{GROUPS * LIMITS} rules over {DEVICES} devices, {LIMITS} of them watch each value"
    lines = [f"{told}; batches of {BATCH}, one core"]
    for name, seconds in (("all within limits", calm), ("one of 100 crosses, and back; SQLite", busy)):
        rate = values * LIMITS / seconds
        goal = judged(f"{RULES_GOAL} or more", rate >= RULES_GOAL)
        lines.append(f"  {name:38} {values / seconds:10.0f} values/s, {rate:10.0f} rules/s{goal}")
    return lines


def _seconds(engine: Engine, feed: AlarmsFeed, columns: list[Series], at: Instant, share: float) -> float:
    """Of the processor, for all batches, their transactions included."""
    chance, took = np.random.default_rng(1), 0.0
    for number in range(BATCHES):
        batch = Batch(at=at + number * SECOND // 2, listening_since=1)
        places = (np.arange(BATCH) + number * BATCH) % DEVICES
        values = np.where(chance.random(BATCH) < share, 115.0, 40.0).tolist()
        new = Observations()
        for place, value in zip(places.tolist(), values, strict=True):
            new.add(columns[place], batch.at, value, 0)
        batch.new, batch.newest = new, batch.at
        begun = time.process_time()
        with writing(engine) as connection:
            feed.store(connection, batch)
        feed.committed()
        took += time.process_time() - begun
    return took


# Publish to the wall.


def _on_screen(folder: Path) -> list[str]:
    folder.mkdir()
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    gateway = cockpit.add_device("gw", "gateway")
    for number in range(SAMPLES):
        cockpit.add_device(f"bench-{number}", "smoke", lon=CHENGLU[0], lat=CHENGLU[1], gateway="gw")
    cockpit.start()
    try:
        with connected(gateway, cockpit.mqtt) as client, _wall(cockpit) as page:
            took = _watch(page, client, gateway)
    finally:
        cockpit.stop()
    shown = [seconds for seconds in took if seconds is not None]
    p95 = np.percentile([math.inf if one is None else one for one in took], 95, method="higher") * 1_000
    told = percentiles(shown, 50, 95) if shown else "none"
    goal = judged(f"p95 under {GOAL_MS} ms", bool(p95 < GOAL_MS))
    return [
        f"smoke, from its publish to the list of the wall in Chromium, one every {PAUSE_S} s, a flood after ten",
        f"  {told}{goal}; {len(took) - len(shown)} of {len(took)} never shown",
    ]


@contextmanager
def _wall(cockpit: Cockpit) -> Iterator[Page]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            page = chromium.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{cockpit.url}/wall/heling")
            page.wait_for_selector(".map-ready", state="attached", timeout=60_000)
            page.wait_for_timeout(SETTLE_MS)
            yield page
        finally:
            chromium.close()


def _watch(page: Page, client: mqtt.Client, gateway: Credentials) -> list[float | None]:
    page.locator('[data-list="alarms"]').evaluate(WATCH)
    sent = {}
    for number in range(SAMPLES):
        sent[str(number)] = time.time()
        topic = gateway.topic.replace(gateway.device, f"bench-{number}")
        client.publish(f"{topic}/telemetry", msgspec.json.encode({"smoke": True}), qos=1)
        page.wait_for_timeout(PAUSE_S * 1_000)
    page.wait_for_timeout(2_000)
    shown: dict[str, float] = page.evaluate("window.shown")
    return [shown[number] / 1000 - at if number in shown else None for number, at in sent.items()]


# What rules cost ingest.


def _many() -> list[Rule]:
    """500 rules that watch all that the senders of the throughput say."""
    return [
        Rule(
            code=f"bench.{metric}.{number}",
            name="试验",
            metric=metric,
            op=">",
            value=value + 1 + number,
            deadband=0.5,
            on_delay_s=60,
        )
        for metric, value in VALUES.items()
        for number in range(500 // len(VALUES))
    ]


def _ingest(folder: Path) -> list[str]:
    off = [msgspec.structs.replace(rule, enabled=False) for rule in defaults().values()]
    ways = {"without rules": off, "with 500 rules and those that ship": _many()}
    server = Postgres(folder / "postgres")
    server.create()
    lines = [f"messages a second from publish to commit, as in throughput, median of {ROUNDS} rounds"]
    try:
        with mosquitto(folder) as port:
            for name in ("SQLite", "PostgreSQL"):
                rates: dict[str, list[float]] = {way: [] for way in ways}
                for round_ in range(ROUNDS):
                    for number, (way, rules) in enumerate(ways.items()):
                        place = folder / f"{name}-{round_}-{number}"
                        url = new_postgres_database(server) if name == "PostgreSQL" else None
                        rates[way].append(_rate(place, port, url, rules))
                without, with_ = (statistics.median(rates[way]) for way in ways)
                told = ", ".join(f"{way} {statistics.median(some):.0f}" for way, some in rates.items())
                goal = judged(f"{PART_GOAL} or more", with_ / without >= PART_GOAL)
                lines.append(f"  {name:10} {told}: {with_ / without:.2f}{goal}")
    finally:
        server.stop("immediate")
    return lines


def _rate(folder: Path, port: int, database: str | None, rules: list[Rule]) -> float:
    with ingesting(folder, port, database, 4) as url:
        engine = open_engine(url)
        keep(engine, rules)
        engine.dispose()
        return drain(folder, port, url)


# A rule on the past.


def _tried(folder: Path) -> list[str]:
    readings = month.DEVICES * (month.END - month.START) // month.EVERY
    lines = [
        f"a rule tried on {month.DAYS} days of {month.DEVICES} devices, {readings} readings; least of {month.REPEATS}"
    ]
    server = Postgres(folder / "month-postgres")
    server.create()
    try:
        for name, url in (("SQLite", f"sqlite:///{folder}/month.db"), ("PostgreSQL", server.url)):
            engine = month.fill(url)
            for what, rule in month.RULES.items():
                seconds, answer = month.tried(engine, rule)
                lines.append(
                    f"  {name:10} {what:40} {seconds:5.2f} s{_told(answer)}{judged('3 s', seconds <= TRIAL_S)}"
                )
            engine.dispose()
    finally:
        server.stop("immediate")
    return lines


def _told(answer: dict[str, Any]) -> str:
    end = f", ended early at {answer['until'][:10]}" if answer["truncated"] else ""
    return f", {json.dumps(answer['count'])} alarms{end}"
