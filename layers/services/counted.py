"""What registers can count: rows, the values of a field added up, or how many different ones there are.

The rows that a figure is made of are those that the register's list shows with the same conditions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, case, distinct, func, literal, not_, select

from layers.people import FEWEST
from layers.problem import Problem
from layers.services.registers import asked, queries, values
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import PERSONS, Field, Register, registers
from layers.services.registers.listing import Condition, holds, is_met
from layers.services.registers.tables import register_row, register_value, register_version
from layers.sources import Counted, Formula, Rows, Source, Span, address
from store.instant import MINUTE, Instant, format_rfc3339, local_date, local_month
from store.language import say

PAGE = "1000"
DATED = ("date", "time", "month", "integer")
"""Types of fields that can say when a row counts; an integer is a year."""
SUMMED = ("integer", "number", "money")
MOST_KEPT = 10_000
"""Figures of past spans that a process keeps in mind."""
LATE: Instant = 10 * MINUTE
"""No transaction that writes rows takes longer."""
_past: dict[tuple[str, str, Formula, Span | None], tuple[tuple[int, int], Counted]] = {}


class RegisterFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is counted of a register's rows.

    ``of``: the rows ("count"), the values of ``field`` added up ("sum"), or how many different ones there are
    ("distinct"). ``where`` are conditions as the list takes them, ``states`` the states that count. ``date`` is the
    field that says when a row counts; without it a figure is of all rows that stand. ``people``: the numbers are of
    people, though no row names one.
    """

    register: str
    of: Literal["count", "sum", "distinct"] = "count"
    field: str = ""
    where: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    date: str = ""
    people: bool = False


def fault(community: str, formula: RegisterFormula) -> str | None:
    """Why a community cannot count this; None where it can."""
    one = registers(community).get(formula.register)
    if one is None:
        return say("没有登记簿「{to}」", to=formula.register)
    fields = _open_fields(one)
    if formula.date and (formula.date not in fields or fields[formula.date].type not in DATED):
        return say("「{code}」不是这本登记簿的日期字段", code=formula.date)
    if formula.of != "count":
        if formula.field not in fields or (formula.of == "sum" and fields[formula.field].type not in SUMMED):
            return say("「{code}」不是这本登记簿里可以这样统计的字段", code=formula.field)
        if fields[formula.field].type == "long":
            return say("「{code}」不是这本登记簿里可以这样统计的字段", code=formula.field)
    unknown = next((state for state in formula.states if state not in one.states), None)
    if unknown is not None:
        return say("这本登记簿没有状态「{state}」", state=unknown)
    try:
        _conditions(community, one, formula)
    except Problem as problem:
        return problem.detail
    return None


def count(
    connection: Connection, community: str, formula: RegisterFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """The figure of each span, now or from the rows as they stood at a time.

    Of spans before the last what was counted is kept for as long as no row of the register changes.
    """
    one = registers(community)[formula.register]
    if at is not None:
        return _counted_at(connection, community, one, formula, spans, at)
    if not _has_rows(connection, community, one.code):
        return [Counted(value=None) for _ in spans]
    stamp = _stamp(connection, community, one.code)
    keys = [(str(connection.engine.url), community, formula, span) for span in spans[:-1]]
    known = [_past.get(key) for key in keys]
    past = [kept[1] for kept in known if kept is not None and kept[0] == stamp]
    if len(past) == len(keys):
        return [*past, *_counted(connection, community, one, formula, spans[-1:])]
    counted = _counted(connection, community, one, formula, spans)
    if len(_past) + len(keys) > MOST_KEPT:
        _past.clear()
    _past.update(zip(keys, ((stamp, found) for found in counted), strict=False))
    return counted


def _counted(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, spans: Sequence[Span | None]
) -> list[Counted]:
    found = [span for span in spans if span is not None]
    by_span = _by_span(connection, community, one, formula, found) if formula.date else {}
    whole = _whole(connection, community, one, formula) if None in spans or not formula.date else 0.0
    last = spans[-1] if spans else None
    areas = _areas(connection, community, one, formula, last)
    counted = []
    for span in spans:
        value = whole if span is None or not formula.date else by_span.get(span, 0.0)
        people = _people(connection, community, one, formula, span, value) if is_of_people(community, formula) else None
        counted.append(Counted(value=value, areas=areas if span is last else {}, people=people))
    return counted


def rows(community: str, formula: RegisterFormula, span: Span | None, at: Instant | None) -> Rows:
    """The list of a register with the conditions of the figure."""
    one = registers(community)[formula.register]
    conditions = [*formula.where, *(_dated(one, formula, span) if span is not None and formula.date else ())]
    when = None if at is None else format_rfc3339(at)
    api = [*(("where", each) for each in conditions), *(("state", state) for state in formula.states)]
    page = [
        ("community", community),
        ("register", one.code),
        ("where", "\n".join(conditions) or None),
        ("state", ",".join(formula.states) or None),
        ("at", when),
    ]
    return Rows(
        api=address(f"/api/v1/{community}/registers/{one.code}", [*api, ("limit", PAGE), ("at", when)]),
        page=address("/registers", page),
    )


def has_areas(community: str, formula: RegisterFormula) -> bool:
    """Whether the register's rows say of which area they are, and these are all that is counted."""
    return formula.of != "distinct" and _area_field(registers(community)[formula.register]) is not None


def is_of_people(community: str, formula: RegisterFormula) -> bool:
    """Whether the rows tell of somebody."""
    return formula.people or registers(community)[formula.register].is_of_people


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


def _open_fields(one: Register) -> dict[str, Field]:
    return {field.code: field for field in one.fields if not field.personal}


def _conditions(community: str, one: Register, formula: RegisterFormula) -> list[Condition]:
    return [asked.condition(community, _open_fields(one), text) for text in formula.where]


def _dated(one: Register, formula: RegisterFormula, span: Span) -> tuple[str, str]:
    since, until = (told for told, _ in _bounds(one.field(formula.date), span))
    return f"{formula.date}:ge:{since}", f"{formula.date}:lt:{until}"


def _bounds(field: Field, span: Span) -> list[tuple[str, str | int]]:
    """Both ends of a span as the field's values: as a list's condition writes them, and as they are kept."""
    ends: list[tuple[str, str | int]] = []
    for end in (span.since, span.until):
        match field.type:
            case "time":
                ends.append((format_rfc3339(end), end))
            case "month":
                ends.append((local_month(end), local_month(end)))
            case "integer":
                ends.append((str(local_date(end).year), local_date(end).year))
            case _:
                ends.append((local_date(end).isoformat(), local_date(end).isoformat()))
    return ends


def _stamp(connection: Connection, community: str, register: str) -> tuple[int, int]:
    """What changes with every version of a row: when the newest came, and how many came shortly before it.

    The second, since of two who write at once the one who began first may be the last whose rows are seen.
    """
    c = register_version.c
    mine = (c.community == community, c.register == register)
    newest = connection.scalar(select(func.max(c.at)).where(*mine)) or 0
    query = select(func.count()).select_from(register_version).where(*mine, c.at >= newest - LATE)
    return newest, connection.scalar(query) or 0


def _has_rows(connection: Connection, community: str, register: str) -> bool:
    c = register_row.c
    query = select(c.id).where(c.community == community, c.register == register, not_(c.voided)).limit(1)
    return connection.execute(query).first() is not None


def _chosen(community: str, one: Register, formula: RegisterFormula) -> list[ColumnElement[bool]]:
    c = register_row.c
    chosen: list[ColumnElement[bool]] = [c.community == community, c.register == one.code, not_(c.voided)]
    if formula.states:
        chosen.append(c.state.in_(formula.states))
    return chosen + [is_met(each, community, one.code) for each in _conditions(community, one, formula)]


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


def _by_span(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, spans: Sequence[Span]
) -> dict[Span, float]:
    """One pass over the index of the date's values in all spans, which follow each other."""
    if not spans:
        return {}
    figure, table = _figure(community, one, formula)
    dated, column, of = _of_date(community, one, formula)
    bounds = [[kept for _, kept in _bounds(one.field(formula.date), span)] for span in spans]
    number = case(*((column < until, literal(place)) for place, (_, until) in enumerate(bounds)), else_=literal(-1))
    query: Select[Any] = (
        select(number.label("span"), figure)
        .select_from(table.join(dated, of))
        .where(*_chosen(community, one, formula), column >= bounds[0][0], column < bounds[-1][1])
        .group_by("span")
    )
    per = _scale(one, formula)
    return {spans[place]: float(found) / per for place, found in connection.execute(query) if place >= 0}


def _whole(connection: Connection, community: str, one: Register, formula: RegisterFormula) -> float:
    figure, table = _figure(community, one, formula)
    found = connection.scalar(select(figure).select_from(table).where(*_chosen(community, one, formula)))
    return float(found or 0) / _scale(one, formula)


def _scale(one: Register, formula: RegisterFormula) -> int:
    """Money is kept in fen and told in yuan."""
    return values.FEN if formula.of == "sum" and one.field(formula.field).type == "money" else 1


def _area_field(one: Register) -> Field | None:
    return next((field for field in one.fields if field.type == "place" and field.layer == "areas"), None)


def _areas(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, span: Span | None
) -> dict[str, float]:
    field = _area_field(one)
    if field is None or formula.of == "distinct":
        return {}
    figure, table = _figure(community, one, formula)
    place = register_value.alias("place")
    table = table.join(place, and_(place.c.row_id == register_row.c.id, place.c.field == field.code))
    where = _chosen(community, one, formula)
    if span is not None and formula.date:
        dated, column, of = _of_date(community, one, formula)
        (_, since), (_, until) = _bounds(one.field(formula.date), span)
        table, where = table.join(dated, of), [*where, column >= since, column < until]
    query = select(place.c.text, figure).select_from(table).where(*where).group_by(place.c.text)
    return {str(area): float(found) / _scale(one, formula) for area, found in connection.execute(query)}


def _people(
    connection: Connection, community: str, one: Register, formula: RegisterFormula, span: Span | None, value: float
) -> int:
    """Of how many people a figure tells, counted no further than to those that name nobody."""
    person = next((field for field in one.fields if field.type == "row" and field.to == PERSONS), None)
    if person is None:
        return int(value)
    who = register_value.alias("who")
    table: Any = register_row.join(who, and_(who.c.row_id == register_row.c.id, who.c.field == person.code))
    where = _chosen(community, one, formula)
    if span is not None and formula.date:
        dated, column, of = _of_date(community, one, formula)
        (_, since), (_, until) = _bounds(one.field(formula.date), span)
        table, where = table.join(dated, of), [*where, column >= since, column < until]
    several = select(who.c.number).select_from(table).where(*where).distinct().limit(FEWEST).subquery()
    return int(connection.scalar(select(func.count()).select_from(several)) or 0)


def _counted_at(
    connection: Connection,
    community: str,
    one: Register,
    formula: RegisterFormula,
    spans: Sequence[Span | None],
    at: Instant,
) -> list[Counted]:
    """The same of the rows as they stood at a time, which no index holds."""
    known = queries.unsealed(connection, community, one.code, at)
    if not known:
        return [Counted(value=None) for _ in spans]
    conditions = _conditions(community, one, formula)
    chosen = [
        row
        for row in known
        if (not formula.states or row.state in formula.states) and all(holds(each, row.values) for each in conditions)
    ]
    return [_of_rows(community, one, formula, _within(one, formula, chosen, span)) for span in spans]


def _within(one: Register, formula: RegisterFormula, found: Sequence[Row], span: Span | None) -> Sequence[Row]:
    if span is None or not formula.date:
        return found
    (_, since), (_, until) = _bounds(one.field(formula.date), span)
    return [row for row in found if _lies(row.values.get(formula.date), since, until)]


def _lies(value: Value, since: Any, until: Any) -> bool:
    found: Any = value
    return found is not None and bool(since <= found < until)


def _of_rows(community: str, one: Register, formula: RegisterFormula, found: Sequence[Row]) -> Counted:
    measured = MEASURES[formula.of]
    field, parts = _area_field(one), dict[str, list[Row]]()
    for row in found if field is not None and formula.of != "distinct" else ():
        if field is not None and isinstance(area := row.values.get(field.code), str):
            parts.setdefault(area, []).append(row)
    per = _scale(one, formula)
    value = measured(found, formula.field) / per
    person = next((each.code for each in one.fields if each.type == "row" and each.to == PERSONS), None)
    people = int(value) if person is None else len({row.values.get(person) for row in found})
    return Counted(
        value=value,
        areas={area: measured(rows_of, formula.field) / per for area, rows_of in parts.items()},
        people=people if is_of_people(community, formula) else None,
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


MEASURES: Mapping[str, Callable[[Sequence[Row], str], float]] = {
    "count": lambda found, _field: float(len(found)),
    "sum": lambda found, field: sum((_number(row.values.get(field)) for row in found), 0.0),
    "distinct": lambda found, field: float(
        len({str(row.values[field]).lower() for row in found if row.values.get(field) is not None})
    ),
}
