"""Figures of registers of a past time: of the rows as they stood then, which no index holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from layers.services.formula import (
    RegisterFormula,
    area_field,
    bounds,
    conditions,
    is_of_people,
    person_field,
    scale,
)
from layers.services.registers import queries
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import Register
from layers.services.registers.tables import register_row
from layers.services.registers.wanted import holds
from layers.sources import Counted, Span
from store.demonstration import brought_of
from store.instant import Instant


def counted_at(
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
    wanted = conditions(community, one, formula)
    chosen = [
        row
        for row in known
        if (not formula.states or row.state in formula.states) and all(holds(each, row.values) for each in wanted)
    ]
    counted = [_of_rows(community, one, formula, _within(one, formula, chosen, span)) for span in spans]
    last = [row.id for row in _within(one, formula, chosen, spans[-1])]
    dates: list[Any] = [date for row in known if formula.date and (date := row.values.get(formula.date)) is not None]
    before = known_from(one, formula, spans[:-1], counted[:-1], min(dates, default=None))
    return [*before, replace(counted[-1], is_invented=bool(brought_of(connection, register_row, last)))]


def known_from(
    one: Register, formula: RegisterFormula, spans: Sequence[Span | None], counted: Sequence[Counted], first: Any
) -> list[Counted]:
    """What was counted, but for spans that end before the first row's date: nought of them was counted by nobody."""
    if not formula.date or first is None:
        return list(counted)
    field = one.field(formula.date)
    return [
        Counted(value=None) if span is not None and bounds(field, span)[1][1] <= first else found
        for span, found in zip(spans, counted, strict=True)
    ]


def _within(one: Register, formula: RegisterFormula, found: Sequence[Row], span: Span | None) -> Sequence[Row]:
    if span is None or not formula.date:
        return found
    (_, since), (_, until) = bounds(one.field(formula.date), span)
    return [row for row in found if _lies(row.values.get(formula.date), since, until)]


def _lies(value: Value, since: Any, until: Any) -> bool:
    found: Any = value
    return found is not None and bool(since <= found < until)


def _of_rows(community: str, one: Register, formula: RegisterFormula, found: Sequence[Row]) -> Counted:
    measured = MEASURES[formula.of]
    field, parts = area_field(one), dict[str, list[Row]]()
    for row in found if field is not None and formula.of != "distinct" else ():
        if field is not None and isinstance(area := row.values.get(field.code), str):
            parts.setdefault(area, []).append(row)
    per = scale(one, formula)
    value = measured(found, formula.field) / per
    person = person_field(one)
    people = int(value) if person is None else len({row.values.get(person.code) for row in found})
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
