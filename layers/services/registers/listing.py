"""Lists of rows: those that pass filters, in an order, a page at a time; as they stand, or stood at a past time."""

import operator as operators
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select

from geo.ground import places
from layers.services.registers import values
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import Field, Register, registers
from layers.services.registers.queries import IN_ONE, batches, of, opened, row_of, rows_at
from layers.services.registers.tables import register_row, register_value
from store.instant import Instant
from store.seal import Seal

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "has"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operators.eq, "lt": operators.lt, "le": operators.le, "gt": operators.gt, "ge": operators.ge,
}  # fmt: skip
"""Of values, and of a column with a value, alike."""
NAMES_SEARCHED = 20_000
"""Rows whose sealed values are looked through for a word."""

SAID = 100_000
"""Rows whose opened values this process keeps in mind, so that a search need not open them all again."""
BETWEEN = "\x1f"
_said: dict[tuple[str, int, int], str] = {}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A filter: a field, how it is compared, and with what, as it is kept."""

    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows, in which order, how many.

    ``word`` is looked for in all texts, in sealed ones where ``sees_names``. Without ``sort`` the newest come first;
    ``before`` is the number of the last row of the page before, which then goes on; ``skip`` counts rows instead.
    """

    conditions: Sequence[Condition] = ()
    states: Sequence[str] = ()
    word: str = ""
    sort: Field | None = None
    is_descending: bool = False
    with_voided: bool = False
    sees_names: bool = False
    before: int | None = None
    skip: int = 0
    limit: int = 100


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of rows, and how many there are in all."""

    rows: Sequence[Row] = field(default_factory=list)
    total: int = 0


def listed(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant | None
) -> Found:
    """A page of rows, as they stand now or stood at a time."""
    if at is not None:
        return _listed_at(connection, seal, register, community, wanted, at)
    where = [*_where(connection, seal, register, community, wanted)]
    columns = register_row.c
    total = connection.scalar(select(func.count()).select_from(register_row).where(*where)) or 0
    query = of(community, register.code).where(*where)
    if wanted.sort is not None:
        rows = _sorted(connection, query, register.code, community, wanted)
    else:
        if wanted.before is not None:
            query = query.where(columns.id < wanted.before)
        rows = connection.execute(query.order_by(columns.id.desc()).limit(wanted.limit).offset(wanted.skip)).all()
    return Found(rows=[row_of(seal, one) for one in rows], total=total)


def _listed_at(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant
) -> Found:
    looks_at_names = bool(wanted.word) and wanted.sees_names and bool(register.personal)
    known = rows_at(connection, seal if looks_at_names else None, community, register.code, at)
    meant = _meant_at(connection, seal, register, community, wanted, at)
    kept = [one for one in known if _passes(register, one, wanted, meant)]
    kept.sort(key=lambda one: -one.id)
    if wanted.sort is not None:
        code = wanted.sort.code
        having = [one for one in kept if one.values.get(code) is not None]
        having.sort(key=lambda one: (_sort_key(wanted.sort, one), one.id), reverse=wanted.is_descending)
        kept = having + [one for one in kept if one.values.get(code) is None]
    page = [one for one in kept if wanted.before is None or one.id < wanted.before]
    shown = [one.id for one in page[wanted.skip : wanted.skip + wanted.limit]]
    whole = {one.id: one for one in rows_at(connection, seal, community, register.code, at, shown)}
    return Found(rows=[whole[number] for number in shown], total=len(kept))


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
    for code, chosen in _said_by(register, community, word).items():
        of = and_(value.row_id == register_row.c.id, value.field == code, value.text.in_(chosen))
        found.append(exists().where(of))
    for one, target in _named_people(register, community, wanted):
        others = [float(number) for number in _named(connection, seal, community, target, word)]
        of = and_(value.row_id == register_row.c.id, value.field == one.code, value.number.in_(others))
        found.append(exists().where(of))
    return or_(*found)


def _named_people(register: Register, community: str, wanted: Wanted) -> Iterator[tuple[Field, Register]]:
    """Fields that name rows with something personal in which a word may be looked for, and the registers of these."""
    for one in register.fields if wanted.sees_names else ():
        target = registers(community).get(one.to)
        if one.type == "row" and target is not None and target.personal:
            yield one, target


def _said_by(register: Register, community: str, word: str) -> dict[str, set[str]]:
    """The codes of choices and places that a word means in either language, by field; fields without any left out."""
    found = {}
    for one in register.fields:
        names = [(code, words.name, words.name_en) for code, words in one.choices.items()]
        if one.type == "place":
            names = [(place.code, place.name, place.name_en) for place in places(community, one.layer)]
        if said := {code for code, *both in names if any(word in name.lower() for name in both)}:
            found[one.code] = said
    return found


Meant = Mapping[str, set[str] | set[int]]
"""Field -> kept values that a word means beside the texts in which it stands."""


def _meant_at(
    connection: Connection, seal: Seal, register: Register, community: str, wanted: Wanted, at: Instant
) -> Meant:
    if not wanted.word:
        return {}
    word = wanted.word.lower()
    meant: dict[str, set[str] | set[int]] = {**_said_by(register, community, word)}
    for one, target in _named_people(register, community, wanted):
        personal = {field.code for field in target.personal}
        meant[one.code] = {
            other.id
            for other in rows_at(connection, seal, community, target.code, at)
            if not other.is_voided
            and any(word in str(value).lower() for code, value in other.values.items() if code in personal)
        }
    return meant


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
            fresh[(url, number, seq)] = BETWEEN.join(str(one) for one in opened(seal, sealed).values()).lower()
    if len(_said) + len(fresh) > SAID:
        _said.clear()
    _said.update(fresh)
    known |= fresh
    return [key[1] for key in keys if word in known.get(key, "")][:IN_ONE]


def _sorted(connection: Connection, query: Select[Any], register: str, community: str, wanted: Wanted) -> Sequence[Any]:
    """A page by the values of a field, in the order of their index; rows without a value come after all others."""
    value, one = register_value.c, wanted.sort
    if one is None:
        return []
    column: Any = value.number if values.KINDS[one.type].is_number else value.text
    of_field = and_(value.community == community, value.register == register, value.field == one.code, value.place == 0)
    having = query.join(register_value, value.row_id == register_row.c.id).where(of_field)
    order = (column.desc(), value.row_id.desc()) if wanted.is_descending else (column, value.row_id)
    rows = list(connection.execute(having.order_by(*order).limit(wanted.limit).offset(wanted.skip)))
    if len(rows) == wanted.limit:
        return rows
    known = connection.scalar(select(func.count()).select_from(having.subquery())) or 0
    without = query.where(register_row.c.id.not_in(select(value.row_id).where(of_field)))
    rest = without.order_by(register_row.c.id.desc()).limit(wanted.limit - len(rows))
    return [*rows, *connection.execute(rest.offset(max(0, wanted.skip - known)))]


def _passes(register: Register, one: Row, wanted: Wanted, meant: Meant) -> bool:
    if one.is_voided and not wanted.with_voided:
        return False
    if wanted.states and one.state not in wanted.states:
        return False
    if not all(holds(condition, one.values) for condition in wanted.conditions):
        return False
    return not wanted.word or _says(register, one, wanted, meant)


def _says(register: Register, one: Row, wanted: Wanted, meant: Meant) -> bool:
    """The same answer as `_has_word` gives of rows as they stand."""
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


def holds(condition: Condition, found: Mapping[str, Value]) -> bool:
    keys = values.found_by(condition.field, found.get(condition.field.code))
    wanted = (values.found_by(condition.field, condition.value) or [(None, None)])[0]
    pairs = [(text if number is None else number, wanted[0] if number is None else wanted[1]) for text, number in keys]
    match condition.operator:
        case "ne":
            return all(mine != given for mine, given in pairs)
        case "has":
            return any(str(condition.value).lower() in str(mine) for mine, _ in pairs)
    return any(COMPARED[condition.operator](mine, given) for mine, given in pairs)


def _sort_key(one: Field | None, found: Row) -> Any:
    if one is None:
        return found.id
    ((text, number),) = values.found_by(one, found.values.get(one.code))[:1]
    return text if number is None else number
