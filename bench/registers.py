"""Registers at work: a hundred clerks who enter at once on PostgreSQL, and a register of a hundred thousand rows.

The clerks are in a process of their own, on the same cores; each enters one row after the other, by the route that the
page takes. Goals: 100 entries a second, p95 under 200 ms while they enter 100 a second; a large register opens in under
1 s and filters in under 300 ms.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

from bench.both import on_both
from bench.figures import judged, percentiles
from layers.roles import Actor
from layers.services.registers import kept
from layers.services.registers.behind import Value
from layers.services.registers.declare import registers
from layers.services.registers.writer import Writer
from store.engine import know_anew, open_engine, writing
from store.instant import now
from store.seal import seal_of
from tests.running import Cockpit

CLERKS, SECONDS, RATE = 100, 20, 100
ROWS, A_TIME = 100_000, 1_000
OPENS_MS, FILTERS_MS, ENTRY_MS = 1_000, 300, 200
ASKED = {
    "opens (the first 100 rows)": {},
    "filtered by a choice": {"where": "area:eq:chenglu"},
    "filtered by a value": {"where": "card:eq:C-050000"},
    "filtered by a part of a text": {"where": "card:has:5000"},
    "searched for a word": {"q": "C-0500"},
    "sorted": {"sort": "card"},
    "filtered and sorted": {"where": "area:eq:yanxia", "sort": "-card"},
}


def measure(folder: Path) -> list[str]:
    """Entries a second and their times; what lists of a large register take, on either database."""
    return on_both(folder, _measure)


def _measure(cockpit: Cockpit, token: str, name: str) -> list[str]:
    found = _entering(cockpit, token, name) if name == "PostgreSQL" else []
    _fill(cockpit)
    return found + _listing(cockpit, token, name)


def _entering(cockpit: Cockpit, token: str, name: str) -> list[str]:
    found = []
    for rate, what in ((0, "as fast as they can"), (RATE, f"{RATE} a second together")):
        given = [sys.executable, "-m", "bench.registers", cockpit.url, token, str(rate)]
        said = json.loads(subprocess.run(given, capture_output=True, text=True, check=True).stdout)
        a_second = said["entered"] / SECONDS
        met = judged(f"{RATE} a second", a_second >= 0.98 * RATE)
        line = f"{name}, {CLERKS} clerks, {what}: {a_second:.0f} entries a second{met}, "
        line += percentiles(said["took"], 50, 95)
        if rate:
            p95_ms = 1_000 * sorted(said["took"])[int(0.95 * len(said["took"]))]
            line += judged(f"p95 {ENTRY_MS} ms", p95_ms < ENTRY_MS)
        found.append(f"{line}; answers {said['answers']}")
    return found


def _fill(cockpit: Cockpit) -> None:
    engine = open_engine(cockpit.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{cockpit.data}/cockpit.db")
    by = Writer(
        register=registers("heling")["persons"],
        community="heling",
        actor=Actor("bench", "admin"),
        seal=seal_of(cockpit.data / "seal.key"),
    )
    areas = ("chenglu", "yanshang", "yanxia", "liangtoumen")
    for first in range(0, ROWS, A_TIME):
        rows: list[tuple[dict[str, Value], str | None]] = [
            ({"card": f"C-{number:06}", "name": f"某{number}", "area": areas[number % 4]}, None)
            for number in range(first, first + A_TIME)
        ]
        with writing(engine) as connection:
            kept.add(connection, by, rows, now(), "", None)
    know_anew(engine, ("register_row", "register_value", "register_version"))
    engine.dispose()


def _listing(cockpit: Cockpit, token: str, name: str) -> list[str]:
    client = httpx.Client(base_url=cockpit.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    found = []
    for what, query in ASKED.items():
        took = []
        for _ in range(6):
            began = time.perf_counter()
            answer = client.get("/api/v1/heling/registers/persons", params={"limit": 100, **query})
            took.append(time.perf_counter() - began)
            answer.raise_for_status()
        most = OPENS_MS if what.startswith("opens") else FILTERS_MS
        typical = 1_000 * sorted(took)[3]
        total = answer.json()["total"]
        met = judged(f"{most} ms", typical < most)
        found.append(f"{name}, {ROWS} rows, {what}: {typical:.0f} ms, {total} rows found{met}")
    return found


async def _enter(url: str, token: str, rate: int) -> None:
    """Enter meals' guests until time is up; prints how many, what each took, and how often each status came."""
    took: list[float] = []
    answers: Counter[str] = Counter()
    began = time.monotonic()
    end = began + SECONDS
    limits = httpx.Limits(max_connections=CLERKS)
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, limits=limits, timeout=30
    ) as client:

        async def clerk(number: int) -> None:
            entered = 0
            while time.monotonic() < end:
                if rate:
                    due = began + (entered * CLERKS + number) / rate
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                values = {"card": f"K{rate}-{number}-{entered}", "name": f"某{entered}", "area": "yanxia"}
                asked = time.perf_counter()
                answer = await client.post("/api/v1/heling/registers/persons", json={"values": values})
                took.append(time.perf_counter() - asked)
                answers[str(answer.status_code)] += 1
                entered += 1

        await asyncio.gather(*(clerk(number) for number in range(CLERKS)))
    print(json.dumps({"entered": answers["201"], "took": took, "answers": dict(answers)}))


if __name__ == "__main__":
    asyncio.run(_enter(sys.argv[1], sys.argv[2], int(sys.argv[3])))
