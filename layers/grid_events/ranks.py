"""How open events are ranked on every screen: by the place of their line among all that may matter (brief.toml)."""

from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case

from layers.concerns import Condition, last, ranked
from layers.grid_events.rules import SEVERITIES
from store.instant import Instant


class EventsCondition(Condition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Those of a severity whose limit is over, or not."""

    severity: Literal["minor", "major", "critical"]
    overdue: bool


@cache
def ranks(severity: str) -> tuple[int, int]:
    """The rank of an open event: while it is in time, and once it is late. What no line speaks of comes last."""
    known = {(one.severity, one.overdue): rank for rank, one in ranked("grid_events", EventsCondition).items()}
    return known.get((severity, False), last()), known.get((severity, True), last())


def rank(columns: Any, moment: Instant) -> ColumnElement[int]:
    """The same of a row with ``severity`` and ``due``, for the database."""
    of = {severity: ranks(severity) for severity in SEVERITIES}
    late = [(and_(columns.severity == code, columns.due <= moment), place) for code, (_, place) in of.items()]
    in_time = [(columns.severity == code, place) for code, (place, _) in of.items()]
    return case(*late, *in_time, else_=last())
