"""Of more open events or alarms than a screen is given the first by rank are named, whatever comes and goes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from cockpit.live import LiveHub, filler
from cockpit.live import hub as hubs
from cockpit.live import room as rooms
from layers.alarms import operating
from layers.alarms import queries as alarms
from layers.alarms.operating import Deed
from layers.grid_events import queries as events
from layers.grid_events import write
from layers.grid_events.tables import grid_event
from layers.roles import Actor
from sensors.bus.live import LiveDelta
from store.databases import Databases
from store.engine import writing
from store.instant import DAY, MINUTE, SECOND, now
from tests.cockpit.test_live import SlowSocket, closing, open_sockets
from tests.faults.screen import Page
from tests.layers.alarms.stand import HELING, MANAGER, Stand
from tests.layers.test_concerns import put
from tests.running import run_async

SHOWN = 6
QUIET_S = 0.6
"""In so long, at the pace of these tests, what is missing is asked for several times over."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen is given few, and what is missing is asked for soon."""
    monkeypatch.setattr(events, "SHOWN", SHOWN)
    monkeypatch.setattr(alarms, "SHOWN", SHOWN)
    monkeypatch.setattr(hubs, "FLUSH_S", 0.01)
    monkeypatch.setattr(filler, "FILL_S", 0.05)


class Watched:
    """Two processes that serve pages of one database, and a screen at each."""

    def __init__(self, engine: Engine, sockets: list[SlowSocket], each: list[LiveHub]) -> None:
        self.engine, self.sockets, self.hubs = engine, sockets, each

    def tell(self, layer: str, changed: Any) -> None:
        """What a commit changed, to both."""
        for hub in self.hubs:
            hub.receive(LiveDelta("test", 1, HELING, {layer: dict(changed)}))

    def shown(self, layer: str) -> list[dict[str, Any]]:
        """What each screen knows of a layer."""
        found = []
        for socket in self.sockets:
            page = Page()
            assert not any(page.take(frame) for frame in socket.frames), "none was missed"
            found.append(page.layers[layer])
        return found

    def named(self, layer: str) -> list[set[str]]:
        """What is open of it, on each screen."""
        return [open_of(records) for records in self.shown(layer)]

    async def until(self, layer: str, keys: Iterable[str], seconds: float = 10) -> None:
        """Wait until just these are open on each screen."""
        wanted = [set(keys)] * len(self.sockets)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.named(layer) != wanted:
                    await asyncio.sleep(0.02)
        assert self.named(layer) == wanted


def open_of(records: dict[str, Any]) -> set[str]:
    """Those of a layer's records that are open, without the tally."""
    return {key for key, one in records.items() if key != events.TALLY and one.get("open", True)}


@contextlib.asynccontextmanager
async def watched(engine: Engine) -> AsyncIterator[Watched]:
    """Both, once their screens know the state."""
    each = [LiveHub(Databases(engine)) for _ in range(2)]
    sockets = open_sockets(2)
    for hub in each:
        await hub.start()
    serving = [
        asyncio.create_task(hub.serve(socket, HELING))  # type: ignore[arg-type]
        for hub, socket in zip(each, sockets, strict=True)
    ]
    await asyncio.gather(*(socket.until("snapshot") for socket in sockets))
    try:
        yield Watched(engine, sockets, each)
    finally:
        await closing(*serving)
        for hub in each:
            await hub.stop()


def first_of(engine: Engine, layer: Any) -> set[str]:
    """What the database names now."""
    with engine.connect() as connection:
        return open_of(layer.records(connection, HELING, None))


def void(engine: Engine, ids: Iterable[str]) -> dict[str, Any]:
    """Events that are none; answers what the screens are told."""
    for one in ids:
        with writing(engine) as connection:
            write.advance(connection, HELING, one, write.Wanted(to="void", note="误报"), Actor("m", "manager"), ())
    with engine.connect() as connection:
        return events.records(connection, HELING, {*ids, events.TALLY})


def many(engine: Engine, severities: dict[str, int]) -> None:
    """Open events in time, the newest of each severity first."""
    moment = now()
    for severity, count in severities.items():
        for number in range(count):
            put(engine, f"{severity}-{number:02}", severity, moment - number * MINUTE, moment + DAY)


def test_those_below_come_up_as_those_above_are_closed(engine: Engine) -> None:
    many(engine, {"critical": 2, "major": 7, "minor": 6})

    async def scene() -> None:
        async with watched(engine) as watching:
            await watching.until("grid_events", first_of(engine, events))
            left = 15
            while left > 0:
                going = sorted(first_of(engine, events))[: SHOWN - 1]
                seen = [len(socket.frames) for socket in watching.sockets]
                watching.tell("grid_events", void(engine, going))
                left -= len(going)
                wanted = first_of(engine, events)
                assert len(wanted) == min(left, SHOWN)
                await watching.until("grid_events", wanted)
                await asyncio.sleep(QUIET_S / 3)
                for socket, before in zip(watching.sockets, seen, strict=True):
                    frames = [frame.get("layers", {}).get("grid_events", {}) for frame in socket.frames[before:]]
                    told = [key for frame in frames for key in frame]
                    came = [key for key in told if key not in {*going, events.TALLY}]
                    assert len(came) == len(set(came)) <= len(going), "only what came up, once"
            assert [records[events.TALLY]["open"] for records in watching.shown("grid_events")] == [0, 0]

    run_async(scene())


def test_a_graver_one_comes_at_once_and_what_grows_late_rises_by_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filler, "RISES_S", 0.3)
    many(engine, {"minor": 9})

    async def scene() -> None:
        async with watched(engine) as watching:
            named = first_of(engine, events)
            await watching.until("grid_events", named)
            # Below all that are named, and late in a moment: no step of anybody tells of it.
            put(engine, "late", "minor", now() - DAY, now() + SECOND)
            put(engine, "grave", "critical", now() - DAY, now() + DAY)
            with engine.connect() as connection:
                watching.tell("grid_events", events.records(connection, HELING, {"grave", events.TALLY}))
            await watching.until("grid_events", {*named, "grave"}, 0.5)
            await watching.until("grid_events", {*named, "grave", "late"})
            assert "late" in first_of(engine, events)

    run_async(scene())


class Asked:
    """How often the database was asked for the first ones by rank, and for records."""

    def __init__(self, engine: Engine) -> None:
        self.times = 0
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, *given: Any) -> None:
        statement = str(given[2])
        self.times += "LIMIT" in statement and "grid_event_present" in statement


def test_where_all_are_named_nothing_is_asked_for_and_where_there_are_more_once_in_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(engine, {"minor": SHOWN})
    asked = Asked(engine)

    async def scene() -> None:
        async with watched(engine) as watching:
            before = asked.times
            await asyncio.sleep(QUIET_S)
            assert asked.times == before, "all of them are named"
            put(engine, "one-more", "critical", now(), now() + DAY)
            with engine.connect() as connection:
                watching.tell("grid_events", events.records(connection, HELING, {"one-more", events.TALLY}))
            await asyncio.sleep(QUIET_S)
            assert asked.times - before <= len(watching.hubs), "once by each process, and again after a minute"
            monkeypatch.setattr(filler, "RISES_S", 0.2)
            await asyncio.sleep(QUIET_S)
            assert 2 <= asked.times - before <= 10

    run_async(scene())


def test_a_tally_that_says_more_than_there_is_is_no_reason_to_ask_without_end(engine: Engine) -> None:
    many(engine, {"minor": 2})
    asked = Asked(engine)

    async def scene() -> None:
        async with watched(engine) as watching:
            watching.tell("grid_events", {events.TALLY: {"open": 5, "rev": 10**9}})
            await asyncio.sleep(QUIET_S)
            before = asked.times
            await asyncio.sleep(QUIET_S)
            assert asked.times == before

    run_async(scene())


def test_while_the_database_is_away_it_is_asked_again_and_screens_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(engine, {"minor": SHOWN + 2})

    async def scene() -> None:
        async with watched(engine) as watching:
            is_away = True
            read = filler.missing

            def broken(*given: Any) -> Any:
                if is_away:
                    raise OSError("away")
                return read(*given)

            monkeypatch.setattr(filler, "missing", broken)
            watching.tell("grid_events", void(engine, sorted(first_of(engine, events))[:2]))
            await asyncio.sleep(QUIET_S)
            assert [len(one) for one in watching.named("grid_events")] == [SHOWN - 2] * 2
            is_away = False
            await watching.until("grid_events", first_of(engine, events))

    run_async(scene())


def loud(engine: Engine, count: int) -> Stand:
    """As many air stations in alarm, all in the same moment, as after a power cut."""
    stand = Stand(engine)
    stand.only()
    stand.rule()
    for number in range(count):
        stand.device(f"air-{number:02}")
    stand.say(*((0, f"air-{number:02}", {"pm2_5": 150}) for number in range(count)))
    return stand


def end(stand: Stand, ids: set[str], second: float) -> dict[str, Any]:
    """The condition of these is gone, and somebody saw it; answers what the screens are told."""
    with writing(stand.engine) as connection:
        operating.do(connection, HELING, ids, Deed(event="acknowledge"), MANAGER, now())
    subjects = [one.subject for one in stand.alarms() if one.id in ids]
    stand.say(*((second, subject, {"pm2_5": 1}) for subject in subjects))
    with stand.engine.connect() as connection:
        told = alarms.records(connection, HELING, ids | {alarms.TALLY})
    assert all(told[one] is None for one in ids)
    return told


def test_alarms_that_are_left_when_the_loudest_are_over_are_on_every_wall(engine: Engine) -> None:
    stand = loud(engine, 3 * SHOWN + 2)

    async def scene() -> None:
        async with watched(engine) as watching:
            for turn in range(3):
                named = first_of(engine, alarms)
                assert len(named) == SHOWN
                await watching.until("alarms", named)
                watching.tell("alarms", end(stand, named, 10 + turn))
            await watching.until("alarms", first_of(engine, alarms))
            for records in watching.shown("alarms"):
                assert records[alarms.TALLY]["open"] == len(open_of(records)) == 2

    run_async(scene())


def of_events(count: int, more: int = 0) -> dict[str, Any]:
    """A state that names so many events, and tells of more."""
    records: dict[str, Any] = {f"e{n}": {"open": True, "rev": 1} for n in range(count)}
    return {"grid_events": records | {events.TALLY: {"open": count + more}}, "alarms": {}}


def test_what_ended_while_it_was_read_does_not_come_back() -> None:
    room = rooms.Room(HELING)
    room.put(of_events(2))
    given = room.begin_filling()
    room.take({"alarms": {"a": None, "b": {"rev": 5, "state": "x"}}})
    room.fill(given, {"alarms": {"a": {"rev": 1}, "b": {"rev": 2, "state": "old"}, "c": {"rev": 1}}})
    assert room.state is not None
    assert room.state["alarms"] == {"b": {"rev": 5, "state": "x"}, "c": {"rev": 1}}


def test_what_was_read_before_the_whole_state_was_read_again_is_not_believed() -> None:
    room = rooms.Room(HELING)
    room.put(of_events(2))
    given = room.begin_filling()
    room.put(of_events(1), None, {})
    room.fill(given, {"alarms": {"a": {"rev": 1}}})
    assert room.state is not None
    assert room.state["alarms"] == {}

    given = room.begin_filling()
    room.since = []
    room.fill(given, {"alarms": {"a": {"rev": 1}}})
    assert room.state["alarms"] == {}, "it would not be told that it is gone when the state that is being read counts"


def test_the_order_is_the_same_for_all_who_ask(engine: Engine) -> None:
    loud(engine, 3 * SHOWN)

    def asked(connection: Connection) -> list[str]:
        return list(alarms.records(connection, HELING, None))

    with engine.connect() as connection:
        assert asked(connection)[:-1] == sorted(asked(connection)[:-1]), "what is equally loud goes by its id"
        assert connection.scalar(select(func.count()).select_from(grid_event)) == 0
