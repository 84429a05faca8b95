"""Figures of the canteen: meals and money by tier, payer and meal, of days of account; whole, and as open to everybody.

What everybody is told names nobody: a day tells its meals alone, a month its tiers and meals, each table by the rule of
small totals (`layers.totals`). Stewards are told every figure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, distinct, func, select

from layers import totals
from layers.services.canteen import rules
from layers.services.canteen.postings import REVERSAL
from layers.services.canteen.prices import prices_of
from layers.services.canteen.tables import canteen_meal, canteen_payment, canteen_posting
from store.instant import Instant
from store.language import Word, in_all


@dataclass(frozen=True, kw_only=True)
class Line:
    """Postings that are alike, added up: ``fen``, and ``meals`` where they are those that count."""

    day: str
    tier: str
    meal: str
    payer: str
    kind: str
    is_late: bool
    meals: int
    fen: int


def lines(connection: Connection, community: str, first: str, last: str, at: Instant | None = None) -> list[Line]:
    """The postings of days of account, now or as they stood at a time."""
    columns = canteen_posting.c
    is_late = columns.account_day != columns.meal_day
    by = (columns.account_day, columns.tier, columns.meal, columns.payer, columns.kind, is_late)
    query = (
        select(*by, func.sum(columns.meals), func.sum(columns.fen))
        .where(columns.community == community, columns.account_day.between(first, last))
        .group_by(*by)
    )
    found = connection.execute(query if at is None else query.where(columns.at <= at))
    return [
        Line(day=day, tier=tier, meal=meal, payer=payer, kind=kind, is_late=bool(late), meals=int(meals), fen=int(fen))
        for day, tier, meal, payer, kind, late, meals, fen in found
    ]


def summed(found: Sequence[Line]) -> dict[str, Any]:
    """Meals and fen in all, by tier (with its payers), by payer, by meal; late entries and reversals beside them."""
    return {
        **_sum(found),
        "tiers": {
            tier: {**_sum(of), "payers": {payer: _sum(paid)["fen"] for payer, paid in _parted(of, _payer).items()}}
            for tier, of in _parted(found, _tier).items()
        },
        "payers": {payer: _sum(of)["fen"] for payer, of in _parted(found, _payer).items()},
        "by_meal": {meal: _sum(of) for meal, of in _parted(found, _meal).items()},
        "late": _sum([one for one in found if one.is_late and one.kind != REVERSAL]),
        "reversed": _sum([one for one in found if one.kind == REVERSAL]),
    }


def whole(found: Sequence[Line]) -> dict[str, Any]:
    """The same with words, for those who may see every figure."""
    sums = summed(found)
    return sums | {
        "tiers": _named("tier", rules.tier_words(), sums["tiers"]),
        "payers": _named("payer", rules.payers(), {code: {"fen": fen} for code, fen in sums["payers"].items()}),
        "by_meal": _named("meal", rules.meals(), sums["by_meal"]),
    }


def open_month(connection: Connection, community: str, month: str, found: Sequence[Line]) -> dict[str, Any]:
    """A month as everybody is told it. Days are told each for itself; where their sum would tell one, nothing is.

    Tiers and payers are all those that a price of the month has: that one stands there says nothing of who ate.
    """
    shares = [share for price in prices_of(connection, community, month) for share in price.shares]
    tiers = _counted(found, _tier, (share.tier for share in shares))
    by_meal = _counted(found, _meal, rules.meals())
    meals = totals.sum_beside([_sum(of)["meals"] for of in _parted(found, _day).values()])
    shown = totals.hidden(tiers) if meals is not None else dict.fromkeys(tiers)
    shown_meals = totals.hidden(by_meal) if meals is not None else dict.fromkeys(by_meal)
    # Of two prices for one tier, the sum of money would tell how many paid which.
    priced = dict.fromkeys(shown) if _has_two_prices(connection, community, found) else shown

    def money(code: str, by: Callable[[Line], str], made_of: Iterable[str]) -> int | None:
        return totals.money(_sum(one for one in found if by(one) == code)["fen"], priced, made_of)

    makes: dict[str, set[str]] = {rules.GUEST: {share.tier for share in shares if share.pays}}
    for share in shares:
        if share.payer is not None:
            makes.setdefault(share.payer, set()).add(share.tier)
    tier_rows = {code: {"meals": count, "fen": money(code, _tier, [code])} for code, count in shown.items()}
    payer_rows = {code: {"fen": money(code, _payer, made_of)} for code, made_of in makes.items()}
    return {
        "meals": meals,
        "fen": totals.money(_sum(found)["fen"], priced, tiers),
        "tiers": _named("tier", rules.tier_words(), tier_rows),
        "payers": _named("payer", rules.payers(), payer_rows),
        "by_meal": _named("meal", rules.meals(), {code: {"meals": count} for code, count in shown_meals.items()}),
    }


def open_day(found: Sequence[Line]) -> dict[str, Any]:
    """A day as everybody is told it: how many meals, and nothing that parts them."""
    return {"meals": totals.told(_sum(found)["meals"])}


def by_day(found: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each day."""
    return _parted(found, _day)


def subsidies(connection: Connection, community: str, month: str, at: Instant | None = None) -> list[dict[str, Any]]:
    """What each payer but the guests owes for a month, what was paid of it, and what is left; in fen."""
    owed, paid = canteen_posting.c, canteen_payment.c
    due = select(owed.payer, func.sum(owed.fen)).where(
        owed.community == community, owed.account_day.like(f"{month}-__"), owed.payer != rules.GUEST
    )
    had = select(paid.payer, func.sum(paid.fen)).where(paid.community == community, paid.month == month)
    if at is not None:
        due, had = due.where(owed.at <= at), had.where(paid.at <= at)
    owes = {payer: int(fen) for payer, fen in connection.execute(due.group_by(owed.payer))}
    gave = {payer: int(fen) for payer, fen in connection.execute(had.group_by(paid.payer))}
    return [
        {
            "payer": code,
            **in_all("name", word),
            "owed": owes.get(code, 0),
            "paid": gave.get(code, 0),
            "left": owes.get(code, 0) - gave.get(code, 0),
        }
        for code, word in rules.payers().items()
        if code in owes or code in gave
    ]


def _has_two_prices(connection: Connection, community: str, found: Sequence[Line]) -> bool:
    days = [one.day for one in found]
    if not days:
        return False
    meal, posting = canteen_meal.c, canteen_posting.c
    query = (
        select(meal.tier)
        .join(canteen_posting, posting.meal_id == meal.row_id)
        .where(posting.community == community, posting.account_day.between(min(days), max(days)))
        .group_by(meal.tier)
        .having(func.count(distinct(meal.policy)) > 1)
    )
    return connection.execute(query).first() is not None


def _counted(found: Sequence[Line], by: Callable[[Line], str], known: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(known, 0) | {code: _sum(of)["meals"] for code, of in _parted(found, by).items()}


def _sum(found: Iterable[Line]) -> dict[str, int]:
    every = list(found)
    return {"meals": sum(one.meals for one in every), "fen": sum(one.fen for one in every)}


def _parted(found: Iterable[Line], by: Callable[[Line], str]) -> dict[str, list[Line]]:
    parts: dict[str, list[Line]] = {}
    for one in sorted(found, key=by):
        parts.setdefault(by(one), []).append(one)
    return parts


def _named(what: str, words: Mapping[str, Word], rows: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = [code for code in words if code in rows]
    return [{what: code, **in_all("name", words[code]), **rows[code]} for code in known]


def _day(one: Line) -> str:
    return one.day


def _tier(one: Line) -> str:
    return one.tier


def _meal(one: Line) -> str:
    return one.meal


def _payer(one: Line) -> str:
    return one.payer
