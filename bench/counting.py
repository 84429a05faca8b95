"""Counting over ten thousand random histories of faults, against who truly passed; some through a database."""

import time
from collections import Counter
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from layers.visitors.counter import Trust, count
from layers.visitors.tables import gate_step
from tests.database import add, new_database
from tests.layers.counting import send
from tests.layers.histories import GATE, History, arrivals, history

HISTORIES = 10_000
STORED = 300


def measure(folder: Path) -> list[str]:
    """Run the histories; each that is counted wrongly is named by its seed."""
    began = time.monotonic()
    faults: Counter[str] = Counter()
    wrong: list[int] = []
    readings = 0
    for seed in range(HISTORIES):
        told = history(seed)
        faults.update(told.faults)
        readings += len(told.said)
        if _counted(told) != (told.passed, told.suspects):
            wrong.append(seed)
    took = time.monotonic() - began
    happened = ", ".join(f"{name} {number}" for name, number in faults.most_common())
    return [
        f"{HISTORIES} histories, {readings} readings: {len(wrong)} counted wrongly {wrong[:10] or ''}, {took:.0f} s",
        f"faults: {happened}",
        _stored(folder),
    ]


def _counted(told: History) -> tuple[float, int]:
    state, found = None, {}
    for said in told.said:
        state, made = count(state, said, GATE)
        found |= {step.ts: step for step in made}
    people = sum(step.people for step in found.values() if step.trust < Trust.SUSPECT)
    return people, sum(step.trust is Trust.SUSPECT for step in found.values())


def _stored(folder: Path) -> str:
    began = time.monotonic()
    engine = new_database(folder)
    wrong: list[int] = []
    for seed in range(STORED):
        told = history(seed)
        gate = add(engine, f"gate-{seed}", "gate", site="square").id
        for batch in arrivals(told, Random(seed)):
            sent = []
            for one in batch:
                both = {"enter_total": one.total, "enter": one.single}
                sent.append((one.ts, {name: value for name, value in both.items() if value is not None}))
            send(engine, gate, sent)
        with engine.connect() as connection:
            people = connection.scalar(select(func.sum(gate_step.c.counted)).where(gate_step.c.device_id == gate))
        if people != told.passed:
            wrong.append(seed)
    took = time.monotonic() - began
    how = f"{STORED} of them late, shuffled and doubled through SQLite"
    return f"{how}: {len(wrong)} counted wrongly {wrong[:10] or ''}, {took:.0f} s"
