"""What rows are called by where others name them, and what of a row whoever asks may see."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from layers.roles import Actor, suffices
from layers.services.registers import queries, values
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import Register, registers
from store.seal import Seal

WORDED = ("choice", "choices", "place", "yes_no")
"""Types whose values are codes."""
BETWEEN = " · "


def seen(register: Register, viewer: Actor | None, community: str) -> set[str]:
    """The fields of a register that somebody sees."""
    sees_names = suffices(viewer, community, register.names)
    return {one.code for one in register.fields if sees_names or not one.personal}


def called(
    register: Register,
    community: str,
    found: Mapping[str, Value],
    number: int,
    fields: set[str],
    others: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """What a row is called, by those of its label's fields that may be seen; its number where that is nothing.

    ``others`` is what the rows that it names are called: field -> number -> name. Codes are told by their words, in the
    language that is spoken.
    """
    parts = []
    for code in register.label:
        value = found.get(code)
        if code in fields and value is not None:
            field = register.field(code)
            said = values.cell(community, field, value) if field.type in WORDED else values.told(field, value)
            parts.append(others.get(code, {}).get(str(value), str(said)))
    return BETWEEN.join(parts) or f"#{number}"


def of_others(
    connection: Connection, seal: Seal, register: Register, community: str, rows: Sequence[Row], viewer: Actor | None
) -> dict[str, dict[str, str]]:
    """Field -> number of a row that it names -> what that one is called, for all rows of a page at once."""
    named: dict[str, dict[str, str]] = {}
    for field in register.fields:
        target = registers(community).get(field.to)
        if field.type != "row" or target is None:
            continue
        fields = seen(target, viewer, community)
        others = queries.rows(connection, seal, community, target.code, numbers(rows, field.code))
        named[field.code] = {
            str(one.id): called(target, community, one.values, one.id, fields) for one in others.values()
        }
    return named


def keys_of_others(
    connection: Connection, seal: Seal, register: Register, community: str, rows: Sequence[Row]
) -> dict[str, dict[int, str]]:
    """Field -> number of a row that it names -> the key by which a file can name it; where its key is open to all."""
    named: dict[str, dict[int, str]] = {}
    for field in register.fields:
        target = registers(community).get(field.to)
        if field.type != "row" or target is None or len(target.key) != 1:
            continue
        code = target.key[0]
        if target.field(code).personal:
            continue
        others = queries.rows(connection, seal, community, target.code, numbers(rows, field.code))
        named[field.code] = {one.id: str(one.values[code]) for one in others.values() if code in one.values}
    return named


def numbers(rows: Iterable[Row], code: str) -> set[int]:
    """The rows that a field of these rows names."""
    return {value for row in rows if isinstance(value := row.values.get(code), int)}
