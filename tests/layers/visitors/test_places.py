"""What is known of a site beside its people: the evening at the square, the noise that may be there, days before."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from layers.visitors import places
from layers.visitors.comparison import comparison, same_lunar_date
from store.instant import DAY, HOUR, MINUTE, from_datetime
from tests.database import add
from tests.layers.counting import send

EVENING = from_datetime(datetime(2026, 11, 24, 11, 30, tzinfo=UTC))  # 19:30 in Shanghai


def test_the_square_has_its_evening_and_the_limit_of_day_and_night(engine: Engine) -> None:
    with engine.connect() as connection:
        day = places.facts(connection, "heling", "square", EVENING)
        night = places.facts(connection, "heling", "square", EVENING + 3 * HOUR)
    [evening] = day["schedule"]
    assert (evening["from"], evening["until"], evening["today"]) == ("19:00", None, True)
    assert (day["noise"]["class"], day["noise"]["period"], day["noise"]["limit"]) == ("2", "day", 60)
    assert (night["noise"]["period"], night["noise"]["limit"]) == ("night", 50)


def test_of_a_site_of_which_nobody_said_nothing_is_said(engine: Engine) -> None:
    with engine.connect() as connection:
        found = places.facts(connection, "heling", "fangyan", None)
    assert found["schedule"] is None
    assert (found["noise"]["class"], found["noise"]["limit"], found["noise"]["readings"]) == (None, None, [])


def test_the_noise_is_that_of_the_meters_of_the_site(engine: Engine) -> None:
    from sensors.readings import observations as readings
    from sensors.readings.columns import Observation, Observations, SeriesIndex
    from store.engine import writing
    from tests.database import ensure_months

    add(engine, "noise-1", "noise", site="square")
    add(engine, "noise-2", "noise")
    ensure_months(engine, [EVENING])
    index = SeriesIndex()
    told = [Observation(device, "noise", EVENING, value, 0) for device, value in (("noise-1", 71.0), ("noise-2", 40.0))]
    with writing(engine) as connection:
        readings.store(connection, index, Observations.of(index, told))
    with engine.connect() as connection:
        found = places.facts(connection, "heling", "square", EVENING + MINUTE)["noise"]["readings"]
    assert [(row["device"], row["value"]) for row in found] == [("noise-1", 71.0)]


def test_a_day_stands_beside_the_same_day_of_last_week_until_the_same_time(engine: Engine) -> None:
    add(engine, "gate-1", "gate", site="fangyan")
    week = EVENING - 7 * DAY
    send(engine, "gate-1", [(week - HOUR, {"enter": 30}), (week + MINUTE, {"enter": 5}), (EVENING, {"enter": 8})])
    with engine.connect() as connection:
        found = comparison(connection, "heling", "fangyan", EVENING)
    assert found["last_week"] == {"date": "2026-11-17", "entered_by_now": 30, "entered": 35}
    assert (found["last_year"], found["last_year_lunar"]) == (None, None), "nobody counted then"


def test_a_like_day_is_counted_from_the_time_of_day_from_which_on_today_is(engine: Engine) -> None:
    add(engine, "gate-1", "gate", site="fangyan")
    week = EVENING - 7 * DAY
    said = [(week - 20 * MINUTE, {"enter": 30}), (week - 5 * MINUTE, {"enter": 4}), (week + MINUTE, {"enter": 5})]
    send(engine, "gate-1", said)
    with engine.connect() as connection:
        found = comparison(connection, "heling", "fangyan", EVENING, EVENING - 10 * MINUTE)
    assert found["last_week"] == {"date": "2026-11-17", "entered_by_now": 4, "entered": 39}


def test_a_festival_stands_beside_the_same_lunar_date_of_the_year_before(engine: Engine) -> None:
    # 八月十三: the day of Lord Hu's birthday.
    this = from_datetime(datetime(2026, 9, 23, 4, 0, tzinfo=UTC))
    before = from_datetime(datetime(2025, 10, 4, 4, 0, tzinfo=UTC))
    add(engine, "gate-1", "gate", site="fangyan")
    send(engine, "gate-1", [(before - HOUR, {"enter": 70}), (before + HOUR, {"enter": 7})])
    lunar = {"lunar": "八月十三", "lunar_en": "lunar 8-13"}
    with engine.connect() as connection:
        found = comparison(connection, "heling", "fangyan", this)["last_year_lunar"]
    assert found == {"date": "2025-10-04", "entered_by_now": 70, "entered": 77} | lunar


def test_a_lunar_date_that_the_year_before_had_not_stands_beside_nothing() -> None:
    leap = from_datetime(datetime(2025, 7, 26, 4, 0, tzinfo=UTC))  # 闰六月初二; 2024 had no leap month
    assert same_lunar_date(leap) is None
