"""A wrong clock is found and told from data that come late."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices.clocks import Clock, Clocks
from sensors.intake.writer import Writer
from sensors.quality import CLOCK_TOLERANCE, Quality
from sensors.tables import device_clock
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND
from tests.database import add

NOW = 1_790_000_000_000_000


def seen(pairs: Iterable[tuple[int, int]]) -> Clock:
    """A clock that was seen with these (time, arrival), from now."""
    clock = Clock()
    for ts, received in pairs:
        clock.see(NOW + ts, NOW + received)
    return clock


@pytest.mark.parametrize("wrong", [8 * HOUR, -8 * HOUR, 6 * MINUTE, -400 * 24 * HOUR])
def test_a_clock_that_is_wrong_is_wrong_by_the_same_from_message_to_message(wrong: int) -> None:
    messages = [(i * 20 * SECOND + wrong, i * 20 * SECOND) for i in range(3)]
    assert seen(messages[:2]).offset is None, "two may be chance"
    assert seen(messages).offset == wrong


def test_a_message_that_was_delayed_does_not_move_the_estimate() -> None:
    late = [(i * MINUTE - 8 * HOUR - (20 * SECOND if i % 2 else 0), i * MINUTE) for i in range(6)]
    assert seen(late).offset == -8 * HOUR


@pytest.mark.parametrize("speed", [2, 10, 600])
def test_data_that_are_sent_again_after_an_outage_are_no_wrong_clock(speed: int) -> None:
    start = -3 * HOUR
    assert seen((start + i * speed * SECOND, i * SECOND) for i in range(60)).offset is None


def test_an_hour_sent_in_one_burst_is_no_wrong_clock() -> None:
    assert seen((-HOUR + i * MINUTE, i * 10_000) for i in range(20)).offset is None


def test_a_clock_that_was_set_right_is_right_with_the_next_message() -> None:
    clock = seen((i * 10 * SECOND + 8 * HOUR, i * 10 * SECOND) for i in range(5))
    assert clock.offset == 8 * HOUR
    clock.see(NOW + 60 * SECOND, NOW + 61 * SECOND)
    assert clock.offset is None
    assert clock.is_right


@given(st.lists(st.integers(0, CLOCK_TOLERANCE), min_size=1, max_size=40))
def test_messages_within_the_tolerance_never_make_a_clock_wrong(delays: list[int]) -> None:
    assert seen((i * SECOND - delay, i * SECOND) for i, delay in enumerate(delays)).offset is None


def kept(engine: Engine) -> list[tuple[str, int]]:
    """What the table says."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(device_clock.c.device_id, device_clock.c.offset))]


def store(engine: Engine, clocks: Clocks) -> None:
    """One transaction of the ingest."""
    with writing(engine) as connection:
        clocks.store(connection, NOW)
    clocks.committed()


def test_what_was_found_is_kept_and_known_after_a_restart_until_the_clock_is_right(engine: Engine) -> None:
    clocks = Clocks()
    with engine.connect() as connection:
        clocks.load(connection)
    found = [clocks.see("air-01", NOW + i * MINUTE - HOUR, NOW + i * MINUTE) for i in range(4)]
    assert found == [False, False, True, True]
    store(engine, clocks)
    assert kept(engine) == [("air-01", -HOUR)]

    again = Clocks()
    with engine.connect() as connection:
        again.load(connection)
    assert again.see("air-01", NOW - HOUR, NOW), "known before three messages came"
    assert not again.see("air-02", NOW - HOUR, NOW)
    assert not again.see("air-01", NOW, NOW + SECOND)
    store(engine, again)
    assert kept(engine) == []


def test_a_device_that_stopped_sending_times_is_forgiven(engine: Engine) -> None:
    clocks = Clocks()
    with engine.connect() as connection:
        clocks.load(connection)
    for i in range(4):
        clocks.see("air-01", NOW + i * MINUTE - HOUR, NOW + i * MINUTE)
    assert clocks.see("air-01", None, NOW + 5 * MINUTE), "one heartbeat without a time proves nothing"
    assert clocks.see("air-01", NOW + 6 * MINUTE - HOUR, NOW + 6 * MINUTE)
    store(engine, clocks)
    found = [clocks.see("air-01", None, NOW + 7 * MINUTE + i * 20 * SECOND) for i in range(3)]
    assert found == [True, True, False]
    store(engine, clocks)
    assert kept(engine) == []
    assert clocks.see("air-01", NOW + 8 * MINUTE - HOUR, NOW + 8 * MINUTE), "it is no better than it was"


@pytest.mark.parametrize(
    ("payload", "flags"),
    [
        ({"temperature": 20}, 0),
        ({"values": {"temperature": 20}}, 0),
        ([{"n": "temperature", "v": 20}, {"n": "humidity", "v": 50, "t": -30}], 0),
        ({"ts": NOW // 1000 - 3_600_000, "values": {"temperature": 20}}, Quality.WRONG_CLOCK),
    ],
)
def test_a_reading_that_has_our_time_is_never_blamed_on_the_devices_clock(
    engine: Engine, payload: object, flags: int
) -> None:
    add(engine, "air-01")
    writer = Writer(engine, [], codecs())
    for i in range(4):
        sent = {"ts": (NOW + i * MINUTE - HOUR) // 1000, "values": {"noise": 50}}
        writer.store(writer.decode([telemetry(sent, NOW + i * MINUTE)]))
    batch = writer.decode([telemetry(payload, NOW + 5 * MINUTE)])
    assert {o.quality for o in batch.observations} == {flags}


def telemetry(payload: object, received: int) -> Message:
    """A message of air-01."""
    return Message("cim/v1/heling/air-01/telemetry", json.dumps(payload).encode(), received)
