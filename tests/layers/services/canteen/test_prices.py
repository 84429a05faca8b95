"""Prices of meals: by age and day, with every border in it; never two on one day; none changed that was sold at."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, update
from sqlalchemy.exc import DBAPIError

from layers.problem import Problem
from layers.services.ages import age_on
from layers.services.canteen import rules
from layers.services.canteen.prices import price_of
from layers.services.canteen.tables import canteen_price
from store.engine import writing
from tests.layers.services.canteen.kitchen import Kitchen
from tests.layers.services.registers import add, shipped

TERMS = {
    "from": "2026-01-01",
    "price": 1000,
    "senior_from": 70,
    "senior_pays": 300,
    "oldest_from": 80,
    "oldest_pays": 0,
    "part_payer": "cooperative",
}


@pytest.fixture
def kitchen(shared_engine: Engine) -> Kitchen:
    return Kitchen(shared_engine)


def test_words_of_the_registers_are_those_of_the_table() -> None:
    tiers = {code: (word.name, word.name_en) for code, word in shipped("meals").field("tier").choices.items()}
    assert tiers == {one.code: (one.name, one.name_en) for one in rules.tiers()}
    known = {code: (word.name, word.name_en) for code, word in rules.payers().items()}
    for register, field in (
        ("meal_prices", "part_payer"),
        ("meal_prices", "free_payer"),
        ("subsidy_payments", "payer"),
    ):
        choices = shipped(register).field(field).choices
        assert {code: (word.name, word.name_en) for code, word in choices.items()}.items() <= known.items()
    meals = {code: (word.name, word.name_en) for code, word in shipped("meals").field("meal").choices.items()}
    assert meals == {code: (word.name, word.name_en) for code, word in rules.meals().items()}


@pytest.mark.parametrize(
    ("age", "tier", "pays", "payer"),
    [
        (None, "full", 1000, None),
        (-1, "full", 1000, None),
        (69, "full", 1000, None),
        (70, "senior", 300, "cooperative"),
        (79, "senior", 300, "cooperative"),
        (80, "oldest", 0, "unnamed"),
        (110, "oldest", 0, "unnamed"),
    ],
)
def test_ages_include_their_border(age: int | None, tier: str, pays: int, payer: str | None) -> None:
    share = price_of(TERMS).share(age)
    assert (share.tier, share.pays, share.payer) == (tier, pays, payer)


def test_somebody_named_pays_what_is_free() -> None:
    assert price_of(TERMS | {"free_payer": "civil_affairs"}).share(80).payer == "civil_affairs"


def test_a_trial_is_free_for_all() -> None:
    trial = price_of(TERMS | {"full_pays": 0})
    assert {trial.share(age).tier for age in (None, 5, 70, 80)} == {"trial"}
    assert trial.share(5).pays == 0
    assert trial.share(5).payer == "unnamed"


@given(st.dates(date(1926, 1, 1), date(1976, 12, 31)), st.dates(date(2020, 1, 1), date(2036, 12, 31)))
def test_who_pays_follows_from_full_years_on_the_day(born: date, day: date) -> None:
    share = price_of(TERMS).share(age_on(born.isoformat(), day))
    had = [born.replace(year=born.year + years, day=28 if (born.month, born.day) == (2, 29) else born.day)
           for years in (70, 80)]  # fmt: skip
    if (born.month, born.day) == (2, 29):
        had = [one.replace(day=29) if one.year % 4 == 0 else one + timedelta(1) for one in had]
    assert share.pays == (0 if day >= had[1] else 300 if day >= had[0] else 1000)


@pytest.mark.parametrize(
    "terms",
    [
        {"price": 0},
        {"until": "2025-12-31"},
        {"senior_pays": 1001},
        {"senior_from": 80},
        {"senior_from": 81},
        {"senior_from": None},
        {"oldest_pays": None},
    ],
)
def test_terms_that_do_not_fit_together_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        price_of(TERMS | terms)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-09-01", None), ("2026-08-31", "2026-09-01"), ("2026-10-31", None), ("2026-08-01", "2026-12-31")],
)
def test_no_two_prices_hold_on_one_day(kitchen: Kitchen, since: str, until: str | None) -> None:
    kitchen.price("2026-09-01", "2026-10-31", full_pays=0)
    with pytest.raises(Problem) as refused:
        kitchen.price(since, until)
    assert refused.value.status == 409
    assert "2026-09-01" in refused.value.detail


def test_the_database_itself_holds_prices_apart(kitchen: Kitchen) -> None:
    kitchen.price("2026-09-01", "2026-10-31")
    second = kitchen.price("2026-11-01")
    for values in ({"since": "2026-10-31"}, {"since": "2026-08-01", "until": "2026-09-01"}, {"since": "2026-09-01"}):
        with pytest.raises(DBAPIError, match="canteen_price_overlap"), writing(kitchen.engine) as connection:
            connection.execute(update(canteen_price).where(canteen_price.c.row_id == second.id).values(**values))
    other = add(kitchen.engine, kitchen.writer("persons"), card="K", name="来客").id
    inside = {
        "row_id": other,
        "community": kitchen.community,
        "since": "2026-10-01",
        "price": 1,
        "tiers": "[]",
        "voided": False,
    }
    with pytest.raises(DBAPIError, match="canteen_price_overlap"), writing(kitchen.engine) as connection:
        connection.execute(insert(canteen_price).values(inside))


def test_the_last_day_of_a_trial_is_free_and_the_next_is_not(kitchen: Kitchen) -> None:
    kitchen.price("2026-09-27", "2026-11-26", full_pays=0)
    kitchen.price("2026-11-27")
    guest = kitchen.guest("1960-01-01")
    last, first = kitchen.eats(guest, "2026-11-26"), kitchen.eats(guest, "2026-11-27")
    assert (last.values["tier"], last.values["by_guest"], last.values["by_other"]) == ("trial", 0, 1000)
    assert last.values["remarks"] == ["unnamed"]
    assert (first.values["tier"], first.values["by_guest"]) == ("full", 1000)
    assert (kitchen.posted(last), kitchen.posted(first)) == ({"unnamed": 1000}, {"guest": 1000})


def test_a_price_holds_until_the_next_one_begins(kitchen: Kitchen) -> None:
    kitchen.price("2026-01-01")
    guest = kitchen.guest("1990-01-01")
    assert kitchen.eats(guest, "2026-11-26").values["price"] == 1000
    kitchen.price("2026-11-27", price=12)
    assert kitchen.eats(guest, "2026-11-27").values["price"] == 1200


def test_a_price_that_was_sold_at_is_changed_only_by_one_from_a_later_day(kitchen: Kitchen) -> None:
    price = kitchen.price("2026-01-01")
    kitchen.eats(kitchen.guest("1990-01-01"), "2026-11-20")
    for attempt in (
        lambda: kitchen.changed(price, price=12),
        lambda: kitchen.changed(price, senior_pays=2),
        lambda: kitchen.changed(price, free_payer="subdistrict"),
        lambda: kitchen.changed(price, until="2026-11-19"),
        lambda: kitchen.changed(price, **{"from": "2026-02-01"}),
        lambda: kitchen.voided_price(price),
        lambda: kitchen.price("2026-11-20", price=12),
        lambda: kitchen.price("2026-11-01", price=12),
    ):
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.status == 409
    assert kitchen.price("2026-11-21", price=12).values["price"] == 1200
    assert kitchen.changed(price, until="2026-11-20").values["until"] == "2026-11-20"


def test_a_price_nobody_ate_at_may_change_and_go(kitchen: Kitchen) -> None:
    price = kitchen.changed(kitchen.price("2026-01-01"), price=12)
    assert kitchen.eats(kitchen.guest("1990-01-01")).values["price"] == 1200
    later = kitchen.price("2026-12-01")
    assert kitchen.voided_price(later).is_voided
    assert price.values["price"] == 1200
    assert kitchen.price("2026-12-01").values["price"] == 1000


def test_without_a_price_there_is_no_meal(kitchen: Kitchen) -> None:
    guest = kitchen.guest("1990-01-01")
    with pytest.raises(Problem, match="没有餐价"):
        kitchen.eats(guest)
    kitchen.price("2026-01-01", "2026-11-26")
    with pytest.raises(Problem, match="没有餐价"):
        kitchen.eats(guest)
