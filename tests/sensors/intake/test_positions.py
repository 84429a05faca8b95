"""A position has its time; what moves is heard of on the screens, and is no part of who may connect."""

import json

import pytest
from sqlalchemy import Engine

from layers.declare import feeds
from layers.devices.feed import DevicesFeed
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import REVISION, Device
from sensors.intake.batch import Batch
from sensors.intake.writer import Writer
from store import revision
from store.instant import HOUR, MINUTE, SECOND, now
from tests.database import add

LON, LAT = 120.1905, 28.9285
METRE = 1 / 111_195
NOW = now()


class Tracker:
    """A device that says where it is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine, feeds(), codecs())
        self.before = self.revision

    def say(self, lon: float, lat: float, at: int = NOW, received: int = NOW) -> Batch:
        """Report a position of a time."""
        body = {"ts": at // 1000, "values": {"battery": 80}, "lon": lon, "lat": lat}
        batch = self.writer.decode([Message("cim/v1/heling/car-01/telemetry", json.dumps(body).encode(), received)])
        self.writer.store(batch)
        return batch

    @property
    def device(self) -> Device:
        """As it stands."""
        with self.engine.connect() as connection:
            return registry.read_all(connection, ids=["car-01"])[0]

    @property
    def place(self) -> tuple[float | None, float | None]:
        """As declared."""
        return self.device.raw_lon, self.device.raw_lat

    @property
    def revision(self) -> int:
        """The registry's."""
        with self.engine.connect() as connection:
            return revision.current(connection, REVISION)


@pytest.fixture
def tracker(engine: Engine) -> Tracker:
    add(engine, "car-01", "other", raw_lon=LON, raw_lat=LAT)
    return Tracker(engine)


def test_a_late_position_moves_nothing_back(tracker: Tracker) -> None:
    tracker.say(LON + 0.01, LAT)
    tracker.say(LON - 0.02, LAT, at=NOW - 2 * HOUR)
    assert tracker.place == (LON + 0.01, LAT)
    tracker.writer = Writer(tracker.engine, feeds(), codecs())
    tracker.say(LON - 0.02, LAT, at=NOW - MINUTE)
    assert tracker.place == (LON + 0.01, LAT), "whoever takes the message"
    tracker.say(LON + 0.03, LAT, at=NOW + SECOND, received=NOW + SECOND)
    assert tracker.place == (LON + 0.03, LAT)


def test_a_position_from_a_clock_that_ran_ahead_does_not_keep_out_what_comes_after(tracker: Tracker) -> None:
    tracker.say(LON + 0.01, LAT, at=NOW + 8 * HOUR)
    tracker.say(LON + 0.02, LAT, at=NOW + MINUTE, received=NOW + MINUTE)
    assert tracker.place == (LON + 0.02, LAT)


def test_a_receiver_that_stands_still_does_not_move_and_one_that_creeps_does(tracker: Tracker) -> None:
    for second in range(30):
        batch = tracker.say(LON, LAT + second % 5 * METRE, NOW + second * SECOND, NOW + second * SECOND)
        assert batch.elsewhere == {}
    assert tracker.place == (LON, LAT)
    tracker.say(LON, LAT + 0.01, at=NOW + 10 * SECOND, received=NOW + MINUTE)
    assert tracker.place == (LON, LAT), "it was seen here later than that"
    for step in range(1, 8):
        tracker.say(LON, LAT + 3 * step * METRE, NOW + step * MINUTE, NOW + step * MINUTE)
    assert tracker.place == (LON, LAT + 12 * METRE)


def test_what_moves_is_no_part_of_who_may_connect_and_its_area_is_found_anew(tracker: Tracker) -> None:
    before = tracker.device.area
    batch = tracker.say(LON + 0.5, LAT)
    assert (before is not None, tracker.device.area) == (True, None)
    assert tracker.revision == tracker.before
    told = DevicesFeed().said(batch)["heling"]["car-01"]
    assert (told["area"], told["lon"], told["building"]) == (None, tracker.device.lon, None)
    back = tracker.say(LON, LAT, NOW + MINUTE, NOW + MINUTE)
    assert (back.elsewhere["car-01"].area, back.devices["car-01"].area) == (None, before), "ingest knows where it was"


def test_the_first_position_of_a_device_without_one_counts(engine: Engine) -> None:
    add(engine, "car-01", "other")
    tracker = Tracker(engine)
    tracker.say(LON, LAT)
    assert tracker.device.area is not None
