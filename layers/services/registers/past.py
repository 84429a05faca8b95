"""Lists of rows as they stood at a past time: the same answers as `listing` gives of the present."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from layers.services.registers import values
from layers.services.registers.behind import Row, Value, as_told
from layers.services.registers.declare import Field, Register
from layers.services.registers.queries import batches, numbers_at, rows_at
from layers.services.registers.wanted import Found, Wanted, holds, named_people, said_by
from store.instant import Instant
from store.seal import Seal

Meant = Mapping[str, set[str] | set[int]]
"""Field -> kept values that a word means beside the texts in which it stands."""


def listed_at(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant
) -> Found:
    """A page of rows as they stood."""
    if not (wanted.word or wanted.conditions or wanted.states or wanted.sort or wanted.with_voided):
        page, total = numbers_at(
            connection, community, register.code, at, before=wanted.before, skip=wanted.skip, limit=wanted.limit
        )
        return Found(rows=_whole(connection, seal, register, community, page, at), total=total)
    looks_at_names = bool(wanted.word) and wanted.sees_names and bool(register.personal)
    known = rows_at(connection, seal if looks_at_names else None, community, register.code, at)
    meant = _meant_at(connection, seal, register, community, wanted, at)
    kept = [one for one in known if _passes(register, one, wanted, meant)]
    kept.sort(key=lambda one: -one.id)
    if wanted.sort is not None:
        code = wanted.sort.code
        if wanted.sort.computed:
            kept = as_told(connection, register.behind, kept, at)
        having = [one for one in kept if one.values.get(code) is not None]
        having.sort(key=lambda one: (_sort_key(wanted.sort, one), one.id), reverse=wanted.is_descending)
        kept = having + [one for one in kept if one.values.get(code) is None]
    left = [one for one in kept if wanted.before is None or one.id < wanted.before]
    shown = [one.id for one in left[wanted.skip : wanted.skip + wanted.limit]]
    return Found(rows=_whole(connection, seal, register, community, shown, at), total=len(kept))


def _whole(
    connection: Connection, seal: Seal, register: Register, community: str, numbers: Sequence[int], at: Instant
) -> Sequence[Row]:
    """Rows as they stood at a time, opened, in the order of their numbers."""
    found = {
        one.id: one
        for some in batches(numbers)
        for one in rows_at(connection, seal, community, register.code, at, some)
    }
    return [found[number] for number in numbers]


def _meant_at(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant
) -> Meant:
    if not wanted.word:
        return {}
    word = wanted.word.lower()
    meant: dict[str, set[str] | set[int]] = {**said_by(register, community, word)}
    for one, target in named_people(register, community, wanted):
        personal = {field.code for field in target.personal}
        meant[one.code] = {
            other.id
            for other in rows_at(connection, seal, community, target.code, at)
            if not other.is_voided
            and any(word in str(value).lower() for code, value in other.values.items() if code in personal)
        }
    return meant


def _passes(register: Register, one: Row, wanted: Wanted, meant: Meant) -> bool:
    if one.is_voided and not wanted.with_voided:
        return False
    if wanted.states and one.state not in wanted.states:
        return False
    if not all(holds(condition, one.values) for condition in wanted.conditions):
        return False
    return not wanted.word or _says(register, one, wanted, meant)


def _says(register: Register, one: Row, wanted: Wanted, meant: Meant) -> bool:
    """The same answer as `listing` gives of rows as they stand."""
    word, number = wanted.word.lower(), wanted.word.removeprefix("#")
    if number.isdecimal() and one.id == int(number[:15]):
        return True
    for known in register.fields:
        value = one.values.get(known.code)
        if known.personal:
            said = [str(value).lower()] if wanted.sees_names and value is not None else []
        else:
            said = [text for text, _ in values.found_by(known, value) if text is not None]
            if not meant.get(known.code, set()).isdisjoint(_each(value)):
                return True
        if any(word in text for text in said):
            return True
    return False


def _each(value: Value) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _sort_key(one: Field | None, found: Row) -> Any:
    if one is None:
        return found.id
    ((text, number),) = values.found_by(one, found.values.get(one.code))[:1]
    return text if number is None else number
