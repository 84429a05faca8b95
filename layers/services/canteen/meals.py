"""Meals: what each costs is found from the price of its day and the guest's age on it, and stands in the books."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, update

from layers.problem import Problem
from layers.services.ages import age_on
from layers.services.canteen import postings, rules
from layers.services.canteen.prices import Price, hold, price_on
from layers.services.canteen.tables import canteen_meal
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import local_date
from store.language import say

ENTERED = ("guest", "day", "meal", "second")
GUESTS = "persons"


class Meals(Behind):
    """A guest has each meal of a day once, at the price of the day and of the age; the payers' sums are the price."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Tier, price, and who pays what of it."""
        hold(connection, writing.community)
        given: Mapping[str, Any] = writing.values
        if writing.before is not None:
            _check_unchanged(writing.values, writing.before.values)
            return {}
        if given["day"] > str(local_date(writing.at)):
            raise Problem(422, "bad request", say("{day} 还没有到", day=given["day"]))
        if not given.get("second"):
            _check_first(connection, writing.community, given)
        price = _price(connection, writing.community, given["day"])
        born = _born(connection, writing, given["guest"])
        share = price.share(None if born is None else age_on(born, date.fromisoformat(given["day"])))
        rest = price.price - share.pays
        account_day = postings.open_day(connection, writing.community, writing.at, given["day"])
        remarks = {
            "no_birthday": born is None and len(price.shares) > 1,
            "late": account_day != given["day"],
            "unnamed": share.payer == rules.UNNAMED,
        }
        return {
            "tier": share.tier,
            "price": price.price,
            "by_guest": share.pays,
            "by_cooperative": rest if share.payer == rules.COOPERATIVE else 0,
            "by_other": 0 if share.payer == rules.COOPERATIVE else rest,
            "remarks": [code for code, is_so in remarks.items() if is_so] or None,
        }

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Enter it in the books, or take it back."""
        hold(connection, writing.community)
        if row.is_voided:
            day = postings.reverse(connection, row.community, row.id, writing.at)
            connection.execute(update(canteen_meal).where(canteen_meal.c.row_id == row.id).values(voided_day=day))
        elif writing.before is None:
            self._enter(connection, writing, row)

    def _enter(self, connection: Connection, writing: Writing, row: Row) -> None:
        values: Mapping[str, Any] = row.values
        price = _price(connection, row.community, values["day"])
        payer = next(one.payer for one in price.shares if one.tier == values["tier"])
        meal = {
            "row_id": row.id,
            "community": row.community,
            "person": values["guest"],
            "policy": price.row_id,
            "second": bool(values.get("second")),
            "account_day": postings.open_day(connection, row.community, writing.at, values["day"]),
        } | {code: values[code] for code in ("day", "meal", "tier", "price", "by_guest", "by_cooperative", "by_other")}
        connection.execute(insert(canteen_meal).values(meal))
        postings.post(connection, row.community, meal, payer, writing.at)


def _price(connection: Connection, community: str, day: str) -> Price:
    found = price_on(connection, community, day)
    if found is None:
        raise Problem(409, "conflict", say("{day} 没有餐价；请先登记餐价", day=day))
    return found


def _check_first(connection: Connection, community: str, given: Mapping[str, Any]) -> None:
    known = postings.standing(connection, community, given["guest"], given["day"], given["meal"])
    if known is not None:
        what = say("这位就餐人当天此餐已登记，编号 {id}；再要一份请点按钮「第二份」，登记表里把它选为「是」", id=known)
        raise Problem(409, "known already", what, id=known)


def _check_unchanged(asked: Mapping[str, Value], before: Mapping[str, Value]) -> None:
    for code in ENTERED:
        if (asked.get(code) or None) != (before.get(code) or None):
            raise Problem(409, "conflict", say("登记后的用餐不能更改；请作废后重新登记"))


def _born(connection: Connection, writing: Writing, guest: int) -> str | None:
    found = queries.row(connection, writing.seal, writing.community, GUESTS, guest)
    born = found.values.get("born") if found is not None else None
    return born if isinstance(born, str) else None


BEHIND = Meals()
