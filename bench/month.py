"""A month of a thousand devices, a reading every ten minutes, in a database; and how long the trial of a rule takes."""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from layers.alarms.rules import Rule, defaults
from layers.alarms.trials.trial import trial
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import reading
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, MINUTE, Instant
from store.migrate import upgrade
from store.partitions import Partitions

DEVICES = 1_000
DAYS = 30
EVERY: Instant = 10 * MINUTE
START: Instant = 1_788_000_000_000_000 - 1_788_000_000_000_000 % DAY
END: Instant = START + DAYS * DAY
REPEATS = 3
SUMS = f"""INSERT INTO reading_hour (series_id, hour, n, total, low, high)
SELECT series_id, ts - ts % {HOUR}, count(*), sum(value), min(value), max(value) FROM reading GROUP BY 1, 2"""

RULES = {
    "as it ships, with delays and a deadband": defaults()["air.pm2_5.heavy"],
    "a rise within an hour": Rule(code="t", name="t", metric="pm2_5", op="rate", value=100, window_s=3_600),
    "silence": Rule(code="t", name="t", op="missing"),
    "one that holds everywhere": Rule(code="t", name="t", metric="pm2_5", op=">", value=0),
    "one that comes and goes everywhere": Rule(code="t", name="t", metric="pm2_5", op=">", value=40),
}


def fill(url: str) -> Engine:
    """The database with the month in it."""
    engine = open_engine(url)
    upgrade(engine)
    registry.add_all(
        engine,
        [
            Device(id=f"air-{n}", community="heling", kind="air", name=f"站 {n}", interval_s=EVERY / 1e6)
            for n in range(DEVICES)
        ],
    )
    Partitions(engine, reading).ensure(list(range(START, END, DAY)))
    with writing(engine) as connection:
        numbers = [{"id": n + 1, "device_id": f"air-{n}", "metric": "pm2_5", "kind": "number"} for n in range(DEVICES)]
        connection.execute(
            text("INSERT INTO series (id, device_id, metric, kind) VALUES (:id, :device_id, :metric, :kind)"), numbers
        )
        raw: Any = connection.connection.cursor()
        if engine.dialect.name == "postgresql":
            with raw.copy("COPY reading (series_id, ts, value, quality) FROM STDIN") as copy:
                for row in _rows():
                    copy.write_row(row)
        else:
            raw.executemany("INSERT INTO reading (series_id, ts, value, quality) VALUES (?, ?, ?, ?)", _rows())
        connection.execute(text(SUMS))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    return engine


def _rows() -> Iterator[tuple[int, Instant, float, int]]:
    """Values as of air: by the time of day, with noise; two bad times of some hours for each device."""
    chance = np.random.default_rng(1)
    ts = np.arange(START, END, EVERY)
    day = 15 * np.sin(2 * np.pi * (ts % DAY) / DAY)
    for number in range(1, DEVICES + 1):
        value = 35 + day + chance.normal(0, 5, len(ts))
        for begin in chance.integers(0, len(ts) - 40, 2):
            value[begin : begin + int(chance.integers(12, 40))] += 150
        values = np.round(np.maximum(value, 1), 1).tolist()
        yield from ((number, at, said, 0) for at, said in zip(ts.tolist(), values, strict=True))


def tried(engine: Engine, rule: Rule) -> tuple[float, dict[str, Any]]:
    """Seconds that a trial takes, the least of some, and what it answers."""
    took, marks = [], [time.perf_counter()]
    for _ in range(REPEATS):
        with engine.connect() as connection:
            answer = trial(connection, "heling", rule, START, END)
        marks.append(time.perf_counter())
    took = [after - before for before, after in pairwise(marks)]
    return min(took), answer
