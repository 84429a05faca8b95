"""Registers of points as the engine writes them, at times that a test chooses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine

from layers.problem import Problem
from layers.roles import Actor
from layers.services.points import ledger, queries
from layers.services.points.posting import by_hand
from layers.services.registers import write
from layers.services.registers.behind import Row
from layers.services.registers.declare import registers
from layers.services.registers.write import Asked
from layers.services.registers.writer import Writer
from store.engine import writing
from store.instant import DAY, Instant, local_date, parse_local
from tests.layers.services.registers import SEAL

MANAGER = Actor("王经理", "manager")
BEGIN = parse_local("2026-11-27 09:00")
_communities = count(1)
_cards = count(1)


class Clock(threading.local):
    """What the time is for the engine; each thread has its own."""

    at: Instant = BEGIN

    def __call__(self) -> Instant:
        """The present moment."""
        return self.at


clock = Clock()


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
        clock.at = self.at
        by = Writer(register=registers(self.community)[register], community=self.community, actor=MANAGER, seal=SEAL)
        with writing(self.engine) as connection:
            if before is None:
                return write.add(connection, by, Asked(given=values))[0]
            if void:
                return write.void(connection, by, before.id, Asked(reason="误录"))
            return write.change(connection, by, before.id, Asked(given=values))

    def person(self) -> int:
        """The number of somebody new."""
        card = f"{next(_cards):05}"
        self.people.append(self.write("persons", card=card, name=f"居民{card}").id)
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
            deed = by_hand(connection, self.community, self.at)
            return ledger.earn(connection, self.told(), person, amount, deed)

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


def balance(shop: Shop, person: int, at: Instant | None = None) -> int:
    """What a person has, now or at a time."""
    with shop.engine.connect() as connection:
        found, _ = queries.listed(connection, shop.community, 1_000, at=at)
    return next((one["balance"] for one in found if one["person"] == person), 0)
