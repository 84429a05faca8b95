"""Tours: no day takes more people than its product has places, whoever books at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.bookings.tables import tour_day
from layers.services.registers.behind import Row
from store.engine import apart, writing
from store.instant import DAY, local_date, now
from store.turns import Duty
from tests.layers.services.registers import add, change, shipped, void, writer

SOON = local_date(now() + 5 * DAY).isoformat()
LATER = local_date(now() + 9 * DAY).isoformat()


def by(code: str) -> Any:
    return writer(shipped(code))


def product(engine: Engine, places: int = 40, **more: Any) -> Row:
    return add(engine, by("tour_products"), name="方岩研学一日", kind="study", places=places, **more)


def book(engine: Engine, of: Row, people: int, day: str = SOON) -> Row:
    return add(engine, by("tour_bookings"), product=of.id, day=day, people=people, party="实验小学", channel="agency")


def taken(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {day: count for day, count in connection.execute(select(tour_day.c.day, tour_day.c.taken)) if count}


def test_a_day_takes_no_more_than_its_places_and_gives_them_back(engine: Engine) -> None:
    of = product(engine)
    first = book(engine, of, 30)
    with pytest.raises(Problem, match=f"{SOON} 只余 10 个名额"):
        book(engine, of, 11)
    other = book(engine, of, 10)
    first = change(engine, by("tour_bookings"), first, people=20)
    with pytest.raises(Problem, match="只余 20 个名额"):
        change(engine, by("tour_bookings"), other, people=21)
    first = change(engine, by("tour_bookings"), first, day=LATER)
    assert taken(engine) == {SOON: 10, LATER: 20}
    void(engine, by("tour_bookings"), change(engine, by("tour_bookings"), first, state="arrived"))
    assert taken(engine) == {SOON: 10}
    with pytest.raises(IntegrityError, match="tour_day_places"), writing(engine) as connection:
        connection.execute(update(tour_day).values(taken=41))


def test_a_product_that_is_booked_keeps_its_places_and_one_that_ended_takes_nobody(engine: Engine) -> None:
    of = product(engine, ends=SOON)
    made = book(engine, of, 30)
    with pytest.raises(Problem, match=f"{SOON} 已预订 30 人"):
        change(engine, by("tour_products"), of, places=29)
    with pytest.raises(Problem, match="还有预订未到"):
        void(engine, by("tour_products"), of)
    with pytest.raises(Problem, match="不开放"):
        book(engine, of, 1, LATER)
    of = change(engine, by("tour_products"), of, places=30, state="closed")
    with pytest.raises(Problem, match="不开放"):
        book(engine, of, 1)
    made = change(engine, by("tour_bookings"), made, people=29)
    void(engine, by("tour_bookings"), made)
    void(engine, by("tour_products"), of)


def test_of_many_who_book_the_last_places_at_once_as_many_as_fit_get_them(engine: Engine) -> None:
    of = product(engine, 10)
    engines = [apart(engine, Duty.PAGES) for _ in range(4)]

    def try_to(one: Engine) -> int:
        try:
            book(one, of, 3)
        except Problem:
            return 0
        return 3

    with ThreadPoolExecutor(4) as pool:
        got = sum(pool.map(try_to, engines))
    for one in engines:
        one.dispose()
    assert got == 9
    assert taken(engine) == {SOON: 9}
