"""Rows of registers as the engine would write them, with what stands behind each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, insert

from layers.problem import Problem
from layers.roles import Actor
from layers.services.points import ledger, queries
from layers.services.points.posting import by_hand
from layers.services.registers.behind import Row, Writing, behind
from layers.services.registers.declare import registers
from layers.services.registers.tables import register_row
from store.engine import writing
from store.instant import DAY, Instant, local_date, parse_local
from store.seal import Seal

SEAL = Seal(Fernet.generate_key())
MANAGER = Actor("王经理", "manager")
BEGIN = parse_local("2026-11-27 09:00")
_communities = count(1)


def write(
    connection: Connection,
    community: str,
    register: str,
    at: Instant,
    before: Row | None = None,
    void: bool = False,
    **values: Any,
) -> Row:
    """Add a row, change it, or void it, in the transaction of the connection."""
    kept = dict(values if before is None else {**before.values, **values})
    keeper = behind(registers(community)[register].behind)
    asked = Writing(
        community=community,
        register=register,
        at=at,
        actor=MANAGER,
        values=kept,
        before=before,
        is_voiding=void,
        seal=SEAL,
    )
    if not void:
        asked = replace(asked, values=kept | dict(keeper.completed(connection, asked)))
    number = _number(connection, community, register, at) if before is None else before.id
    row = Row(
        id=number, seq=1 if before is None else before.seq + 1, community=community, register=register, at=at,
        actor=MANAGER.label, values=asked.values, is_voided=void, reason="",
    )  # fmt: skip
    keeper.settle(connection, asked, row)
    return row


def _number(connection: Connection, community: str, register: str, at: Instant) -> int:
    row = {
        "community": community, "register": register, "seq": 1, "voided": False, "created": at, "at": at,
        "actor": MANAGER.label, "data": "{}",
    }  # fmt: skip
    return int(connection.execute(insert(register_row).values(row).returning(register_row.c.id)).scalar_one())


@dataclass
class Shop:
    """A community with its registers; each act is a transaction of its own, at a time that goes on by `days`."""

    engine: Engine
    at: Instant = BEGIN
    people: list[int] = field(default_factory=list)
    community: str = field(default_factory=lambda: f"community-{next(_communities)}")

    @property
    def today(self) -> str:
        """The date in Asia/Shanghai."""
        return local_date(self.at).isoformat()

    def days(self, count: int) -> None:
        """Let days go by."""
        self.at += count * DAY

    def write(self, register: str, before: Row | None = None, void: bool = False, **values: Any) -> Row:
        """Add a row, change it, or void it."""
        with writing(self.engine) as connection:
            return write(connection, self.community, register, self.at, before, void, **values)

    def person(self) -> int:
        """The number of somebody new."""
        with writing(self.engine) as connection:
            self.people.append(_number(connection, self.community, "persons", self.at))
        return self.people[-1]

    def goods(self, price: int = 5, stock: int = 0, origin: str = "武义三港乡", name: str = "油豆腐") -> Row:
        """Goods, of which some are in stock."""
        row = self.write("goods", name=name, kind="food", origin=origin, unit="袋", price=price)
        if stock:
            self.write("goods_receipts", goods=row.id, count=stock, day=self.today)
        return row

    def policy(self, earning: str = "volunteer_hours", points: int = 2, months: int | None = 12) -> Row:
        """A policy from today on."""
        return self.write("points_policies", earning=earning, since=self.today, points=points, months=months)

    def earn(self, person: int, amount: int) -> int:
        """Let somebody have points by hand."""
        with writing(self.engine) as connection:
            return ledger.earn(connection, self.told(), person, amount, by_hand(connection, self.community, self.at))

    def spend(self, person: int, amount: int) -> int:
        """Take points of somebody."""
        with writing(self.engine) as connection:
            return ledger.spend(connection, self.told(), person, amount)

    def reverse(self, entry: int) -> int:
        """Take an entry back."""
        with writing(self.engine) as connection:
            return ledger.reverse(connection, self.told(), entry)

    def expire(self) -> int:
        """Let expire what holds no longer."""
        with writing(self.engine) as connection:
            return ledger.pass_time(connection, self.community, self.at)

    def told(self) -> ledger.Told:
        """What is said of an entry now."""
        return ledger.Told(community=self.community, at=self.at, actor=MANAGER.label)


@contextmanager
def refused(status: int, **more: Any) -> Iterator[None]:
    """It is refused, with this status and these members."""
    with pytest.raises(Problem) as caught:
        yield
    assert caught.value.status == status, caught.value
    assert {name: caught.value.more.get(name) for name in more} == more


def balance(shop: Shop, person: int, at: int | None = None) -> int:
    """What a person has, now or at a time."""
    with shop.engine.connect() as connection:
        found, _ = queries.listed(connection, shop.community, 1_000, at=at)
    return next((one["balance"] for one in found if one["person"] == person), 0)
