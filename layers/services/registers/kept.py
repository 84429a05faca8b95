"""How a row is kept: as it stands, a version each time, and the values that it is found by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from layers.services.registers import queries, values
from layers.services.registers.behind import Row, Value, Writing
from layers.services.registers.declare import Register
from layers.services.registers.keys import key
from layers.services.registers.tables import register_row, register_value, register_version
from layers.services.registers.writer import Writer
from store.engine import upsert
from store.instant import Instant

CHANGED: dict[str, Any] = {name: bindparam(name) for name in ("data", "sealed", "seq", "at", "actor", "key")}
New = tuple[dict[str, Value], str | None]
"""Values of a new row, and the id of its own that whoever enters it gave."""


def add(
    connection: Connection, writer: Writer, rows: Sequence[New], at: Instant, reason: str, state: str | None
) -> list[Row | None]:
    """New rows with their first versions; None for each whose key or reference is taken."""
    of = {"community": writer.community, "register": writer.register.code}
    by = {"seq": 1, "state": state, "voided": False, "at": at, "actor": writer.actor.label}
    kept = list[Row | None]()
    versions, found_by = list[dict[str, Any]](), list[dict[str, Any]]()
    for found, reference in rows:
        content = of | by | _content(writer, found)
        named_by = key(writer.register, writer.seal, found)
        row = content | {"created": at, "reference": reference, "key": named_by}
        statement = upsert(connection, register_row).on_conflict_do_nothing().returning(register_row.c.id)
        number = connection.execute(statement, row).scalar_one_or_none()
        if number is None:
            kept.append(None)
            continue
        versions.append(content | {"row_id": number, "action": "add", "reason": reason})
        found_by.extend(_found_by(writer.register, writer.community, number, found))
        kept.append(_row(writer, number, 1, at, found, state, reason))
    if versions:
        connection.execute(insert(register_version), versions)
    if found_by:
        connection.execute(insert(register_value), found_by)
    return kept


def version(connection: Connection, writer: Writer, before: Row, writing: Writing, state: str | None) -> Row:
    """A row's next version; it is void from then on where that is what is written."""
    found = dict(writing.values)
    content = _content(writer, found) | {
        "seq": before.seq + 1,
        "state": state,
        "voided": writing.is_voiding,
        "at": writing.at,
        "actor": writer.actor.label,
    }
    named_by = key(writer.register, writer.seal, found)
    mine = register_row.c.id == before.id
    connection.execute(update(register_row).where(mine).values(content | {"key": named_by}))
    told = {"action": "void" if writing.is_voiding else "change", "reason": writing.reason}
    of = {"row_id": before.id, "community": writer.community, "register": writer.register.code}
    connection.execute(insert(register_version), content | of | told)
    if found != dict(before.values):
        find_by(connection, writer.register, writer.community, before.id, found)
    row = _row(writer, before.id, before.seq + 1, writing.at, found, state, writing.reason)
    return replace(row, is_voided=writing.is_voiding)


def change(connection: Connection, writer: Writer, rows: Sequence[tuple[Row, Mapping[str, Value], Instant]]) -> None:
    """The next versions of many rows in few statements; of each as it stood, its values, and when.

    Their states stay. Each is one that stands, and that nobody else changes until the transaction ends.
    """
    of = {"community": writer.community, "register": writer.register.code}
    standing, versions, found_by = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for before, found, at in rows:
        content = _content(writer, found) | {"seq": before.seq + 1, "at": at, "actor": writer.actor.label}
        standing.append(content | {"row": before.id, "key": key(writer.register, writer.seal, found)})
        told = {"state": before.state, "voided": False, "action": "change", "reason": ""}
        versions.append(content | of | told | {"row_id": before.id})
        found_by.extend(_found_by(writer.register, writer.community, before.id, found))
    if not rows:
        return
    connection.execute(update(register_row).where(register_row.c.id == bindparam("row")).values(CHANGED), standing)
    connection.execute(insert(register_version), versions)
    for numbers in queries.batches([before.id for before, _, _ in rows]):
        connection.execute(delete(register_value).where(register_value.c.row_id.in_(numbers)))
    if found_by:
        connection.execute(insert(register_value), found_by)


def find_by(
    connection: Connection, register: Register, community: str, number: int, found: Mapping[str, Value]
) -> None:
    """Let a row be found by these values, and by no others."""
    connection.execute(delete(register_value).where(register_value.c.row_id == number))
    found_by = _found_by(register, community, number, found)
    if found_by:
        connection.execute(insert(register_value), found_by)


def _content(writer: Writer, found: Mapping[str, Value]) -> dict[str, Any]:
    personal = {one.code for one in writer.register.personal}
    sealed = {code: value for code, value in found.items() if code in personal}
    return {
        "data": values.packed({code: value for code, value in found.items() if code not in personal}),
        "sealed": writer.seal.seal(values.packed(sealed)) if sealed else None,
    }


def _found_by(register: Register, community: str, number: int, found: Mapping[str, Value]) -> list[dict[str, Any]]:
    of = {"row_id": number, "community": community, "register": register.code}
    return [
        of | {"field": one.code, "place": place, "text": text, "number": amount}
        for one in register.fields
        if not one.personal
        for place, (text, amount) in enumerate(values.found_by(one, found.get(one.code)))
    ]


def _row(
    writer: Writer, number: int, seq: int, at: Instant, found: Mapping[str, Value], state: str | None, reason: str
) -> Row:
    return Row(
        id=number,
        seq=seq,
        community=writer.community,
        register=writer.register.code,
        at=at,
        actor=writer.actor.label,
        values=found,
        state=state,
        reason=reason,
    )
