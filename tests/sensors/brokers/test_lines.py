"""The writing end of a connection, the brake on a device, and the door: each waits for nobody for long."""

import asyncio
import socket
import time

import pytest

from sensors.brokers.embedded import lines
from sensors.brokers.embedded.brake import MAX_OPEN_BYTES, Brake
from sensors.brokers.embedded.door import AT_ONCE_S, Door
from sensors.brokers.embedded.lines import PromptWriter
from store import budgets
from tests.running import run_async


async def unread() -> tuple[PromptWriter, socket.socket]:
    """A writer to somebody who reads nothing."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    _, writer = await asyncio.open_connection(sock=ours)
    return PromptWriter(writer), theirs


def test_who_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "UNREAD_S", 0.3)

    async def sent() -> None:
        writer, theirs = await unread()
        writer.write(bytes(4_000_000))
        with pytest.raises(ConnectionResetError, match="nothing was read"):
            await writer.drain()
        writer.write(b"more")
        await writer.drain()
        theirs.close()

    run_async(sent())


def test_an_end_waits_for_nobody_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "CLOSE_S", 0.3)

    async def closed() -> float:
        writer, theirs = await unread()
        writer.write(bytes(4_000_000))
        began = time.monotonic()
        await asyncio.gather(writer.close(), writer.close())
        theirs.close()
        return time.monotonic() - began

    assert run_async(closed()) < 2


def test_a_device_is_not_read_while_too_much_of_it_waits_to_be_stored() -> None:
    async def read() -> None:
        brake = Brake("air-1", 1_000)
        with brake.message(MAX_OPEN_BYTES):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(brake.wait(), 0.2)
            waiting = asyncio.ensure_future(brake.wait())
            await asyncio.sleep(0)
        await asyncio.wait_for(waiting, 1)

    run_async(read())


def test_a_new_connection_is_no_way_around_the_brake() -> None:
    async def read() -> float:
        brake = Brake("air-1", 100)
        began = time.monotonic()
        for _ in range(3):  # as many connections
            for _ in range(90):
                await brake.wait()
        return time.monotonic() - began

    assert run_async(read()) > 0.5


def test_who_knocks_takes_the_place_of_who_has_been_silent_longest() -> None:
    async def knock() -> list[str]:
        door, ended = Door(), []

        async def silent(name: str) -> None:
            try:
                async with door.silence():
                    await asyncio.sleep(30)
            except TimeoutError:
                ended.append(name)

        budgets.configure({"mqtt_silent": 2})
        standing = [asyncio.create_task(silent(name)) for name in "abc"]
        await asyncio.sleep(AT_ONCE_S + 0.1)
        assert ended == [], "nobody goes who has just come"
        standing.append(asyncio.create_task(silent("d")))
        await asyncio.sleep(0.1)
        for task in standing:
            task.cancel()
        return ended

    try:
        assert run_async(knock()) == ["a", "b"]
    finally:
        budgets.configure({})
