"""Behind the register of receipts: what came in is in stock."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers.services.points import accounts, rules, stock
from layers.services.registers.behind import Behind, Row, Value, Writing


class Receipts(Behind):
    """A receipt adds to the stock what it says, no more and no less, also after it was changed."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Where the goods come from, as their own row says."""
        accounts.hold(connection, writing.community)
        return {"origin": stock.one(connection, writing.community, rules.whole(writing.values, "goods")).origin}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Move the stock by what the receipt says otherwise than before."""
        accounts.hold(connection, row.community)
        goods, count = rules.whole(row.values, "goods"), rules.whole(row.values, "count")
        stock.move(connection, row, stock.RECEIVED, {} if row.is_voided else {goods: count})


BEHIND = Receipts()
