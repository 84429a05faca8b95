"""Prices of meals: from which day what a meal costs, what guests of an age pay of it, and who pays the rest.

A price holds until its last day, or where none is said until the next price begins. No two have a day in common. One
that meals were sold at stays as it is: another follows from a later day.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, not_, select, update

from layers.problem import Problem
from layers.services.canteen import rules
from layers.services.canteen.tables import canteen_meal, canteen_price
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.language import named, say
from store.once import alone


@dataclass(frozen=True)
class Share:
    """What guests from an age on (None: of any) pay of a meal in fen, and who pays the rest (None: there is none)."""

    tier: str
    age: int | None
    pays: int
    payer: str | None


@dataclass(frozen=True, kw_only=True)
class Price:
    """A price in fen from ``since`` to ``until`` (both days are in it); ``shares`` of the oldest first."""

    since: str
    until: str | None
    price: int
    shares: tuple[Share, ...]
    row_id: int = 0

    def share(self, age: int | None) -> Share:
        """What somebody of an age pays; of an unknown age as one who has reached none."""
        return next(one for one in self.shares if one.age is None or (age is not None and age >= one.age))


def hold(connection: Connection, community: str) -> None:
    """Be the only one who writes into the books of a community's canteen, until the transaction ends."""
    alone(connection, "canteen", community)


def price_on(connection: Connection, community: str, day: str) -> Price | None:
    """The price that holds on a day; None where there is none."""
    known = [one for one in prices(connection, community) if one.since <= day]
    return known[-1] if known and (known[-1].until is None or known[-1].until >= day) else None


def prices(connection: Connection, community: str) -> list[Price]:
    """The prices that stand, the earliest first."""
    columns = canteen_price.c
    query = select(canteen_price).where(columns.community == community, not_(columns.voided)).order_by(columns.since)
    return [
        Price(
            row_id=row.row_id,
            since=row.since,
            until=row.until,
            price=row.price,
            shares=tuple(Share(*one) for one in json.loads(row.tiers)),
        )
        for row in connection.execute(query)
    ]


def prices_of(connection: Connection, community: str, month: str) -> list[Price]:
    """The prices that hold on a day of a month, the earliest first."""
    known = prices(connection, community)
    ends = [one.until or (known[place + 1].since if known[place + 1 :] else "9999") for place, one in enumerate(known)]
    return [one for one, end in zip(known, ends, strict=True) if one.since[:7] <= month <= end[:7]]


def price_of(values: Mapping[str, Value], row_id: int = 0) -> Price:
    """The price that a row of the register says.

    Raises
    ------
    Problem
        422 with what does not fit together.
    """
    given: Mapping[str, Any] = values
    since, until, price = given["from"], given.get("until"), given["price"]
    shares = tuple(_shares(given, price))
    ages = [one.age for one in shares if one.age is not None]
    if price <= 0:
        raise _unfit(say("餐价应大于零"))
    if until is not None and until < since:
        raise _unfit(say("止日 {until} 早于起日 {since}", until=until, since=since))
    if ages != sorted(set(ages), reverse=True):
        raise _unfit(say("高龄的年龄应大于老年价的年龄"))
    if any(one.pays > price for one in shares):
        raise _unfit(say("就餐人付的不能多于餐价"))
    return Price(row_id=row_id, since=since, until=until, price=price, shares=shares)


def _shares(given: Mapping[str, Any], price: int) -> Iterator[Share]:
    full = given.get("full_pays")
    if full == 0:
        yield _share(given, price, rules.TRIAL, None, 0)
        return
    for tier in rules.tiers():
        age, pays = given.get(tier.age), given.get(tier.pays)
        if tier.code == rules.FULL:
            yield _share(given, price, tier.code, None, price if pays is None else pays)
        elif age is not None and pays is not None:
            yield _share(given, price, tier.code, age, pays)
        elif age is not None or pays is not None:
            raise _unfit(say("「{tier}」的年龄与金额要一起填", tier=named(tier)))


def _share(given: Mapping[str, Any], price: int, tier: str, age: int | None, pays: int) -> Share:
    if pays >= price:
        return Share(tier, age, pays, None)
    return Share(tier, age, pays, given.get("part_payer" if pays else "free_payer") or rules.UNNAMED)


def _unfit(why: str) -> Problem:
    return Problem(422, "bad request", why)


class Prices(Behind):
    """No two prices on one day; none changed that meals were sold at."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; what cannot be is refused."""
        hold(connection, writing.community)
        before = writing.before
        asked = price_of(writing.values, before.id if before else 0)
        if before is not None and _is_used(connection, before.id):
            _check_used(connection, price_of(before.values, before.id), asked)
        others = [one for one in prices(connection, writing.community) if one.row_id != asked.row_id]
        for one in others:
            if _overlap(one, asked):
                raise Problem(
                    409, "conflict", say("与 {since} 起的餐价（编号 {id}）重叠", since=one.since, id=one.row_id)
                )
        _check_taken(connection, writing.community, asked, others)
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Keep the price by its days."""
        hold(connection, writing.community)
        if row.is_voided:
            if _is_used(connection, row.id):
                raise _used()
            connection.execute(update(canteen_price).where(canteen_price.c.row_id == row.id).values(voided=True))
            return
        price = price_of(row.values, row.id)
        kept = {
            "since": price.since,
            "until": price.until,
            "price": price.price,
            "tiers": json.dumps([[one.tier, one.age, one.pays, one.payer] for one in price.shares]),
        }
        if writing.before is None:
            new = {"row_id": row.id, "community": row.community, "voided": False}
            connection.execute(insert(canteen_price).values(kept | new))
        else:
            connection.execute(update(canteen_price).where(canteen_price.c.row_id == row.id).values(kept))


def _overlap(one: Price, other: Price) -> bool:
    first, second = sorted((one, other), key=lambda price: price.since)
    return first.since == second.since or (first.until is not None and first.until >= second.since)


def _is_used(connection: Connection, number: int) -> bool:
    return connection.scalar(select(canteen_meal.c.row_id).where(canteen_meal.c.policy == number).limit(1)) is not None


def _check_used(connection: Connection, before: Price, asked: Price) -> None:
    """Refuse to change a price that meals were sold at; only its end may move, no further than its last meal."""
    if (before.since, before.price, before.shares) != (asked.since, asked.price, asked.shares):
        raise _used()
    sold = canteen_meal.c.policy == before.row_id
    last = connection.scalar(select(func.max(canteen_meal.c.day)).where(sold))
    if last is not None and asked.until is not None and asked.until < last:
        raise Problem(409, "conflict", say("{day} 已按此价用餐，止日不能更早", day=last))


def _check_taken(connection: Connection, community: str, asked: Price, others: list[Price]) -> None:
    """Refuse a price whose days meals were already sold on at another."""
    following = min((one.since for one in others if one.since > asked.since), default=None)
    end = asked.until or (str(date.fromisoformat(following) - timedelta(1)) if following else "9999-12-31")
    columns = canteen_meal.c
    sold = select(func.max(columns.day)).where(
        columns.community == community,
        columns.day.between(asked.since, end),
        columns.policy != asked.row_id,
        columns.voided_day.is_(None),
    )
    last = connection.scalar(sold)
    if last is not None:
        raise Problem(409, "conflict", say("{day} 已按另一餐价用餐；新价应从更晚的一天起", day=last))


def _used() -> Problem:
    return Problem(409, "conflict", say("已有人按此价用餐，不能更改；请从更晚的一天起另立新价"))


BEHIND = Prices()
