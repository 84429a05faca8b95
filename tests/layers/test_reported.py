"""What share of its readings a device sent, also of the time before it was registered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, update

from layers.devices.reported import shares
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import device, reading_day, reading_hour, series
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, Instant, parse_local
from store.migrate import upgrade

SINCE = parse_local("2026-11-02")
UNTIL = SINCE + 7 * DAY


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with a device that says something every 30 s."""
    opened = open_engine(f"sqlite:///{tmp_path_factory.mktemp('reported') / 'cockpit.db'}")
    upgrade(opened)
    new = Device(id="air-01", community="heling", kind="air", name="站", raw_lon=120.2, raw_lat=28.93, interval_s=30)
    registry.add(opened, new)
    yield opened
    opened.dispose()


def told(engine: Engine, created: Instant, hours: dict[Instant, int]) -> float | None:
    """The share of a week, of a device that was registered then and of these readings in these hours."""
    days: dict[Instant, int] = {}
    for hour, n in hours.items():
        day = SINCE + (hour - SINCE) // DAY * DAY
        days[day] = days.get(day, 0) + n
    with writing(engine) as connection:
        connection.execute(update(device).values(created=created))
        connection.execute(insert(series).values(id=1, device_id="air-01", metric="pm2_5", kind="number"))
        sums = {"total": 1.0, "low": 1.0, "high": 1.0, "series_id": 1}
        connection.execute(insert(reading_hour), [sums | {"hour": at, "n": n} for at, n in hours.items()])
        connection.execute(insert(reading_day), [sums | {"day": at, "n": n} for at, n in days.items()])
        (one,) = registry.read_all(connection, "heling")
        return shares(connection, [one], SINCE, UNTIL)["air-01"]


def test_one_that_is_known_is_judged_by_its_interval(engine: Engine) -> None:
    assert told(engine, SINCE - DAY, {SINCE + n * HOUR: 60 for n in range(168)}) == pytest.approx(0.5)


def test_a_past_of_hourly_values_that_was_filled_in_is_whole(engine: Engine) -> None:
    assert told(engine, UNTIL + DAY, {SINCE + n * HOUR: 1 for n in range(168)}) == pytest.approx(1.0)


def test_it_counts_from_its_first_value_and_lacks_the_hours_in_which_there_is_none(engine: Engine) -> None:
    filled = {SINCE + n * HOUR: 1 for n in range(84, 168) if n % 4}
    assert told(engine, UNTIL + DAY, filled) == pytest.approx(63 / 83, abs=0.01)


def test_of_one_registered_in_the_middle_each_part_is_judged_by_its_own_measure(engine: Engine) -> None:
    created = SINCE + 84 * HOUR
    hours = {SINCE + n * HOUR: 1 for n in range(84)} | {SINCE + n * HOUR: 60 for n in range(84, 168)}
    assert told(engine, created, hours) == pytest.approx(0.75)


def test_nothing_is_said_of_one_that_told_nothing_before_it_was_registered(engine: Engine) -> None:
    with engine.connect() as connection:
        (one,) = registry.read_all(connection, "heling")
        assert shares(connection, [one], SINCE, UNTIL)["air-01"] is None
