"""Behind the register of goods: their stock, which receipts and redemptions make."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from layers.services.points import accounts, stock
from layers.services.points.tables import goods_stock
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import Instant


class Goods(Behind):
    """Goods are kept where movements find them; the count in stock is told, never kept with the row."""

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Keep the price, and refuse to void what is in stock."""
        accounts.hold(connection, row.community)
        stock.put(connection, row)

    def told(
        self, connection: Connection, rows: Sequence[int], at: Instant | None = None
    ) -> Mapping[int, Mapping[str, Value]]:
        """How many of each are in stock."""
        return {number: {"stock": count} for number, count in stock.in_stock(connection, list(rows), at).items()}

    def ordered_by(self, code: str) -> tuple[ColumnElement[int], ColumnElement[Any]] | None:
        """By what is in stock."""
        return (goods_stock.c.row_id, goods_stock.c.pieces) if code == "stock" else None


BEHIND = Goods()
