"""The list of events with a hundred thousand of them: opened, narrowed and searched as the page asks, on each database.

Goal: each in under 500 ms, with the count of all that there are and the first 500 rows.
"""

import random
import time
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, insert

from bench.both import on_both
from bench.figures import judged
from layers.grid_events.rules import SEVERITIES, categories
from layers.grid_events.search import found_by
from layers.grid_events.tables import grid_event, grid_event_search, grid_event_transition
from store.engine import know_anew, open_engine, writing
from store.instant import DAY, MINUTE, now
from tests.running import Cockpit

ROWS, A_TIME, OPEN = 100_000, 1_000, 2_000
GOAL_MS, ROUNDS = 500, 5
SHOWN = {"limit": 500, "total": "true"}
WAY = ("reported", "filed", "dispatched", "in_hand", "handled", "verified", "closed")
PLACES = ("东门", "西门", "邻里中心", "三号楼", "停车场", "河边", "小学旁", "健身步道")
THINGS = ("路灯不亮", "井盖松动", "垃圾满溢", "占道经营", "噪声扰民", "树枝断落", "水管渗漏", "护栏损坏")
ASKED: dict[str, dict[str, Any]] = {
    "opens (what is open)": {"state": "open"},
    "all of them": {},
    "what was open then": {"state": "open", "at": "DAY"},
    "all of them then": {"at": "DAY"},
    "what was closed then, with one person": {"state": "closed", "assignee": "网格员7", "at": "DAY"},
    "a person then": {"q": "网格员12", "at": "DAY"},
    "one state and severity": {"state": "closed", "severity": "critical"},
    "a group of categories": {"category": "facility"},
    "an area": {"area": "chenglu"},
    "a day of the past": {"from": "DAY", "to": "DAY_AFTER"},
    "closed in a week": {"reached": "closed", "reached_from": "DAY", "reached_to": "WEEK_AFTER"},
    "with one person": {"assignee": "网格员7"},
    "a word of two signs, in many": {"q": "路灯"},
    "two words": {"q": "井盖 三号楼"},
    "a long word, in one": {"q": "第77777件"},
    "a word that is nowhere": {"q": "直升机"},
    "one sign": {"q": "河"},
    "a number": {"q": "NUMBER"},
    "a person": {"q": "网格员12"},
    "a day as a word": {"q": "DATE"},
    "a word and filters": {"q": "噪声", "state": "closed", "area": "yanxia", "severity": "major"},
}


def measure(folder: Path) -> list[str]:
    """What each question takes over HTTP."""
    return on_both(folder, _measure)


def _measure(cockpit: Cockpit, token: str, name: str) -> list[str]:
    engine = open_engine(cockpit.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{cockpit.data}/cockpit.db")
    number = _fill(engine)
    know_anew(engine, ("grid_event", "grid_event_transition", "grid_event_present", "grid_event_search"))
    engine.dispose()
    return _asking(cockpit, token, number, name)


def _fill(engine: Engine) -> str:
    """Two years of events, of which the newest are open; returns the number of one."""
    chosen, moment = random.Random(7), now()
    codes, severities = list(categories()), list(SEVERITIES)
    areas = ("chenglu", "yanshang", "yanxia", "liangtoumen")
    for first in range(0, ROWS, A_TIME):
        events, steps = [], []
        for number in range(first, first + A_TIME):
            at = moment - (ROWS - number) * 10 * MINUTE
            title = f"{chosen.choice(PLACES)}{chosen.choice(THINGS)}"
            event = {
                "id": f"20260101-{number:07}", "community": "heling", "reporter": f"user:网格员{number % 20}",
                "reporter_ref": str(number), "category": codes[number % len(codes)],
                "severity": severities[number % 3], "title": title, "detail": f"第{number}件，请尽快派人看看",
                "area": areas[number % 4], "grid": None, "lon": 120.19, "lat": 28.93, "occurred": at, "received": at,
            }  # fmt: skip
            events.append(event)
            way = WAY if number < ROWS - OPEN else WAY[:4]
            steps += [
                {
                    "event_id": event["id"], "seq": seq, "state": state, "at": at + seq * MINUTE, "actor": "user:a",
                    "note": "", "level": "stewards", "working": True, "due": at + DAY,
                    "assignee": f"网格员{number % 20}" if seq > 2 else None,
                }
                for seq, state in enumerate(way, 1)
            ]  # fmt: skip
        with writing(engine) as connection:
            connection.execute(insert(grid_event), events)
            connection.execute(insert(grid_event_transition), steps)
            connection.execute(insert(grid_event_search), [found_by(one) for one in events])
    return f"20260101-{ROWS // 2:07}"


def _asking(cockpit: Cockpit, token: str, number: str, name: str) -> list[str]:
    client = httpx.Client(base_url=cockpit.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    began = now() - 300 * DAY
    days = {"DAY": began, "DAY_AFTER": began + DAY, "WEEK_AFTER": began + 7 * DAY}
    words = {word: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1e6)) for word, at in days.items()}
    words |= {"NUMBER": number[-7:], "DATE": words["DAY"][:10]}
    found = []
    for what, asked in ASKED.items():
        query = SHOWN | {key: words.get(value, value) for key, value in asked.items()}
        took = []
        for _ in range(ROUNDS):
            asked_at = time.perf_counter()
            answer = client.get("/api/v1/heling/events", params=query)
            took.append(1_000 * (time.perf_counter() - asked_at))
            answer.raise_for_status()
        typical, worst = sorted(took)[ROUNDS // 2], max(took)
        met = judged(f"{GOAL_MS} ms", typical < GOAL_MS)
        total = answer.json()["total"]
        found.append(f"{name}, {ROWS} events, {what}: {typical:.0f} ms (worst {worst:.0f}), {total} found{met}")
    return found
