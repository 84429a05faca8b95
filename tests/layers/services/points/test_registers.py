"""What stands behind the registers of points: earnings, goods, receipts, redemptions, policies."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from layers.services.points import ledger, posting, queries, rules, totals
from layers.services.points.tables import goods_stock
from layers.services.registers import listing
from layers.services.registers import queries as queries_of_rows
from layers.services.registers.behind import as_told
from layers.services.registers.declare import shipped
from layers.services.registers.wanted import Wanted
from store.engine import writing
from tests.layers.services.points.rows import MANAGER, Shop, balance, refused
from tests.layers.services.registers import SEAL


def in_stock(shop: Shop, goods: int, at: int | None = None) -> int:
    with shop.engine.connect() as connection:
        found = queries_of_rows.row(connection, SEAL, shop.community, "goods", goods)
        assert found is not None
        (row,) = as_told(connection, "goods", [found], at)
    return int(str(row.values["stock"]))


def told(shop: Shop, at: int | None = None) -> dict[str, Any]:
    with shop.engine.connect() as connection:
        return totals.totals(connection, shop.community, at)


def test_each_register_that_earns_is_declared_and_has_a_choice_among_the_policies() -> None:
    choices = shipped()["points_policies"].field("earning").choices
    assert set(choices) == {*rules.earnings(), rules.BY_HAND}
    for code, rule in rules.earnings().items():
        register = shipped()[code]
        assert register.field(rule.points).computed
        assert register.field(rule.person).to == "persons"
        assert register.field(rule.day).type == "date"
        for one in (*filter(None, [rule.quantity]), *rule.only):
            assert register.field(one)


def test_hours_earn_whole_points_by_the_policy_of_their_day(shop: Shop) -> None:
    shop.policy(points=3)
    shop.days(2)
    shop.policy(points=10)
    person = shop.person()
    row = shop.write("volunteer_hours", person=person, activity="清扫", hours=2.5, day="2026-11-28")
    assert row.values["points"] == 7
    assert balance(shop, person) == 7
    today = shop.write("volunteer_hours", person=person, activity="清扫", hours=0.29, day=shop.today)
    assert today.values["points"] == 2
    with refused(422):
        shop.write("volunteer_hours", person=person, activity="清扫", hours=1, day="2026-11-30")


def test_where_nobody_said_what_a_deed_earns_it_earns_nothing_yet(shop: Shop) -> None:
    person = shop.person()
    row = shop.write("participations", person=person, activity="议事会", kind="council", day=shop.today)
    assert "points" not in row.values
    assert balance(shop, person) == 0
    shop.policy("participations", points=5)
    row = shop.write("participations", before=row, activity="议事协商会")
    assert row.values["points"] == 5
    assert balance(shop, person) == 5


def test_an_earning_that_is_changed_is_posted_as_it_is_now(shop: Shop) -> None:
    shop.policy(points=2)
    one, other = shop.person(), shop.person()
    row = shop.write("volunteer_hours", person=one, activity="清扫", hours=3, day=shop.today)
    shop.spend(one, 6)
    row = shop.write("volunteer_hours", before=row, hours=4)  # two points more
    assert balance(shop, one) == 2
    with refused(409):
        shop.write("volunteer_hours", before=row, hours=1)
    with refused(409):
        shop.write("volunteer_hours", before=row, person=other)
    with refused(409):
        shop.write("volunteer_hours", before=row, void=True)
    assert (balance(shop, one), balance(shop, other)) == (2, 0)
    another = shop.write("volunteer_hours", person=one, activity="清扫", hours=5, day=shop.today)
    another = shop.write("volunteer_hours", before=another, person=other, hours=2)
    assert (balance(shop, one), balance(shop, other)) == (2, 4)
    shop.write("volunteer_hours", before=another, void=True)
    assert balance(shop, other) == 0


def test_words_that_are_corrected_move_no_points_whatever_the_policies_say_now(shop: Shop) -> None:
    shop.policy(points=2)
    person = shop.person()
    row = shop.write("volunteer_hours", person=person, activity="清扫", hours=3, day=shop.today)
    with shop.engine.connect() as connection:
        before = [one.id for one in ledger.standing(connection, row.id)]
    shop.write("volunteer_hours", before=row, activity="清扫广场")
    with shop.engine.connect() as connection:
        assert [one.id for one in ledger.standing(connection, row.id)] == before


def test_a_policy_by_which_points_were_earned_stays_and_a_new_one_begins_later(shop: Shop) -> None:
    policy = shop.policy(points=2)
    policy = shop.write("points_policies", before=policy, points=3)
    shop.write("volunteer_hours", person=shop.person(), activity="清扫", hours=1, day=shop.today)
    with refused(409):
        shop.write("points_policies", before=policy, points=4)
    with refused(409):
        shop.write("points_policies", before=policy, void=True)
    shop.write("points_policies", before=policy)
    for since in ("2026-11-27", "2026-10-01"):
        with refused(409):
            shop.write("points_policies", earning="volunteer_hours", since=since, points=9)
    later = shop.write("points_policies", earning="volunteer_hours", since="2026-11-28", points=9, months=3)
    shop.write("points_policies", before=later, void=True)
    shop.days(1)
    row = shop.write("volunteer_hours", person=shop.person(), activity="清扫", hours=1, day=shop.today)
    assert row.values["points"] == 3


def test_points_and_stock_fall_together_or_not_at_all(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 20)
    tofu = shop.goods(price=5, stock=3).id
    row = shop.write("redemptions", person=person, goods=tofu, count=2)
    assert row.values["points"] == 10
    assert (balance(shop, person), in_stock(shop, tofu)) == (10, 1)
    with refused(409, stock=1):
        shop.write("redemptions", person=person, goods=tofu, count=2)
    dear = shop.goods(price=11, stock=3, name="香菇干").id
    with refused(409, balance=10):
        shop.write("redemptions", person=person, goods=dear, count=1)
    assert (balance(shop, person), in_stock(shop, tofu), in_stock(shop, dear)) == (10, 1, 3)
    shop.write("redemptions", before=row, void=True)
    assert (balance(shop, person), in_stock(shop, tofu)) == (20, 3)


def test_what_was_redeemed_keeps_its_price(shop: Shop) -> None:
    person, goods = shop.person(), shop.goods(price=5, stock=3)
    shop.earn(person, 20)
    row = shop.write("redemptions", person=person, goods=goods.id, count=1)
    shop.write("goods", before=goods, price=50)
    row = shop.write("redemptions", before=row)
    assert row.values["points"] == 5
    shop.write("redemptions", before=row, void=True)
    assert balance(shop, person) == 20


def test_a_receipt_that_is_redeemed_already_is_not_taken_back(shop: Shop) -> None:
    person, goods = shop.person(), shop.goods(price=1)
    shop.earn(person, 20)
    receipt = shop.write("goods_receipts", goods=goods.id, count=10, day=shop.today)
    assert receipt.values["origin"] == "武义三港乡"
    with refused(409):
        shop.write("goods", before=goods, void=True)
    row = shop.write("redemptions", person=person, goods=goods.id, count=4)
    receipt = shop.write("goods_receipts", before=receipt, count=4)
    with refused(409, stock=0):
        shop.write("goods_receipts", before=receipt, count=3)
    with refused(409, stock=0):
        shop.write("goods_receipts", before=receipt, void=True)
    shop.write("redemptions", before=row, void=True)
    shop.write("goods_receipts", before=receipt, void=True)
    assert in_stock(shop, goods.id) == 0
    shop.write("goods", before=goods, void=True)
    with refused(422):
        shop.write("goods_receipts", goods=goods.id, count=1, day=shop.today)
    with refused(422):
        shop.write("goods_receipts", goods=person, count=1, day=shop.today)


def test_the_database_itself_keeps_stock_from_falling_below_zero(shop: Shop) -> None:
    goods = shop.goods(stock=3).id
    with pytest.raises(IntegrityError), writing(shop.engine) as connection:
        connection.execute(update(goods_stock).where(goods_stock.c.row_id == goods).values(pieces=-1))


def test_totals_name_nobody(shop: Shop) -> None:
    assert told(shop)["issued"] == 0
    people = [shop.person() for _ in range(6)]
    goods = shop.goods(price=1, stock=10).id
    for person in people[:4]:
        shop.earn(person, 10)
    nothing = dict.fromkeys(("issued", "spent", "expired", "in_hand", "people"))
    assert {code: told(shop)[code] for code in nothing} == nothing
    assert set(told(shop)["hidden"].values()) == {"fewer than 5"}
    for person in people[4:]:
        shop.earn(person, 10)
    assert told(shop)["issued"] == told(shop)["in_hand"] == 60
    assert told(shop)["hidden"] == {}
    then = shop.at
    shop.days(1)
    for person in people[:4]:
        shop.write("redemptions", person=person, goods=goods, count=1)
    found = told(shop)
    assert (found["issued"], found["people"], found["spent"]) == (60, 6, None)
    assert [found[code] for code in ("spent", "expired", "in_hand")].count(None) >= 2
    [origin] = found["origins"]
    assert (origin["origin"], origin["stock"]) == ("武义三港乡", 6)
    assert (origin["received"], origin["redeemed"]) == (None, None)
    shop.write("redemptions", person=people[4], goods=goods, count=2)
    found = told(shop)
    assert (found["spent"], found["expired"], found["in_hand"]) == (6, 0, 54)
    [origin] = found["origins"]
    assert (origin["stock"], origin["received"], origin["redeemed"]) == (4, 10, 6)
    assert told(shop, then)["in_hand"] == 60
    assert told(shop, then)["origins"][0]["stock"] == in_stock(shop, goods, then) == 10


def test_stock_is_told_by_origin(shop: Shop) -> None:
    shop.goods(stock=3, name="油豆腐")
    shop.goods(stock=4, name="香菇干")
    shop.goods(stock=5, name="理发体验券", origin="赫灵理发店")
    shop.goods(name="没进过货", origin="别处")
    with shop.engine.connect() as connection:
        found = {one["origin"]: one["stock"] for one in totals.by_origin(connection, shop.community)}
    assert found == {"武义三港乡": 7, "赫灵理发店": 5}


def test_a_name_goes_out_of_what_was_said_of_ones_own_entries_where_one_asks_for_that(shop: Shop) -> None:
    mine, other = shop.person(), shop.person()
    with writing(shop.engine) as connection:
        numbers = [
            posting.post(connection, shop.community, asked, MANAGER, shop.at)[0]
            for asked in (posting.Asked(person=one, amount=5, memo="李四代王五领取") for one in (mine, other))
        ]
        assert ledger.forget(connection, shop.community, mine, ("王五",)) == 1
        memos = [queries.entry(connection, shop.community, number)["memo"] for number in numbers]
    assert memos == ["李四代▇▇领取", "李四代王五领取"]
    assert balance(shop, mine) == 5


def test_goods_are_sorted_by_what_is_in_stock_now_and_then(shop: Shop) -> None:
    few, many, none = (shop.goods(stock=stock, name=f"货{stock}").id for stock in (2, 9, 0))
    before = shop.at
    shop.days(1)
    shop.write("goods_receipts", goods=none, count=30, day=shop.today)

    def by_stock(at: int | None, *, is_descending: bool = False) -> list[int]:
        register = shipped()["goods"]
        wanted = Wanted(sort=register.field("stock"), is_descending=is_descending)
        with shop.engine.connect() as connection:
            return [one.id for one in listing.listed(connection, SEAL, register, shop.community, wanted, at).rows]

    assert by_stock(None) == [few, many, none]
    assert by_stock(None, is_descending=True) == [none, many, few]
    assert by_stock(before) == [none, few, many]
