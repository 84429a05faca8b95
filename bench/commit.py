"""Publish to commit on a Mosquitto at a steady rate: each message is timed until the database shows it."""

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text

from bench.figures import percentiles
from bench.throughput import ingesting, mosquitto
from store.engine import open_engine
from tests.database import new_postgres_database
from tests.postgres import Postgres

RATE = 1_000
SECONDS = 15
DEVICES = 10
LOOK_S = 0.001


def measure(folder: Path) -> list[str]:
    """Send at the rate to each database, and give percentiles."""
    lines = [f"Mosquitto, {RATE} messages/s of 5 values from {DEVICES} devices, {SECONDS} s (goal: p99 below 150 ms)"]
    server = Postgres(folder / "postgres")
    server.create()
    try:
        with mosquitto(folder) as port:
            databases = {"SQLite": None, "PostgreSQL": new_postgres_database(server)}
            for name, url in databases.items():
                lines.append(
                    f"publish to commit in {name:11} {percentiles(_took(folder / name, port, url), 50, 95, 99)}"
                )
    finally:
        server.stop("immediate")
    return lines


def _took(folder: Path, port: int, database: str | None) -> list[float]:
    seen: list[tuple[float, int]] = []
    done = threading.Event()
    with ingesting(folder, port, database, DEVICES) as url:
        watcher = threading.Thread(target=_watch, args=(url, seen, done))
        watcher.start()
        try:
            sent = _send(port)
            deadline = time.monotonic() + 20
            while (not seen or seen[-1][1] < len(sent)) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            done.set()
            watcher.join()
    # As many as are committed are the first ones: the stream keeps its order but for a few neighbours.
    took, stored = [], 0
    for at, count in seen:
        took += [at - sent[number] for number in range(stored, count)]
        stored = count
    assert stored == len(sent), f"{stored} of {len(sent)} committed"
    return took


def _send(port: int) -> list[float]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bench-commit")
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent: list[float] = []
    start = time.monotonic()
    for number in range(RATE * SECONDS):
        ahead = start + number / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        values: dict[str, Any] = {"pm2_5": number % 100, "pm10": 60, "temperature": 21.5, "humidity": 55}
        payload = msgspec.json.encode({"ts": time.time_ns() // 1_000_000, "values": values | {"co": number}})
        sent.append(time.monotonic())
        client.publish(f"cim/v1/heling/bench-{number % DEVICES}/telemetry", payload, qos=1)
    time.sleep(1)
    client.disconnect()
    client.loop_stop()
    return sent


def _watch(url: str, seen: list[tuple[float, int]], done: threading.Event) -> None:
    engine = open_engine(url)
    query = text("SELECT SUM(h.n) FROM reading_hour h JOIN series s ON s.id = h.series_id WHERE s.metric = 'co'")
    while not done.is_set():
        with engine.connect() as connection:
            count = int(connection.scalar(query) or 0)
        if not seen or count != seen[-1][1]:
            seen.append((time.monotonic(), count))
        time.sleep(LOOK_S)
    engine.dispose()
