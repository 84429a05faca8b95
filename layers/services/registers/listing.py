"""Lists of rows: those that pass filters, in an order, a page at a time; as they stand, or stood at a past time."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select

from layers.services.registers import values
from layers.services.registers.behind import behind
from layers.services.registers.declare import Register
from layers.services.registers.past import listed_at
from layers.services.registers.queries import IN_ONE, batches, of, opened, row_of
from layers.services.registers.tables import register_row, register_value
from layers.services.registers.wanted import COMPARED, Condition, Found, Operator, Wanted, named_people, said_by
from store.instant import Instant
from store.seal import Seal

NAMES_SEARCHED = 20_000
"""Rows whose sealed values are looked through for a word."""

SAID = 100_000
"""Rows whose opened values this process keeps in mind, so that a search need not open them all again."""
BETWEEN = "\x1f"
_said: dict[tuple[str, int, int], str] = {}


def listed(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant | None
) -> Found:
    """A page of rows, as they stand now or stood at a time."""
    if at is not None:
        return listed_at(connection, seal, register, community, wanted, at)
    where = [*_where(connection, seal, register, community, wanted)]
    columns = register_row.c
    total = connection.scalar(select(func.count()).select_from(register_row).where(*where)) or 0
    query = of(community, register.code).where(*where)
    if wanted.sort is not None:
        rows = _sorted(connection, query, register, community, wanted)
    else:
        if wanted.before is not None:
            query = query.where(columns.id < wanted.before)
        rows = connection.execute(query.order_by(columns.id.desc()).limit(wanted.limit).offset(wanted.skip)).all()
    return Found(rows=[row_of(seal, one) for one in rows], total=total)


def _where(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted
) -> Iterable[ColumnElement[bool]]:
    columns = register_row.c
    yield and_(columns.community == community, columns.register == register.code)
    if not wanted.with_voided:
        yield not_(columns.voided)
    if wanted.states:
        yield columns.state.in_(wanted.states)
    for one in wanted.conditions:
        yield is_met(one, community, register.code)
    if wanted.word:
        yield _has_word(connection, seal, register, community, wanted)


def is_met(one: Condition, community: str, register: str) -> ColumnElement[bool]:
    value = register_value.c
    # By a list of rows and not row by row: so the index of values is asked once.
    found = select(value.row_id).where(
        value.community == community, value.register == register, value.field == one.field.code
    )
    if one.operator == "ne":
        return register_row.c.id.not_in(found.where(_compared(one, "eq")))
    return register_row.c.id.in_(found.where(_compared(one, one.operator)))


def _compared(one: Condition, operator: Operator) -> ColumnElement[bool]:
    is_number = values.KINDS[one.field.type].is_number
    column: Any = register_value.c.number if is_number else register_value.c.text
    ((text, number),) = values.found_by(one.field, one.value)[:1] or [(None, None)]
    if operator == "has":
        return _contains(column, str(one.value).lower())
    compared: ColumnElement[bool] = COMPARED[operator](column, number if is_number else text)
    return compared


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.contains(word, autoescape=True)
    return found


def _has_word(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted
) -> ColumnElement[bool]:
    value = register_value.c
    word = wanted.word.lower()
    found: list[ColumnElement[bool]] = [
        register_row.c.id.in_(
            select(value.row_id).where(
                value.community == community, value.register == register.code, _contains(value.text, word)
            )
        )
    ]
    if wanted.word.removeprefix("#").isdecimal():
        found.append(register_row.c.id == int(wanted.word.removeprefix("#")[:15]))
    if register.personal and wanted.sees_names:
        found.append(register_row.c.id.in_(_named(connection, seal, community, register, word)))
    for code, chosen in said_by(register, community, word).items():
        of = and_(value.row_id == register_row.c.id, value.field == code, value.text.in_(chosen))
        found.append(exists().where(of))
    for one, target in named_people(register, community, wanted):
        others = [float(number) for number in _named(connection, seal, community, target, word)]
        of = and_(value.row_id == register_row.c.id, value.field == one.code, value.number.in_(others))
        found.append(exists().where(of))
    return or_(*found)


def _named(connection: Connection, seal: Seal, community: str, register: Register, word: str) -> list[int]:
    """Rows in whose sealed values a word is: each is opened once, and then known by its version."""
    columns, url = register_row.c, str(connection.engine.url)
    mine = [columns.community == community, columns.register == register.code, columns.sealed.is_not(None)]
    query = select(columns.id, columns.seq).where(*mine, not_(columns.voided)).order_by(columns.id.desc())
    keys = [(url, number, seq) for number, seq in connection.execute(query.limit(NAMES_SEARCHED))]
    known = {key: _said[key] for key in keys if key in _said}
    fresh = dict[tuple[str, int, int], str]()
    for numbers in batches([key[1] for key in keys if key not in known]):
        some = select(columns.id, columns.seq, columns.sealed).where(columns.id.in_(numbers))
        for number, seq, sealed in connection.execute(some):
            fresh[(url, number, seq)] = BETWEEN.join(str(one) for one in (opened(seal, sealed) or {}).values()).lower()
    if len(_said) + len(fresh) > SAID:
        _said.clear()
    _said.update(fresh)
    known |= fresh
    return [key[1] for key in keys if word in known.get(key, "")][:IN_ONE]


def _sorted(
    connection: Connection, query: Select[Any], register: Register, community: str, wanted: Wanted
) -> Sequence[Any]:
    """A page by the values of a field, in the order of their index; rows without a value come after all others."""
    value, one = register_value.c, wanted.sort
    if one is None:
        return []
    column: Any = value.number if values.KINDS[one.type].is_number else value.text
    number: Any = value.row_id
    of_field = and_(value.community == community, value.register == register.code, value.field == one.code)
    of_field = and_(of_field, value.place == 0)
    told = behind(register.behind).ordered_by(one.code)
    if told is not None:
        (number, column), of_field = told, told[1].is_not(None)
    having = query.join(column.table, number == register_row.c.id).where(of_field)
    order = (column.desc(), number.desc()) if wanted.is_descending else (column, number)
    rows = list(connection.execute(having.order_by(*order).limit(wanted.limit).offset(wanted.skip)))
    if len(rows) == wanted.limit:
        return rows
    known = connection.scalar(select(func.count()).select_from(having.subquery())) or 0
    without = query.where(register_row.c.id.not_in(select(number).where(of_field)))
    rest = without.order_by(register_row.c.id.desc()).limit(wanted.limit - len(rows))
    return [*rows, *connection.execute(rest.offset(max(0, wanted.skip - known)))]
