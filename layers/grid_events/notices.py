"""Who hears of a grid event when: each step as it is taken, and limits as they run out."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, exists, literal

from layers.grid_events.rules import UNASSIGNED, open_states
from layers.grid_events.standing import with_state
from layers.grid_events.tables import grid_event
from layers.grid_events.told import title_word
from store.instant import DAY, Instant
from store.language import in_all
from store.notices import Notice, notice, tell

LIMITS = {"warn": "warn", "overdue": "due"}
"""Kind of notice -> the time from which it is told."""
AT_ONCE = 500


@dataclass(frozen=True)
class Rule:
    """A row of ``notices.toml``."""

    text: str
    text_en: str
    least: str | None = None
    assignee: bool = False


@cache
def rules() -> dict[str, Rule]:
    """Every kind of notice by the code of its step, action or time."""
    rows = tomllib.loads((files("layers.grid_events") / "notices.toml").read_text(encoding="utf-8"))
    return {code: Rule(**row) for code, row in rows.items()}


def tell_step(connection: Connection, event: Any, community: str, row: Any) -> None:
    """Tell of a step or an action in its transaction; ``event`` is its row, or what a notice tells of it."""
    rule = rules().get(row.action or row.state)
    if rule is not None:
        told = _told(row.action or row.state, rule, event, community, row.assignee, row.at, str(row.seq))
        tell(connection, told)


def tell_unassigned(connection: Connection, event: Any, community: str, row: Any) -> None:
    """Tell those who give events out of one that lies with nobody, in the transaction that brought it there."""
    tell(connection, _told(UNASSIGNED, rules()[UNASSIGNED], event, community, None, row.at, str(row.seq)))


def remind(connection: Connection, community: str, at: Instant) -> int:
    """Tell of limits that ran out, or soon will, and were not told of yet; returns how many.

    What ran out more than a day ago is not told of any more: the board shows it, and a cockpit that
    was away for a week must not call everybody at once.
    """
    told = 0
    for kind, column in LIMITS.items():
        for row in _due(connection, community, kind, column, at):
            told += tell(connection, _told(kind, rules()[kind], row, community, row.assignee, at, str(row.limit)))
    return told


def is_anything_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `remind` would tell of something; reads only."""
    return any(_due(connection, community, kind, column, at, 1) for kind, column in LIMITS.items())


def _due(connection: Connection, community: str, kind: str, column: str, at: Instant, most: int = AT_ONCE) -> list[Any]:
    query = with_state(community, None)
    limit: ColumnElement[int] = query.selected_columns[column]
    mark = literal("event:") + grid_event.c.id + literal(":") + cast(limit, String) + literal(f":{kind}")
    query = query.add_columns(limit.label("limit")).where(
        query.selected_columns["state"].in_(open_states()),
        limit.between(at - DAY, at),
        ~exists().where(notice.c.mark == mark),
    )
    return list(connection.execute(query.limit(most)))


def _told(
    kind: str, rule: Rule, event: Any, community: str, assignee: str | None, at: Instant, occurrence: str
) -> Notice:
    return Notice(
        community=community,
        at=at,
        kind=kind,
        subject=event.id,
        **in_all("title", title_word(event)),
        place=event.area,
        spot=event.spot,
        severity=event.severity,
        category=event.category,
        least=rule.least,
        person=assignee if rule.assignee else None,
        mark=f"event:{event.id}:{occurrence}:{kind}",
    )
