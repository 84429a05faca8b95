"""From the embedded broker to ingest: a message comes back when it is stored, and not before."""

import asyncio
import threading

import pytest

from sensors.bus.message import Message, acknowledge
from sensors.intake.inlet import Inlet
from sensors.topics import is_of_device
from tests.running import run_async


def test_who_brings_a_message_waits_until_it_is_stored() -> None:
    inlet = Inlet()
    taken: list[Message] = []

    async def bring() -> None:
        inlet.open(taken.append)
        both = [asyncio.create_task(inlet.store(f"t{number}", b"x")) for number in range(2)]
        await asyncio.sleep(0.01)
        assert [message.topic for message in taken] == ["t0", "t1"]
        storing = threading.Thread(target=acknowledge, args=(taken[1:],))
        storing.start()
        await asyncio.wait_for(both[1], 5)
        assert not both[0].done()
        acknowledge(taken[:1])
        await asyncio.wait_for(both[0], 5)
        storing.join()

    run_async(bring())


def test_what_is_brought_before_ingest_begins_waits_for_it() -> None:
    inlet = Inlet()
    taken: list[Message] = []

    async def bring() -> None:
        brought = asyncio.create_task(inlet.store("t", b"x"))
        await asyncio.sleep(0.05)
        assert not inlet.is_open
        inlet.open(taken.append)
        await asyncio.sleep(0.2)
        acknowledge(taken)
        await asyncio.wait_for(brought, 5)

    run_async(bring())


def test_who_has_gone_is_not_told_and_holds_up_nobody() -> None:
    inlet = Inlet()
    taken: list[Message] = []

    async def bring() -> None:
        inlet.open(taken.append)
        gone, waits = (asyncio.create_task(inlet.store(topic, b"x")) for topic in ("gone", "waits"))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0)
        acknowledge(taken)
        await asyncio.wait_for(waits, 5)

    run_async(bring())
    acknowledge(taken)  # the broker has ended


def test_what_is_on_its_way_is_bounded_also_where_who_brought_it_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensors.intake.inlet.MAX_HELD", 3)
    monkeypatch.setattr("sensors.intake.inlet.MAX_HELD_BYTES", 100)
    inlet = Inlet()
    taken: list[Message] = []

    async def bring() -> None:
        inlet.open(taken.append)
        bringing = [asyncio.create_task(inlet.store("cim/v1/heling/a/telemetry", b"x" * 60)) for _ in range(5)]
        other = asyncio.create_task(inlet.store("cim/v1/tahai/b/telemetry", b"x"))
        await asyncio.sleep(0.01)
        assert len(taken) == 3, "120 bytes are enough; another community has room of its own"
        for one in bringing[:2]:
            one.cancel()
        await asyncio.sleep(0.01)
        assert len(taken) == 3, "what they brought is not stored yet"
        acknowledge(taken)
        await asyncio.sleep(0.01)
        assert len(taken) == 5
        acknowledge(taken[3:])
        await asyncio.sleep(0.01)
        acknowledge(taken[5:])
        await asyncio.wait_for(asyncio.gather(*bringing[2:], other), 5)

    run_async(bring())


def test_what_is_sent_to_devices_is_not_what_they_say() -> None:
    said = ("cim/v1/heling/air-1/telemetry", "cim/v1/heling/air-1/status")
    sent = ("cim/v1/heling/air-1/command", "cim/v1/heling/live", "spBv1.0/heling/NCMD/edge", "cim/v2/a/b/telemetry")
    assert [is_of_device(topic) for topic in (*said, *sent)] == [True, True, False, False, False, False]
