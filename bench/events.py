"""The board with 10,000 open events and 50 people signed in: how soon it opens, and how soon a step shows elsewhere."""

import asyncio
import json
import time
from pathlib import Path

import httpx
import numpy as np
from playwright.async_api import async_playwright
from sqlalchemy import insert
from websockets.asyncio.client import connect

from bench.figures import percentiles
from geo import ground
from layers.grid_events.rules import categories, states
from layers.grid_events.tables import grid_event, grid_event_transition
from store.engine import open_engine
from store.instant import HOUR, MINUTE, now
from store.migrate import upgrade
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

OPEN, PEOPLE, STEPS, OPENINGS = 10_000, 50, 60, 8
PAUSE_S = 0.25
# The page looks for itself: a driver that asks now and then would add its own waiting.
OPENED = """() => new Promise((done) => {
  const look = () => document.querySelector(".card") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
BOARD = "/api/v1/heling/events"


def measure(folder: Path) -> list[str]:
    """Steps are taken one after the other through the API, as a manager's browser would."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    ids = _fill(cockpit)
    cockpit.start()
    try:
        return asyncio.run(_day(cockpit, ids))
    finally:
        cockpit.stop()


def _fill(cockpit: Cockpit) -> list[str]:
    """Open events all over 赫灵; returns those that were only reported."""
    cockpit.data.mkdir(parents=True)
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    upgrade(engine)
    random, moment = np.random.default_rng(7), now()
    west, south, east, north = ground.community_of("heling").bounds
    codes, kinds = list(categories()), [code for code, one in states().items() if one.open]
    events, steps = [], []
    for number in range(OPEN):
        at = moment - int(random.integers(0, 72 * HOUR))
        event = {
            "id": f"bench-{number}", "community": "heling", "reporter": "bench", "reporter_ref": str(number),
            "category": codes[number % len(codes)], "severity": "minor", "title": f"事件 {number}", "detail": "",
            "lon": random.uniform(west, east), "lat": random.uniform(south, north), "occurred": at, "received": at,
        }  # fmt: skip
        events.append(event)
        # Half of them have only been reported; the others are spread over the states.
        state = "reported" if number % 2 else kinds[number // 2 % len(kinds)]
        for seq, code in enumerate(dict.fromkeys(("reported", state)), 1):
            row = {"event_id": event["id"], "seq": seq, "state": code, "at": at + seq * MINUTE, "actor": "bench"}
            steps.append(row | {"note": "", "due": at + 48 * HOUR})
    with engine.begin() as connection:
        connection.execute(insert(grid_event), events)
        connection.execute(insert(grid_event_transition), steps)
    engine.dispose()
    return [event["id"] for event in events if int(event["reporter_ref"]) % 2]


async def _day(cockpit: Cockpit, ids: list[str]) -> list[str]:
    """With everybody signed in and looking: open the board, then take the steps."""
    cookies = [cockpit.add_user(f"p{number}", "manager", "heling") for number in range(PEOPLE)]
    seen: dict[str, list[float]] = {}
    ready: list[int] = []
    watchers = [asyncio.create_task(_watch(cockpit, cookie, seen, ready)) for cookie in cookies]
    while len(ready) < PEOPLE:
        await asyncio.sleep(0.05)
    lines = await _openings(cockpit, cookies[0]) + await _steps(cockpit, cookies[0], ids, seen)
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    return lines


async def _openings(cockpit: Cockpit, cookie: str) -> list[str]:
    """The browser's very first page is told by itself: it reads the machine's fonts."""
    first, again = [], []
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for _ in range(OPENINGS):
            context = await chromium.new_context(viewport={"width": 1920, "height": 1080})
            await context.add_cookies([cockpit.cookie(cookie)])
            page = await context.new_page()
            for kept in (first, again):
                await page.goto(f"{cockpit.url}/board?community=heling", wait_until="commit")
                kept.append(await page.evaluate(OPENED) / 1000)
            await context.close()
        await chromium.close()
    return [
        f"the board with {OPEN} open events, in a browser just started: {first[0]:.2f} s",
        f"with an empty cache: {percentiles(first[1:], 50)}; again: {percentiles(again, 50)}",
    ]


async def _steps(cockpit: Cockpit, cookie: str, ids: list[str], seen: dict[str, list[float]]) -> list[str]:
    asked: dict[str, float] = {}
    async with httpx.AsyncClient(base_url=cockpit.url, cookies={"cockpit_session": cookie}) as manager:
        manager.headers["X-CSRF-Token"] = (await manager.get("/api/v1/session")).json()["csrf"]
        for event in ids[:STEPS]:
            asked[event] = time.perf_counter()
            answer = await manager.post(f"{BOARD}/{event}/transitions", json={"to": "filed", "seq": 1})
            answer.raise_for_status()
            await asyncio.sleep(PAUSE_S)
    await asyncio.sleep(2)
    took = [at - asked[event] for event, moments in seen.items() if event in asked for at in moments]
    missed = PEOPLE * STEPS - len(took)
    return [f"a step shows at {PEOPLE} people signed in: {percentiles(took, 50, 95)}; {missed} never shown"]


async def _watch(cockpit: Cockpit, cookie: str, seen: dict[str, list[float]], ready: list[int]) -> None:
    address = f"ws://127.0.0.1:{cockpit.http}/live/heling"
    async with connect(
        address, additional_headers={"Cookie": f"cockpit_session={cookie}"}, max_size=None, proxy=None
    ) as socket:
        async for message in socket:
            frame = json.loads(message)
            if frame["type"] == "snapshot":
                ready.append(1)
            for event, record in frame.get("layers", {}).get("grid_events", {}).items():
                if frame["type"] == "delta" and record.get("state") == "filed":
                    seen.setdefault(event, []).append(time.perf_counter())
