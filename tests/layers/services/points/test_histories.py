"""Any mix of earning, spending, redeeming, voiding, reversing and expiring leaves books that agree with each other.

Beside the books a model of plain lists says what each act must do, and whether it must be refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, func, select

from layers.services.points import ledger, queries, rules
from layers.services.points.policies import last_day
from layers.services.points.tables import (
    goods_movement,
    goods_stock,
    points_account,
    points_entry,
    points_lot,
    points_lot_use,
)
from layers.services.registers.behind import Row
from store.instant import local_date
from tests.layers.services.points.rows import Shop, refused

MONTHS, RATE, PRICE, STOCK = 1, 2, 3, 8
PEOPLE = st.integers(0, 2)
AMOUNTS = st.integers(1, 12)


@dataclass
class Lot:
    """What the model knows of a lot."""

    entry: int
    amount: int
    rest: int
    until: str


def books(engine: Engine) -> type[RuleBasedStateMachine]:
    """The machine on a database; each history has a community of its own."""

    class Books(RuleBasedStateMachine):
        earned: Bundle[tuple[int, int]] = Bundle("earned")
        spent: Bundle[tuple[int, int]] = Bundle("spent")
        worked: Bundle[tuple[int, Row]] = Bundle("worked")
        redeemed: Bundle[tuple[int, Row]] = Bundle("redeemed")
        received: Bundle[Row] = Bundle("received")

        @initialize()
        def begin(self) -> None:
            self.shop = Shop(engine)
            for earning in ("by_hand", "volunteer_hours"):
                self.shop.policy(earning, points=RATE, months=MONTHS)
            self.people = [self.shop.person() for _ in range(3)]
            self.goods = self.shop.goods(price=PRICE, stock=STOCK).id
            self.stock = STOCK
            self.lots: list[list[Lot]] = [[] for _ in self.people]
            self.drawn: dict[int, dict[int, int]] = {}

        @property
        def today(self) -> str:
            return self.shop.today

        def balance(self, who: int) -> int:
            return sum(one.rest for one in self.lots[who] if one.until >= self.today)

        def lapse(self, who: int) -> None:
            for one in self.lots[who]:
                if one.until < self.today:
                    one.rest = 0

        def new_lot(self, who: int, amount: int, entry: int) -> None:
            until = last_day(local_date(self.shop.at), MONTHS).isoformat()
            self.lots[who].append(Lot(entry, amount, amount, until))

        def draw(self, who: int, amount: int, entry: int) -> None:
            self.lapse(who)
            drawn = self.drawn[entry] = {}
            for one in self.lots[who]:
                taken = min(one.rest, amount)
                if taken:
                    one.rest -= taken
                    amount -= taken
                    drawn[one.entry] = taken
            assert amount == 0

        def give_back(self, who: int, entry: int) -> None:
            least = (local_date(self.shop.at) + timedelta(days=rules.given_back_days())).isoformat()
            for one in self.lots[who]:
                if one.entry in self.drawn[entry]:
                    one.rest += self.drawn[entry][one.entry]
                    one.until = max(one.until, least)

        def entries_of(self, row: Row) -> list[int]:
            with engine.connect() as connection:
                return [one.id for one in ledger.standing(connection, row.id)]

        @rule(target=earned, who=PEOPLE, amount=AMOUNTS)
        def earn(self, who: int, amount: int) -> tuple[int, int]:
            entry = self.shop.earn(self.people[who], amount)
            self.new_lot(who, amount, entry)
            return who, entry

        @rule(target=spent, who=PEOPLE, amount=AMOUNTS)
        def spend(self, who: int, amount: int) -> object:
            there = self.balance(who)
            if amount > there:
                with refused(409, balance=there):
                    self.shop.spend(self.people[who], amount)
                return multiple()
            entry = self.shop.spend(self.people[who], amount)
            self.draw(who, amount, entry)
            return who, entry

        @rule(target=worked, who=PEOPLE, hours=st.integers(1, 6))
        def work(self, who: int, hours: int) -> tuple[int, Row]:
            values = {"person": self.people[who], "activity": "a", "hours": hours, "day": self.today}
            row = self.shop.write("volunteer_hours", **values)
            self.new_lot(who, hours * RATE, self.entries_of(row)[0])
            return who, row

        @rule(one=consumes(worked))
        def void_work(self, one: tuple[int, Row]) -> None:
            who, row = one
            [entry] = self.entries_of(row)
            self.take_back(who, entry, lambda: self.shop.write("volunteer_hours", before=row, void=True))

        @rule(one=consumes(earned))
        def reverse_earning(self, one: tuple[int, int]) -> None:
            who, entry = one
            self.take_back(who, entry, lambda: self.shop.reverse(entry))

        def take_back(self, who: int, entry: int, act: Callable[[], object]) -> None:
            [lot] = [one for one in self.lots[who] if one.entry == entry]
            if lot.rest < lot.amount:
                with refused(409):
                    act()
                return
            act()
            lot.rest = 0

        @rule(one=consumes(spent))
        def reverse_spending(self, one: tuple[int, int]) -> None:
            who, entry = one
            self.shop.reverse(entry)
            self.give_back(who, entry)

        @rule(target=received, count=st.integers(1, 4))
        def receive(self, count: int) -> Row:
            self.stock += count
            return self.shop.write("goods_receipts", goods=self.goods, count=count, day=self.today)

        @rule(target=redeemed, who=PEOPLE, count=st.integers(1, 3))
        def redeem(self, who: int, count: int) -> object:
            there = self.balance(who)
            wanted = {"person": self.people[who], "goods": self.goods, "count": count}
            if count > self.stock or count * PRICE > there:
                with refused(409):
                    self.shop.write("redemptions", **wanted)
                return multiple()
            row = self.shop.write("redemptions", **wanted)
            self.stock -= count
            self.draw(who, count * PRICE, self.entries_of(row)[0])
            return who, row

        @rule(one=consumes(redeemed))
        def void_redemption(self, one: tuple[int, Row]) -> None:
            who, row = one
            [entry] = self.entries_of(row)
            self.shop.write("redemptions", before=row, void=True)
            self.stock += int(str(row.values["count"]))
            self.give_back(who, entry)

        @rule(row=consumes(received))
        def void_receipt(self, row: Row) -> None:
            count = int(str(row.values["count"]))
            if count > self.stock:
                with refused(409, stock=self.stock):
                    self.shop.write("goods_receipts", before=row, void=True)
                return
            self.shop.write("goods_receipts", before=row, void=True)
            self.stock -= count

        @rule(days=st.integers(1, 40))
        def pass_time(self, days: int) -> None:
            self.shop.days(days)

        @rule()
        def expire(self) -> None:
            self.shop.expire()
            for who in range(len(self.people)):
                self.lapse(who)

        @invariant()
        def books_agree(self) -> None:
            if not hasattr(self, "shop"):
                return
            with engine.connect() as connection:
                assert ledger.sums(connection, self.shop.community) == 0
                accounts = select(points_account).where(points_account.c.community == self.shop.community)
                for account in connection.execute(accounts):
                    assert account.balance == sum_of_entries(connection, account.id)
                    if account.person is not None:
                        rest = select(func.sum(points_lot.c.rest)).where(points_lot.c.account_id == account.id)
                        model = self.lots[self.people.index(account.person)]
                        assert account.balance == connection.scalar(rest) == sum(one.rest for one in model) >= 0
                lots = select(points_lot, func.sum(points_lot_use.c.amount).label("used"))
                lots = lots.outerjoin(points_lot_use, points_lot_use.c.lot_id == points_lot.c.entry_id)
                known = {one.entry: one for who in self.lots for one in who}
                for lot in connection.execute(
                    lots.where(points_lot.c.community == self.shop.community).group_by(points_lot.c.entry_id)
                ):
                    assert lot.rest == lot.amount - (lot.used or 0) == known[lot.entry_id].rest
                    assert lot.until == known[lot.entry_id].until
                pieces = connection.scalar(select(goods_stock.c.pieces).where(goods_stock.c.row_id == self.goods))
                moved = select(func.sum(goods_movement.c.pieces)).where(goods_movement.c.goods == self.goods)
                assert pieces == connection.scalar(moved) == self.stock >= 0

        def teardown(self) -> None:
            if not hasattr(self, "shop"):
                return
            with engine.connect() as connection:
                found, _ = queries.listed(connection, self.shop.community, 10)
                for one in found:
                    who = self.people.index(one["person"])
                    assert one["balance"] == sum(lot.rest for lot in self.lots[who])
                    told, _ = queries.statement(connection, self.shop.community, one["id"], 1_000)
                    assert told[0]["balance"] == one["balance"]
                    assert told[-1]["balance"] == told[-1]["amount"]
                    assert all(entry["balance"] >= 0 for entry in told)

    return Books


def sum_of_entries(connection: Connection, account: int) -> int:
    """What came into an account without what went out of it."""
    columns = points_entry.c
    into = connection.scalar(select(func.coalesce(func.sum(columns.amount), 0)).where(columns.target == account))
    out = connection.scalar(select(func.coalesce(func.sum(columns.amount), 0)).where(columns.source == account))
    return int(into - out)


def test_the_books_agree_after_any_history(shared_engine: Engine, at_times: None) -> None:
    run_state_machine_as_test(
        books(shared_engine),
        settings=settings(max_examples=15, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
