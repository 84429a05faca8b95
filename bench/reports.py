"""Making the report of a month: time and memory of the process that does it, with few devices and with many."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, insert

from bench.figures import judged
from cockpit.reports import child
from cockpit.reports.kinds import period
from cockpit.settings import Settings
from layers.visitors.tables import site_day
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import reading, reading_day, series
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, MINUTE, Instant
from store.migrate import upgrade

COUNTS = (10, 10_000)
METRICS = ("pm2_5", "pm10", "temperature")
INTERVAL_S = 300.0
MOST_S, MOST_MEGABYTES = 60.0, 1_024
A_TIME = 20_000


def measure(folder: Path) -> list[str]:
    """On SQLite; both languages, PDF and XLSX."""
    return [line for count in COUNTS for line in _of(folder / str(count), count)]


def _of(folder: Path, count: int) -> Iterator[str]:
    folder.mkdir(parents=True)
    month = period("month", "2026-10")
    engine = open_engine(f"sqlite:///{folder}/cockpit.db")
    upgrade(engine)
    _fill(engine, count, month.since, month.until)
    engine.dispose()
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder}/cockpit.db")
    request = child.Request(
        settings=settings.model_dump(mode="json"),
        parent=os.getpid(),
        folder=str(folder),
        community="heling",
        kind="month",
        period=month.code,
        known_at=month.until + 6 * HOUR,
        megabytes=4_096,
        seconds=600,
    )
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "cockpit.reports.child"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert running.stdin is not None
    running.stdin.write(msgspec.msgpack.encode(request))
    running.stdin.close()
    _, status, used = os.wait4(running.pid, 0)
    took = time.perf_counter() - began
    assert os.waitstatus_to_exitcode(status) == 0
    megabytes = used.ru_maxrss / 1024
    sizes = ", ".join(f"{path.name} {path.stat().st_size >> 10} KiB" for path in sorted(folder.glob("zh-CN.*")))
    yield (
        f"{count} devices: {took:.1f} s{judged(f'{MOST_S:g} s', took < MOST_S)}, "
        f"{megabytes:.0f} MiB at most{judged(f'{MOST_MEGABYTES} MiB', megabytes < MOST_MEGABYTES)}; {sizes}"
    )


def _fill(engine: Engine, count: int, since: Instant, until: Instant) -> None:
    """What a month leaves behind: sums of days of each series, its last reading, visitors by day."""
    registry.add_all(
        engine,
        [
            Device(id=f"air-{n}", community="heling", kind="air", name=f"站 {n}", interval_s=INTERVAL_S)
            for n in range(count)
        ],
    )
    days = range(since, until, DAY)
    with writing(engine) as connection:
        numbers = range(1, count * len(METRICS) + 1)
        _put(connection, series, (
            {"id": n, "device_id": f"air-{(n - 1) // 3}", "metric": METRICS[(n - 1) % 3], "kind": "number"}
            for n in numbers
        ))  # fmt: skip
        _put(connection, reading_day, (
            {"series_id": n, "day": day, "n": 280 + n % 9, "total": 280 * (30.0 + n % 20), "low": 5.0, "high": 90.0}
            for n in numbers for day in days
        ))  # fmt: skip
        _put(connection, reading, (
            {"series_id": n, "ts": until - MINUTE, "value": 30.0, "text": None, "quality": 0} for n in numbers
        ))  # fmt: skip
        _put(connection, site_day, (
            {"community": "heling", "site": site, "day": day, "entered": 4_000.0, "left": 4_000.0}
            for site in ("fangyan", "centre", "square") for day in days
        ))  # fmt: skip


def _put(connection: Any, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == A_TIME:
            connection.execute(insert(table), some)
            some = []
    if some:
        connection.execute(insert(table), some)
