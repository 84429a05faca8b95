"""What registers can count: rows, the values of a field added up, or how many different ones there are.

The rows that a figure is made of are those that the register's list shows with the same conditions.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, distinct, func, literal, not_, select

from layers.people import FEWEST
from layers.services.counted_then import counted_at, known_from
from layers.services.formula import (
    RegisterFormula,
    area_field,
    bounds,
    conditions,
    fault,
    is_of_people,
    person_field,
    scale,
)
from layers.services.registers import unchanged, values
from layers.services.registers.declare import Register, registers
from layers.services.registers.listing import is_met
from layers.services.registers.tables import register_row, register_value
from layers.sources import Counted, Rows, Source, Span, address, at_of
from store.demonstration import brought
from store.instant import Instant

PAGE = "1000"


def count(
    connection: Connection, community: str, formula: RegisterFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """The figure of each span, now or from the rows as they stood at a time.

    Of spans before the last what was counted is kept for as long as no row of the register changes.
    """
    one = registers(community)[formula.register]
    if at is not None:
        return counted_at(connection, community, one, formula, spans, at)
    if not _has_rows(connection, community, one.code):
        return [Counted(value=None) for _ in spans]
    past = tuple(spans[:-1])
    before = unchanged.told(
        connection,
        community,
        (formula, past),
        [one.code],
        lambda: _of_before(connection, community, one, formula, past),
        most_old=None,
    )
    return [*before, *_counted(connection, community, one, formula, spans[-1:])]


def _of_before(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, spans: Sequence[Span | None]
) -> list[Counted]:
    """The figures of spans that are over; none of those that lie before the first row, when nobody entered anything."""
    counted = _counted(connection, community, one, formula, spans)
    if not formula.date or not spans:
        return counted
    dated, column, of = _of_date(community, one, formula)
    c = register_row.c
    rows_of = (c.community == community, c.register == one.code, not_(c.voided))
    first = connection.scalar(select(func.min(column)).select_from(register_row.join(dated, of)).where(*rows_of))
    return known_from(one, formula, spans, counted, first)


def _counted(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, spans: Sequence[Span | None]
) -> list[Counted]:
    found = [span for span in spans if span is not None]
    by_span = _by_span(connection, community, one, formula, found) if formula.date else {}
    every = whole(connection, community, one, formula) if None in spans or not formula.date else 0.0
    last = spans[-1] if spans else None
    areas = _areas(connection, community, one, formula, last)
    counted = []
    for span in spans:
        value = every if span is None or not formula.date else by_span.get(span, 0.0)
        people = _people(connection, community, one, formula, span, value) if is_of_people(community, formula) else None
        is_invented = span is last and _is_invented(connection, community, one, formula, span)
        areas_of = areas if span is last else {}
        counted.append(Counted(value=value, areas=areas_of, people=people, is_invented=is_invented))
    return counted


def _is_invented(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, span: Span | None
) -> bool:
    table, where = _within(register_row, community, one, formula, span)
    counted = select(register_row.c.id).select_from(table).where(*where)
    return brought(connection, register_row, register_row.c.id.in_(counted))


def rows(community: str, formula: RegisterFormula, span: Span | None, at: Instant | None) -> Rows:
    """The list of a register with the conditions of the figure."""
    one = registers(community)[formula.register]
    wanted = [*formula.where, *(_dated(one, formula, span) if span is not None and formula.date else ())]
    when = at_of(at)
    api = [*(("where", each) for each in wanted), *(("state", state) for state in formula.states)]
    page = [
        ("community", community),
        ("register", one.code),
        ("where", "\n".join(wanted) or None),
        ("state", ",".join(formula.states) or None),
        ("of", None if formula.of == "count" else f"{formula.of}:{formula.field}"),
        when,
    ]
    return Rows(
        api=address(f"/api/v1/{community}/registers/{one.code}", [*api, ("limit", PAGE), when]),
        page=address("/registers", page),
    )


def has_areas(community: str, formula: RegisterFormula) -> bool:
    """Whether the register's rows say of which area they are, and these are all that is counted."""
    return formula.of != "distinct" and area_field(registers(community)[formula.register]) is not None


SOURCE = Source(
    name="登记簿",
    name_en="Register",
    formula=RegisterFormula,
    fault=fault,
    count=count,
    rows=rows,
    has_areas=has_areas,
    is_of_people=is_of_people,
)


def _dated(one: Register, formula: RegisterFormula, span: Span) -> tuple[str, str]:
    since, until = (told for told, _ in bounds(one.field(formula.date), span))
    return f"{formula.date}:ge:{since}", f"{formula.date}:lt:{until}"


def _has_rows(connection: Connection, community: str, register: str) -> bool:
    c = register_row.c
    query = select(c.id).where(c.community == community, c.register == register, not_(c.voided)).limit(1)
    return connection.execute(query).first() is not None


def _chosen(community: str, one: Register, formula: RegisterFormula) -> list[ColumnElement[bool]]:
    c = register_row.c
    chosen: list[ColumnElement[bool]] = [c.community == community, c.register == one.code, not_(c.voided)]
    if formula.states:
        chosen.append(c.state.in_(formula.states))
    return chosen + [is_met(each, community, one.code) for each in conditions(community, one, formula)]


def _figure(community: str, one: Register, formula: RegisterFormula) -> tuple[ColumnElement[Any], Any]:
    """What is counted, and the table that it is counted in."""
    if formula.of == "count":
        return func.count(), register_row
    value = register_value.alias("counted")
    of = and_(value.c.row_id == register_row.c.id, value.c.field == formula.field)
    joined = register_row.join(value, of)
    if formula.of == "sum":
        return func.coalesce(func.sum(value.c.number), 0.0), joined
    is_number = values.KINDS[one.field(formula.field).type].is_number
    return func.count(distinct(value.c.number if is_number else value.c.text)), joined


def _of_date(community: str, one: Register, formula: RegisterFormula) -> tuple[Any, Any, ColumnElement[bool]]:
    dated = register_value.alias("dated")
    column = dated.c.number if values.KINDS[one.field(formula.date).type].is_number else dated.c.text
    of = and_(
        dated.c.community == community,
        dated.c.register == one.code,
        dated.c.field == formula.date,
        dated.c.row_id == register_row.c.id,
    )
    return dated, column, of


def _within(
    table: Any, community: str, one: Register, formula: RegisterFormula, span: Span | None
) -> tuple[Any, list[ColumnElement[bool]]]:
    """The rows that count in a span: the table to select them from, and which of it they are."""
    where = _chosen(community, one, formula)
    if span is None or not formula.date:
        return table, where
    dated, column, of = _of_date(community, one, formula)
    (_, since), (_, until) = bounds(one.field(formula.date), span)
    return table.join(dated, of), [*where, column >= since, column < until]


def _by_span(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, spans: Sequence[Span]
) -> dict[Span, float]:
    """One pass over the index of the date's values in all spans, which follow each other."""
    if not spans:
        return {}
    figure, table = _figure(community, one, formula)
    dated, column, of = _of_date(community, one, formula)
    ends = [[kept for _, kept in bounds(one.field(formula.date), span)] for span in spans]
    number = case(*((column < until, literal(place)) for place, (_, until) in enumerate(ends)), else_=literal(-1))
    query: Select[Any] = (
        select(number.label("span"), figure)
        .select_from(table.join(dated, of))
        .where(*_chosen(community, one, formula), column >= ends[0][0], column < ends[-1][1])
        .group_by("span")
    )
    per = scale(one, formula)
    return {spans[place]: float(found) / per for place, found in connection.execute(query) if place >= 0}


def whole(connection: Connection, community: str, one: Register, formula: RegisterFormula) -> float:
    """The figure of all rows that stand and meet the conditions."""
    figure, table = _figure(community, one, formula)
    found = connection.scalar(select(figure).select_from(table).where(*_chosen(community, one, formula)))
    return float(found or 0) / scale(one, formula)


def _areas(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, span: Span | None
) -> dict[str, float]:
    field = area_field(one)
    if field is None or formula.of == "distinct":
        return {}
    figure, table = _figure(community, one, formula)
    place = register_value.alias("place")
    table = table.join(place, and_(place.c.row_id == register_row.c.id, place.c.field == field.code))
    table, where = _within(table, community, one, formula, span)
    query = select(place.c.text, figure).select_from(table).where(*where).group_by(place.c.text)
    return {str(area): float(found) / scale(one, formula) for area, found in connection.execute(query)}


def _people(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, span: Span | None, value: float
) -> int:
    """Of how many people a figure tells, counted no further than to those that name nobody."""
    person = person_field(one)
    if person is None:
        return int(value)
    who = register_value.alias("who")
    table: Any = register_row.join(who, and_(who.c.row_id == register_row.c.id, who.c.field == person.code))
    table, where = _within(table, community, one, formula, span)
    several = select(who.c.number).select_from(table).where(*where).distinct().limit(FEWEST).subquery()
    return int(connection.scalar(select(func.count()).select_from(several)) or 0)
