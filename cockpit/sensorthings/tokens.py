"""Where a page goes on: the order of a set, and the token of its last row."""

import base64
from typing import Any

import msgspec
from sqlalchemy import and_, or_

from cockpit.sensorthings.model import Entity, Row
from layers.problem import Problem


def order(table: Any, name: str, is_greatest_first: bool) -> list[Any]:
    """By what rows are sorted: by a property, and where that is the same by their ids."""
    column = table.c[name]
    ordered = column.desc() if is_greatest_first else column
    return [ordered] if name == "id" else [ordered, table.c.id]


def behind(table: Any, name: str, is_greatest_first: bool, token: str, entity: Entity) -> Any:
    """What lies behind the last row of the page before, in the order that is asked for."""
    value, key = _last(token, entity)
    column = table.c[name]
    if name == "id":
        return column < key if is_greatest_first else column > key
    farther = column < value if is_greatest_first else column > value
    return or_(farther, and_(column == value, table.c.id > key))


def token_of(row: Row, name: str) -> str:
    """The token of the page that follows a row, in the order of a property."""
    return base64.urlsafe_b64encode(msgspec.json.encode([row[name], row["id"]])).decode()


def _last(token: str, entity: Entity) -> tuple[Any, Any]:
    try:
        # Refuses half of a surrogate pair, which no database takes, as what is no JSON.
        value, key = msgspec.json.decode(base64.urlsafe_b64decode(token.encode()), type=tuple[str | int, str | int])
    except (ValueError, TypeError):
        value, key = "\0", "\0"
    # The order is by a name, or by the id itself.
    is_one = isinstance(key, int if entity.is_numbered else str) and "\0" not in f"{value}{key}"
    if not is_one:
        raise Problem(400, "bad parameter", f"$skiptoken {token[:40]!r} is none of ours")
    return str(value) if not isinstance(value, type(key)) else value, key
