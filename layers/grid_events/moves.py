"""How the open events changed in a span of the past, and what of them stands on the timeline of a day."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from geo.ground import place
from layers.course import Mark, Span, arrived, is_hour_in, moved
from layers.grid_events import queries
from layers.grid_events.queries import TALLY
from layers.grid_events.rules import SEVERITIES
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.grid_events.told import title_word
from layers.look import LEVELS
from store.instant import MILLISECOND, Instant
from store.language import in_all


def _touched(connection: Connection, community: str, span: Span) -> Iterator[tuple[Instant, str]]:
    """When events took a step or came; each of them counts in the tally."""
    step, event = grid_event_transition.c, grid_event.c
    steps = (
        select(step.at, step.event_id)
        .join(grid_event, event.id == step.event_id)
        .where(event.community == community, span.holds(step.at))
    )
    came = select(event.received, event.id).where(event.community == community, span.holds(event.received))
    for moment, number in [*connection.execute(steps), *connection.execute(came)]:
        yield moment, number
        yield moment, TALLY


def _due(known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    """The tally, where an hour or a day begins, or an event's time has come."""
    soon = known.get(TALLY, {}).get("due_soon", ())
    return {TALLY} if is_hour_in(after, until) or any(due * MILLISECOND <= until for due in soon) else set()


def _read(connection: Connection, community: str, keys: set[str], at: Instant) -> Mapping[str, dict[str, Any] | None]:
    """Those that are open, and the tally: one that is over is not on the wall."""
    found = queries.records(connection, community, keys, at)
    return {key: record for key, record in found.items() if key == TALLY or record["open"]}


moves = moved(_read, _touched, _due, queries.FIRST)


def marks(connection: Connection, community: str, since: Instant, until: Instant, most: int) -> list[Mark]:
    """The events that came in [since, until), the gravest first."""
    gravest = list(reversed(SEVERITIES))
    found = []
    query = arrived(grid_event, grid_event.c.severity, gravest, community, since, until)
    for row in connection.execute(query.limit(most)):
        level = LEVELS[list(SEVERITIES).index(row.severity)]
        area = place(community, "areas", row.area)
        found.append(
            Mark(
                at=row.received,
                kind="event",
                id=row.id,
                symbol=level.symbol,
                tone=level.code,
                rank=gravest.index(row.severity),
                level=level.name,
                level_en=level.name_en,
                **in_all("name", title_word(row)),
                subject="" if area is None else area.name,
            )
        )
    return found
