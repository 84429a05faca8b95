"""Filters as conditions for the database: the ways between entities become questions whether there is such a one."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_

from cockpit.sensorthings.filters import Call, Compare, Expression, Joined, Not
from cockpit.sensorthings.model import SETS, Entity
from layers.problem import Problem

FARTHEST = 4
Condition = ColumnElement[bool]
Make = Callable[[Any], Condition]

COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
}
# Not by LIKE: for SQLite that knows no difference between capitals and small letters, for PostgreSQL it does.
CALLED: dict[str, Callable[[Any, str], Any]] = {
    "startswith": lambda column, text: func.substr(column, 1, len(text)) == text,
    "endswith": lambda column, text: and_(
        func.length(column) >= len(text), func.substr(column, func.length(column) - len(text) + 1) == text
    ),
    "substringof": lambda column, text: func.replace(column, text, "") != column,
}


def clause(entity: Entity, table: Any, community: str, asked: Expression) -> Condition:
    """The condition that a filter means for the rows of an entity; 400 where it asks by what is not there."""
    match asked:
        case Joined(word, first, second):
            parts = [clause(entity, table, community, one) for one in (first, second)]
            return and_(*parts) if word == "and" else or_(*parts)
        case Not(of):
            return not_(clause(entity, table, community, of))
        case Compare(path, operator, value):
            return _along(entity, table, community, path, lambda column: _compared(path, column, operator, value))
        case Call(function, path, text):
            return _along(entity, table, community, path, lambda column: _called(path, column, function, text))


def _along(entity: Entity, table: Any, community: str, path: tuple[str, ...], make: Make) -> Condition:
    """The condition of a property at the end of a way over other entities."""
    if len(path) > FARTHEST:
        raise Problem(400, "bad parameter", f"$filter: {'/'.join(path)[:80]!r} leads too far")
    link = entity.links.get(path[0])
    if link is None:
        column = entity.asked.get("/".join(path))
        if column is None:
            known = ", ".join((*entity.asked, *entity.links))
            raise Problem(400, "bad parameter", f"$filter: {'/'.join(path)[:80]!r} is not one of {known}")
        return make(table.c[column])
    to = SETS[link.to]
    if to.rows is None:
        raise Problem(400, "bad parameter", f"$filter: {to.name} cannot be asked by from {entity.name}")
    there = to.rows(community).subquery()
    condition = _along(to, there, community, path[1:] or ("id",), make)
    return exists().where(there.c[link.other] == table.c[link.own], condition).correlate(table)


def _compared(path: tuple[str, ...], column: Any, operator: str, value: Any) -> Condition:
    is_text = column.type.python_type is str
    if is_text != isinstance(value, str) or not isinstance(value, str | int | float):
        kind = "text in quotes" if is_text else "number"
        raise Problem(400, "bad parameter", f"$filter: {'/'.join(path)!r} is compared with a {kind} only")
    found: Condition = COMPARED[operator](column, value)
    return found


def _called(path: tuple[str, ...], column: Any, function: str, text: str) -> Condition:
    if column.type.python_type is not str:
        raise Problem(400, "bad parameter", f"$filter: {'/'.join(path)!r} is no text")
    if not text:
        found: Condition = column.is_not(None)
        return found
    called: Condition = CALLED[function](column, text)
    return called
