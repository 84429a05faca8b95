"""The grid events as a collection of features."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from geo.communities import community as community_of
from layers.features import Asked, Collection, Page, Value, described, made
from layers.grid_events import asked as words
from layers.grid_events import queries
from layers.grid_events.told import properties
from layers.web import cursor_after, place_of, point
from store.instant import Instant

ROW = described(__package__)["events"]


def _events(connection: Connection, community: str, asked: Asked) -> Page:
    """Newest first."""
    wanted = _filter(community, asked)
    before = place_of(asked.after)
    found = queries.find(connection, community, wanted, limit=asked.limit + 1, at=asked.at, before=before)
    shown = found[: asked.limit]
    more = cursor_after(shown[-1].occurred, shown[-1].id) if len(found) > len(shown) else None
    return Page([_feature(row) for row in shown], more)


def _event(connection: Connection, community: str, key: str, at: Instant | None) -> dict[str, Any] | None:
    row = queries.one(connection, community, key, at)
    return None if row is None else _feature(row)


def _filter(community: str, asked: Asked) -> queries.Filter:
    """What is asked for, by the same words as the list takes; nobody is asked for by a person here."""
    since, until = asked.during
    said = _texts(asked.having)
    found = words.filter_of(
        community_of(community),
        None,
        state=[said["state"]] if "state" in said else (),
        category=said.get("category"),
        area=said.get("area"),
        grid=said.get("grid"),
        severity=[said["severity"]] if "severity" in said else (),
        q=None,
        ids=[said["id"]] if "id" in said else (),
        assignee=None,
        reporter=None,
        overdue=None,
        reached=None,
        times=dict.fromkeys(words.TIMES),
    )
    # Both ends of an interval belong to it; the list's end does not.
    return replace(found, boxes=asked.boxes, reported=(since, None if until is None else until + 1))


def _texts(having: Mapping[str, Value]) -> dict[str, str]:
    return {name: str(value) for name, value in having.items()}


def _feature(row: Row[Any]) -> dict[str, Any]:
    return made(ROW, point(row.lon, row.lat), properties(row), row.id)


COLLECTIONS = (Collection(code="events", row=ROW, find=_events, one=_event),)
