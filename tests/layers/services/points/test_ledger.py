"""The ledger of points: what may be posted, what is refused, what the database itself refuses."""

from datetime import date

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from layers.services.points import accounts, ledger, queries
from layers.services.points.policies import last_day
from layers.services.points.tables import points_account, points_entry, points_lot
from store.engine import writing
from store.instant import DAY, HOUR
from tests.layers.services.points.rows import Shop, balance, refused


def test_what_is_earned_can_be_spent_and_no_more(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 10)
    shop.spend(person, 7)
    with refused(409, balance=3):
        shop.spend(person, 4)
    assert balance(shop, person) == 3
    with shop.engine.connect() as connection:
        assert ledger.sums(connection, shop.community) == 0


def test_nobody_has_an_account_who_is_not_registered(shop: Shop) -> None:
    with refused(404):
        shop.earn(12345, 1)
    with refused(404):
        shop.earn(shop.goods().id, 1)


def test_the_oldest_points_are_spent_first_and_what_is_left_in_time_expires(shop: Shop) -> None:
    shop.policy("by_hand", months=1)
    person = shop.person()
    shop.earn(person, 10)  # holds until 27 December
    shop.days(10)
    shop.earn(person, 10)  # until 6 January
    shop.spend(person, 4)
    shop.days(20)
    assert shop.today == "2026-12-27"
    assert shop.expire() == 0
    shop.days(1)
    assert shop.expire() == 1
    assert shop.expire() == 0
    assert balance(shop, person) == 10
    with shop.engine.connect() as connection:
        [one], _ = queries.listed(connection, shop.community, 10)
    assert (one["earned"], one["spent"], one["expired"]) == (20, 4, 6)


def test_what_holds_no_longer_is_not_spent_though_time_has_not_passed_by_yet(shop: Shop) -> None:
    shop.policy("by_hand", months=1)
    person = shop.person()
    shop.earn(person, 10)
    shop.days(31)
    with refused(409, balance=0):
        shop.spend(person, 1)
    assert balance(shop, person) == 10  # nothing of a refusal is kept
    shop.earn(person, 5)
    shop.spend(person, 5)
    assert balance(shop, person) == 0


def test_without_a_policy_points_hold_for_ever(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 10)
    shop.days(365 * 50)
    assert shop.expire() == 0
    shop.spend(person, 10)


def test_a_month_ends_on_the_day_of_the_same_number_or_on_its_last() -> None:
    assert last_day(date(2026, 11, 27), 12) == date(2027, 11, 27)
    assert last_day(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert last_day(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert last_day(date(2026, 12, 1), 1) == date(2027, 1, 1)


def test_an_entry_is_reversed_once_by_one_that_names_it(shop: Shop) -> None:
    person = shop.person()
    earned = shop.earn(person, 10)
    spent = shop.spend(person, 4)
    with refused(409, balance=6):
        shop.reverse(earned)  # four of them are spent
    reversal = shop.reverse(spent)
    with refused(409, reversed_by=reversal):
        shop.reverse(spent)
    with refused(409, reverses=spent):
        shop.reverse(reversal)
    shop.reverse(earned)
    assert balance(shop, person) == 0
    with refused(404):
        shop.reverse(99_999)


def test_what_a_reversal_gives_back_holds_for_a_while(shop: Shop) -> None:
    shop.policy("by_hand", months=1)
    person = shop.person()
    shop.earn(person, 10)
    spent = shop.spend(person, 10)
    shop.days(100)
    shop.reverse(spent)
    assert shop.expire() == 0
    shop.days(30)
    assert shop.expire() == 0
    shop.days(1)
    assert shop.expire() == 1


def test_an_expiry_is_put_right_too(shop: Shop) -> None:
    shop.policy("by_hand", months=1)
    person = shop.person()
    earned = shop.earn(person, 10)
    shop.days(40)
    shop.expire()
    with refused(409, balance=0):
        shop.reverse(earned)
    with shop.engine.connect() as connection:
        (newest,) = connection.scalars(select(func.max(points_entry.c.id)))
    shop.reverse(newest)
    assert balance(shop, person) == 10


def test_a_statement_tells_the_balance_after_each_entry_now_and_then(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 10)
    shop.days(1)
    spent = shop.spend(person, 4)
    then = shop.at
    shop.days(1)
    shop.reverse(spent)
    with shop.engine.connect() as connection:
        account = connection.scalar(select(points_account.c.id).where(points_account.c.person == person))
        assert account is not None
        told, following = queries.statement(connection, shop.community, account, 2)
        rest, end = queries.statement(connection, shop.community, account, 2, int(following or 0))
        past, _ = queries.statement(connection, shop.community, account, 10, at=then)
    seen = [(one["kind"], one["amount"], one["balance"], one["reversed_by"]) for one in told + rest]
    assert seen == [("reversal", 4, 10, None), ("spent", -4, 6, told[0]["id"]), ("earned", 10, 10, None)]
    assert end is None
    assert [(one["balance"], one["reversed_by"]) for one in past] == [(6, None), (10, None)]
    assert balance(shop, person, then) == 6
    assert balance(shop, person, then - 2 * DAY) == 0


def test_a_clock_that_goes_back_makes_no_balance_of_the_past_that_never_was(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 10)
    shop.days(1)
    shop.earn(person, 10)
    earned = shop.at
    shop.at -= HOUR
    shop.spend(person, 15)
    assert balance(shop, person, earned - 1) == 10
    assert balance(shop, person, earned) == 5


def test_the_database_itself_refuses_what_would_not_balance(shop: Shop) -> None:
    person = shop.person()
    entry = shop.earn(person, 10)
    with writing(shop.engine) as connection:
        account = accounts.of_person(connection, shop.community, person, shop.at)
        issued = accounts.own(connection, shop.community, "issued", shop.at)
        foreign = accounts.own(connection, f"not-{shop.community}", "issued", shop.at)
    row = {
        "community": shop.community, "at": shop.at, "source": account, "target": issued, "amount": 11, "actor": "a",
        "memo": "",
    }  # fmt: skip
    for wrong in (
        insert(points_entry).values(row),  # more than there is
        insert(points_entry).values(row | {"amount": 0}),
        insert(points_entry).values(row | {"amount": -1}),
        insert(points_entry).values(row | {"amount": 1, "target": account}),
        insert(points_entry).values(row | {"amount": 1, "target": foreign}),
        insert(points_account).values(community=shop.community, balance=0, opened=1),
        insert(points_account).values(community=shop.community, person=person, balance=0, opened=1),
        update(points_lot).where(points_lot.c.entry_id == entry).values(rest=-1),
        update(points_lot).where(points_lot.c.entry_id == entry).values(rest=11),
    ):
        with pytest.raises(IntegrityError), writing(shop.engine) as connection:
            connection.execute(wrong)
    for changed in (update(points_entry).values(amount=1), delete(points_entry).where(points_entry.c.id == entry)):
        with pytest.raises(DBAPIError, match="only ever added"), writing(shop.engine) as connection:
            connection.execute(changed)
    assert balance(shop, person) == 10
