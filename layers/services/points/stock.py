"""Goods in stock: what came in and what went out are movements; what is there is their sum, never below zero."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from layers.problem import Problem
from layers.services.points.tables import goods_movement, goods_stock
from layers.services.registers import behind
from store.instant import Instant
from store.language import say

RECEIVED, REDEEMED = "received", "redeemed"


def put(connection: Connection, row: behind.Row) -> None:
    """Keep of a row of the register of goods what movements and redemptions ask for.

    Raises
    ------
    Problem
        409 where it is voided while some are in stock.
    """
    known = connection.execute(select(goods_stock).where(goods_stock.c.row_id == row.id)).one_or_none()
    if row.is_voided and known is not None and known.pieces > 0:
        raise Problem(409, "not permitted", say("还有 {count} 件在库，不能作废", count=known.pieces))
    said = {"origin": row.values["origin"], "price": row.values["price"], "voided": row.is_voided}
    if known is None:
        connection.execute(
            insert(goods_stock).values(said | {"row_id": row.id, "community": row.community, "pieces": 0})
        )
    else:
        connection.execute(update(goods_stock).where(goods_stock.c.row_id == row.id).values(said))


def one(connection: Connection, community: str, goods: int) -> Row[Any]:
    """Goods that can be received and redeemed.

    Raises
    ------
    Problem
        404 where there are none; 409 where they are voided.
    """
    columns = goods_stock.c
    query = select(goods_stock).where(columns.community == community, columns.row_id == goods)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Problem(404, "not found", say("没有编号 {goods} 的货品", goods=goods))
    if found.voided:
        raise Problem(409, "not permitted", say("货品 {goods} 已作废", goods=goods))
    return found


def move(connection: Connection, row: behind.Row, kind: str, wanted: dict[int, int]) -> None:
    """Let movements that follow from a row be what is wanted: goods -> how many more or fewer are in stock by it.

    Raises
    ------
    Problem
        409 with the count in stock where it does not suffice.
    """
    columns = goods_movement.c
    query = select(columns.goods, func.sum(columns.pieces)).where(columns.row_id == row.id).group_by(columns.goods)
    there = {goods: int(count) for goods, count in connection.execute(query)}
    for goods in sorted(wanted.keys() | there.keys()):
        more = wanted.get(goods, 0) - there.get(goods, 0)
        if more == 0:
            continue
        _check_suffices(connection, goods, more)
        movement = {"community": row.community, "goods": goods, "at": row.at, "row_id": row.id, "kind": kind}
        connection.execute(insert(goods_movement).values(movement | {"pieces": more}))


def _check_suffices(connection: Connection, goods: int, more: int) -> None:
    count = connection.scalar(select(goods_stock.c.pieces).where(goods_stock.c.row_id == goods)) or 0
    if count + more < 0:
        what = say("库存不够：在库 {count} 件，需要 {needed} 件", count=count, needed=-more)
        raise Problem(409, "not in stock", what, stock=count)


def in_stock(connection: Connection, goods: list[int], at: Instant | None = None) -> dict[int, int]:
    """How many of each are in stock, now or at a time."""
    columns = goods_movement.c
    query = select(columns.goods, func.sum(columns.pieces)).where(columns.goods.in_(goods)).group_by(columns.goods)
    if at is not None:
        query = query.where(columns.at <= at)
    return dict.fromkeys(goods, 0) | {number: int(count) for number, count in connection.execute(query)}
