"""Ten million readings of months that are past: bytes for each in the database and in files, what asking either takes.

A township's 200 series speak every minute of a month, and one device of three metrics every minute of a year, with
times that jitter by half a second and values of the precision that sensors of the metric have.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, select

from bench.volume import size_of, sums_size_of
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.readings import history
from sensors.readings.archive import questions
from sensors.readings.archive.archiver import Archiver
from sensors.readings.columns import Observations, SeriesIndex
from sensors.readings.observations import AVERAGED, store
from sensors.tables import archive_part, reading, series
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, Instant, clock_at
from store.migrate import upgrade
from store.partitions import Partitions, bounds
from tests.postgres import Postgres

METRICS = {"pm2_5": (35.0, 1), "temperature": (18.0, 1), "humidity": (60.0, 0), "noise": (55.0, 1)}
"""Metric -> about what it is, and the digits after the point."""
DEVICES = int(os.environ.get("ARCHIVE_DEVICES", "50"))
YEAR_DEVICE = "year-01"
BEGIN, BUSY_FROM = bounds((2025, 1))[0], bounds((2025, 10))[0]
END = bounds((2025, 12))[1]
NOW = bounds((2026, 9))[0]
JITTER_MS = 500
DAYS_AT_ONCE = 2
REPEATS = 15
Batch = list[tuple[str, str, Any, Any]]


def measure(folder: Path) -> list[str]:
    """Fill each database, ask it, archive it, and ask the files."""
    lines = []
    with clock_at(NOW):
        lines += _of("SQLite", f"sqlite:///{folder}/archive.db", folder / "lite")
        server = Postgres(folder / "postgres")
        server.create()
        try:
            lines += _of("PostgreSQL", server.url, folder / "pg")
        finally:
            server.stop("immediate")
    return lines


def _of(name: str, url: str, files: Path) -> list[str]:
    engine = open_engine(url, archive=files)
    upgrade(engine)
    devices = [Device(id=f"d-{n}", community="heling", kind="air", name=f"站 {n}") for n in range(DEVICES)]
    registry.add_all(engine, [*devices, Device(id=YEAR_DEVICE, community="heling", kind="air", name="全年")])
    empty, count = size_of(engine), _fill(engine)
    hot = size_of(engine) - empty - sums_size_of(engine)
    before = _asked(engine)
    began = time.monotonic()
    done = Archiver(engine, 3).take_turn(NOW)
    took = time.monotonic() - began
    assert done.readings == count, (done, count)
    with engine.connect() as connection:
        cold = connection.scalar(select(func.sum(archive_part.c.bytes))) or 0
    after = _asked(engine)
    engine.dispose()
    lines = [
        f"{name}: {count} readings, archived in {took:.0f} s ({count / took:.0f}/s)",
        f"  bytes a reading: in the database; in files       {hot / count:8.1f} {cold / count:8.2f}  (goal 3)",
    ]
    lines.append(f"  {'asked of the database; of files; of files, by the processor':<60}")
    for what, goal in GOALS.items():
        of_files, worked = after[what]
        lines.append(f"  {what:<50} {before[what][0]:8.1f} {of_files:8.1f} {worked:8.1f} ms{goal}")
    return lines


GOALS = {
    "a year of one device by the hour, of its readings": "  (goal 150)",
    "the same of the sums that are kept": "",
    "all devices for a day, mean of each": "  (goal 500)",
    "newest of all at a past time": "",
    "a day of one device, each reading": "",
    "a month of one device by 20 minutes": "",
}
"""What is asked of the database, and then of files."""


def _asked(engine: Engine) -> dict[str, tuple[float, float]]:
    """The medians of how long each takes, and of what this process works for it, in milliseconds."""
    day = BUSY_FROM + 10 * DAY
    with engine.connect() as connection:
        numbers = list(connection.scalars(select(series.c.id)))
        of_year = select(series.c.id).where(series.c.device_id == YEAR_DEVICE, series.c.metric == "pm2_5")
        year = connection.scalar(of_year) or 0
        is_archived = questions.is_any(connection, BEGIN, END)
    works: dict[str, Callable[[Any], Any]] = {
        "a year of one device by the hour, of its readings": lambda c: (
            questions.steps(c, year, BEGIN, END, HOUR, 10_000, AVERAGED) if is_archived else _hours(c, year)
        ),
        "the same of the sums that are kept": lambda c: history.aggregate(
            c, YEAR_DEVICE, "pm2_5", BEGIN, END, HOUR, 10_000
        ),
        "all devices for a day, mean of each": lambda c: (
            questions.sums(c, numbers, day, day + DAY - 1, AVERAGED) if is_archived else _means(c, day)
        ),
        "newest of all at a past time": lambda c: history.latest_at(c, None, "heling", day + 7 * HOUR),
        "a day of one device, each reading": lambda c: history.history(c, "d-0", "pm2_5", day, day + DAY, 5_000),
        "a month of one device by 20 minutes": lambda c: history.aggregate(
            c, "d-0", "pm2_5", BUSY_FROM, BUSY_FROM + 30 * DAY, 20 * MINUTE, 5_000
        ),
    }
    return {what: _milliseconds(engine, work) for what, work in works.items()}


def _milliseconds(engine: Engine, work: Callable[[Any], Any]) -> tuple[float, float]:
    took, worked = [], []
    for _ in range(REPEATS):
        began, before = time.perf_counter(), time.process_time()
        with engine.connect() as connection:
            assert list(work(connection))
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
    return statistics.median(took) * 1_000, statistics.median(worked) * 1_000


def _hours(connection: Any, number: int) -> Any:
    c = reading.c
    hour = (c.ts - c.ts % HOUR).label("hour")
    query = select(hour, func.avg(c.value), func.min(c.value), func.max(c.value), func.count())
    return connection.execute(query.where(c.series_id == number, c.ts.between(BEGIN, END)).group_by("hour"))


def _means(connection: Any, day: Instant) -> Any:
    c = reading.c
    query = select(c.series_id, func.avg(c.value)).where(c.series_id.in_(select(series.c.id)))
    return connection.execute(query.where(c.ts.between(day, day + DAY - 1)).group_by(c.series_id))


def _fill(engine: Engine) -> int:
    index, partitions, count = SeriesIndex(), Partitions(engine, reading), 0
    for batch in _batches():
        observations = Observations()
        for device, metric, ts, values in batch:
            of = index.add(device, metric)
            for moment, value in zip(ts.tolist(), values.tolist(), strict=True):
                observations.add(of, moment, value, 0)
        # Those were never late: the clock of this bench stands where they are long past.
        with clock_at(END):
            partitions.ensure(observations.ts)
            with writing(engine) as connection:
                count += len(store(connection, index, observations))
        index.committed()
    return count


def _batches() -> Iterator[Batch]:
    """In the order in which they would come, some days at once; values that wander."""
    chance = random.Random(1)
    dice = np.random.default_rng(1)
    at: dict[tuple[str, str], float] = {}
    for begin in range(BEGIN, END, DAYS_AT_ONCE * DAY):
        minutes = np.arange(begin, min(begin + DAYS_AT_ONCE * DAY, END), MINUTE)
        is_busy = BUSY_FROM <= begin < bounds((2025, 10))[1]
        devices = [YEAR_DEVICE, *(f"d-{n}" for n in range(DEVICES if is_busy else 0))]
        batch: Batch = []
        for device in devices:
            offset = chance.randrange(60_000)
            for metric, (about, digits) in list(METRICS.items())[: 3 if device == YEAR_DEVICE else 4]:
                jitter = dice.integers(-JITTER_MS, JITTER_MS, len(minutes))
                walk = np.cumsum(dice.normal(0, about / 200, len(minutes)))
                start = at.get((device, metric), about)
                daily = about / 6 * np.sin((minutes % DAY) / DAY * 2 * np.pi)
                values = np.round(about + 0.7 * (start - about) + walk + daily, digits)
                at[device, metric] = float(about + 0.7 * (start - about) + walk[-1])
                batch.append((device, metric, minutes + (offset + jitter) * MILLISECOND, values))
        yield batch
