"""An hour of the past as a replay asks for it: with ten devices, and with ten that speak among ten thousand."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from cockpit.replay.course import Course
from sensors.devices.registry import DEFAULT_INTERVAL_S
from sensors.tables import device, device_place, reading, series
from store import budgets
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND, Instant, now
from tests.database import new_database

FEW, MANY = 10, 10_000
METRICS = ("pm2_5", "temperature", "humidity")
EVERY: Instant = 5 * MINUTE
STEP: Instant = MINUTE
FIRST: Instant = 2 * MINUTE
"""What a page asks for with the snapshot, at 60 times the speed."""
ROUNDS = 3
WHERE = {"lon": 120.1905, "lat": 28.9285, "area": "chenglu", "crs": "CGCS2000"}


def measure(folder: Path) -> list[str]:
    """The processor's time for an hour's window: what changed is the same, then everything changes."""
    begin = (now() - 3 * HOUR) // HOUR * HOUR
    found = []
    took: dict[tuple[int, int], float] = {}
    for devices, speaking in ((FEW, FEW), (MANY, FEW), (MANY, MANY)):
        place = folder / f"{devices}-{speaking}"
        place.mkdir()
        engine = new_database(place)
        _fill(engine, devices, speaking, begin)
        rounds = ROUNDS if speaking == FEW else 1
        opened, hour, told = min((_replay(engine, begin) for _ in range(rounds)), key=lambda one: one[1])
        engine.dispose()
        took[devices, speaking] = hour
        found.append(
            f"{devices} devices, {speaking} of them speak every {EVERY // MINUTE} min: opened in {opened:.0f} ms, "
            f"an hour in {hour:.0f} ms, {told} KB"
        )
    changes = MANY * (HOUR // EVERY)
    ratio = took[MANY, FEW] / took[FEW, FEW]
    each = (took[MANY, MANY] - took[MANY, FEW]) / changes * 1000
    return [*found, f"the same changes among {MANY} devices: {ratio:.1f} times; each change more {each:.0f} us"]


def _fill(engine: Engine, devices: int, speaking: int, begin: Instant) -> None:
    """Devices that each said something before the hour, and some that speak in it."""
    ids = [f"d{number}" for number in range(devices)]
    usual = {"community": "heling", "kind": "air", "interval_s": DEFAULT_INTERVAL_S, "secret_hash": "", "created": 0}
    with writing(engine) as connection:
        connection.execute(insert(device), [usual | {"id": one, "name": one} for one in ids])
        connection.execute(insert(device_place), [WHERE | {"device_id": one} for one in ids])
        of = [{"device_id": one, "metric": metric, "kind": "number"} for one in ids for metric in METRICS]
        connection.execute(insert(series), of)
        rows: list[dict[str, Any]] = []
        for number, row in enumerate(connection.execute(series.select().order_by(series.c.id))):
            ends = begin + HOUR if number < speaking * len(METRICS) else begin - EVERY
            spoke = range(begin - 2 * EVERY, ends, EVERY)
            # Not all in one moment: each at a second of its own.
            after = number // len(METRICS) % (EVERY // SECOND) * SECOND
            rows += [{"series_id": row.id, "ts": ts + after, "value": ts % 97.0, "quality": 0} for ts in spoke]
        connection.execute(insert(reading), rows)


def _replay(engine: Engine, begin: Instant) -> tuple[float, float, int]:
    """Milliseconds of the first answer, that with the snapshot, and of the hour after it; kilobytes told in that."""
    with engine.connect() as connection:
        started = time.process_time()
        course = Course(connection, "heling", begin - FIRST)
        course.snapshot()
        course.advance(connection, begin, STEP, budgets.current().replay_records)
        opened = time.process_time()
        told = 0
        while course.at < begin + HOUR:
            frames = course.advance(connection, begin + HOUR, STEP, budgets.current().replay_records)
            told += sum(map(len, frames))
        ended = time.process_time()
    return (opened - started) * 1000, (ended - opened) * 1000, told // 1024
