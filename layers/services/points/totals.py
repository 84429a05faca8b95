"""Totals for everybody. What stands for fewer than five people is not told, nor what it could be found from."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from layers.services.points import queries
from layers.services.points.stock import RECEIVED, REDEEMED
from layers.services.points.tables import goods_movement, goods_stock, points_account, points_entry
from layers.totals import hidden
from store.instant import Instant

FEW = "fewer than 5"
PARTS = ("spent", "expired", "in_hand")
"""What was issued is one of these: who knows the sum and all but one knows that too."""


def totals(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Any]:
    """Points issued, spent, expired and in hand, how many people have any, and goods by origin.

    What stands for fewer than five people, and what that could be found from, is null, and ``hidden`` says so.
    """
    found = queries.by_way(connection, community, None, at).values()
    ways = [{"issued": one["earned"], **one, "in_hand": queries.in_hand(one)} for one in found]
    people = {code: sum(one[code] != 0 for one in ways) for code in ("issued", *PARTS)}
    told = hidden({"issued": people["issued"]}) | hidden({code: people[code] for code in PARTS})
    if told["issued"] is None:
        told = dict.fromkeys(told)
    figures: dict[str, int | None] = {
        code: None if told[code] is None else sum(one[code] for one in ways) for code in told
    }
    figures["people"] = told["issued"]
    return {
        **figures,
        "hidden": {code: FEW for code, figure in figures.items() if figure is None},
        "origins": by_origin(connection, community, at),
    }


def by_origin(connection: Connection, community: str, at: Instant | None = None) -> list[dict[str, Any]]:
    """Goods by origin: pieces in stock, received and redeemed.

    Where fewer than five people redeemed any, neither that nor what was received is told, since stock is.
    """
    stock, movement, entry, account = goods_stock.c, goods_movement.c, points_entry.c, points_account.c
    moved = select(stock.origin, movement.kind, func.sum(movement.pieces).label("pieces"))
    moved = moved.join(goods_stock, stock.row_id == movement.goods).where(movement.community == community)
    who = (
        select(stock.origin, func.count(func.distinct(account.person)).label("people"))
        .join(goods_movement, movement.goods == stock.row_id)
        .join(points_entry, entry.row_id == movement.row_id)
        .join(points_account, account.id.in_([entry.source, entry.target]))
        .where(stock.community == community, movement.kind == REDEEMED, account.person.is_not(None))
    )
    if at is not None:
        moved, who = moved.where(movement.at <= at), who.where(movement.at <= at, entry.at <= at)
    people = {row.origin: row.people for row in connection.execute(who.group_by(stock.origin))}
    counts: dict[str, dict[str, int]] = {}
    for row in connection.execute(moved.group_by(stock.origin, movement.kind)):
        counts.setdefault(row.origin, {})[row.kind] = int(row.pieces)
    return [_of_origin(origin, kinds, people.get(origin, 0)) for origin, kinds in sorted(counts.items())]


def _of_origin(origin: str, kinds: Mapping[str, int], people: int) -> dict[str, Any]:
    received, redeemed = kinds.get(RECEIVED, 0), -kinds.get(REDEEMED, 0)
    is_told = hidden({REDEEMED: people})[REDEEMED] is not None
    return {
        "origin": origin,
        "stock": received - redeemed,
        "received": received if is_told else None,
        "redeemed": redeemed if is_told else None,
        "hidden": {} if is_told else {"received": FEW, "redeemed": FEW},
    }
