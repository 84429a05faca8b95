"""How the open alarms changed in a span of the past, and what of them stands on the timeline of a day."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from layers.alarms import queries
from layers.alarms.look import looks
from layers.alarms.queries import TALLY
from layers.alarms.tables import alarm, alarm_flood, alarm_step
from layers.course import Mark, Span, arrived, is_hour_in, moved
from store.instant import Instant


def _touched(connection: Connection, community: str, span: Span) -> Iterator[tuple[Instant, str]]:
    """When alarms took a step or came, and a flood began or ended; each of them counts in the tally."""
    steps = (
        select(alarm_step.c.at, alarm_step.c.alarm_id)
        .join(alarm, alarm.c.id == alarm_step.c.alarm_id)
        .where(alarm.c.community == community, span.holds(alarm_step.c.at))
    )
    # What was raised before it came here is there from then on.
    came = select(alarm.c.received, alarm.c.id).where(alarm.c.community == community, span.holds(alarm.c.received))
    for moment, number in [*connection.execute(steps), *connection.execute(came)]:
        yield moment, number
        yield moment, TALLY
    c = alarm_flood.c
    floods = select(c.began, c.ended).where(c.community == community, span.holds(c.began) | span.holds(c.ended))
    for flood in connection.execute(floods):
        yield from ((moment, TALLY) for moment in flood if moment is not None and span.begin < moment <= span.until)


def _due(_known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    return {TALLY} if is_hour_in(after, until) else set()


def _read(connection: Connection, community: str, keys: set[str], at: Instant) -> Mapping[str, dict[str, Any] | None]:
    return queries.records(connection, community, keys, at)


moves = moved(_read, _touched, _due, queries.FIRST)


def marks(connection: Connection, community: str, since: Instant, until: Instant, most: int) -> list[Mark]:
    """The alarms that came in [since, until), the loudest first."""
    loudness = list(looks().priorities)
    names = queries.places_by_code(community)
    found = []
    query = arrived(alarm, alarm.c.priority, loudness, community, since, until)
    for row in connection.execute(query.limit(most)):
        look = looks().priorities[row.priority]
        # A site is the subject itself.
        where = names.get(row.site) if row.kind == "site" else queries.where(row)
        subject = "" if row.kind == "site" and where is not None else row.label or row.subject
        found.append(
            Mark(
                at=row.received,
                kind="alarm",
                id=row.id,
                symbol=look.symbol,
                tone=look.tone,
                rank=loudness.index(row.priority),
                level=look.name,
                level_en=look.name_en,
                name=row.name,
                name_en=row.name_en,
                subject=" · ".join(one for one in (subject, where.name if where is not None else "") if one),
            )
        )
    return found
