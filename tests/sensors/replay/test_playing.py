"""Devices of a replay fill their past and play on, as slow as the machine may be."""

from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from sensors.bus.client import BrokerAddress
from sensors.devices.registry import STALE_AFTER_INTERVALS
from sensors.replay import replay
from sensors.replay.recording import packaged
from store.instant import DAY, HOUR, MINUTE, SECOND, parse_local
from tests.running import until

SLOW_S = 7.0
"""What a full message of the past takes until it is stored, on a machine that has much else to do."""


def test_none_is_there_and_says_nothing_while_others_are_filled(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    said: dict[str, list[float]] = defaultdict(list)
    playing: set[str] = set()

    class Slow:
        """A broker's client to which everything takes long."""

        def __init__(self, address: BrokerAddress, _name: str) -> None:
            self.device = str(address.username)

        def publish(self, topic: str, _payload: bytes, _qos: int, retain: bool, wait_s: float | None) -> bool:
            """Take note, and take long where it is waited for."""
            said[self.device].append(clock[0])
            clock[0] += SLOW_S if wait_s is not None else 0.1
            if wait_s is None and not retain:
                playing.add(self.device)
            return True

        def wait_connected(self, _timeout_s: float) -> bool:
            """Let in."""
            return True

        def will(self, *_: Any) -> None:
            """No end is foreseen."""

        start = stop = will

    monkeypatch.setattr(replay, "Client", Slow)
    monkeypatch.setattr(replay, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    recordings = packaged()
    player = replay.Replay(engine, BrokerAddress("localhost", 1883), recordings, 1.0)
    player.start()
    until(lambda: len(playing) == 10)
    ended = clock[0]
    player.stop()
    assert ended - 1000 > 300, "what is filled takes long here"
    for track in (track for one in recordings for track in one.tracks):
        times = [at for at in said[track.device.id] if at <= ended] + [ended]
        longest = max(after - before for before, after in pairwise(times))
        assert longest < STALE_AFTER_INTERVALS * track.every_s, track.device.id


@given(st.integers(0, 3 * DAY), st.integers(1, 3 * DAY), st.sampled_from([HOUR, 5 * MINUTE, 100 * SECOND]))
def test_the_past_is_filled_without_a_hole_and_its_last_hour_finely(from_: int, length: int, every: int) -> None:
    since = parse_local("2026-11-05") + from_
    until_ = since + length
    parts = list(replay.parts_of_past(since, until_, every))
    assert parts[0][0] <= since < parts[0][1]
    assert parts[-1][1] == until_
    assert all(end == begin for (_, end), (begin, _) in pairwise(parts))
    assert all(0 < end - begin <= every for begin, end in parts if begin < until_ - HOUR)
    assert all(end - begin <= replay.RECENT for begin, end in parts if begin >= until_ - HOUR + replay.RECENT)
