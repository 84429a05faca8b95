"""What is real stays when a demonstration is taken out, with the invented records that it names."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from cockpit.demonstration import beginning
from cockpit.demonstration.clearing import clear
from cockpit.demonstration.hanging import links, part_of, tables
from cockpit.errors import BadSetting
from cockpit.reports import kept
from cockpit.reports.gather import Gathered
from cockpit.reports.kinds import period
from cockpit.reports.tables import report
from layers.indicators.tables import indicator_value
from layers.services.canteen.tables import canteen_closing, canteen_meal, canteen_posting, canteen_price
from layers.services.points.tables import points_account, points_entry, points_lot, points_lot_use
from layers.services.registers.tables import register_row, register_value, register_version
from store import demonstration
from store.databases import Databases
from store.demonstration import LIVES
from store.engine import writing
from store.held import Held, held
from store.language import Word
from tests.database import new_database
from tests.running import until

INVENTED, REAL = "demonstration:演示", "user:张三"


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    """A database in which a demonstration began."""
    opened = new_database(tmp_path)
    beginning.begin(Databases(opened))
    yield opened
    opened.dispose()


def row(connection: Connection, register: str, actor: str, **names: int) -> int:
    """A row of a register, naming others by its fields."""
    new = {
        "community": "heling",
        "register": register,
        "seq": 1,
        "voided": False,
        "at": 1,
        "actor": actor,
        "data": "{}",
    }
    number = connection.execute(
        insert(register_row).values(new | {"created": 1}).returning(register_row.c.id)
    ).scalar_one()
    connection.execute(insert(register_version).values(new | {"row_id": number, "action": "create", "reason": ""}))
    for field, named in names.items():
        of = {"row_id": number, "field": field, "place": 0, "community": "heling", "register": register}
        connection.execute(insert(register_value).values(of | {"number": named}))
    return int(number)


def meal(connection: Connection, actor: str, person: int, price: int, day: str) -> int:
    """A meal in the books."""
    number = row(connection, "meals", actor, guest=person)
    paid = {"price": 5, "by_guest": 5, "by_cooperative": 0, "by_other": 0}
    of = {"community": "heling", "meal": "lunch", "tier": "all"}
    eaten = {"person": person, "policy": price, "day": day, "second": False, "account_day": day, **paid}
    connection.execute(insert(canteen_meal).values(of | eaten | {"row_id": number}))
    post = {"meal_id": number, "account_day": day, "meal_day": day, "kind": "entry", "payer": "guest", "fen": 5}
    connection.execute(insert(canteen_posting).values(of | post | {"meals": 1, "at": 1}))
    return number


def price(connection: Connection, actor: str, year: int) -> int:
    """A price of the meals of a year."""
    number = row(connection, "meal_prices", actor)
    of = {
        "community": "heling",
        "since": f"{year}-01-01",
        "until": f"{year}-12-31",
        "price": 5,
        "tiers": "[]",
        "voided": False,
    }
    connection.execute(insert(canteen_price).values(of | {"row_id": number}))
    return number


def numbers(engine: Engine, column: Any) -> list[Any]:
    """What stands in a column."""
    with engine.connect() as connection:
        return sorted(connection.scalars(select(column)))


def test_a_real_meal_stays_in_the_books_with_the_invented_price_that_it_names(lite: Engine) -> None:
    with writing(lite) as connection:
        named, unused = price(connection, INVENTED, 2026), price(connection, INVENTED, 2025)
        invented, real = row(connection, "persons", INVENTED), row(connection, "persons", REAL)
        gone = meal(connection, INVENTED, invented, named, "2026-11-02")
        mine = meal(connection, REAL, real, named, "2026-11-01")
        for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
            closing = {"community": "heling", "kind": "day", "period": day, "through": day, "at": 1, "actor": REAL}
            connection.execute(insert(canteen_closing).values(closing | {"sums": "", "digest": day, "previous": ""}))
    cleared = clear(Databases(lite), "tests")
    assert numbers(lite, register_row.c.id) == sorted([named, real, mine])
    assert numbers(lite, canteen_meal.c.row_id) == numbers(lite, canteen_posting.c.meal_id) == [mine]
    # What adds up an invented meal says nothing, nor what builds on it.
    assert numbers(lite, canteen_closing.c.period) == ["2026-11-01"]
    assert [(str(one.record), str(one.named_by)) for one in cleared.left] == [
        (f"register_row {named}", f"canteen_meal {mine}")
    ]
    assert {unused, gone} & set(numbers(lite, register_row.c.id)) == set()
    with lite.connect() as connection:
        assert demonstration.began(connection) is None
        told = demonstration.marked(connection, "register_row", [{"id": named}, {"id": mine}])
        # A figure says so, too.
        table, number = register_row, register_row.c.id
        assert [demonstration.brought(connection, table, number == one) for one in (named, mine)] == [True, False]
    assert told == [{"id": named, "demo": True}, {"id": mine}]
    assert clear(Databases(lite), "tests").left == cleared.left


def test_what_is_named_by_what_is_named_stays_too(lite: Engine) -> None:
    with writing(lite) as connection:
        term, other = row(connection, "terms", INVENTED), row(connection, "terms", INVENTED)
        course = row(connection, "courses", INVENTED, term=term)
        learner = row(connection, "persons", INVENTED)
        of_others = row(connection, "enrolments", INVENTED, course=course, person=learner)
        mine = row(connection, "enrolments", REAL, course=course)
    clear(Databases(lite), "tests")
    assert numbers(lite, register_row.c.id) == sorted([term, course, mine])
    assert {other, of_others, learner} & set(numbers(lite, register_version.c.row_id)) == set()


def test_points_of_somebody_real_are_what_is_left_without_invented_entries(lite: Engine) -> None:
    with writing(lite) as connection:
        person = row(connection, "persons", REAL)
        accounts = [
            connection.execute(
                insert(points_account)
                .values({"community": "heling", "person": who, "code": code, "balance": 0, "opened": 1})
                .returning(points_account.c.id)
            ).scalar_one()
            for who, code in ((person, None), (None, "issued"), (None, "spent"))
        ]
        mine, issued, spent = accounts

        def entry(actor: str, source: int, target: int, amount: int) -> int:
            of = {"community": "heling", "at": 1, "source": source, "target": target, "amount": amount}
            of |= {"actor": actor, "memo": "", "row_id": row(connection, "earnings", actor)}
            return int(connection.execute(insert(points_entry).values(of).returning(points_entry.c.id)).scalar_one())

        real, invented = entry(REAL, issued, mine, 10), entry(INVENTED, issued, mine, 7)
        for number, amount in ((real, 10), (invented, 7)):
            lot = {"entry_id": number, "community": "heling", "account_id": mine, "amount": amount, "rest": amount}
            connection.execute(insert(points_lot).values(lot | {"earning": "x", "day": "2026-11-01"}))
        took = entry(INVENTED, mine, spent, 4)
        connection.execute(insert(points_lot_use).values(entry_id=took, lot_id=real, amount=4))
    clear(Databases(lite), "tests")
    assert numbers(lite, points_entry.c.id) == [real]
    with lite.connect() as connection:
        assert connection.execute(select(points_lot.c.entry_id, points_lot.c.rest)).all() == [(real, 10)]
        assert connection.scalar(select(points_account.c.balance).where(points_account.c.id == mine)) == 10


def test_only_reports_of_invented_figures_go(lite: Engine) -> None:
    with writing(lite) as connection:
        for number, is_invented in enumerate((True, False, None)):
            of = period("day", f"2026-11-0{number + 1}")
            known = Gathered(
                kind="day", period=of, community=Word("甲", "A"), known_at=of.until, is_over=True, version="1",
                sections=[], is_invented=bool(is_invented),
            )  # fmt: skip
            figures = None if is_invented is None else kept.packed(known)
            kept.ask(connection, "heling", "day", of, of.until, "schedule", of.until)
            connection.execute(update(report).where(report.c.period == of.code).values(figures=figures))
    clear(Databases(lite), "tests")
    assert numbers(lite, report.c.period) == ["2026-11-02", "2026-11-03"]


def test_a_value_that_somebody_entered_is_enough_to_be_no_empty_database(tmp_path: Path) -> None:
    engine = new_database(tmp_path)
    with writing(engine) as connection:
        value = {"community": "heling", "code": "employed", "day": 0, "value": 1.0, "source": "x", "note": ""}
        connection.execute(insert(indicator_value).values(value | {"at": 1, "actor": REAL}))
    with pytest.raises(BadSetting, match="indicator_value"):
        beginning.begin(Databases(engine))
    engine.dispose()


def test_every_table_is_known_as_what_it_is() -> None:
    for table in tables():
        assert set(part_of(table.name)) <= {link.naming for link in links().get(table.name, ())}


HOLDS = """
import sys, time
from store.engine import open_engine
from store.held import held
with held([open_engine(sys.argv[1])], "demonstration"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_while_one_lives_nobody_takes_it_out_and_what_was_killed_lives_no_more(engine: Engine) -> None:
    beginning.begin(Databases(engine))
    url = engine.url.render_as_string(hide_password=False)
    living = subprocess.Popen([sys.executable, "-c", HOLDS, url], stdout=subprocess.PIPE)
    assert living.stdout is not None
    assert living.stdout.readline() == b"held\n"
    with pytest.raises(BadSetting, match="lives"):
        clear(Databases(engine), "tests")
    with pytest.raises(Held), held([engine], LIVES):
        pass
    os.kill(living.pid, signal.SIGKILL)
    living.wait()

    def is_cleared() -> bool:
        try:
            return bool(clear(Databases(engine), "tests"))
        except BadSetting:
            return False

    # PostgreSQL notices a moment later that its client is gone.
    until(is_cleared)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(demonstration.demonstration)) == 0
