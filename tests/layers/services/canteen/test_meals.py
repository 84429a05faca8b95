"""Meals: once a guest, a meal and a day; priced by age; taken back by reversal; what is closed stays as it is."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from layers.problem import Problem
from layers.services.canteen import closings, due, figures, postings
from layers.services.canteen.tables import canteen_closing, canteen_meal, canteen_posting
from store.engine import open_engine, writing
from store.instant import DAY, HOUR, now
from tests.layers.services.canteen.kitchen import Kitchen, noon
from tests.layers.services.registers import MANAGER, add, change, void


@pytest.fixture
def kitchen(shared_engine: Engine) -> Kitchen:
    made = Kitchen(shared_engine)
    made.price("2026-01-01")
    return made


@contextmanager
def unguarded(kitchen: Kitchen) -> Iterator[Connection]:
    """A transaction that may change what was posted, and is taken back."""
    with kitchen.engine.connect() as connection, connection.begin() as transaction:
        on = "_update" if connection.dialect.name == "sqlite" else " ON canteen_posting"
        connection.execute(text(f"DROP TRIGGER canteen_posting_kept{on}"))
        yield connection
        transaction.rollback()


@pytest.mark.parametrize(
    ("born", "tier", "by"),
    [
        ("1956-11-28", "full", {"guest": 1000}),
        ("1956-11-27", "senior", {"guest": 300, "cooperative": 700}),
        ("1946-11-28", "senior", {"guest": 300, "cooperative": 700}),
        ("1946-11-27", "oldest", {"unnamed": 1000}),
        (None, "full", {"guest": 1000}),
    ],
)
def test_a_meal_is_priced_by_the_age_of_its_day(
    kitchen: Kitchen, born: str | None, tier: str, by: dict[str, int]
) -> None:
    row = kitchen.eats(kitchen.guest(born))
    assert (row.values["tier"], kitchen.posted(row)) == (tier, by)
    assert row.values["by_guest"] == by.get("guest", 0)
    assert row.values["by_cooperative"] == by.get("cooperative", 0)
    assert row.values["by_other"] == by.get("unnamed", 0)
    told = {None: ["no_birthday"], "1946-11-27": ["unnamed"]}
    assert row.values.get("remarks") == told.get(born)


def test_born_on_29_february_is_70_on_1_march(kitchen: Kitchen) -> None:
    guest = kitchen.guest("1956-02-29")
    assert kitchen.eats(guest, "2026-02-28").values["tier"] == "full"
    assert kitchen.eats(guest, "2026-03-01").values["tier"] == "senior"


def test_a_guest_has_each_meal_of_a_day_once_unless_a_second_portion_is_said(kitchen: Kitchen) -> None:
    guest = kitchen.guest("1990-01-01")
    first = kitchen.eats(guest)
    with pytest.raises(Problem) as refused:
        kitchen.eats(guest)
    assert (refused.value.status, refused.value.more["id"]) == (409, first.id)
    assert kitchen.posted(kitchen.eats(guest, second=True)) == {"guest": 1000}
    assert kitchen.eats(guest, meal="dinner").id
    assert kitchen.eats(guest, "2026-11-26").id
    kitchen.takes_back(first)
    assert kitchen.eats(guest).id
    assert kitchen.difference() == 0


def test_nobody_has_eaten_tomorrow(kitchen: Kitchen) -> None:
    with pytest.raises(Problem, match="还没有到"):
        kitchen.eats(kitchen.guest("1990-01-01"), "2026-11-28")


def test_what_was_entered_is_not_changed(kitchen: Kitchen) -> None:
    guest, other = kitchen.guest("1990-01-01"), kitchen.guest("1940-01-01")
    row = kitchen.eats(guest)
    for given in ({"guest": other}, {"day": "2026-11-26"}, {"meal": "dinner"}, {"second": True}):
        with pytest.raises(Problem):
            change(kitchen.engine, kitchen.writer("meals"), row, **given)


def test_a_meal_taken_back_is_reversed(kitchen: Kitchen) -> None:
    row = kitchen.eats(kitchen.guest("1950-01-01"))
    kitchen.takes_back(row)
    assert kitchen.posted(row) == {"guest": 0, "cooperative": 0}
    with kitchen.engine.connect() as connection:
        rows = postings.of_day(connection, kitchen.community, "2026-11-27", 100)
    assert [(one["kind"], one["payer"], one["fen"]) for one in rows] == [
        ("entry", "guest", 300),
        ("entry", "cooperative", 700),
        ("reversal", "guest", -300),
        ("reversal", "cooperative", -700),
    ]
    assert not any(one["late"] for one in rows)


def test_what_comes_after_a_closing_stands_in_the_open_day_as_what_it_is(kitchen: Kitchen) -> None:
    kitchen.today = "2026-11-26"
    row = kitchen.eats(kitchen.guest("1950-01-01"))
    closing = kitchen.closes("2026-11-26")
    kitchen.today = "2026-11-27"
    kitchen.takes_back(row)
    late = kitchen.eats(kitchen.guest("1990-01-01"), "2026-11-25")
    assert late.values["remarks"] == ["late"]
    with kitchen.engine.connect() as connection:
        assert closings.is_intact(connection, closing)
        rows = postings.of_day(connection, kitchen.community, "2026-11-27", 100)
        found = figures.summed(figures.lines(connection, kitchen.community, "2026-11-27", "2026-11-27"))
        before = figures.summed(figures.lines(connection, kitchen.community, "2026-11-26", "2026-11-26"))
    assert [(one["kind"], one["late"], one["fen"]) for one in rows] == [
        ("reversal", True, -300),
        ("reversal", True, -700),
        ("entry", True, 1000),
    ]
    assert (found["late"], found["reversed"]) == ({"meals": 1, "fen": 1000}, {"meals": -1, "fen": -1000})
    assert (before["meals"], before["fen"]) == (1, 1000)


def test_what_comes_after_today_is_closed_stands_in_tomorrow(kitchen: Kitchen) -> None:
    kitchen.eats(kitchen.guest("1990-01-01"))
    kitchen.closes("2026-11-27")
    row = kitchen.eats(kitchen.guest("1990-01-01"))
    with kitchen.engine.connect() as connection:
        [one] = postings.of_day(connection, kitchen.community, "2026-11-28", 10)
    assert (one["meal_id"], one["late"]) == (row.id, True)


def test_a_closing_holds_the_sums_by_payer_and_tier(kitchen: Kitchen) -> None:
    for born in ("1990-01-01", "1950-01-01", "1950-01-02", "1940-01-01"):
        kitchen.eats(kitchen.guest(born))
    told = closings.told(kitchen.closes("2026-11-27"))
    assert (told["day"], told["meals"], told["fen"]) == ("2026-11-27", 4, 4000)
    assert told["payers"] == {"cooperative": 1400, "guest": 1600, "unnamed": 1000}
    assert told["tiers"]["senior"] == {"meals": 2, "fen": 2000, "payers": {"cooperative": 1400, "guest": 600}}
    assert told["tiers"]["oldest"] == {"meals": 1, "fen": 1000, "payers": {"unnamed": 1000}}
    assert len(told["digest"]) == 64


def test_closing_again_is_the_same_closing(kitchen: Kitchen) -> None:
    kitchen.eats(kitchen.guest("1990-01-01"))
    assert kitchen.closes("2026-11-27").digest == kitchen.closes("2026-11-27").digest
    with kitchen.engine.connect() as connection:
        assert len(closings.listed(connection, kitchen.community, 10)) == 1


def test_days_close_in_their_order_and_a_month_after_its_days(kitchen: Kitchen) -> None:
    for day in ("2026-10-30", "2026-10-31", "2026-11-02"):
        kitchen.eats(kitchen.guest("1990-01-01"), day)
    for period, why in (
        ("2026-10-31", "2026-10-30"),
        ("2026-10", "2026-10-30"),
        ("2026-11-28", "还没有到"),
        ("2026-11", "过完才能月结"),
    ):
        with pytest.raises(Problem, match=why) as refused:
            kitchen.closes(period)
        assert refused.value.status == 409
    first, second, month = (kitchen.closes(period) for period in ("2026-10-30", "2026-10-31", "2026-10"))
    assert (second.previous, month.previous) == (first.digest, second.digest)
    assert closings.told(month)["fen"] == 2000
    with pytest.raises(Problem, match="账已结到"):
        kitchen.closes("2026-10-29")
    with kitchen.engine.connect() as connection:
        assert postings.closed_through(connection, kitchen.community) == "2026-10-31"


def test_a_closing_that_does_not_balance_is_refused_with_the_difference(kitchen: Kitchen) -> None:
    row = kitchen.eats(kitchen.guest("1950-01-01"))
    with unguarded(kitchen) as connection:
        mine = (canteen_posting.c.meal_id == row.id) & (canteen_posting.c.payer == "cooperative")
        connection.execute(update(canteen_posting).where(mine).values(fen=650))
        with pytest.raises(Problem) as refused:
            closings.close(connection, kitchen.community, "day", "2026-11-27", noon("2026-11-27"), "user:经理")
    assert (refused.value.status, refused.value.more["difference"]) == (409, -50)
    assert refused.value.more["differences"] == {"by_guest": 0, "by_cooperative": -50, "by_other": 0}


def test_the_database_keeps_what_was_posted_and_closed(kitchen: Kitchen) -> None:
    row = kitchen.eats(kitchen.guest("1950-01-01"))
    kitchen.closes("2026-11-27")
    entry = {"community": kitchen.community, "account_day": "2026-11-27", "meal_id": row.id, "kind": "reversal"}
    entry |= {"payer": "guest", "fen": -300, "meals": -1, "tier": "senior", "meal": "lunch"}
    entry |= {"meal_day": "2026-11-27", "at": 1}
    for statement in (
        update(canteen_posting).values(fen=0).where(canteen_posting.c.meal_id == row.id),
        delete(canteen_posting).where(canteen_posting.c.meal_id == row.id),
        update(canteen_closing).values(sums="{}"),
        delete(canteen_closing),
        update(canteen_meal).values(price=0, by_guest=0, by_cooperative=0),
        delete(canteen_meal),
        canteen_posting.insert().values(entry),
    ):
        with pytest.raises(DBAPIError, match="canteen_"), writing(kitchen.engine) as connection:
            connection.execute(statement)


def test_somebody_who_changed_the_books_below_is_found_out(kitchen: Kitchen) -> None:
    row = kitchen.eats(kitchen.guest("1950-01-01"))
    closing = kitchen.closes("2026-11-27")
    with unguarded(kitchen) as connection:
        assert closings.is_intact(connection, closing)
        mine = (canteen_posting.c.meal_id == row.id) & (canteen_posting.c.payer == "cooperative")
        # The sums stay as they are.
        connection.execute(update(canteen_posting).where(mine).values(at=1))
        assert not closings.is_intact(connection, closing)


def test_subsidies_are_owed_by_payer_and_paid(kitchen: Kitchen) -> None:
    for born in ("1950-01-01", "1950-01-02", "1940-01-01"):
        kitchen.eats(kitchen.guest(born))
    by = kitchen.writer("subsidy_payments", MANAGER)
    paid = add(kitchen.engine, by, payer="cooperative", month="2026-11", amount="10.00", paid="2026-11-27")
    between = now()
    paid = change(kitchen.engine, by, paid, amount="9.50")

    def owed(at: int | None = None) -> dict[str, tuple[int, int, int]]:
        with kitchen.engine.connect() as connection:
            rows = figures.subsidies(connection, kitchen.community, "2026-11", at)
        return {row["payer"]: (row["owed"], row["paid"], row["left"]) for row in rows}

    assert owed() == {"cooperative": (1400, 950, 450), "unnamed": (1000, 0, 1000)}
    assert owed(between)["cooperative"][1] == 1000
    void(kitchen.engine, by, paid)
    assert owed()["cooperative"] == (1400, 0, 1400)


def test_figures_can_be_asked_for_as_of_a_past_time(kitchen: Kitchen) -> None:
    kitchen.today = "2026-11-26"
    row = kitchen.eats(kitchen.guest("1990-01-01"), "2026-11-25")
    kitchen.today = "2026-11-27"
    kitchen.takes_back(row)
    with kitchen.engine.connect() as connection:
        for at, meals in ((noon("2026-11-25"), 0), (noon("2026-11-26"), 1), (noon("2026-11-27"), 0)):
            found = figures.lines(connection, kitchen.community, "2026-11-01", "2026-11-30", at)
            assert figures.summed(found)["meals"] == meals


def test_everybody_is_told_nothing_small(kitchen: Kitchen) -> None:
    for guest in kitchen.guests(["1990-01-01"] * 20 + ["1950-01-01"] * 3):
        kitchen.eats(guest, "2026-11-25")
    with kitchen.engine.connect() as connection:
        found = figures.lines(connection, kitchen.community, "2026-11-01", "2026-11-30")
        month = figures.open_month(connection, kitchen.community, "2026-11", found)
        assert figures.open_day(figures.by_day(found)["2026-11-25"]) == {"meals": 23}
    assert (month["meals"], month["fen"]) == (23, None)
    assert {row["tier"]: (row["meals"], row["fen"]) for row in month["tiers"]} == {
        "full": (20, 20_000),
        "senior": (None, None),
        "oldest": (None, None),
    }
    assert {row["payer"]: row["fen"] for row in month["payers"]} == {
        "guest": None,
        "cooperative": None,
        "unnamed": None,
    }
    assert {row["meal"]: row["meals"] for row in month["by_meal"]} == {"breakfast": 0, "lunch": 23, "dinner": 0}
    for guest in kitchen.guests(["1990-01-01"] * 3):
        kitchen.eats(guest, "2026-11-24")
    with kitchen.engine.connect() as connection:
        found = figures.lines(connection, kitchen.community, "2026-11-01", "2026-11-30")
        month = figures.open_month(connection, kitchen.community, "2026-11", found)
        assert figures.open_day(figures.by_day(found)["2026-11-24"]) == {"meals": None}
    # The day that is hidden could be found from the month.
    assert month["meals"] is None
    assert {row["meals"] for row in month["tiers"]} == {None}


def test_managers_hear_once_of_a_month_that_is_to_be_closed(kitchen: Kitchen) -> None:
    kitchen.eats(kitchen.guest("1990-01-01"), "2026-10-30")
    with writing(kitchen.engine) as connection:
        assert not due.is_due(connection, kitchen.community, noon("2026-10-31"))
        assert due.is_due(connection, kitchen.community, noon("2026-11-01"))
        assert due.pass_time(connection, kitchen.community, noon("2026-11-01")) == 1
        assert due.pass_time(connection, kitchen.community, noon("2026-11-02")) == 0
        assert not due.is_due(connection, kitchen.community, noon("2026-11-02"))
    kitchen.closes("2026-10-30"), kitchen.closes("2026-10")
    with writing(kitchen.engine) as connection:
        assert due.pass_time(connection, kitchen.community, noon("2026-12-01") + DAY) == 0


def test_one_guest_who_is_entered_at_many_tills_at_once_eats_once(kitchen: Kitchen) -> None:
    guest = kitchen.guest("1950-01-01")
    engines = [open_engine(kitchen.engine.url.render_as_string(hide_password=False)) for _ in range(2)]
    gate = threading.Barrier(6)

    def tap(number: int) -> int:
        gate.wait()
        try:
            Kitchen(engines[number % 2], community=kitchen.community).eats(guest)
        except Problem as problem:
            return problem.status
        return 201

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(tap, range(6))) == [201, *[409] * 5]
    for one in engines:
        one.dispose()
    assert kitchen.difference() == 0


def test_meals_and_closings_at_once_leave_nothing_in_a_closed_day(kitchen: Kitchen) -> None:
    guests = [kitchen.guest(born) for born in ("1990-01-01", "1950-01-01", "1940-01-01", None)]
    days = [str(date(2026, 11, 10) + timedelta(number)) for number in range(6)]
    for day in days:
        kitchen.eats(guests[0], day)
    engines = [open_engine(kitchen.engine.url.render_as_string(hide_password=False)) for _ in range(2)]
    gate = threading.Barrier(4)

    def eat(number: int) -> None:
        gate.wait()
        for day in days:
            one = Kitchen(engines[number % 2], community=kitchen.community)
            row = one.eats(guests[number], day)
            if number == 2:
                one.takes_back(row)

    def close(_: int) -> None:
        gate.wait()
        for day in days:
            Kitchen(engines[0], community=kitchen.community).closes(day)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: eat(number) if number else close(number), range(4)))
    with kitchen.engine.connect() as connection:
        closed = closings.listed(connection, kitchen.community, 10)
        assert len(closed) == len(days)
        assert all(closings.is_intact(connection, one) for one in closed)
        mine = (canteen_meal.c.community == kitchen.community) & canteen_meal.c.voided_day.is_(None)
        assert len(list(connection.scalars(select(canteen_meal.c.row_id).where(mine)))) == 3 * len(days)
    assert kitchen.difference() == 0
    for one in engines:
        one.dispose()


def test_noon_is_in_the_day() -> None:
    assert noon("2026-11-27") % (24 * HOUR) == 4 * HOUR
