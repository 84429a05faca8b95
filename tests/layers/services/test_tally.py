"""一老一小 on the wall: today's figures of what was entered, and of nobody; now, and as they stood."""

from sqlalchemy import Engine

from layers.services import live
from layers.services.tally import tally
from store.instant import HOUR, day_of, format_rfc3339, local_date, now
from tests.layers.services.canteen.kitchen import Kitchen, noon
from tests.layers.services.registers import MANAGER, add

TODAY = str(local_date(now()))


def test_what_nobody_entered_is_told_apart_from_nought(shared_engine: Engine) -> None:
    kitchen = Kitchen(shared_engine)
    with shared_engine.connect() as connection:
        told = tally(connection, kitchen.community)
    assert told == {
        "demo": False,
        "meals": {"has": False, "today": None},
        "check_ins": {"has": False, "count": 0, "seen": 0, "overdue": 0},
        "nurseries": [],
        "lessons": {"courses": 0, "places": 0, "today": 0},
    }
    kitchen.price("2026-01-01")
    with shared_engine.connect() as connection:
        assert tally(connection, kitchen.community)["meals"] == {"has": True, "today": 0}


def test_meals_of_today_are_counted_and_never_fewer_than_five(shared_engine: Engine) -> None:
    kitchen = Kitchen(shared_engine, today=TODAY)
    kitchen.price("2026-01-01")
    guests = kitchen.guests(["1950-01-01"] * 5)
    for guest in guests[:4]:
        kitchen.eats(guest)
    with shared_engine.connect() as connection:
        assert tally(connection, kitchen.community)["meals"] == {"has": True, "today": None}
    kitchen.eats(guests[4])
    with shared_engine.connect() as connection:
        assert live.records(connection, kitchen.community, {"*"})["*"]["meals"]["today"] == 5
        assert tally(connection, kitchen.community, noon(TODAY) - 1)["meals"]["today"] is None, "no price was known yet"


def test_lessons_after_school_are_those_of_that_hall_that_begin_today(shared_engine: Engine) -> None:
    kitchen = Kitchen(shared_engine)
    starts = day_of(now()) + 16 * HOUR
    times = {"starts": format_rfc3339(starts), "ends": format_rfc3339(starts + HOUR)}
    for hall in ("half_past_four", "evergreen"):
        course = {"name": hall, "hall": hall, "subject": "homework", "places": 20}
        made = add(shared_engine, kitchen.writer("courses", MANAGER), **course)
        add(shared_engine, kitchen.writer("sessions"), course=made.id, venue="居民会客厅", **times)
    with shared_engine.connect() as connection:
        told, then = tally(connection, kitchen.community), tally(connection, kitchen.community, now())
    assert told["lessons"] == {"courses": 1, "places": 20, "today": 1}
    assert then == told
