"""The live channel: a slow browser gets the latest state, not a queue."""

import asyncio
import threading
import zlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from cockpit.live import LiveHub, browser
from cockpit.live import hub as hubs
from cockpit.live import room as rooms
from sensors.bus.live import LiveDelta
from store.databases import Databases
from tests.running import run_async


class SlowSocket:
    """A browser's end that takes frames only while it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.frames: list[dict[str, Any]] = []
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.closed: int | None = None

    async def close(self, code: int, _reason: str) -> None:
        """The server ends it."""
        self.closed = code

    async def accept(self) -> None:
        """Take the connection."""

    async def send_text(self, text: str) -> None:
        """Take a frame, when it can."""
        await self.open.wait()
        self.frames.append(msgspec.json.decode(text))

    async def send_bytes(self, packed: bytes) -> None:
        """Take a frame that is compressed."""
        await self.send_text(zlib.decompress(packed, -zlib.MAX_WBITS).decode())

    async def receive_text(self) -> str:
        """What the browser asks for."""
        return await self.asked.get()

    async def until(self, kind: str, seconds: float = 10) -> dict[str, Any]:
        """Wait for a frame of a kind after those that are here."""
        seen = len(self.frames)
        async with asyncio.timeout(seconds):
            while not (found := [frame for frame in self.frames[seen:] if frame["type"] == kind]):
                await asyncio.sleep(0.01)
        return found[0]


def test_a_slow_browser_gets_the_latest_state_and_no_queue(engine: Engine, monkeypatch: Any) -> None:
    monkeypatch.setattr(hubs, "FLUSH_S", 0.001)

    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        await hub.start()
        socket = SlowSocket()
        socket.open.set()
        serving = asyncio.create_task(hub.serve(socket, "heling"))  # type: ignore[arg-type]
        first = await socket.until("snapshot")
        assert first["layers"].keys() == {
            "areas",
            "devices",
            "visitors",
            "alarms",
            "grid_events",
            "governance",
            "services",
            "indicators",
        }

        socket.open.clear()
        for number in range(200):
            record = {"id": "air-01", "n": number}
            hub.receive(LiveDelta("me", number + 1, "heling", {"devices": {"air-01": record}}))
            await asyncio.sleep(0.003)
        count = len(socket.frames)
        socket.open.set()
        again = await socket.until("snapshot")
        assert again["layers"]["devices"]["air-01"]["n"] == 199
        assert len(socket.frames) - count <= browser.QUEUED_FRAMES + 1

        hub.receive(LiveDelta("me", 201, "heling", {"devices": {"air-01": {"id": "air-01", "n": 200}}}))
        delta = await socket.until("delta")
        assert delta["seq"] == again["seq"] + 1
        assert delta["layers"] == {"devices": {"air-01": {"n": 200}}}, "the fields that changed"

        await socket.asked.put('{"type":"snapshot"}')
        assert (await socket.until("snapshot"))["seq"] == delta["seq"]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await hub.stop()

    run_async(scene())


async def closing(*tasks: asyncio.Task[None]) -> None:
    """End tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def open_sockets(number: int) -> list[SlowSocket]:
    """Browsers that take what comes."""
    sockets = [SlowSocket() for _ in range(number)]
    for socket in sockets:
        socket.open.set()
    return sockets


def test_the_state_is_read_once_for_all_who_come_at_once_and_deltas_go_on_meanwhile(
    engine: Engine, monkeypatch: Any
) -> None:
    reads = []

    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        let_go = threading.Event()
        let_go.set()

        def read(community: str) -> dict[str, Any]:
            if community == "heling":
                reads.append(community)
                let_go.wait(10)
            return {"devices": {"x": {"n": 0}} | ({"y": {"n": 7}} if len(reads) > 1 else {})}

        monkeypatch.setattr(hub, "_read", read)
        await hub.start()
        sockets = open_sockets(50)
        serving = [asyncio.create_task(hub.serve(socket, "heling")) for socket in sockets]  # type: ignore[arg-type]
        await asyncio.gather(*(socket.until("snapshot") for socket in sockets))
        assert len(reads) == 1

        # The registry changed: everything is read again, which takes a while; the screens go on.
        let_go.clear()
        hub.resync("heling")
        while len(reads) < 2:
            await asyncio.sleep(0.01)
        hub.receive(LiveDelta("me", 1, "heling", {"devices": {"x": {"n": 1}}}))
        delta = await sockets[0].until("delta", 2)
        assert delta["layers"]["devices"]["x"]["n"] == 1
        let_go.set()
        again = await sockets[0].until("delta")
        assert again["anew"]
        assert again["layers"]["devices"]["y"] == {"n": 7}, "who watches is told what differs"
        assert again["layers"]["devices"].get("x", {"n": 1}) == {"n": 1}, "what came while it was read is newer"
        [late] = open_sockets(1)
        serving.append(asyncio.create_task(hub.serve(late, "heling")))  # type: ignore[arg-type]
        whole = await late.until("snapshot")
        assert (whole["layers"]["devices"]["x"], whole["layers"]["devices"]["y"]) == ({"n": 1}, {"n": 7})
        assert [frame["type"] for frame in sockets[0].frames].count("snapshot") == 1
        await closing(*serving)
        await hub.stop()

    run_async(scene())


def test_a_browser_gets_one_snapshot_in_a_while_however_often_it_asks(engine: Engine) -> None:
    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        await hub.start()
        [socket] = open_sockets(1)
        serving = asyncio.create_task(hub.serve(socket, "heling"))  # type: ignore[arg-type]
        await socket.until("snapshot")
        for _ in range(500):
            await socket.asked.put('{"type":"snapshot"}')
        await asyncio.sleep(1.5)
        assert sum(frame["type"] == "snapshot" for frame in socket.frames) in (1, 2)
        await closing(serving)
        await hub.stop()

    run_async(scene())


@pytest.mark.parametrize("odd", ['"snapshot"', "", "{}", '{"type":"shutdown"}', "a" * 1000])
def test_whoever_says_what_no_page_of_ours_says_is_closed(engine: Engine, odd: str) -> None:
    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        await hub.start()
        [socket] = open_sockets(1)
        serving = asyncio.create_task(hub.serve(socket, "heling"))  # type: ignore[arg-type]
        await socket.until("snapshot")
        await socket.asked.put(odd)
        await asyncio.wait_for(serving, 5)
        assert socket.closed == hubs.ODD_CLOSE
        await hub.stop()

    run_async(scene())


def test_who_comes_within_a_moment_gets_the_same_snapshot_and_what_followed_it(engine: Engine) -> None:
    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        await hub.start()
        first, second, third = open_sockets(3)
        serving = [asyncio.create_task(hub.serve(first, "heling"))]  # type: ignore[arg-type]
        begun = await first.until("snapshot")
        hub.receive(LiveDelta("me", 1, "heling", {"devices": {"x": {"n": 1, "m": 0}}}))
        told = await first.until("delta")
        serving.append(asyncio.create_task(hub.serve(second, "heling", is_packed=True)))  # type: ignore[arg-type]
        await second.until("heartbeat")
        assert second.frames[:2] == [begun, told]
        assert second.frames[2]["seq"] == told["seq"]

        await asyncio.sleep(rooms.SHARED_S)
        serving.append(asyncio.create_task(hub.serve(third, "heling", is_packed=True)))  # type: ignore[arg-type]
        anew = await third.until("snapshot")
        assert (anew["seq"], anew["layers"]["devices"]["x"]) == (told["seq"], {"n": 1, "m": 0})
        waiting = [asyncio.create_task(one.until("delta")) for one in (first, second, third)]
        await asyncio.sleep(0)
        hub.receive(LiveDelta("me", 2, "heling", {"devices": {"x": {"n": 2, "m": 0}}}))
        for delta in await asyncio.gather(*waiting):
            assert (delta["seq"], delta["layers"]) == (told["seq"] + 1, {"devices": {"x": {"n": 2}}})
        await closing(*serving)
        await hub.stop()

    run_async(scene())


def test_what_is_told_again_as_it_was_is_no_news() -> None:
    room = rooms.Room("heling")
    room.put({"devices": {"x": {"n": 1, "latest": {"pm2_5": [5, 1.0, "good"], "pm10": [5, 2.0, "good"]}}}})
    room.take({"devices": {"x": {"n": 1, "latest": {"pm2_5": [5, 1.0, "good"]}}}})
    assert room.deltas() == []
    room.take({}, {"devices": {"x": {"n": 1, "latest": {"pm2_5": [6, 1.0, "good"], "pm10": [5, 2.0, "good"]}}}})
    [told] = room.deltas()
    assert msgspec.json.decode(told.text)["layers"] == {"devices": {"x": {"latest": {"pm2_5": [6, 1.0, "good"]}}}}


def told(room: rooms.Room, screen: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a page knows after the next frames."""
    for frame in room.deltas():
        for layer, records in msgspec.json.decode(frame.text)["layers"].items():
            for key, record in records.items():
                if record is None:
                    screen[layer].pop(key)
                else:
                    screen[layer][key] = screen[layer].get(key, {}) | record
    return screen


def test_a_word_that_falls_into_a_reading_and_proves_older_is_taken_back() -> None:
    room = rooms.Room("heling")
    room.put({"devices": {"d": {"connected": True, "connected_at": 1}}})
    screen = {"devices": {"d": {"connected": True}}}
    room.since = []
    read = {"devices": {"d": {"connected": True, "connected_at": 3}}}  # it went at 2 and came back at 3
    known = room.known()
    room.take({}, {"devices": {"d": {"connected": False, "connected_at": 2}}})
    assert told(room, screen) == {"devices": {"d": {"connected": False}}}
    room.put(read, None, rooms.differences(known, read))
    assert told(room, screen) == {"devices": {"d": {"connected": True}}}


def test_what_is_gone_and_there_again_is_told_in_two_frames() -> None:
    room = rooms.Room("heling")
    room.put({"events": {"e": {"a": 1}}})
    room.take({"events": {"e": None}})
    room.take({"events": {"e": {"b": 2}}})
    first, second = room.deltas()
    assert msgspec.json.decode(first.text)["layers"] == {"events": {"e": None}}
    assert msgspec.json.decode(second.text)["layers"] == {"events": {"e": {"b": 2}}}
