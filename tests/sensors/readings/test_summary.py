"""A mean is of those that are present and somewhere, and of sensors before what is replayed."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, select

from layers.areas import queries as areas
from layers.declare import feeds
from layers.devices import queries as devices
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.intake.batch import Batch
from sensors.intake.playback import play_back
from sensors.intake.writer import Writer
from sensors.readings import summary
from sensors.tables import quarantine
from store.instant import HOUR, SECOND, now
from tests.database import add

HERE = {"raw_lon": 120.1905, "raw_lat": 28.9285}
REPLAY = "北京 2016-12"


class Station:
    """Sends what devices of heling would send."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine, feeds(), codecs())

    def say(self, device: str, body: Any, channel: str = "telemetry", ago: int = 0, retained: bool = False) -> Batch:
        """One message, of so long ago."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        message = Message(f"cim/v1/heling/{device}/{channel}", payload, now() - ago, retained)
        batch = self.writer.decode([message])
        self.writer.store(batch)
        return batch

    def mean(self, metric: str = "pm2_5", area: str | None = None) -> dict[str, Any] | None:
        """The community's mean, or that of an area."""
        with self.engine.connect() as connection:
            return summary.means(connection, "heling", None).get(area, {}).get(metric)

    def value(self, area: str | None = None) -> tuple[float, int, int] | None:
        """Value, of how many, of how many there are."""
        found = self.mean(area=area)
        return None if found is None else (found["value"], found["n"], found["of"])


@pytest.fixture
def station(engine: Engine) -> Station:
    for name in ("air-01", "air-02"):
        add(engine, name, **HERE)
    return Station(engine)


def area_of(station: Station, device: str) -> str | None:
    """Where a device stands."""
    with station.engine.connect() as connection:
        return registry.read_all(connection, ids=[device])[0].area


def test_a_mean_is_of_those_that_are_present_and_says_of_how_many(station: Station) -> None:
    area = area_of(station, "air-01")
    assert area is not None
    station.say("air-01", {"pm2_5": 10})
    station.say("air-02", {"pm2_5": 30})
    assert station.value() == station.value(area) == (20, 2, 2)
    station.say("air-02", b"offline", "status")
    assert station.value() == station.value(area) == (10, 1, 2), "offline"
    station.say("air-02", {"pm2_5": 50})
    assert station.value() == (30, 2, 2), "who speaks is there again"
    registry.revoke(station.engine, "air-02")
    assert station.value() == (10, 1, 1), "revoked"


def test_what_is_stale_moves_no_mean_and_stands_alone_with_its_time(station: Station) -> None:
    station.say("air-01", {"pm2_5": 10}, ago=HOUR)
    assert station.value() == (10, 0, 1)
    assert (station.mean() or {})["stale_at"] < now() // 1000
    station.say("air-02", {"pm2_5": 30})
    assert station.value() == (30, 1, 2)
    station.say("air-02", b"offline", "status")
    area = area_of(station, "air-02")
    assert station.value(area) == (30, 0, 2)
    assert (station.mean(area=area) or {})["stale_at"] < now() // 1000, "nobody is there, however new the reading is"
    assert station.mean() is None, "one of several is no mean of the community"
    with station.engine.connect() as connection:
        past = summary.means(connection, "heling", now() + 2 * HOUR)
    assert (None in past, past[area]["pm2_5"]["n"]) == (False, 0), "at another time too"


def test_a_device_in_no_area_moves_no_mean(station: Station) -> None:
    add(station.engine, "air-03")
    add(station.engine, "air-04", raw_lon=121.5, raw_lat=29.9)
    for device in ("air-03", "air-04"):
        station.say(device, {"pm2_5": 900})
    assert station.mean() is None
    station.say("air-01", {"pm2_5": 10})
    assert station.value() == (10, 1, 1)


def test_what_is_played_back_moves_no_live_mean(station: Station, engine: Engine) -> None:
    station.say("air-01", {"pm2_5": 10, "co": 5}, ago=20 * SECOND)
    station.say("air-09", {"pm2_5": 500, "co": 7})
    station.say("air-02", b'{"pm2_5": 300, "codec": [1]}')
    add(engine, "air-09", **HERE)
    with engine.connect() as connection:
        ids = list(connection.scalars(select(quarantine.c.id)))
    assert [o.stored for o in play_back(engine, feeds(), codecs(), ids)] == [True, False]
    assert station.value() == (10, 1, 1)
    # Nor does it take the place of what a device said itself.
    station.say("air-01", {"pm2_5": 700}, retained=True)
    assert station.value() == (10, 1, 1)
    with engine.connect() as connection:
        record = devices.records(connection, "heling", {"air-09"})["air-09"]
    assert record["latest"]["pm2_5"][1:3] == [500, "good"], "it is shown as the newest of its device, with its time"
    station.say("air-09", {"pm2_5": 30})
    assert station.value() == (20, 2, 2)


def test_once_a_real_device_measures_in_an_area_what_is_replayed_is_left_out(station: Station, engine: Engine) -> None:
    area = area_of(station, "air-01") or ""
    add(engine, "demo-1", source=REPLAY, **HERE)
    station.say("demo-1", {"pm2_5": 100, "noise": 60})
    assert station.value(area) == (100, 1, 1)
    assert (station.mean(area=area) or {})["sources"] == [REPLAY]
    station.say("air-01", {"pm2_5": 10})
    assert station.value(area) == station.value() == (10, 1, 1)
    assert (station.mean(area=area) or {})["sources"] == []
    with engine.connect() as connection:
        record = areas.records(connection, "heling", {area})[area]
        everywhere = devices.records(connection, "heling", {"*"})["*"]
        lines = {line["area"]: line for line in summary.trend(connection, "heling", ["pm2_5"], 1, None)}
    assert record["sources"] == everywhere["sources"] == [None, REPLAY]
    assert record["metrics"]["noise"]["sources"] == [REPLAY], "which nobody measures yet"
    assert [value for _, value in lines[area]["points"]] == [value for _, value in lines[None]["points"]] == [10]
    station.say("air-01", {"pm2_5": 10}, ago=HOUR)
    station.say("air-01", b"offline", "status")
    assert station.value(area) == (10, 0, 1), "and stays left out while the real one is away"


def test_a_doubtful_reading_of_a_real_device_brings_no_replay_back(station: Station, engine: Engine) -> None:
    add(engine, "demo-1", source=REPLAY, **HERE)
    station.say("demo-1", {"pm2_5": 100})
    station.say("air-01", {"pm2_5": -7})
    assert station.mean() is None
