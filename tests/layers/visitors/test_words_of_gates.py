"""A gate's word becomes another one for a counter, or is none any more: people of the past are counted so, or not."""

import json
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from layers.visitors.feed import VisitorsFeed
from layers.visitors.renamed import follow
from layers.visitors.tables import gate_counter, gate_step
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices.words import Key, Scope
from sensors.intake.writer import Writer
from sensors.readings import moving
from sensors.readings.renaming import declare, withdraw
from store.instant import HOUR, MILLISECOND, MINUTE, Instant, now
from tests.database import add, ensure_months
from tests.layers.counting import hours

NUMBERS = count(1)
START = now() // HOUR * HOUR - 3 * HOUR
WORD = Key("heling", Scope.DEVICE, "gate-1", "in_all")


@pytest.fixture
def writer(engine: Engine) -> Writer:
    add(engine, "gate-1", "gate", site="fangyan")
    return Writer(engine, [VisitorsFeed()], codecs())


def say(writer: Writer, engine: Engine, *said: tuple[Instant, dict[str, float]]) -> None:
    """Have the gate say this."""
    ensure_months(engine, [START])
    for ts, values in said:
        payload = json.dumps({"ts": (START + ts) // MILLISECOND, "values": values}).encode()
        topic = "cim/v1/heling/gate-1/telemetry"
        writer.store(writer.decode([Message(topic, payload, now(), mid=next(NUMBERS))]))


def passed(engine: Engine) -> list[tuple[Instant, int, int]]:
    """(time since START, entered, left) of each hour in which somebody passed."""
    rows = hours(engine, START + 3 * HOUR)
    return [(row["hour"] - START, row["entered"], row["left"]) for row in rows if row["entered"] or row["left"]]


def test_people_whom_a_gate_counted_by_a_word_are_counted_once_it_is_one_and_no_more_once_it_is_none(
    engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "ROWS_AT_ONCE", 2)
    say(writer, engine, *((n * 10 * MINUTE, {"in_all": 100 + n, "leave_total": 50}) for n in range(8)))
    say(writer, engine, (75 * MINUTE, {"leave_total": 52}))
    assert passed(engine) == [(HOUR, 0, 2)]
    declare(engine, WORD, "enter_total", "somebody", [follow])
    # The first reading says where the counter stands; the next goes on from the last that was stored.
    assert passed(engine) == [(0, 5, 0), (HOUR, 2, 2)]
    say(writer, engine, (80 * MINUTE, {"in_all": 110}))
    assert passed(engine) == [(0, 5, 0), (HOUR, 5, 2)]
    withdraw(engine, WORD, "somebody", [follow])
    assert passed(engine) == [(HOUR, 0, 2)]
    with engine.connect() as connection:
        of_word: Any = (gate_step.c.counter == "enter", gate_counter.c.counter == "enter")
        kept = [
            connection.scalar(select(func.count()).select_from(table).where(condition))
            for table, condition in zip((gate_step, gate_counter), of_word, strict=True)
        ]
    assert kept == [0, 0]
    declare(engine, WORD, "leave_total_2", "somebody", [follow])
    assert passed(engine) == [(0, 0, 5), (HOUR, 0, 7)]


def test_what_a_gate_said_by_its_right_name_goes_on_as_if_the_word_had_never_been(
    engine: Engine, writer: Writer
) -> None:
    say(writer, engine, (0, {"enter_total": 10}), (10 * MINUTE, {"enter_total": 12}))
    declare(engine, WORD, "enter_total", "somebody", [follow])
    say(writer, engine, (20 * MINUTE, {"in_all": 15}), (30 * MINUTE, {"enter_total": 16}))
    assert passed(engine) == [(0, 6, 0)]
    withdraw(engine, WORD, "somebody", [follow])
    assert passed(engine) == [(0, 6, 0)]
    say(writer, engine, (40 * MINUTE, {"enter_total": 17}))
    assert passed(engine) == [(0, 7, 0)]
