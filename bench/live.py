"""Publish to frame: how long until browsers are told, by how many devices there are and how much they say.

All devices stand behind one gateway, and each has said something before. Each value carries the time when it was sent,
so that whoever gets a frame knows how old what is in it is. The clients are in a process of their own, on the same
cores.
"""

import asyncio
import multiprocessing
import sqlite3
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psutil
import websockets
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import Cockpit, Credentials, until

CASES = [
    (20, 200, 1),
    (1_000, 200, 1),
    (10_000, 200, 1),
    (10_000, 1_000, 1),
    (20, 200, 200),
    (1_000, 200, 200),
    (1_000, 200, 500),
]
"""devices, changes a second, clients."""
DEVICES_AT_RESTART, CLIENTS_AT_RESTART = 1_000, 500
SECONDS = 10
EPOCH = 1_700_000_000


def measure(folder: Path) -> list[str]:
    """One cockpit for each number of devices."""
    lines = []
    for devices in sorted({case[0] for case in CASES}):
        cockpit = Cockpit(folder / str(devices), settings={"COCKPIT_LOG_LEVEL": "warning"})
        cockpit.folder.mkdir()
        gateway = _register(cockpit, devices)
        cockpit.start()
        try:
            _let_all_speak(gateway, cockpit.mqtt, devices)
            for _, rate, clients in [case for case in CASES if case[0] == devices]:
                lines.append(_case(cockpit, gateway, devices, rate, clients))
            if devices == DEVICES_AT_RESTART:
                lines.append(_restart(cockpit, devices))
        finally:
            cockpit.stop()
    return lines


def _register(cockpit: Cockpit, count: int) -> Credentials:
    gateway = cockpit.add_device("gw", "gateway")
    cockpit.add_device("d0", lon=120.1905, lat=28.9285, gateway="gw")
    with sqlite3.connect(f"{cockpit.data}/cockpit.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(device)") if row[1] != "id"]
        listed = ", ".join(columns)
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            f"INSERT INTO device (id, {listed}) SELECT 'd' || i, {listed} FROM n, device WHERE id = 'd0'",
            (count - 1,),
        )
        database.execute("INSERT INTO revision VALUES ('registry', 9) ON CONFLICT DO UPDATE SET value = value + 9")
    return gateway


def _connected(gateway: Credentials, port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "gw")
    client.username_pw_set(gateway.username, gateway.password)
    client.max_inflight_messages_set(4_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(client.is_connected)
    return client


def _let_all_speak(gateway: Credentials, port: int, devices: int) -> None:
    client = _connected(gateway, port)
    payload = msgspec.json.encode({"energy": time.time() - EPOCH, "pm2_5": 1})
    sent = [client.publish(f"cim/v1/heling/d{number}/telemetry", payload, qos=1) for number in range(devices)]
    for one in sent:
        one.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def _case(cockpit: Cockpit, gateway: Credentials, devices: int, rate: int, clients: int) -> str:
    ours, theirs = multiprocessing.Pipe()
    watching = multiprocessing.get_context("spawn").Process(target=_watch, args=(cockpit.http, clients, theirs))
    watching.start()
    assert ours.recv() == "ready"
    processes = cockpit.processes
    client = _connected(gateway, cockpit.mqtt)
    begun, used = time.monotonic(), _cpu_seconds(processes)
    for number in range(rate * SECONDS):
        ahead = begun + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        # A meter's count is any number; this one says when it was sent.
        payload = msgspec.json.encode({"energy": time.time() - EPOCH, "pm2_5": number % 90})
        client.publish(f"cim/v1/heling/d{number % devices}/telemetry", payload, qos=1)
    took = time.monotonic() - begun
    used = (_cpu_seconds(processes) - used) / took
    time.sleep(1)
    ours.send("enough")
    ages, frames, size = ours.recv()
    watching.join()
    client.disconnect()
    client.loop_stop()
    p50, p95 = (statistics.quantiles(ages, n=100)[q - 1] * 1_000 for q in (50, 95))
    told = f"publish to frame p50 {p50:.0f} ms, p95 {p95:.0f} ms; {frames / clients / took:.1f} frames/s a client"
    cost = f"{size / clients / took / 1024:.1f} kB/s; {used:.2f} of a core"
    return f"{devices:6} devices, {rate:5} changes/s, {clients:4} clients: {told}, {cost}"


def _restart(cockpit: Cockpit, devices: int) -> str:
    """Everybody comes back at once: how long until the last of them has data."""
    cockpit.stop()
    cockpit.start()
    ours, theirs = multiprocessing.Pipe()
    coming = multiprocessing.get_context("spawn").Process(target=_come, args=(cockpit.http, theirs))
    coming.start()
    seconds = ours.recv()
    coming.join()
    told = f"first after {min(seconds):.2f} s, last after {max(seconds):.2f} s"
    return f"{devices:6} devices, {CLIENTS_AT_RESTART} clients at once after a restart: {told}"


def _come(port: int, told: Connection) -> None:
    told.send(asyncio.run(_come_all(port)))


async def _come_all(port: int) -> list[float]:
    begun = time.monotonic()

    async def one() -> float:
        async with websockets.connect(f"ws://127.0.0.1:{port}/live/heling", max_size=None, open_timeout=60) as socket:
            await socket.recv()
            return time.monotonic() - begun

    return await asyncio.gather(*(one() for _ in range(CLIENTS_AT_RESTART)))


def _watch(port: int, clients: int, told: Connection) -> None:
    asyncio.run(_watch_all(port, clients, told))


async def _watch_all(port: int, clients: int, told: Connection) -> None:
    ages: list[float] = []
    counts = [0, 0]
    ready = asyncio.Semaphore(0)

    async def one(is_first: bool) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{port}/live/heling", max_size=None) as socket:
            async for text in socket:
                if '"type":"snapshot"' in text[:30]:
                    ready.release()
                    continue
                counts[0] += 1
                counts[1] += len(text)
                if is_first:
                    _age(msgspec.json.decode(text), ages)

    watching = [asyncio.create_task(one(number == 0)) for number in range(clients)]
    for _ in watching:
        await asyncio.wait_for(ready.acquire(), 60)
    told.send("ready")
    while not told.poll():
        await asyncio.sleep(0.1)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    told.send((ages, *counts))


def _age(frame: dict[str, Any], ages: list[float]) -> None:
    at = time.time() - EPOCH
    for key, record in frame.get("layers", {}).get("devices", {}).items():
        said = record.get("latest", {}).get("energy")
        if key != "*" and said:
            ages.append(at - said[1])
