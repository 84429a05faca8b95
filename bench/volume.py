"""Ten million readings in the table: bytes on disk for each, the newest of 10,000 devices, a year by the hour."""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.readings import history
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.observations import store
from sensors.tables import reading
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, MINUTE
from store.migrate import upgrade
from store.partitions import Partitions
from tests.postgres import Postgres

DEVICES = int(os.environ.get("VOLUME_DEVICES", "10000"))
METRICS = ("pm2_5", "pm10", "temperature", "humidity")
ROUNDS = 198
YEAR_DEVICE = "year-01"
START = 1_760_000_000_000_000 - 1_760_000_000_000_000 % DAY
BATCH = 40_000
REPEATS = 15


def measure(folder: Path) -> list[str]:
    """Fill each database and ask it."""
    lines = [f"{DEVICES} devices of {len(METRICS)} values, {ROUNDS} times; one device every minute of a year"]
    lines += _of("SQLite", f"sqlite:///{folder}/volume.db")
    server = Postgres(folder / "postgres")
    server.create()
    try:
        lines += _of("PostgreSQL", server.url)
    finally:
        server.stop("immediate")
    return lines


def _of(name: str, url: str) -> list[str]:
    engine = open_engine(url)
    upgrade(engine)
    _register(engine)
    empty = size_of(engine)
    began = time.monotonic()
    count = _fill(engine)
    rate = count / (time.monotonic() - began)
    size = size_of(engine) - empty
    sums = sums_size_of(engine)
    year = START + 365 * DAY
    with engine.connect() as connection:
        newest = milliseconds_of(lambda: history.latest_at(connection, None, "heling", None))
        one = milliseconds_of(lambda: history.latest_of(connection, "heling", "pm2_5"))
        hours = milliseconds_of(
            lambda: history.aggregate(connection, YEAR_DEVICE, "pm2_5", START, year, HOUR, 10_000), 365 * 24
        )
        days = milliseconds_of(
            lambda: history.aggregate(connection, YEAR_DEVICE, "pm2_5", START, year, DAY, 10_000), 365
        )
    engine.dispose()
    return [
        f"{name}: {count} readings stored at {rate:.0f}/s, without broker and codec",
        f"  bytes for each reading, its key included    {(size - sums) / count:8.1f}  (goal 40)",
        f"  the same for sums, newest values and names  {sums / count:8.1f}",
        f"  newest value of {DEVICES} devices               {one:8.1f} ms  (goal 50)",
        f"  newest of all {DEVICES * len(METRICS)} series                   {newest:8.1f} ms",
        f"  a year of one device by the hour            {hours:8.1f} ms  (goal 100)",
        f"  the same by the day                         {days:8.1f} ms",
    ]


def _register(engine: Engine) -> None:
    devices = [Device(id=f"d-{n}", community="heling", kind="air", name=f"站 {n}") for n in range(DEVICES)]
    registry.add_all(engine, [*devices, Device(id=YEAR_DEVICE, community="heling", kind="air", name="全年")])


def _observations() -> Iterator[Observation]:
    """In the order in which they would come; values as sensors give them, with one digit."""
    chance = random.Random(1)
    minutes = 365 * 24 * 60
    each = minutes // ROUNDS
    for round_ in range(ROUNDS):
        for minute in range(each):
            ts = START + (round_ * each + minute) * MINUTE
            for metric in METRICS:
                yield Observation(YEAR_DEVICE, metric, ts, round(chance.uniform(0, 100), 1), 0)
        for device in range(DEVICES):
            ts = START + round_ * 10 * MINUTE + chance.randrange(MINUTE)
            for metric in METRICS:
                yield Observation(f"d-{device}", metric, ts, round(chance.uniform(0, 100), 1), 0)


def _fill(engine: Engine) -> int:
    index, partitions, count = SeriesIndex(), Partitions(engine, reading), 0
    batch: list[Observation] = []
    for observation in _observations():
        batch.append(observation)
        if len(batch) == BATCH:
            count += _store(engine, index, partitions, batch)
            batch = []
    return count + _store(engine, index, partitions, batch)


def _store(engine: Engine, index: SeriesIndex, partitions: Partitions, batch: list[Observation]) -> int:
    partitions.ensure([o.ts for o in batch])
    with writing(engine) as connection:
        new = store(connection, index, Observations.of(index, batch))
    index.committed()
    return len(new)


def size_of(engine: Engine) -> int:
    """The bytes of a database."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)


def sums_size_of(engine: Engine) -> int:
    """The bytes of it that are sums, newest values and names."""
    tables = ("reading_hour", "reading_day", "latest", "series")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return sum(
                int(connection.scalar(text("SELECT pg_total_relation_size(CAST(:t AS regclass))"), {"t": t}) or 0)
                for t in tables
            )
        query = text("SELECT SUM(pgsize) FROM dbstat WHERE name = :t OR name LIKE :index")
        return sum(int(connection.scalar(query, {"t": t, "index": f"sqlite_autoindex_{t}%"}) or 0) for t in tables)


def milliseconds_of(ask: Callable[[], list[Any]], expected: int | None = None) -> float:
    """How long something takes, the median, in milliseconds."""
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = ask()
        took.append(time.perf_counter() - began)
        assert expected is None or abs(len(found) - expected) < 0.01 * expected, len(found)
    return statistics.median(took) * 1000
