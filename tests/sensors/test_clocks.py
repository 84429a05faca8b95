"""A wrong clock is found and told from data that come late."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from sensors.clocks import Clock, Clocks
from sensors.quality import CLOCK_TOLERANCE
from sensors.tables import device_clock
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND

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
