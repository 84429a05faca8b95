"""Screens on the live channel: one that reads what it is told, and many that count it, each kind in its own process.

So the one that reads does not wait for the many, and the server is what all of them wait for.
"""

import asyncio
import multiprocessing
import select
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import websockets

from bench.crowd import EPOCH
from bench.wire import Client

READY_S = 90
TYPE_ENDS = len(b'{"type":"delta"')


class Reading(msgspec.Struct):
    """What the one that reads was told."""

    ages: list[float] = []
    """Of each value that was told, how long before it had been sent."""
    deltas: list[tuple[float, int]] = []
    """When each delta came, by the clock that all processes have in common, and its bytes."""


class Counting(msgspec.Struct):
    """What the many were sent between two moments."""

    deltas: list[int] = []
    snapshots: int = 0
    size: int = 0
    gone: int = 0
    cores: float = 0.0
    """What counting took; near one core it is they who are slow."""


class Watchers:
    """So many screens, the first of which reads, if that is wanted; all have data from the beginning on."""

    def __init__(self, reading: Connection | None, counting: Connection | None) -> None:
        self._reading = reading
        self._counting = counting

    def begin(self) -> None:
        """Count from now on."""
        if self._counting is not None:
            self._counting.send("begin")

    def enough(self) -> Counting:
        """Count no more."""
        if self._counting is None:
            return Counting()
        self._counting.send("enough")
        counted: Counting = self._counting.recv()
        return counted

    def read(self) -> Reading:
        """What the first one was told until now."""
        assert self._reading is not None
        self._reading.send("enough")
        read: Reading = self._reading.recv()
        return read


@contextmanager
def watching(port: int, clients: int, is_one_reading: bool = True) -> Iterator[Watchers]:
    """So many screens, once all of them have data."""
    counted = clients - is_one_reading
    with _beside(_count, port, counted) as counting, _beside(_read, port, int(is_one_reading)) as reading:
        yield Watchers(reading, counting)


def come(port: int, clients: int) -> list[float]:
    """So many come at once; the seconds until each had data."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_come, args=(port, clients, theirs))
    process.start()
    theirs.close()
    took: list[float] = ours.recv()
    process.join()
    return took


@contextmanager
def _beside(work: Callable[[int, int, Connection], None], port: int, clients: int) -> Iterator[Connection | None]:
    if not clients:
        yield None
        return
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(port, clients, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(READY_S), "all have data in time"
        assert ours.recv() == "ready"
        yield ours
    finally:
        process.terminate()
        process.join()


class _Many:
    def __init__(self, port: int, clients: int, told: Connection) -> None:
        self._told = told
        self.clients = [Client(port) for _ in range(clients)]
        self._by_number = {one.fileno(): one for one in self.clients}
        self._waiting = select.epoll()
        for number in [told.fileno(), *self._by_number]:
            self._waiting.register(number, select.EPOLLIN)

    def take(self) -> bool:
        """Take what has come to anybody; whether something was said to this process."""
        is_told = False
        for number, _ in self._waiting.poll():
            one = self._by_number.get(number)
            if one is None:
                is_told = True
                continue
            one.receive()
            if one.is_gone:
                self._waiting.unregister(number)
        return is_told

    def wait_for_data(self) -> None:
        """Until each has its first snapshot."""
        without = len(self.clients)
        while without:
            assert not self.take(), "told something before all are ready"
            assert not any(one.is_gone for one in self.clients), "nobody is turned away"
            without = sum(one.had_data is None for one in self.clients)

    def wait_for_word(self) -> None:
        """Until something is said to this process; it is heard with this."""
        while not self.take():
            pass
        self._told.recv()


def _count(port: int, clients: int, told: Connection) -> None:
    many = _Many(port, clients, told)
    many.wait_for_data()
    told.send("ready")
    many.wait_for_word()
    for one in many.clients:
        one.forget()
    begun, used = time.monotonic(), time.process_time()
    many.wait_for_word()
    cores = (time.process_time() - used) / (time.monotonic() - begun)
    told.send(
        Counting(
            deltas=[one.deltas for one in many.clients],
            snapshots=sum(one.snapshots for one in many.clients),
            size=sum(one.size for one in many.clients),
            gone=sum(one.is_gone for one in many.clients),
            cores=cores,
        )
    )
    many.wait_for_word()


def _come(port: int, clients: int, told: Connection) -> None:
    begun = time.monotonic()
    many = _Many(port, clients, told)
    many.wait_for_data()
    told.send([one.had_data - begun for one in many.clients if one.had_data is not None])


def _read(port: int, _clients: int, told: Connection) -> None:
    asyncio.run(_read_on(port, told))


async def _read_on(port: int, told: Connection) -> None:
    found = Reading()
    address = f"ws://127.0.0.1:{port}/live/heling?packed=deflate"
    async with websockets.connect(address, max_size=None, open_timeout=READY_S) as socket:
        await socket.recv()
        told.send("ready")

        async def read() -> None:
            while True:
                packed = await socket.recv(decode=False)
                text = zlib.decompress(packed, -zlib.MAX_WBITS)
                if text[:TYPE_ENDS].endswith(b'"delta"'):
                    found.deltas.append((time.monotonic(), len(packed)))
                    _note_ages(msgspec.json.decode(text), found.ages)

        reading = asyncio.create_task(read())
        while not told.poll():
            assert not reading.done(), "the one that reads is not cut off"
            await asyncio.sleep(0.1)
        reading.cancel()
    told.send(found)


def _note_ages(frame: dict[str, Any], ages: list[float]) -> None:
    at = time.time() - EPOCH
    for key, record in frame.get("layers", {}).get("devices", {}).items():
        said = record.get("latest", {}).get("energy")
        if key != "*" and said:
            ages.append(at - said[1])
