"""Keeping the rooms of a process full: beside the event loop, at most once a second for each."""

import asyncio
from collections.abc import Mapping

import structlog

from cockpit.live.filling import missing
from cockpit.live.room import Room, State
from store.databases import Databases
from store.why import first_line

log = structlog.get_logger(__name__)

FILL_S = 1.0
"""How often at most a community's database is asked for what is missing of the first by rank."""
RISES_S = 60.0
"""How often at least, where there are more than are named: by then what has grown late has risen."""


class Filler:
    """Reads for each room what it is to name besides; ``dirty`` is set where one came to name more."""

    def __init__(self, databases: Databases, rooms: Mapping[str, Room], dirty: asyncio.Event) -> None:
        self._databases = databases
        self._rooms = rooms
        self._dirty = dirty
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look at each room in turn, for ever; a database that is slow or away keeps no other room short."""
        try:
            while True:
                await asyncio.sleep(FILL_S)
                for room in self._rooms.values():
                    self._look(room)
        finally:
            for task in self._tasks:
                task.cancel()

    def _look(self, room: Room) -> None:
        # What is being read names the first by itself; and one question at a time.
        if room.state is None or room.since is not None or room.filling is not None:
            return
        there = room.looked.due(room.state, RISES_S)
        if there:
            task = asyncio.create_task(self._fill(room, there))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fill(self, room: Room, there: Mapping[str, set[str]]) -> None:
        filling = room.begin_filling()
        try:
            found = await asyncio.to_thread(self._read, room.community, there)
        except Exception as error:  # noqa: BLE001 - the database may be away; what is missing is asked for again
            log.error("first_not_read", community=room.community, error=first_line(error))
            room.fill(filling, {})
            return
        if room.fill(filling, found) and room.state is not None:
            room.looked.note(room.state, there)
            self._dirty.set()

    def _read(self, community: str, there: Mapping[str, set[str]]) -> State:
        with self._databases.of(community).connect() as connection:
            return missing(connection, community, there)
