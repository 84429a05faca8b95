"""The live channel: one state for each community, each frame encoded once and sent to all.

A browser first gets a snapshot, then deltas, at most ten a second, numbered; and a heartbeat
when nothing changes. One that is too slow is not queued for: it gets the latest state as a new
snapshot when it can take one. The state is read once; from then on it takes in what changed, and
what follows from it (means, counts) is kept by difference.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Literal

import msgspec
import structlog
from prometheus_client import Gauge
from sqlalchemy import Engine
from starlette.websockets import WebSocket, WebSocketDisconnect

from cockpit.serving.build import build
from geo import ground, versions
from layers.declare import Derived, layers
from sensors.bus.client import LiveDelta
from sensors.bus.merging import as_known, merge, together
from sensors.devices.registry import REVISION
from sensors.unforeseen import note
from store import budgets, revision
from store.databases import Databases
from store.instant import HOUR, MILLISECOND, now
from store.why import first_line

log = structlog.get_logger(__name__)

FLUSH_S = 0.1
HEARTBEAT_S = 2.0
WATCH_S = 0.5
AGAIN_S = 1.0
QUEUED_FRAMES = 20
BETWEEN_QUESTIONS_S = 0.2
"""What a browser sends is read no faster; TCP holds it back."""
ODD_CLOSE = 1008

CLIENTS = Gauge("cockpit_live_clients", "Browsers on the live channel", ["community"])

State = dict[str, dict[str, Any]]
"""layer -> key -> record."""


class _Asked(msgspec.Struct):
    """The one thing that a browser asks for."""

    type: Literal["snapshot"]


class Browser:
    """One connection: what is to be sent to it, or that it needs a snapshot instead."""

    def __init__(self) -> None:
        self.frames: deque[str] = deque()
        self.is_behind = False
        self.snapshot_due = 0.0
        self.wake = asyncio.Event()
        self.fall_behind()

    def offer(self, frame: str) -> None:
        """Queue a frame; where there is no room, forget them all and mark it as behind."""
        if len(self.frames) >= QUEUED_FRAMES:
            self.fall_behind()
        elif not self.is_behind:
            self.frames.append(frame)
            self.wake.set()

    def fall_behind(self) -> None:
        """What comes next is a snapshot."""
        self.frames.clear()
        self.is_behind = True
        self.wake.set()


class Room:
    """A community's live state and the browsers that watch it."""

    def __init__(self, community: str) -> None:
        self.community = community
        self.state: State | None = None
        self.seq = 0
        self.changed: State = {}
        self.browsers: set[Browser] = set()
        self.reading: asyncio.Task[None] | None = None
        # What came while the state is being read, and so is newer than what is read.
        self.since: list[LiveDelta] | None = None
        self._derived: list[tuple[str, Derived]] = []
        self._encoded: msgspec.Raw | None = None

    def take(self, layers_changed: State, parts: State | None = None) -> None:
        """Keep what changed, for the state and for the next frame; parts of what is not known are of no use."""
        if self.since is not None:
            self.since.append(LiveDelta("", 0, self.community, layers_changed, parts or {}))
        if self.state is None:
            return
        moment = now() // MILLISECOND
        for layer, records in layers_changed.items():
            self._take(self.state.setdefault(layer, {}), layer, records, moment)
        for layer, records in (parts or {}).items():
            known = self.state.get(layer, {})
            self._take(known, layer, {key: part for key, part in records.items() if key in known}, moment)
        self._encoded = None

    def _take(self, known: dict[str, Any], layer: str, records: dict[str, Any], moment: int) -> None:
        changed = self.changed.setdefault(layer, {})
        followers = [derived for _, derived in self._derived if derived.follows == layer]
        for key, record in records.items():
            if record is None:
                known.pop(key, None)
                changed[key] = None
            else:
                after = merge(known.get(key), record)
                if after is known.get(key):  # older than what is known
                    continue
                known[key] = after
                changed[key] = together(changed.get(key), as_known(after, record))
            for derived in followers:
                derived.put(key, known.get(key), moment)

    def derive(self) -> None:
        """Bring what follows from the state up to date, by time alone too."""
        if self.state is None:
            return
        moment = now() // MILLISECOND
        for layer, derived in self._derived:
            records = derived.changed(moment)
            if records:
                self._take(self.state.setdefault(layer, {}), layer, records, moment)
                self._encoded = None

    def put(self, state: State, derived: list[tuple[str, Derived]] | None = None) -> None:
        """Take a state that was read, and on top of it what came meanwhile."""
        before, since = self._derived, self.since or []
        self.state, self._derived, self.since = state, derived or [], None
        self._encoded = None
        for delta in since:
            self.take(delta.layers, delta.parts)
        self.derive()
        self._compare(before)

    def _compare(self, before: list[tuple[str, Derived]]) -> None:
        """What was kept by difference is to be what was read; else it is said, and mended by what was read."""
        moment = now() // MILLISECOND
        for (layer, kept), (_, read) in zip(before, self._derived, strict=False):
            was, is_now = kept.all(moment), read.all(moment)
            wrong = [key for key in is_now if was.get(key) != is_now[key]]
            if wrong:
                log.warning("live_differed", community=self.community, layer=layer, keys=wrong[:5])

    def encoded(self, encoder: msgspec.json.Encoder) -> msgspec.Raw:
        """The state as JSON, made once for all who come while nothing changes."""
        if self._encoded is None:
            self._encoded = msgspec.Raw(encoder.encode(self.state))
        return self._encoded


def _derive(community: str, state: State) -> list[tuple[str, Derived]]:
    """(layer, what is kept of it by difference) from a state that was read, and put into it."""
    moment = now() // MILLISECOND
    found: list[tuple[str, Derived]] = []
    for layer in layers():
        if layer.derived is not None:
            derived = layer.derived(community)
            for key, record in state.get(derived.follows, {}).items():
                derived.put(key, record, moment)
            derived.changed(moment)  # nothing of it is news
            state.setdefault(layer.code, {}).update(derived.all(moment))
            found.append((layer.code, derived))
    return found


async def _endlessly(work: Callable[[], Awaitable[None]]) -> None:
    """What nobody foresaw ends no task: a heart that beats on while no frame comes would tell that all is well."""
    while True:
        try:
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

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._rooms: dict[str, Room] = {}
        self._encoder = msgspec.json.Encoder()
        self._dirty = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.last_delta: float | None = None

    async def start(self) -> None:
        """Begin to work in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(_endlessly(work)) for work in (self._flush, self._beat, self._watch)]

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
                self._reload_soon(room)

    def _in_loop(self, work: Callable[[], Any]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop ended between the question and the call
                self._loop.call_soon_threadsafe(work)

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
        if not room.browsers:
            room.state = None
            return
        while True:
            try:
                await self._load(room, from_now=True)
                break
            except Exception as error:  # noqa: BLE001 - the database may be away; what was missed is still to be read
                log.error("snapshot_not_read", community=room.community, error=first_line(error))
                await asyncio.sleep(AGAIN_S)
            if not room.browsers:
                room.state = None
                return
        for browser in room.browsers:
            browser.fall_behind()

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
            room.put(state, await asyncio.to_thread(_derive, room.community, state))
        finally:
            room.since = None
            room.reading = None

    def _read(self, community: str) -> State:
        with self._databases.of(community).connect() as connection:
            return {
                layer.code: layer.records(connection, community, None, None)
                for layer in layers()
                # What follows from another layer's records as a whole need not be read beside them.
                if layer.derived is None or layer.derived.follows == layer.code
            }

    def _frame(self, room: Room, kind: str, **content: Any) -> str:
        body = {
            "type": kind,
            "seq": room.seq,
            "now": now() // MILLISECOND,
            "community": room.community,
            **content,
        }
        return self._encoder.encode(body).decode()

    async def _flush(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            for room in self._rooms.values():
                room.derive()
                if room.changed:
                    room.seq += 1
                    frame = self._frame(room, "delta", layers=room.changed)
                    room.changed = {}
                    for browser in room.browsers:
                        browser.offer(frame)
            await asyncio.sleep(FLUSH_S)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for room in self._rooms.values():
                if room.browsers:
                    # What grew stale meanwhile is told with the next frame.
                    self._dirty.set()
                    frame = self._frame(room, "heartbeat")
                    for browser in room.browsers:
                        browser.offer(frame)

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
                            self._reload_soon(room)
                seen = at
            await asyncio.sleep(WATCH_S)

    async def serve(self, socket: WebSocket, community: str) -> None:
        """Serve one browser until it goes."""
        await socket.accept()
        with self._watching(community) as (room, browser):
            sender = asyncio.create_task(self._send(socket, room, browser))
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
                yield frame

    @contextlib.contextmanager
    def _watching(self, community: str) -> Iterator[tuple[Room, Browser]]:
        room = self._rooms.setdefault(community, Room(community))
        browser = Browser()
        room.browsers.add(browser)
        CLIENTS.labels(community).set(len(room.browsers))
        try:
            yield room, browser
        finally:
            room.browsers.discard(browser)
            CLIENTS.labels(community).set(len(room.browsers))

    async def _send(self, socket: WebSocket, room: Room, browser: Browser) -> None:
        async for frame in self._frames(room, browser):
            await socket.send_text(frame)

    async def _frames(self, room: Room, browser: Browser) -> AsyncIterator[str]:
        while True:
            await browser.wake.wait()
            browser.wake.clear()
            if browser.is_behind:
                yield await self._snapshot(room, browser)
            while browser.frames:
                yield browser.frames.popleft()

    async def _snapshot(self, room: Room, browser: Browser) -> str:
        await asyncio.sleep(max(0.0, browser.snapshot_due - time.monotonic()))
        while room.state is None:
            try:
                await self._load(room)
            except Exception as error:  # noqa: BLE001 - the database may be away; the screen says so meanwhile
                log.error("snapshot_not_read", community=room.community, error=first_line(error))
                await asyncio.sleep(AGAIN_S)
        browser.frames.clear()
        browser.is_behind = False
        browser.snapshot_due = time.monotonic() + budgets.current().snapshot_seconds
        layers_encoded = room.encoded(self._encoder)
        return self._frame(room, "snapshot", build=build(), layers=layers_encoded)
