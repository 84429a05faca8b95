"""What is personal and was kept as long as its register says is erased, with nobody asking."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Connection, and_, exists, select

from layers.roles import Actor
from layers.services.registers import erasure
from layers.services.registers.declare import Register, registers
from layers.services.registers.tables import register_row, register_value, register_version
from store.instant import SHANGHAI, Instant, from_datetime, local_date, to_datetime

ACTOR = Actor("retention", "admin", "system")
AT_ONCE = 1_000
"""Rows of a register that one pass erases; the next pass takes the rest."""
ERASE = "erase"
ASKED_AT_ONCE = 500
_nothing_due: dict[tuple[str, str], date] = {}
"""(database, community) -> the day on which nothing was due: to look again before the next would find nothing new."""


def due(connection: Connection, community: str, at: Instant) -> Iterator[tuple[Register, int]]:
    """Rows whose personal data was kept as long as their register says, by the day.

    The time runs from the last change of the row, of any row that names it, and of any that names the person whom it
    names: who eats at the canteen every day is not forgotten, however old their own row is.
    """
    for register in registers(community).values():
        if register.retention is None:
            continue
        before = months_before(at, register.retention.months)
        old = _old(community, register, before)
        rows = set(connection.scalars(select(register_row.c.id).where(old)))
        rows -= _named_since(connection, community, register.code, before, rows)
        for field in register.fields if rows else ():
            target = registers(community).get(field.to)
            if field.type == "row" and target is not None and target.is_people:
                people = _people(connection, old, field.code)
                served = _named_since(connection, community, target.code, before, set(people.values()))
                rows -= {row for row, person in people.items() if person in served}
        yield from ((register, number) for number in sorted(rows)[:AT_ONCE])


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `pass_time` would erase anything; looked at once a day, as long as nothing is."""
    return bool(_found(connection, community, at, most=1))


def pass_time(connection: Connection, community: str, at: Instant) -> int:
    """Erase what was kept long enough; returns how many rows."""
    found = _found(connection, community, at)
    if found:
        erasure.erase_rows(connection, community, found, ACTOR, "retention")
    return len(found)


def _found(connection: Connection, community: str, at: Instant, most: int | None = None) -> list[erasure.Number]:
    mark, day = (connection.engine.url.render_as_string(), community), local_date(at)
    if _nothing_due.get(mark) == day:
        return []
    found = [(register.code, number) for register, number in islice(due(connection, community, at), most)]
    if not found:
        _nothing_due[mark] = day
    return found


def months_before(at: Instant, months: int) -> Instant:
    """The beginning of the day that is so many months before, by the calendar of Shanghai."""
    day = to_datetime(at).astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return from_datetime(day - relativedelta(months=months))


def _old(community: str, register: Register, before: Instant) -> ColumnElement[bool]:
    row = register_row.c
    return and_(row.community == community, row.register == register.code, row.sealed.is_not(None), row.at < before)


def _people(connection: Connection, old: ColumnElement[bool], field: str) -> dict[int, int]:
    """The person whom each of the rows names."""
    row, value = register_row.c, register_value.c
    query = select(row.id, value.number).join(register_value, and_(value.row_id == row.id, value.field == field))
    return {number: int(person) for number, person in connection.execute(query.where(old))}


def _named_since(connection: Connection, community: str, code: str, before: Instant, numbers: set[int]) -> set[int]:
    """Those rows of a register that are named by a row that was changed since."""
    value, version = register_value.c, register_version.c
    # That something was erased is no change: it would keep what is left ever longer.
    changed = exists().where(version.row_id == value.row_id, version.at >= before, version.action != ERASE)
    left = set(numbers)
    for register, field in _namings(community, code):
        asked = sorted(left)
        for start in range(0, len(asked), ASKED_AT_ONCE):
            some = [float(one) for one in asked[start : start + ASKED_AT_ONCE]]
            query = select(value.number).distinct().where(
                value.community == community, value.register == register, value.field == field, value.number.in_(some)
            )  # fmt: skip
            left -= {int(one) for one in connection.scalars(query.where(changed))}
    return numbers - left


def _namings(community: str, code: str) -> list[tuple[str, str]]:
    """The registers and their fields that name rows of a register."""
    return [
        (one.code, field.code)
        for one in registers(community).values()
        for field in one.fields
        if field.type == "row" and field.to == code and not field.personal
    ]
