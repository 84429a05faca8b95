"""How far counters moved on, and means of spans of days, as a hand would work them out; at a past time too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from layers.declare import feeds
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.intake.writer import Writer
from sensors.readings import spans
from store.engine import open_engine
from store.instant import DAY, HOUR, MILLISECOND, day_of, now
from tests.database import add, new_database, new_postgres_database

HERE = {"raw_lon": 120.1905, "raw_lat": 28.9285}
TODAY = day_of(now())
WEEK = [(TODAY - 7 * DAY, TODAY - 4 * DAY), (TODAY - 4 * DAY, TODAY + DAY)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of either make that these tests share; each has devices of its own."""
    if request.param == "sqlite":
        opened = new_database(tmp_path_factory.mktemp("spans"))
    else:
        server, template = (request.getfixturevalue(name) for name in ("postgres", "postgres_template"))
        opened = open_engine(new_postgres_database(server, template))
    yield opened
    opened.dispose()


def say(engine: Engine, device: str, metric: str, *said: tuple[int, float]) -> None:
    """What a meter says, as (hours since seven days ago, value)."""
    packed = [{"ts": (WEEK[0][0] + hour * HOUR) // MILLISECOND, "values": {metric: value}} for hour, value in said]
    writer = Writer(engine, feeds(), codecs())
    message = Message(f"cim/v1/heling/{device}/telemetry", json.dumps(packed).encode(), now(), False)
    writer.store(writer.decode([message]))


def moved(engine: Engine, device: str, at: int | None = None, of: Any = WEEK) -> dict[int, tuple[int, float]]:
    with engine.connect() as connection:
        rows = spans.of_devices(connection, "heling", "energy", of, at)
    return {one.place: (one.n, one.moved) for one in rows if one.device == device}


def test_a_counter_moves_on_from_what_it_said_last(engine: Engine) -> None:
    add(engine, "meter-on", **HERE)
    # 100 to 104 on the first day, nothing on the second, 110 on the third; the next span goes on from there.
    say(engine, "meter-on", "energy", (1, 100), (5, 104), (50, 110), (100, 117.5), (120, 118))
    assert moved(engine, "meter-on") == {0: (3, 10), 1: (2, 8)}
    assert moved(engine, "meter-on", of=WEEK[1:]) == {0: (2, 8)}


def test_a_day_on_which_a_counter_began_anew_adds_nothing(engine: Engine) -> None:
    add(engine, "meter-anew", **HERE)
    say(engine, "meter-anew", "energy", (1, 1000), (2, 1002), (26, 1003), (27, 0), (28, 4), (50, 6), (51, 9), (80, 12))
    # The first day 2, the second unknown, the third what it grew by within it; then on from 9 to 12.
    assert moved(engine, "meter-anew") == {0: (7, 5), 1: (1, 3)}


def test_a_past_time_knows_what_was_measured_by_then(engine: Engine) -> None:
    add(engine, "meter-then", **HERE)
    say(engine, "meter-then", "energy", (1, 100), (26, 103), (30, 109))
    then = WEEK[0][0] + 27 * HOUR
    assert moved(engine, "meter-then", at=then) == {0: (2, 3)}
    assert moved(engine, "meter-then") == {0: (3, 9)}


def test_means_are_over_all_values_and_leave_replayed_ones_out_where_one_measures(engine: Engine) -> None:
    add(engine, "air-1", **HERE)
    add(engine, "air-2", **HERE, source="北京 2016-12")
    say(engine, "air-2", "pm2_5", (1, 500))
    with engine.connect() as connection:
        [one] = spans.of_devices(connection, "heling", "pm2_5", WEEK, None)
    assert (one.device, one.source) == ("air-2", "北京 2016-12")
    say(engine, "air-1", "pm2_5", (1, 10), (2, 30))
    with engine.connect() as connection:
        [one] = spans.of_devices(connection, "heling", "pm2_5", WEEK, None)
    assert (one.device, one.n, one.total / one.n) == ("air-1", 2, pytest.approx(20))
