"""What is present after years of history, beside the same without them: the ratio of each question's time."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from layers.governance import figures as governance
from layers.grid_events import notices, queries
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.visitors import queries as visitors
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, Instant, local_midnight, now
from tests.database import add, new_database
from tests.layers.counting import send

OPEN, CLOSED = 200, 100_000
GATES = ("north", "south")
SENT_EVERY = 5 * MINUTE
DAYS = 365
ROUNDS = 15
EVENT = {
    "community": "heling",
    "reporter": "dev",
    "category": "other",
    "severity": "minor",
    "title": "t",
    "detail": "d",
}
STEP = {"actor": "user:a", "note": "", "level": "stewards", "working": 1}
WAY = ("reported", "filed", "dispatched", "in_hand", "handled", "verified", "closed")


def measure(folder: Path) -> list[str]:
    """Each question of what is present, with a day and with a year of history."""
    at = now()
    told = {}
    for days, closed in ((1, 0), (DAYS, CLOSED)):
        place = folder / str(days)
        place.mkdir()
        engine = new_database(place)
        _fill_events(engine, at, closed)
        _fill_gates(engine, at, days)
        told[days] = _ask(engine, at)
        engine.dispose()
    short, long = told[1], told[DAYS]
    found = [
        f"{name}: {short[name]:.1f} ms; with a year {long[name]:.1f} ms, {long[name] / short[name]:.2f} times"
        for name in short
    ]
    worst = max(long[name] / short[name] for name in short)
    return [*found, f"worst {worst:.2f} times (goal: at most 1.5)"]


def _fill_events(engine: Engine, at: Instant, closed: int) -> None:
    """So many events that are over, and among them, from the oldest on, those that are open."""
    events: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    total = closed + OPEN
    for number in range(total):
        is_open = number % (total // OPEN) == 0
        received = at - HOUR - (total - number) * DAYS * DAY // total
        code = f"E{number:07d}"
        events.append(EVENT | {"id": code, "reporter_ref": code, "occurred": received, "received": received})
        for seq, state in enumerate(WAY[:4] if is_open else WAY):
            steps.append(STEP | {"event_id": code, "seq": seq + 1, "state": state, "at": received + seq * MINUTE})
    with writing(engine) as connection:
        connection.execute(insert(grid_event), events)
        connection.execute(insert(grid_event_transition), steps)


def _fill_gates(engine: Engine, at: Instant, days: int) -> None:
    begin = local_midnight(at) - (days - 1) * DAY
    for gate in GATES:
        add(engine, f"gate-{gate}", "gate", site="fangyan")
        for sent in _totals(begin, at - MINUTE):
            send(engine, f"gate-{gate}", sent)


def _totals(begin: Instant, end: Instant) -> Iterator[list[tuple[Instant, dict[str, float]]]]:
    total, batch = 1_000, []
    for ts in range(begin, end, SENT_EVERY):
        total += 3 if 8 * HOUR <= (ts + 8 * HOUR) % DAY < 18 * HOUR else 0
        batch.append((ts, {"enter_total": float(total), "leave_total": float(total)}))
        if len(batch) == 2_000:
            yield batch
            batch = []
    yield batch


def _ask(engine: Engine, at: Instant) -> dict[str, float]:
    still_open = queries.Filter(state=[queries.OPEN])
    questions: dict[str, Callable[[Connection], object]] = {
        "tally of events": lambda c: queries.tally(c, "heling", None),
        "events of a snapshot": lambda c: queries.records(c, "heling", None),
        "board": lambda c: queries.board(c, "heling", 50),
        "list of those open": lambda c: queries.find(c, "heling", still_open, limit=100),
        "where those open lie": lambda c: queries.located(c, "heling", None),
        "load of each": lambda c: queries.load(c, "heling"),
        "what is due": lambda c: notices.is_anything_due(c, "heling", at),
        "visitors": lambda c: visitors.records(c, "heling", None),
        "visitors by the hour": lambda c: visitors.flow(c, "heling", "fangyan", 24, None),
        "governance": lambda c: governance.totals(c, "heling"),
    }
    found = {}
    with engine.connect() as connection:
        for name, question in questions.items():
            question(connection)
            took = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                question(connection)
                took.append(time.perf_counter() - began)
            found[name] = statistics.median(took) * 1000
    return found
