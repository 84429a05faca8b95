"""What is personal and was kept as long as its register says is erased, with nobody asking."""

from collections.abc import Iterator
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from layers.roles import Actor
from layers.services.registers import erasure
from layers.services.registers.declare import Register, registers
from layers.services.registers.tables import register_row, register_value, register_version
from store.instant import SHANGHAI, Instant, from_datetime, to_datetime

ACTOR = Actor("retention", "admin", "system")
AT_ONCE = 1_000
"""Rows of a register that one pass erases; the next pass takes the rest."""
ERASE = "erase"
_Columns = ReadOnlyColumnCollection[str, Any]


def due(connection: Connection, community: str, at: Instant) -> Iterator[tuple[Register, int]]:
    """Rows whose personal data was kept as long as their register says.

    The time runs from the last change of the row, of any row that names it, and of any that names the person whom it
    names: who eats at the canteen every day is not forgotten, however old their own row is.
    """
    columns = register_row.c
    for register in registers(community).values():
        if register.retention is None:
            continue
        before = months_before(at, register.retention.months)
        query = select(columns.id).where(
            columns.community == community,
            columns.register == register.code,
            columns.sealed.is_not(None),
            columns.at < before,
            *(~one for one in _still_named(community, register, before)),
        )
        yield from ((register, number) for number in connection.scalars(query.limit(AT_ONCE)))


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `pass_time` would erase anything."""
    return next(due(connection, community, at), None) is not None


def pass_time(connection: Connection, community: str, at: Instant) -> int:
    """Erase what was kept long enough; returns how many rows."""
    found = [(register.code, number) for register, number in due(connection, community, at)]
    if found:
        erasure.erase_rows(connection, community, found, ACTOR, "retention")
    return len(found)


def months_before(at: Instant, months: int) -> Instant:
    """So many months by the calendar of Shanghai before a time."""
    return from_datetime(to_datetime(at).astimezone(SHANGHAI) - relativedelta(months=months))


def _still_named(community: str, register: Register, before: Instant) -> Iterator[ColumnElement[bool]]:
    """Whether a row that names this one, or the person whom this one names, was changed since."""
    row = register_row.c
    if namings := _namings(community, register.code):
        naming, version = register_value.alias("naming").c, register_version.alias("changed").c
        yield exists().where(
            naming.community == community, or_(*(_by(naming, *one) for one in namings)), naming.number == row.id,
            *_changed(version, naming, before),
        )  # fmt: skip
    for field in register.fields:
        target = registers(community).get(field.to)
        if field.type != "row" or target is None or not is_of_people(target):
            continue
        mine = register_value.alias("mine").c
        naming, version = register_value.alias("naming").c, register_version.alias("changed").c
        yield exists().where(
            mine.row_id == row.id, mine.field == field.code, naming.community == community,
            or_(*(_by(naming, *one) for one in _namings(community, target.code))), naming.number == mine.number,
            *_changed(version, naming, before),
        )  # fmt: skip


def is_of_people(register: Register) -> bool:
    """Whether a register's rows are people."""
    return any(one.code == "name" for one in register.personal)


def _namings(community: str, code: str) -> list[tuple[str, str]]:
    """The registers and their fields that name rows of a register."""
    return [
        (one.code, field.code)
        for one in registers(community).values()
        for field in one.fields
        if field.type == "row" and field.to == code and not field.personal
    ]


def _by(naming: _Columns, register: str, field: str) -> ColumnElement[bool]:
    return and_(naming.register == register, naming.field == field)


def _changed(version: _Columns, naming: _Columns, before: Instant) -> list[ColumnElement[bool]]:
    # That something was erased is no change: it would keep what is left ever longer.
    return [version.row_id == naming.row_id, version.at >= before, version.action != ERASE]
