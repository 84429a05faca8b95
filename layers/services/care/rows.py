"""Rows of registers without what is sealed in them, as they stand or stood at a time: enough for totals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Float, and_, cast, func, not_, select

from layers.services.registers import queries
from layers.services.registers.tables import register_row, register_value
from store.instant import Instant


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A row that is not void, without its personal values."""

    id: int
    state: str | None
    values: Mapping[str, Any]


def standing(connection: Connection, community: str, register: str, at: Instant | None = None) -> list[Plain]:
    """The rows of a register that stand, or stood at a time, oldest first."""
    found = queries.unsealed(connection, community, register, at)
    return [Plain(id=one.id, state=one.state, values=one.values) for one in found]


def latest(
    connection: Connection, community: str, register: str, of: str, when: str, but: tuple[str, str]
) -> dict[int, Instant]:
    """The newest time ``when`` of the standing rows for each row that their field ``of`` names.

    ``but`` is a field and the choice of it that does not count.
    """
    subject, time, choice = (register_value.alias(name) for name in ("subject", "time", "choice"))
    field, refused = but
    query = (
        select(cast(subject.c.number, Float), func.max(time.c.number))
        .join(time, and_(time.c.row_id == subject.c.row_id, time.c.field == when))
        .join(choice, and_(choice.c.row_id == subject.c.row_id, choice.c.field == field))
        .join(register_row, register_row.c.id == subject.c.row_id)
        .where(subject.c.community == community, subject.c.register == register, subject.c.field == of)
        .where(choice.c.text != refused, not_(register_row.c.voided))
        .group_by(subject.c.number)
    )
    return {int(number): int(time) for number, time in connection.execute(query)}
