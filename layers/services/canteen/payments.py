"""Payments of subsidies: who paid how much for which month. A payment that is changed or voided is taken back first."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert

from layers.services.canteen.tables import canteen_payment
from layers.services.registers.behind import Behind, Row, Value, Writing


class Payments(Behind):
    """Every payment stands as an entry; what corrects it is one more."""

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Take back what stood before, and enter what stands now."""
        if writing.before is not None:
            self._enter(connection, writing, row.id, writing.before.values, -1)
        if not row.is_voided:
            self._enter(connection, writing, row.id, row.values, 1)

    def _enter(
        self, connection: Connection, writing: Writing, number: int, values: Mapping[str, Value], sign: int
    ) -> None:
        given: Mapping[str, Any] = values
        entry = {"payer": given["payer"], "month": given["month"], "fen": sign * given["amount"]}
        of = {"row_id": number, "community": writing.community, "at": writing.at}
        connection.execute(insert(canteen_payment).values(entry | of))


BEHIND = Payments()
