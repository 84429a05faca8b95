"""A thousand devices that come back at once, as after a power cut."""

import asyncio
import time

import httpx

from sensors.devices import registry
from sensors.devices.registry import Device
from store.engine import open_engine
from store.migrate import upgrade
from tests.mqtt import LEAVE, login, publish
from tests.running import Cockpit, run_async, until

DEVICES = 1_000
PATIENCE_S = 60


async def come_back(port: int, device: str, secret: str) -> tuple[float, bytes]:
    """Connect, publish once at QoS 1; returns the time that it took, and the PUBACK."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(login(device, secret))
    assert (await reader.readexactly(4))[3] == 0, "let in"
    writer.write(publish(f"cim/v1/heling/{device}/telemetry", '{"pm2_5": 1}', 1))
    puback = await reader.readexactly(4)
    writer.write(LEAVE)
    writer.close()
    return time.monotonic() - began, puback


def test_a_thousand_devices_that_come_back_at_once_are_all_let_in(own_cockpit: Cockpit) -> None:
    own_cockpit.data.mkdir(parents=True)
    engine = open_engine(f"sqlite:///{own_cockpit.data}/cockpit.db")
    upgrade(engine)
    devices = [Device(id=f"air-{n}", community="heling", kind="air", name=f"站 {n}") for n in range(DEVICES)]
    secrets = registry.add_all(engine, devices)
    engine.dispose()
    own_cockpit.start()

    async def all_at_once() -> list[tuple[float, bytes]]:
        comers = [come_back(own_cockpit.mqtt, d.id, s) for d, s in zip(devices, secrets, strict=True)]
        return await asyncio.wait_for(asyncio.gather(*comers), PATIENCE_S)

    came = run_async(all_at_once())
    assert {puback for _, puback in came} == {b"\x40\x02\x00\x01"}
    heard = [d["properties"]["last_seen"] for d in own_cockpit.get("/api/v1/heling/devices")["features"]]
    assert len(heard) == DEVICES
    assert None not in heard
    until(lambda: "cockpit_broker_devices 0.0" in metrics(own_cockpit), 20)


def metrics(cockpit: Cockpit) -> str:
    """The figures for Prometheus."""
    return httpx.get(f"{cockpit.url}/metrics").text
