"""Rows of a register that have a beginning and an end, found by a period."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, not_, select

from layers.services.bookings.recurrence import LONGEST
from layers.services.registers import queries
from layers.services.registers.behind import Row
from layers.services.registers.tables import register_row, register_value
from store.instant import Instant
from store.seal import Seal

STARTS, ENDS = "starts", "ends"


def between(
    connection: Connection, seal: Seal, community: str, register: str, since: Instant, until: Instant,
    at: Instant | None = None,
) -> list[Row]:  # fmt: skip
    """Rows that stand, or stood at a time, and touch a period; those that start first come first."""
    rows: Iterable[Row]
    if at is None:
        starts = register_value.alias()
        query = (
            select(starts.c.row_id)
            .join(register_row, register_row.c.id == starts.c.row_id)
            .where(starts.c.community == community, starts.c.register == register, starts.c.field == STARTS)
            .where(starts.c.number < float(until), starts.c.number > float(since - LONGEST))
            .where(not_(register_row.c.voided))
        )
        rows = queries.rows(connection, seal, community, register, connection.scalars(query)).values()
    else:
        rows = queries.unsealed(connection, community, register, at)
    touching = [row for row in rows if _number(row, STARTS) < until and _number(row, ENDS) > since]
    return sorted(touching, key=lambda row: (_number(row, STARTS), row.id))


def by_number(
    connection: Connection, seal: Seal, community: str, register: str, numbers: Iterable[int], at: Instant | None
) -> dict[int, Row]:
    """Rows by their numbers, as they stand or stood at a time."""
    asked = sorted(set(numbers))
    if at is None:
        return queries.rows(connection, seal, community, register, asked)
    return {row.id: row for row in queries.rows_at(connection, None, community, register, at, asked)} if asked else {}


def _number(row: Row, code: str) -> int:
    value: Any = row.values.get(code)
    return value if isinstance(value, int) else 0
