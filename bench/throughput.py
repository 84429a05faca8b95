"""Readings a second from publish to commit, beside paho, mosquitto_sub and the plain way, on one Mosquitto.

Ours runs on SQLite and on PostgreSQL, in turn with those that only receive, so that each meets the machine's moods.
mosquitto_sub, in C, shows what broker and senders leave of the two cores to whoever receives.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from bench.figures import judged
from sensors.topics import DEVICE_FILTER
from store.engine import open_engine
from tests.database import new_postgres_database
from tests.postgres import Postgres
from tests.running import COMMAND, Cockpit, free_port, until

DEVICES = 4
MESSAGES = 40_000
PLAIN_MESSAGES = 2_000
VALUES = {"pm2_5": 35.0, "pm10": 60.0, "temperature": 21.5, "humidity": 55}
ROUNDS = 3
GOAL, PART_OF_PAHO = 25_000, 0.9
SUBSCRIBED_S = 0.5
START_MS = 1_790_000_000_000
CONFIG = "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 1000000\nuser root\n"


def measure(folder: Path) -> list[str]:
    """Run each receiver in turn, several rounds, and compare medians."""
    bare: list[float] = []
    in_c: list[float] = []
    ours: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    server = Postgres(folder / "postgres")
    server.create()
    try:
        for round_ in range(ROUNDS):
            bare.append(_reference("bare", folder, MESSAGES, round_))
            in_c.append(_in_c(folder))
            ours["SQLite"].append(_ingest(folder / f"sqlite-{round_}", None))
            ours["PostgreSQL"].append(_ingest(folder / f"postgres-{round_}", new_postgres_database(server)))
        plain = _reference("plain", folder, PLAIN_MESSAGES, ROUNDS)
    finally:
        server.stop("immediate")
    best, fastest = statistics.median(bare), statistics.median(in_c)
    lines = [
        f"Mosquitto, QoS 1, {DEVICES} senders, {MESSAGES} messages of {len(VALUES)} values; median of {ROUNDS} rounds",
        _line("a bare paho client receives", best),
        _line("mosquitto_sub receives", fastest),
    ]
    for name, rates in ours.items():
        own = statistics.median(rates)
        lines.append(_line(f"cockpit ingest to {name}, to the commit", own) + judged(f"{GOAL} messages/s", own >= GOAL))
        paho = judged(f"{PART_OF_PAHO} or more", own / best >= PART_OF_PAHO)
        others = f"to mosquitto_sub {own / fastest:.2f}, to the plain way {own / plain:.1f}"
        lines.append(f"  to paho {own / best:.2f}{paho}, {others}")
    return [*lines, _line("a commit for each message, json, no batch", plain)]


def _line(what: str, rate: float) -> str:
    return f"{what:45}{rate:8.0f} messages/s, {rate * len(VALUES):8.0f} readings/s"


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A Mosquitto without passwords on a port of its own.

    One for each receiver: a session that outlives its ingester would be given what was sent to the others meanwhile.
    """
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(CONFIG.format(port=port))
    running = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield port
    finally:
        running.terminate()
        running.wait()


def _send(folder: Path, port: int, messages: int, wait: Callable[[], object]) -> float:
    """Publish by mosquitto_pub from all senders at once; returns messages a second until all were taken."""
    lines = folder / "lines"
    lines.write_text(
        "".join(json.dumps({"ts": START_MS + i, "values": VALUES}) + "\n" for i in range(messages // DEVICES))
    )
    command = ["mosquitto_pub", "-p", str(port), "-V", "mqttv5", "-q", "1", "-l", "-t"]
    began = time.monotonic()
    senders = []
    for number in range(DEVICES):
        with lines.open() as body:
            senders.append(subprocess.Popen([*command, f"cim/v1/heling/bench-{number}/telemetry"], stdin=body))
    wait()
    took = time.monotonic() - began
    for sender in senders:
        sender.wait()
    return messages / took


def _reference(how: str, folder: Path, messages: int, round_: int) -> float:
    url = f"sqlite:///{folder}/{how}-{round_}.db"
    with mosquitto(folder) as port:
        command = [sys.executable, "-m", "bench.receive", how, str(port), str(messages), url]
        receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert receiver.stdout is not None
        receiver.stdout.readline()
        return _send(folder, port, messages, receiver.wait)


def _in_c(folder: Path) -> float:
    with mosquitto(folder) as port:
        listening = ["-p", str(port), "-V", "mqttv5", "-q", "1", "-t", DEVICE_FILTER, "-C", str(MESSAGES)]
        receiver = subprocess.Popen(["mosquitto_sub", *listening], stdout=subprocess.DEVNULL)
        time.sleep(SUBSCRIBED_S)
        return _send(folder, port, MESSAGES, receiver.wait)


def _ingest(folder: Path, database: str | None) -> float:
    folder.mkdir()
    with mosquitto(folder) as port, ingesting(folder, port, database, DEVICES) as url:
        return drain(folder, port, url)


@contextmanager
def ingesting(folder: Path, port: int, database: str | None, devices: int) -> Iterator[str]:
    """An ingester with so many devices, ``bench-0`` and on; yields the address of its database."""
    folder.mkdir(exist_ok=True)
    cockpit = Cockpit(folder, settings={"COCKPIT_MQTT_URL": f"mqtt://127.0.0.1:{port}", "COCKPIT_LOG_LEVEL": "warning"})
    # A generator is no mad device.
    cockpit.settings["COCKPIT_DEVICE_RATE"] = "1000000"
    if database is not None:
        cockpit.settings["COCKPIT_DATABASE_URL"] = database
    for number in range(devices):
        cockpit.add_device(f"bench-{number}")
    ingest = subprocess.Popen(
        [COMMAND, "ingest", "--json"], cwd=folder, env=cockpit.environment, stdout=subprocess.PIPE, text=True
    )
    assert ingest.stdout is not None
    ingest.stdout.readline()
    try:
        yield database or f"sqlite:///{folder}/data/cockpit.db"
    finally:
        ingest.terminate()
        ingest.wait()


def drain(folder: Path, port: int, url: str) -> float:
    """Publish all messages; returns how many a second were stored."""
    wanted = MESSAGES * len(VALUES)
    engine = open_engine(url)
    assert count(engine, "SELECT count(*) FROM reading") == 0, "somebody sent to it before"

    def stored() -> bool:
        # The hourly counts are few rows; Mosquitto may deliver out of order, so the last message says nothing.
        return count(engine, "SELECT sum(n) FROM reading_hour") == wanted

    rate = _send(folder, port, MESSAGES, lambda: until(stored, 60))
    found = count(engine, "SELECT count(*) FROM reading")
    assert found == wanted, f"{found} readings stored, {wanted} sent"
    engine.dispose()
    return rate


def count(engine: Engine, query: str) -> int:
    """The one number that a query answers; nought for none."""
    with engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)
