"""The live channel: a slow browser gets the latest state, not a queue."""

import asyncio
from typing import Any

import msgspec
from sqlalchemy import Engine

from cockpit import live
from cockpit.live import LiveHub
from sensors.bus import LiveDelta
from store.databases import Databases


class SlowSocket:
    """A browser's end that takes frames only while it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.frames: list[dict[str, Any]] = []
        self.asked: asyncio.Queue[str] = asyncio.Queue()

    async def accept(self) -> None:
        """Take the connection."""

    async def send_text(self, text: str) -> None:
        """Take a frame, when it can."""
        await self.open.wait()
        self.frames.append(msgspec.json.decode(text))

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
    monkeypatch.setattr(live, "FLUSH_S", 0.001)

    async def scene() -> None:
        hub = LiveHub(Databases(engine))
        await hub.start()
        socket = SlowSocket()
        socket.open.set()
        serving = asyncio.create_task(hub.serve(socket, "heling"))  # type: ignore[arg-type]
        first = await socket.until("snapshot")
        assert first["layers"].keys() == {"areas", "devices", "visitors", "grid_events", "governance"}

        socket.open.clear()
        for number in range(200):
            record = {"id": "air-01", "n": number}
            hub.receive(LiveDelta("me", number + 1, "heling", {"devices": {"air-01": record}}))
            await asyncio.sleep(0.003)
        count = len(socket.frames)
        socket.open.set()
        again = await socket.until("snapshot")
        assert again["layers"]["devices"]["air-01"]["n"] == 199
        assert len(socket.frames) - count <= live.QUEUED_FRAMES + 1

        hub.receive(LiveDelta("me", 201, "heling", {"devices": {"air-01": {"id": "air-01", "n": 200}}}))
        delta = await socket.until("delta")
        assert delta["seq"] == again["seq"] + 1
        assert delta["layers"] == {"devices": {"air-01": {"id": "air-01", "n": 200}}}

        await socket.asked.put('{"type":"snapshot"}')
        assert (await socket.until("snapshot"))["seq"] == delta["seq"]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await hub.stop()

    asyncio.run(scene())
