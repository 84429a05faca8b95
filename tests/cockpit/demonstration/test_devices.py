"""What the demonstration's devices measure: a day's curves, an honest counter, and four that are sick."""

import pytest

from cockpit.demonstration.devices import Simulated, recording
from sensors.metrics import metrics
from sensors.replay.recording import packaged
from sensors.replay.replay import people_passed
from store.instant import DAY, HOUR, Instant, parse_local

BEGAN = parse_local("2026-11-05")
TODAY = BEGAN + 15 * DAY


def simulated(community: str, code: str) -> Simulated:
    """A device of a community by the code of its row."""
    tracks = recording(community, BEGAN).tracks
    return next(one for one in tracks if isinstance(one, Simulated) and f"-{code}-" in one.device.id)


def measured(community: str, code: str, metric: str, at: Instant) -> float:
    """What a device measures at a time."""
    found = simulated(community, code).at(at)
    assert found is not None
    return found[metric]


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_one_sensor_has_drifted_out_of_what_a_working_one_can_say_for_days(community: str) -> None:
    highest = metrics()["temperature"].high
    assert highest is not None
    assert measured(community, "drift", "temperature", BEGAN + 4 * DAY) < 20
    assert all(measured(community, "drift", "temperature", TODAY - n * HOUR) > highest for n in range(48))
    assert measured(community, "drift", "temperature", TODAY + 90 * DAY) < 100


def test_the_past_of_what_is_replayed_is_fine_enough_to_be_no_silence() -> None:
    recordings = [*packaged(), recording("heling", BEGAN), recording("tahai", BEGAN)]
    for track in (track for one in recordings for track in one.tracks):
        assert track.device.stale_at(BEGAN) >= BEGAN + track.fill_every, track.device.id
        assert track.every_s < 60


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_one_fell_silent_yesterday_afternoon(community: str) -> None:
    until = simulated(community, "silent").until
    assert until is not None
    assert TODAY - 10 * HOUR < until < TODAY - 6 * HOUR


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_the_battery_of_one_falls_and_is_low_since_yesterday(community: str) -> None:
    levels = [measured(community, "battery", "battery", BEGAN + n * DAY) for n in range(60)]
    assert levels[0] > 80
    assert levels[14] < 20
    assert levels[15] < 15
    assert min(levels) > 0


def test_one_gate_counts_more_out_than_in() -> None:
    gate = simulated("heling", "gate")
    entered, left = (people_passed(gate, TODAY - DAY, TODAY, way) for way in ("enter", "leave"))
    assert 0 < entered < left


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_a_meter_counts_up_what_it_says_of_power(community: str) -> None:
    meter = simulated(community, "meter")
    hours = [measured(community, "meter", "energy", TODAY + n * HOUR) for n in range(25)]
    assert hours == sorted(hours)
    steps = [(meter.at(TODAY + n * HOUR // 4) or {})["power"] for n in range(96)]
    assert hours[24] - hours[0] == pytest.approx(sum(steps) / 4, rel=0.05)


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_the_same_device_measures_the_same_at_the_same_time(community: str) -> None:
    one, other = recording(community, BEGAN).tracks, recording(community, BEGAN).tracks
    assert [track.at(TODAY) for track in one] == [track.at(TODAY) for track in other]
