"""What is replayed of the past is, at the end of each step, what ``at`` answers for that time."""

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import Request
from sqlalchemy import Connection, Engine
from sqlalchemy import event as events_of

from cockpit.replay.api import goes_on, hung_up
from cockpit.replay.course import Course
from cockpit.replay.kept import KeptCourses
from layers.alarms import queries as alarms
from layers.declare import feeds, layers
from layers.grid_events import queries as events
from layers.grid_events import write
from layers.grid_events.rules import SEVERITIES
from layers.grid_events.tables import grid_event
from layers.problem import Problem
from layers.roles import Actor
from sensors.bus.merging import settled
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.intake.writer import Writer
from sensors.tables import device
from store.engine import writing
from store.instant import HOUR, MILLISECOND, MINUTE, SECOND, Instant, now
from tests.cockpit.test_live_state import as_a_page_does, devices, message
from tests.database import add
from tests.layers.test_concerns import put
from tests.thorough import usually

MOVING = tuple(layer.code for layer in layers() if layer.moves is not None or layer.derived is not None)
MOST = 1_000


def history(engine: Engine, chance: random.Random, begin: Instant) -> Instant:
    """Some hours of anything that may happen; answers when they end."""
    ids = devices(engine)
    writer = Writer(engine, feeds(), codecs())
    at = begin
    for number in range(24):
        batch = []
        for _ in range(chance.randrange(1, 8)):
            at += chance.randrange(60) * SECOND
            batch.append(message(chance, ids, at))
        decoded = writer.decode(batch)
        decoded.at, decoded.listening_since = at, 0
        writer.store(decoded)
        if number % 8 == 0:
            at += 11 * MINUTE
    third = (at - begin) // 3
    with writing(engine) as connection:
        lives = {
            "d0": {"created": 0},
            "d1": {"created": 0, "revoked": begin + 2 * third},
            "d2": {"created": begin + third},
        }
        for code, times in lives.items():
            connection.execute(device.update().where(device.c.id == code).values(times))
    add(engine, "silent", raw_lon=120.187, raw_lat=28.927)
    return at


def steps_of_events(engine: Engine) -> None:
    """Half of the events are over."""
    with engine.connect() as connection:
        events = list(connection.scalars(grid_event.select().with_only_columns(grid_event.c.id)))
    for event in events[::2]:
        with writing(engine) as connection:
            write.advance(connection, "heling", event, write.Wanted(to="declined"), Actor("m", "manager"), ())


def comparable(state: Any) -> dict[str, dict[str, Any]]:
    """Layers as `/state` has them; without what moves with the clock alone."""
    found: dict[str, dict[str, Any]] = {}
    for layer in MOVING:
        found[layer] = {key: settled(record) for key, record in json.loads(json.dumps(state[layer])).items()}
    # How far ahead it looks is told with each hour; how many are late is exact.
    del found["grid_events"]["*"]["due_soon"]
    for records in (found["areas"], {"*": found["devices"]["*"]}):
        for record in records.values():
            for mean in record["metrics"].values():
                mean["value"] = round(mean["value"], 9)
                if mean["n"] == 0:
                    del mean["stale_at"]
    return found


def asked_at(connection: Connection, at: Instant) -> dict[str, dict[str, Any]]:
    """What `at` answers."""
    return comparable({layer.code: layer.records(connection, "heling", None, at) for layer in layers()})


def show(screen: dict[str, dict[str, Any]], frame: Any) -> int:
    """A frame, as a page takes it; answers its time."""
    told = frame if isinstance(frame, dict) else json.loads(bytes(frame))
    if told["type"] == "snapshot":
        screen.clear()
        screen.update(told["layers"])
    else:
        for layer, records in told["layers"].items():
            for key, record in records.items():
                if record is None:
                    del screen[layer][key]
                else:
                    screen[layer][key] = as_a_page_does(screen[layer].get(key), record)
    return int(told["now"])


def same(screen: dict[str, dict[str, Any]], asked: dict[str, dict[str, Any]], at: Instant) -> None:
    """Whether a screen shows what was asked for."""
    shown = comparable(screen)
    for layer, records in asked.items():
        assert shown[layer].keys() == records.keys(), (layer, at)
        for key, record in records.items():
            assert shown[layer][key] == record, (layer, key, at)


@pytest.mark.parametrize(("seed", "step"), [(0, 1), (1, 60), (2, 300)])
def test_what_is_replayed_is_what_was_there(engine: Engine, seed: int, step: int) -> None:
    chance = random.Random(seed)
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    end = history(engine, chance, begin)
    steps_of_events(engine)
    with engine.connect() as connection:
        at = begin + chance.randrange(600) * SECOND
        course = Course(connection, "heling", at)
        screen: dict[str, dict[str, Any]] = {}
        show(screen, course.snapshot())
        same(screen, asked_at(connection, at), at)
        looked = 0
        while course.at < end:
            until = min(end, course.at + chance.randrange(1, 900) * SECOND)
            frames = course.advance(connection, until, step * SECOND, MOST)
            halfway = chance.randrange(len(frames)) if frames else -1
            for number, frame in enumerate(frames):
                shown = show(screen, frame) * MILLISECOND
                assert shown % (step * SECOND) == 0 or shown == until // MILLISECOND * MILLISECOND
                if number == halfway and looked % 3 == 0:
                    same(screen, asked_at(connection, shown), shown)
            assert course.at == until
            same(screen, asked_at(connection, until), until)
            looked += 1
        assert looked > 5


@pytest.mark.parametrize(("seed", "step"), usually([(4, 60), (5, 300)], [(3, 1), (4, 60), (5, 300)]))
def test_of_more_than_a_screen_is_given_the_same_are_replayed_that_were_shown(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, seed: int, step: int
) -> None:
    monkeypatch.setattr(events, "SHOWN", 4)
    monkeypatch.setattr(alarms, "SHOWN", 2)
    chance = random.Random(seed)
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    end = history(engine, chance, begin)
    steps_of_events(engine)
    # Some that are late in the midst of it, by no step of anybody, and some that end.
    for number in range(24):
        came = begin - HOUR + chance.randrange(60) * MINUTE
        due = came + chance.randrange(300) * MINUTE + chance.randrange(60) * SECOND
        over = chance.choice([None, max(begin, came) + chance.randrange(1, 200) * MINUTE])
        put(engine, f"put-{number:02}", chance.choice(list(SEVERITIES)), came, due, over)
    most = {"grid_events": 0, "alarms": 0}
    with engine.connect() as connection:
        course = Course(connection, "heling", begin)
        screen: dict[str, dict[str, Any]] = {}
        show(screen, course.snapshot())
        same(screen, asked_at(connection, begin), begin)
        while course.at < end:
            until = min(end, course.at + chance.randrange(1, 20) * step * SECOND)
            frames = course.advance(connection, until, step * SECOND, MOST)
            for number, frame in enumerate(frames):
                shown = show(screen, frame) * MILLISECOND
                if step > 1 or number % 7 == 0:
                    same(screen, asked_at(connection, shown), shown)
            same(screen, asked_at(connection, course.at), course.at)
            most = {layer: max(there, screen[layer]["*"]["open"]) for layer, there in most.items()}
    assert most["grid_events"] > 2 * events.SHOWN
    assert most["alarms"] > alarms.SHOWN


def test_an_answer_ends_where_it_has_told_enough_and_the_next_goes_on(engine: Engine) -> None:
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    end = history(engine, random.Random(7), begin)
    kept = KeptCourses()
    screen: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        first = kept.at(connection, "heling", begin, is_begun=False)
        show(screen, first.snapshot())
        answers = 0
        course = first
        while course.at < end:
            for frame in course.advance(connection, end, 60 * SECOND, 20):
                show(screen, frame)
            kept.keep(connection, course)
            course = kept.at(connection, "heling", course.at, is_begun=True)
            assert course is first
            answers += 1
        assert answers > 3
        same(screen, asked_at(connection, end), end)


def test_an_answer_ends_with_the_step_after_which_nobody_wants_more_and_the_next_goes_on(engine: Engine) -> None:
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    history(engine, random.Random(9), begin)
    screen: dict[str, dict[str, Any]] = {}
    end = begin + 20 * MINUTE
    with engine.connect() as connection:
        course = Course(connection, "heling", begin)
        show(screen, course.snapshot())
        answers = 0
        while course.at < end:
            for frame in course.advance(connection, end, MINUTE, MOST, is_wanted=lambda: False):
                show(screen, frame)
            answers += 1
        assert answers > 10
        same(screen, asked_at(connection, end), end)


def test_who_hangs_up_is_worked_for_until_the_end_of_a_step(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.replay.api.LOOKS_S", 0.0)
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    history(engine, random.Random(9), begin)

    async def reached(is_there: bool) -> Instant:
        async def receive() -> Any:
            return {"type": "http.request"} if is_there else {"type": "http.disconnect"}

        has_hung_up = await hung_up(Request({"type": "http"}, receive))

        def work() -> Instant:
            with engine.connect() as connection:
                course = Course(connection, "heling", begin)
                course.advance(connection, begin + HOUR, MINUTE, MOST, goes_on(has_hung_up, 600))
                return course.at

        return await asyncio.to_thread(work)

    with ThreadPoolExecutor() as threads:
        assert threads.submit(asyncio.run, reached(False)).result() == begin - begin % MINUTE + MINUTE
        assert threads.submit(asyncio.run, reached(True)).result() == begin + HOUR


def test_who_begins_is_given_what_was_read_a_moment_ago_at_most(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = (now() - 5 * HOUR) // SECOND * SECOND
    history(engine, random.Random(9), begin)
    kept = KeptCourses()
    with engine.connect() as connection:
        first = kept.at(connection, "heling", begin, is_begun=False)
        kept.keep(connection, first)
        monkeypatch.setattr("cockpit.replay.kept.FRESH_S", 0.0)
        assert kept.at(connection, "heling", begin, is_begun=False) is not first
        kept.keep(connection, first)
        assert kept.at(connection, "heling", begin, is_begun=True) is first


def test_what_is_quiet_is_looked_up_once_in_hours_and_what_comes_late_is_told(engine: Engine) -> None:
    ids = devices(engine)
    writer = Writer(engine, feeds(), codecs())
    moment = now()

    def say(ago: Instant) -> None:
        said = json.dumps({"ts": (moment - ago) // MILLISECOND, "values": {"pm2_5": 40}})
        decoded = writer.decode([Message(f"cim/v1/heling/{ids[0]}/telemetry", said.encode(), moment - ago)])
        decoded.at, decoded.listening_since = moment - ago, 0
        writer.store(decoded)

    say(5 * HOUR)
    say(2 * HOUR)
    looks: list[str] = []
    events_of.listen(engine, "before_cursor_execute", lambda _c, _r, statement, *_: looks.append(statement))
    with engine.connect() as connection:
        course = Course(connection, "heling", moment - 4 * HOUR)
        looks.clear()
        while course.at < moment - 3 * HOUR:
            course.advance(connection, course.at + 7 * MINUTE, MINUTE, MOST)
        assert sum("FROM series" in one and "EXISTS" in one for one in looks) == 1
        late = Course(connection, "heling", moment - 8 * MINUTE)
        late.advance(connection, moment - 7 * MINUTE, MINUTE, MOST)
    say(6 * MINUTE)
    screen: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        show(screen, late.snapshot())
        for frame in late.advance(connection, moment, MINUTE, MOST):
            show(screen, frame)
        same(screen, asked_at(connection, moment), moment)


def test_strangers_who_replay_keep_nobody_out_but_strangers() -> None:
    kept = KeptCourses()
    with kept.work(is_stranger=True):
        with pytest.raises(Problem) as refused, kept.work(is_stranger=True):
            pass
        with kept.work(is_stranger=False), pytest.raises(Problem), kept.work(is_stranger=False):
            pass
    assert refused.value.status == 503
    with kept.work(is_stranger=True):
        pass
