"""Rows read: by number, by key, as they stood at a past time, with their versions; counted by a field."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select

from layers.services.registers import values
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import Field, Register, registers
from layers.services.registers.keys import key
from layers.services.registers.tables import register_row, register_value, register_version
from store.instant import Instant
from store.language import say
from store.seal import Seal, SealError

IN_ONE = 5_000
"""Numbers that one statement asks for."""
One = TypeVar("One")


def row(
    connection: Connection, seal: Seal, community: str, register: str, number: int, at: Instant | None = None
) -> Row | None:
    """A row as it stands, or stood at a time; None where there is none."""
    if at is not None:
        return next(iter(rows_at(connection, seal, community, register, at, [number])), None)
    found = connection.execute(of(community, register).where(register_row.c.id == number)).one_or_none()
    return None if found is None else row_of(seal, found)


def standing(connection: Connection, seal: Seal, community: str, register: str, number: int) -> Row | None:
    """A row that is about to be changed: nobody else changes it until the transaction ends.

    Raises
    ------
    SealError
        If what is sealed in it cannot be opened: it would be lost with the next version.
    """
    found = connection.execute(held(of(community, register).where(register_row.c.id == number))).one_or_none()
    if found is not None and found.sealed is not None:
        seal.open(found.sealed)
    return None if found is None else row_of(seal, found)


def held(query: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
    """The same of rows that nobody else changes until the transaction ends; those that somebody else holds left out.

    Not FOR UPDATE: rows of other tables name these, and to check that takes a lock which would wait for it.
    """
    return query.with_for_update(key_share=True, skip_locked=skip_locked)


def batches(some: Sequence[One]) -> Iterator[Sequence[One]]:
    """Parts of a list, each short enough for one statement."""
    for start in range(0, len(some), IN_ONE):
        yield some[start : start + IN_ONE]


def rows(connection: Connection, seal: Seal, community: str, register: str, numbers: Iterable[int]) -> dict[int, Row]:
    """Rows by their numbers, as they stand; those that there are."""
    found = dict[int, Row]()
    for some in batches(sorted(set(numbers))):
        query = of(community, register).where(register_row.c.id.in_(some))
        found |= {one.id: row_of(seal, one) for one in connection.execute(query)}
    return found


def by_reference(connection: Connection, seal: Seal, community: str, register: str, reference: str) -> Row | None:
    """The row that somebody entered under an id of their own."""
    found = connection.execute(of(community, register).where(register_row.c.reference == reference)).one_or_none()
    return None if found is None else row_of(seal, found)


def by_key(connection: Connection, community: str, register: str, named_by: str, but: int | None = None) -> int | None:
    """The number of the row that stands under a key; ``but`` is one that does not count."""
    columns = register_row.c
    query = select(columns.id).where(
        columns.community == community, columns.register == register, columns.key == named_by, not_(columns.voided)
    )
    return connection.scalar(query if but is None else query.where(columns.id != but))


def reference_of(connection: Connection, seal: Seal, community: str, one: Field, given: Any) -> int | None:
    """The number of the row of another register that is named by number, by ``#`` and number, or by key.

    Raises
    ------
    Unfit
        Where there is none, or it is void.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    target = registers(community).get(one.to)
    if target is None:
        raise values.Unfit(say("本社区没有登记簿「{to}」", to=one.to))
    number = _named_by_key(connection, seal, community, target, given)
    if number is None:
        taken = values.taken(community, one, given)
        number = taken if isinstance(taken, int) else 0
    query = select(register_row.c.id).where(
        register_row.c.id == number, register_row.c.community == community, register_row.c.register == one.to,
        not_(register_row.c.voided),
    )  # fmt: skip
    if connection.scalar(query) is None:
        raise values.Unfit(say("「{given}」不是已登记的一行", given=str(given)[:40]))
    return number


def is_listed(connection: Connection, community: str, target: Register, to: str, number: int) -> bool:
    """Whether a register lists the row of another one, by a row that stands."""
    field = target.lists(to)
    if field is None:
        return False
    value = register_value.c
    query = (
        select(value.row_id)
        .join(register_row, register_row.c.id == value.row_id)
        .where(value.community == community, value.register == target.code, value.field == field.code)
        .where(value.number == number, not_(register_row.c.voided))
    )
    return connection.scalar(query.limit(1)) is not None


def _named_by_key(connection: Connection, seal: Seal, community: str, target: Register, given: Any) -> int | None:
    if len(target.key) != 1 or not isinstance(given, str):
        return None
    named_by = key(target, seal, {target.key[0]: given.strip()})
    return None if named_by is None else by_key(connection, community, target.code, named_by)


def versions(
    connection: Connection, seal: Seal, community: str, register: str, number: int, at: Instant | None = None
) -> list[tuple[str, Row]]:
    """Every version of a row, oldest first, those by ``at``; each with what was done: add, change, void, erase."""
    columns = register_version.c
    query = select(register_version).where(
        columns.row_id == number, columns.community == community, columns.register == register
    )
    query = query if at is None else query.where(columns.at <= at)
    return [(one.action, row_of(seal, one, one.row_id)) for one in connection.execute(query.order_by(columns.seq))]


def counts(connection: Connection, register: Register, community: str, code: str, at: Instant | None) -> dict[str, int]:
    """How many rows stand, or stood, for each value of a field."""
    if at is not None:
        tally: dict[str, int] = {}
        field = register.field(code)
        for one in unsealed(connection, community, register.code, at):
            for text, _ in values.found_by(field, one.values.get(code)):
                tally[str(text)] = tally.get(str(text), 0) + 1
        return tally
    columns = register_value.c
    query = (
        select(columns.text, func.count())
        .join(register_row, register_row.c.id == columns.row_id)
        .where(columns.community == community, columns.register == register.code, columns.field == code)
        .where(not_(register_row.c.voided))
        .group_by(columns.text)
    )
    return {str(text): count for text, count in connection.execute(query)}


def sums(
    connection: Connection, register: Register, community: str, code: str, at: Instant | None
) -> dict[str, dict[str, float]]:
    """The sums of the numbers that a register adds up, over the rows that stand, or stood, by a field's value."""
    found: dict[str, dict[str, float]] = {}
    if at is not None:
        for one in unsealed(connection, community, register.code, at):
            for text, _ in values.found_by(register.field(code), one.values.get(code)):
                mine = found.setdefault(str(text), dict.fromkeys(register.sums, 0.0))
                mine.update({name: mine[name] + float(str(one.values.get(name) or 0)) for name in register.sums})
        return found
    amount = register_value.alias("amount")
    by, of_field = register_value.c, amount.c
    query = (
        select(by.text, of_field.field, func.sum(of_field.number))
        .join(register_row, register_row.c.id == by.row_id)
        .join(amount, (of_field.row_id == by.row_id) & of_field.field.in_(register.sums))
        .where(by.community == community, by.register == register.code, by.field == code)
        .where(not_(register_row.c.voided))
        .group_by(by.text, of_field.field)
    )
    for text, field, total in connection.execute(query):
        found.setdefault(str(text), {})[field] = total
    return found


def crossed(
    connection: Connection, community: str, register: str, codes: tuple[str, str], at: Instant | None
) -> dict[tuple[Any, Any], int]:
    """How many rows stand, or stood, for each pair of values of a field that names rows and one of choices."""
    if at is not None:
        rows_then = unsealed(connection, community, register, at)
        return Counter((one.values.get(codes[0]), one.values.get(codes[1])) for one in rows_then)
    choice = register_value.alias("chosen")
    named, chosen = register_value.alias("named").c, choice.c
    query = (
        select(named.number, chosen.text, func.count())
        .join(register_row, register_row.c.id == named.row_id)
        .join(choice, (chosen.row_id == named.row_id) & (chosen.field == codes[1]))
        .where(named.community == community, named.register == register, named.field == codes[0])
        .where(not_(register_row.c.voided))
        .group_by(named.number, chosen.text)
    )
    return {(int(number), text): count for number, text, count in connection.execute(query)}


def of(community: str, register: str) -> Select[Any]:
    """Select the rows of a register."""
    return select(register_row).where(register_row.c.community == community, register_row.c.register == register)


def rows_at(
    connection: Connection,
    seal: Seal | None,
    community: str,
    register: str,
    at: Instant,
    numbers: Sequence[int] | None = None,
) -> list[Row]:
    """All rows as they were at a time, or those of these numbers: of each the newest version by then.

    Without a seal what is sealed stays so: to open it for all of a register's rows takes longer than all else.
    """
    columns, version = register_row.c, register_version.c
    mine = [columns.community == community, columns.register == register, columns.created <= at]
    if numbers is not None:
        mine.append(columns.id.in_(numbers))
    as_it_is = select(register_row).where(*mine, columns.at <= at)
    # Only what was changed since is looked for among the versions.
    changed = select(register_version).join(register_row, columns.id == version.row_id)
    changed = changed.where(*mine, columns.at > at, *newest_by(at))
    found = [row_of(seal, one) for one in connection.execute(as_it_is)]
    return found + [row_of(seal, one, one.row_id) for one in connection.execute(changed)]


def newest_by(at: Instant) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What is true of a version that was the newest of its row at a time."""
    later = register_version.alias("later").c
    version = register_version.c
    is_later = exists().where(later.row_id == version.row_id, later.seq == version.seq + 1, later.at <= at)
    return version.at <= at, not_(is_later)


def numbers_at(
    connection: Connection,
    community: str,
    register: str,
    at: Instant,
    *,
    before: int | None = None,
    skip: int = 0,
    limit: int,
) -> tuple[list[int], int]:
    """A page of the rows that stood at a time, newest first, by their numbers; and how many there were in all."""
    columns, version = register_row.c, register_version.c
    stood = exists().where(version.row_id == columns.id, *newest_by(at), not_(version.voided))
    query = select(columns.id).where(
        columns.community == community,
        columns.register == register,
        columns.created <= at,
        or_(and_(columns.at <= at, not_(columns.voided)), and_(columns.at > at, stood)),
    )
    total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query if before is None else query.where(columns.id < before)
    return list(connection.scalars(page.order_by(columns.id.desc()).limit(limit).offset(skip))), total


def unsealed(connection: Connection, community: str, register: str, at: Instant | None = None) -> list[Row]:
    """The rows that stand, or stood at a time, oldest first; what is sealed in them stays so. Enough for totals."""
    if at is None:
        query = of(community, register).where(not_(register_row.c.voided)).order_by(register_row.c.id)
        return [row_of(None, one) for one in connection.execute(query)]
    found = (one for one in rows_at(connection, None, community, register, at) if not one.is_voided)
    return sorted(found, key=lambda one: one.id)


def row_of(seal: Seal | None, found: Any, number: int | None = None) -> Row:
    """A row as the database holds it, or a version of one, whose row's number is given."""
    sealed = opened(seal, found.sealed) if seal else {}
    return Row(
        id=found.id if number is None else number, seq=found.seq, community=found.community, register=found.register,
        at=found.at, actor=found.actor, values=values.unpacked(found.data) | (sealed or {}),
        state=found.state, is_voided=found.voided, reason=getattr(found, "reason", ""),
        locked=seal.locked if seal and sealed is None else "",
    )  # fmt: skip


def opened(seal: Seal, sealed: bytes | None) -> dict[str, Value] | None:
    """Sealed values again; none where there are none, None where another key sealed them."""
    if sealed is None:
        return {}
    try:
        return values.unpacked(seal.open(sealed))
    except SealError:
        return None
