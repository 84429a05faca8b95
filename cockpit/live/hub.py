"""All rooms of a web process: what comes from the bus goes in, frames go out to whoever watches."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec
import structlog
from prometheus_client import Gauge
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket, WebSocketDisconnect

from cockpit.live.browser import Browser
from cockpit.live.filler import Filler
from cockpit.live.frames import Frame
from cockpit.live.room import Room, State, derive, differences, read
from geo import ground, versions
from geo.communities import communities
from sensors.bus.live import LiveDelta
from sensors.devices.registry import REVISION
from sensors.meters import duty
from sensors.unforeseen import note
from store import budgets, revision
from store.databases import Databases
from store.instant import HOUR, now
from store.why import first_line

log = structlog.get_logger(__name__)

FLUSH_S = 0.1
HEARTBEAT_S = 2.0
WATCH_S = 0.5
AGAIN_S = 1.0
WARM_S = 30.0
BETWEEN_QUESTIONS_S = 0.2
"""What a browser sends is read no faster; TCP holds it back."""
ODD_CLOSE = 1008

CLIENTS = Gauge("cockpit_live_clients", "Browsers on the live channel", ["community"])


Read = Callable[[Connection, str], dict[str, dict[str, Any]]]
"""(the shared database, community) -> records by key."""


class _Asked(msgspec.Struct):
    """The one thing that a browser asks for."""

    type: Literal["snapshot"]


async def _endlessly(work: Callable[[], Awaitable[None]]) -> None:
    """What nobody foresaw ends no task: a heart that beats on while no frame comes would tell that all is well."""
    while True:
        try:
            with duty("live"):
                await work()
        except Exception as error:  # noqa: BLE001 - as `sensors.unforeseen.endlessly`
            note("live", error)
            await asyncio.sleep(AGAIN_S)


def _registry_revision(engine: Engine) -> int:
    with engine.connect() as connection:
        ground.refresh(connection)
    return revision.total([engine], REVISION, versions.REVISION)


class LiveHub:
    """All rooms of this web process."""

    def __init__(self, databases: Databases, further: Mapping[str, Read] | None = None) -> None:
        """``further``: what the shell itself tells beside the layers, by the name that it has there."""
        self._databases = databases
        self._further = further or {}
        self._rooms: dict[str, Room] = {}
        self._dirty = asyncio.Event()
        self._filler = Filler(databases, self._rooms, self._dirty)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.last_delta: float | None = None

    @property
    def browsers(self) -> int:
        """How many are on the live channel."""
        return sum(len(room.browsers) for room in self._rooms.values())

    async def start(self) -> None:
        """Begin to work in the running loop; the screens that come back now find the state read."""
        self._loop = asyncio.get_running_loop()
        duties = (self._flush, self._beat, self._watch, self._filler.run)
        self._tasks = [asyncio.create_task(_endlessly(work)) for work in duties]
        for community in communities():
            room = self._room(community)
            room.warm_until = time.monotonic() + WARM_S
            self._reload_soon(room)

    async def stop(self) -> None:
        """End all tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def receive(self, delta: LiveDelta) -> None:
        """Take a delta from the bus, in any thread."""
        self._in_loop(lambda: self._take(delta))

    def resync(self, community: str | None) -> None:
        """Read the state again, in any thread: a delta was missed."""
        self._in_loop(lambda: self._reload_rooms(community))

    def _reload_rooms(self, community: str | None) -> None:
        for room in self._rooms.values():
            if community in (None, room.community):
                room.is_outdated = True
                self._reload_soon(room)

    def _in_loop(self, work: Callable[[], Any]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop ended between the question and the call
                self._loop.call_soon_threadsafe(work)

    def _room(self, community: str) -> Room:
        return self._rooms.setdefault(community, Room(community))

    def _take(self, delta: LiveDelta) -> None:
        room = self._rooms.get(delta.community)
        if room is not None:
            room.take(delta.layers, delta.parts)
            self._dirty.set()

    def _reload_soon(self, room: Room) -> None:
        task = asyncio.ensure_future(self._reload(room))
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _reload(self, room: Room) -> None:
        while room.is_wanted:
            try:
                await self._load(room, from_now=True)
            except Exception as error:  # noqa: BLE001 - the database may be away; what was missed is still to be read
                log.error("snapshot_not_read", community=room.community, error=first_line(error))
                await asyncio.sleep(AGAIN_S)
            else:
                self._dirty.set()
                return
        room.forget()

    async def _load(self, room: Room, from_now: bool = False) -> None:
        """Read the state, once for all who wait for it; ``from_now``: not one that somebody began to read before."""
        if from_now and room.reading is not None:
            await asyncio.wait([room.reading])
        if room.reading is None:
            room.reading = asyncio.create_task(self._read_state(room))
        await asyncio.shield(room.reading)

    async def _read_state(self, room: Room) -> None:
        room.since = []
        try:
            state = await asyncio.to_thread(self._read, room.community)
            state |= await asyncio.to_thread(self._read_further, room)
            derived = await asyncio.to_thread(derive, room.community, state)
            # Who watches is told what differs: a thousand screens need no snapshot each since one device is new.
            differs = None if room.state is None else await asyncio.to_thread(differences, room.known(), state)
            room.put(state, derived, differs)
        finally:
            room.since = None
            room.reading = None

    def _read(self, community: str) -> State:
        with self._databases.of(community).connect() as connection:
            return read(connection, community)

    def _read_further(self, room: Room) -> State:
        """Of the shared database; while it is away screens keep what they know of it, and get all else."""
        try:
            with self._databases.shared.connect() as connection:
                return {code: read(connection, room.community) for code, read in self._further.items()}
        except SQLAlchemyError as error:
            log.error("shared_not_read", community=room.community, error=first_line(error))
            known = room.known()
            return {code: known.get(code, {}) for code in self._further}

    async def _flush(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            next_at = time.monotonic() + FLUSH_S
            for room in self._rooms.values():
                for told in room.deltas():
                    for browser in room.browsers:
                        browser.offer(told)
            # What a frame costs is part of its tenth of a second.
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for room in self._rooms.values():
                if room.browsers:
                    # What grew stale meanwhile is told with the next frame.
                    self._dirty.set()
                    told = room.heartbeat()
                    for browser in room.browsers:
                        browser.offer(told)

    async def _watch(self) -> None:
        """Look at each database by itself: one that is away keeps nothing from the screens of the others."""
        await asyncio.gather(*(self._watch_one(engine) for engine in self._databases.all))

    async def _watch_one(self, engine: Engine) -> None:
        """Read everything again when the registry changed, and at each full hour, when days begin and end."""
        seen: tuple[int, int] | None = None
        while True:
            with contextlib.suppress(Exception):
                at = (await asyncio.to_thread(_registry_revision, engine), now() // HOUR)
                if seen is not None and at != seen:
                    for room in self._rooms.values():
                        if self._databases.of(room.community) is engine:
                            # At a full hour only the time has changed: what was kept is held to what is read.
                            room.is_outdated = room.is_outdated or at[0] != seen[0]
                            self._reload_soon(room)
                seen = at
            await asyncio.sleep(WATCH_S)

    async def serve(self, socket: WebSocket, community: str, *, is_packed: bool = False) -> None:
        """Serve one browser until it goes; ``is_packed``: it takes frames compressed, as binary messages."""
        await socket.accept()
        with self._watching(community) as (room, browser):
            sender = asyncio.create_task(self._send(socket, room, browser, is_packed))
            try:
                while True:
                    msgspec.json.decode(await socket.receive_text(), type=_Asked)
                    browser.fall_behind()
                    await asyncio.sleep(BETWEEN_QUESTIONS_S)
            except WebSocketDisconnect:
                pass
            except (msgspec.MsgspecError, KeyError):  # KeyError: bytes instead of text
                await socket.close(ODD_CLOSE, "not a message of the live channel")
            finally:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)

    async def frames(self, community: str) -> AsyncGenerator[str]:
        """Every frame for one who only listens, until it goes; the first is a snapshot."""
        with self._watching(community) as (room, browser):
            async for frame in self._frames(room, browser):
                yield frame.text

    @contextlib.contextmanager
    def _watching(self, community: str) -> Iterator[tuple[Room, Browser]]:
        room = self._room(community)
        browser = Browser()
        room.browsers.add(browser)
        CLIENTS.labels(community).set(len(room.browsers))
        try:
            yield room, browser
        finally:
            room.browsers.discard(browser)
            CLIENTS.labels(community).set(len(room.browsers))

    async def _send(self, socket: WebSocket, room: Room, browser: Browser, is_packed: bool) -> None:
        async for frame in self._frames(room, browser):
            if is_packed:
                await socket.send_bytes(await frame.packed())
            else:
                await socket.send_text(frame.text)

    async def _frames(self, room: Room, browser: Browser) -> AsyncIterator[Frame]:
        while True:
            await browser.wake.wait()
            browser.wake.clear()
            if browser.is_behind:
                await self._catch_up(room, browser)
            while browser.frames:
                yield browser.frames.popleft()

    async def _catch_up(self, room: Room, browser: Browser) -> None:
        await asyncio.sleep(max(0.0, browser.snapshot_due - time.monotonic()))
        while room.state is None:
            try:
                await self._load(room)
            except Exception as error:  # noqa: BLE001 - the database may be away; the screen says so meanwhile
                log.error("snapshot_not_read", community=room.community, error=first_line(error))
                await asyncio.sleep(AGAIN_S)
        browser.catch_up(room.snapshot())
        browser.snapshot_due = time.monotonic() + budgets.current().snapshot_seconds
