"""What a device's coming and a message cost the embedded broker, with ten devices connected and with ten thousand.

Each device stays, listens for its commands and is heard; a hundred more come one after another.
"""

import asyncio
import time
from pathlib import Path

from bench.figures import percentiles
from sensors.devices import registry
from sensors.devices.registry import Device
from store.engine import open_engine
from store.migrate import upgrade
from tests.mqtt import login, publish, subscribe
from tests.running import Cockpit

FEW, MANY = 10, 10_000
COMERS = 100
AT_ONCE = 50
KEEP_ALIVE_S = 1_800


def measure(folder: Path) -> list[str]:
    """Time of a connect, a subscription and a PUBACK with few and with many connected; and until all many are in."""
    found = []
    took: dict[int, list[float]] = {}
    for present in (FEW, MANY):
        place = folder / str(present)
        place.mkdir()
        cockpit = Cockpit(place, settings={"COCKPIT_LOG_LEVEL": "error"})
        cockpit.data.mkdir(parents=True)
        engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
        upgrade(engine)
        devices = [
            Device(id=f"air-{n}", community="heling", kind="air", name=f"站 {n}") for n in range(present + COMERS)
        ]
        known = list(zip([device.id for device in devices], registry.add_all(engine, devices), strict=True))
        engine.dispose()
        cockpit.start()
        try:
            filled, took[present] = asyncio.run(_come(cockpit.mqtt, known, present))
        finally:
            cockpit.stop()
        found.append(
            f"{present} devices connected: all came in {filled:.1f} s; one more {percentiles(took[present], 50, 95)}"
        )
    few, many = (sorted(took[number])[COMERS // 2] for number in (FEW, MANY))
    return [*found, f"one more among {MANY} to one among {FEW}: {many / few:.2f} (goal: at most 1.5)"]


async def _come(port: int, known: list[tuple[str, str]], present: int) -> tuple[float, list[float]]:
    gate = asyncio.Semaphore(AT_ONCE)
    lines: list[asyncio.StreamWriter] = []

    async def one(device: str, secret: str) -> float:
        async with gate:
            began = time.monotonic()
            lines.append(await _enter(port, device, secret))
            return time.monotonic() - began

    began = time.monotonic()
    await asyncio.gather(*(one(*who) for who in known[:present]))
    filled = time.monotonic() - began
    took = [await one(*who) for who in known[present:]]
    for line in lines:
        line.close()
    return filled, took


async def _enter(port: int, device: str, secret: str) -> asyncio.StreamWriter:
    """Connect, listen for commands, publish once at QoS 1; returns when it is stored."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(login(device, secret, keep_alive=KEEP_ALIVE_S))
    assert (await reader.readexactly(4))[3] == 0, "let in"
    base = f"cim/v1/heling/{device}"
    writer.write(subscribe(f"{base}/command"))
    assert (await reader.readexactly(5))[4] == 1, "may listen"
    writer.write(publish(f"{base}/telemetry", '{"pm2_5": 1}', 1))
    assert await reader.readexactly(4) == b"\x40\x02\x00\x01"
    return writer
