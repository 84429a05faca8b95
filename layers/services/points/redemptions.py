"""Behind the register of redemptions: points and stock fall together, or neither does."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from layers.services.points import accounts, ledger, rules, stock
from layers.services.registers.behind import Behind, Row, Value, Writing


class Redemptions(Behind):
    """A redemption costs what the goods cost when it came; voiding it gives points and goods back."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """The points that it costs."""
        accounts.hold(connection, writing.community)
        if writing.before is not None:
            return {"points": writing.before.values["points"]}
        goods = stock.one(connection, writing.community, rules.whole(writing.values, "goods"))
        return {"points": goods.price * rules.whole(writing.values, "count")}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Take goods out of stock and points off the account, or give both back."""
        accounts.hold(connection, row.community)
        goods, count, points = (rules.whole(row.values, name) for name in ("goods", "count", "points"))
        stock.move(connection, row, stock.REDEEMED, {} if row.is_voided else {goods: -count})
        told = ledger.Told(community=row.community, at=row.at, actor=row.actor, row=row.id)
        if row.is_voided:
            for entry in ledger.standing(connection, row.id):
                ledger.reverse(connection, told, entry.id)
        elif writing.before is None:
            ledger.spend(connection, told, rules.whole(row.values, "person"), points)

    def forget(self, connection: Connection, community: str, person: int, names: Sequence[str]) -> int:
        """Blot a person's names out of what was said of entries of their account."""
        return ledger.forget(connection, community, person, names)


BEHIND = Redemptions()
