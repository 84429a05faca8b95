"""Many that write at once: by threads, and by processes of their own."""

import contextlib
import multiprocessing
import random
import threading
from collections.abc import Callable

from sqlalchemy import Engine, func, select

from layers.problem import Problem
from layers.services.points import ledger, queries
from layers.services.points.tables import goods_stock, points_account, points_lot
from layers.services.registers.behind import Row
from store.engine import open_engine
from tests.layers.services.points.rows import Shop, balance

THREADS, ROUNDS = 6, 12


def all_at_once(acts: list[Callable[[], None]]) -> None:
    """Everybody begins at the same moment; what fails otherwise than by a refusal fails the test."""
    gate, failures = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - the test says which
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def test_eight_that_spend_the_same_points_at_once_spend_them_once(shop: Shop) -> None:
    person, refusals = shop.person(), list[int]()
    shop.earn(person, 10)
    engines = [open_again(shop.engine) for _ in range(8)]

    def spend(engine: Engine) -> None:
        try:
            Shop(engine, community=shop.community).spend(person, 3)
        except Problem as problem:
            refusals.append(problem.status)

    all_at_once([lambda engine=engine: spend(engine) for engine in engines])  # type: ignore[misc]
    for one in engines:
        one.dispose()
    assert refusals == [409] * 5
    assert balance(shop, person) == 1


def test_the_last_pieces_are_redeemed_once(shop: Shop) -> None:
    goods, people, refusals = shop.goods(price=1, stock=2).id, [shop.person() for _ in range(8)], list[int]()
    for person in people:
        shop.earn(person, 5)

    def redeem(person: int) -> None:
        try:
            shop.write("redemptions", person=person, goods=goods, count=1)
        except Problem as problem:
            refusals.append(problem.status)

    all_at_once([lambda person=person: redeem(person) for person in people])  # type: ignore[misc]
    assert refusals == [409] * 6
    assert sum(balance(shop, person) for person in people) == 8 * 5 - 2


def test_acts_of_all_kinds_at_once_wait_for_each_other_and_the_books_agree(shop: Shop) -> None:
    shop.policy()
    goods, people = shop.goods(price=2, stock=5).id, [shop.person() for _ in range(3)]
    act_of = [lambda seed=seed: act(shop, people, goods, random.Random(seed)) for seed in range(THREADS)]
    for person in people:
        shop.earn(person, 4)
    all_at_once(act_of)  # type: ignore[arg-type]
    with shop.engine.connect() as connection:
        assert ledger.sums(connection, shop.community) == 0
        pieces = connection.scalar(select(goods_stock.c.pieces).where(goods_stock.c.row_id == goods))
        assert pieces is not None
        assert pieces >= 0
        rest = select(points_lot.c.account_id, func.sum(points_lot.c.rest)).group_by(points_lot.c.account_id)
        left = dict(connection.execute(rest.where(points_lot.c.community == shop.community)).tuples().all())
        mine = points_account.c.community == shop.community, points_account.c.person.is_not(None)
        accounts = connection.execute(select(points_account).where(*mine)).all()
        assert len(accounts) == len(people)
        for account in accounts:
            assert account.balance == left[account.id] >= 0
            told, _ = queries.statement(connection, shop.community, account.id, 1_000)
            assert told[0]["balance"] == account.balance
            assert min(one["balance"] for one in told) >= 0


def act(shop: Shop, people: list[int], goods: int, dice: random.Random) -> None:
    """Work, redeem, receive, and void what one did."""
    done: list[tuple[str, Row]] = []
    for _ in range(ROUNDS):
        person = dice.choice(people)
        with contextlib.suppress(Problem):
            match dice.choice(("work", "redeem", "receive", "void", "expire")):
                case "work":
                    values = {"person": person, "activity": "a", "hours": dice.randint(1, 4), "day": shop.today}
                    done.append(("volunteer_hours", shop.write("volunteer_hours", **values)))
                case "redeem":
                    values = {"person": person, "goods": goods, "count": dice.randint(1, 2)}
                    done.append(("redemptions", shop.write("redemptions", **values)))
                case "receive":
                    values = {"goods": goods, "count": 1, "day": shop.today}
                    done.append(("goods_receipts", shop.write("goods_receipts", **values)))
                case "void" if done:
                    register, row = done.pop(dice.randrange(len(done)))
                    shop.write(register, before=row, void=True)
                case _:
                    shop.expire()


def test_processes_of_their_own_do_not_spend_the_same_points_twice(shop: Shop) -> None:
    person = shop.person()
    shop.earn(person, 10)
    begun = multiprocessing.get_context("fork")
    processes = [begun.Process(target=spend_in_a_process, args=(shop, person)) for _ in range(2)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(30)
    assert sum(one.exitcode or 0 for one in processes) == 3
    assert balance(shop, person) == 1


def spend_in_a_process(shop: Shop, person: int) -> None:
    """Spend three points four times; the exit code says how often that went."""
    mine, went = Shop(open_again(shop.engine), community=shop.community), 0
    for _ in range(4):
        with contextlib.suppress(Problem):
            mine.spend(person, 3)
            went += 1
    raise SystemExit(went)


def open_again(engine: Engine) -> Engine:
    """The same database by connections of its own."""
    return open_engine(engine.url.render_as_string(hide_password=False))
