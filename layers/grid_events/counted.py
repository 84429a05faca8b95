"""What can be counted of grid events: those that occurred in a span, or stand, by category, state and severity."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from layers.grid_events import queries
from layers.grid_events.queries import Filter
from layers.grid_events.rules import ALL, OPEN, SEVERITIES, UNASSIGNED, states
from layers.sources import Counted, Formula, Rows, Source, Span, address, at_of
from store.demonstration import INVENTED
from store.instant import Instant, format_rfc3339, now
from store.language import say

PAGE = "1000"


class EventsFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which events count: their states (``open``: all that are not done), severities, a category or its group."""

    states: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    category: str | None = None


def fault(_community: str, formula: EventsFormula) -> str | None:
    """Why this cannot be counted; None where it can."""
    known = {*states(), OPEN, UNASSIGNED}
    wrong = [*(one for one in formula.states if one not in known)]
    wrong += [one for one in formula.severity if one not in SEVERITIES]
    return say("网格事件没有「{code}」", code=wrong[0]) if wrong else None


def count(
    connection: Connection, community: str, formula: EventsFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """How many events there are of each span, by area too."""
    return [_counted(connection, community, formula, span, at, is_last=span is spans[-1]) for span in spans]


def _counted(
    connection: Connection,
    community: str,
    formula: EventsFormula,
    span: Span | None,
    at: Instant | None,
    *,
    is_last: bool,
) -> Counted:
    found = queries.chosen(community, _filter(formula, span), at).subquery()
    as_of = now() if at is None else at
    if not is_last:
        return Counted(value=connection.scalar(select(func.count()).select_from(found)) or 0, as_of=as_of)
    by_area = {
        row.area: row.n
        for row in connection.execute(select(found.c.area, func.count().label("n")).group_by(found.c.area))
    }
    areas = {str(area): float(n) for area, n in by_area.items() if area is not None}
    is_invented = connection.execute(select(found.c.id).where(found.c.source == INVENTED).limit(1)).first() is not None
    return Counted(value=float(sum(by_area.values())), areas=areas, as_of=as_of, is_invented=is_invented)


def rows(community: str, formula: EventsFormula, span: Span | None, at: Instant | None) -> Rows:
    """The list of events with the same filter."""
    wanted = _filter(formula, span)
    named = [
        *(("state", one) for one in formula.states),
        *(("severity", one) for one in formula.severity),
        ("category", formula.category),
    ]
    times = [
        ("from", None if wanted.since is None else format_rfc3339(wanted.since)),
        ("to", None if wanted.until is None else format_rfc3339(wanted.until)),
    ]
    when = at_of(at)
    # A page has each name once, and without a state means those that are open.
    shown = [
        ("community", community),
        ("state", ",".join(formula.states) or ALL),
        ("severity", ",".join(formula.severity) or None),
        ("category", formula.category),
        *times,
        when,
    ]
    return Rows(
        api=address(f"/api/v1/{community}/events", [*named, *times, ("limit", PAGE), when]),
        page=address("/events", shown),
    )


def _filter(formula: EventsFormula, span: Span | None) -> Filter:
    return Filter(
        state=formula.states,
        severity=formula.severity,
        category=formula.category,
        since=None if span is None else span.since,
        # A list's end is within it.
        until=None if span is None else span.until - 1,
    )


SOURCE = Source(
    name="网格事件",
    name_en="Grid events",
    formula=EventsFormula,
    fault=fault,
    count=count,
    rows=rows,
    has_areas=lambda _community, _formula: True,
)
