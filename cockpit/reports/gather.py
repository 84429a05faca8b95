"""Gathering the figures of a report: each section of its kind, as the layers tell it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from cockpit.reports.kinds import Chosen, Period, kinds
from geo.communities import community as community_of
from layers.declare import report_parts
from layers.sections import Asked, Part, Section, Told, word
from store import demonstration
from store.instant import Instant
from store.language import Word
from store.seal import Seal


class Filled(msgspec.Struct, kw_only=True):
    """A section with what it tells; of what is described only what is shown."""

    code: str
    described: Section
    told: Told


class Gathered(msgspec.Struct, kw_only=True):
    """A report as it is kept: plain data in every language. A file is set of it, always the same."""

    kind: str
    period: Period
    community: Word
    known_at: Instant
    is_over: bool
    version: str
    sections: list[Filled]
    is_invented: bool = False
    """Whether the database is a demonstration's."""


def gather(
    connection: Connection,
    community: str,
    kind: str,
    period: Period,
    known_at: Instant,
    seal: Seal,
    version: str,
    has_gathered: Callable[[int, int], None] = lambda _done, _of: None,
) -> Gathered:
    """Gather a report; ``has_gathered`` is told after each section how many there are of how many."""
    parts = _chosen(kind)
    asked = Asked(
        community=community,
        since=period.since,
        until=min(period.until, known_at),
        known_at=known_at,
        seal=seal,
        role=kinds()[kind].role,
    )
    filled = []
    for number, (code, (part, chosen)) in enumerate(parts.items(), 1):
        filled.append(_filled(code, part, chosen, part.tell(connection, asked)))
        has_gathered(number, len(parts))
    return Gathered(
        kind=kind,
        period=period,
        community=word(community_of(community)),
        known_at=known_at,
        is_over=known_at >= period.until,
        version=version,
        sections=filled,
        is_invented=demonstration.began(connection) is not None,
    )


def _chosen(kind: str) -> dict[str, tuple[Part, Chosen]]:
    """The sections of a kind that some layer tells, in their order."""
    parts = report_parts()
    return {code: (parts[code], chosen) for code, chosen in kinds()[kind].sections.items() if code in parts}


def _filled(code: str, part: Part, chosen: Chosen, told: Told) -> Filled:
    described = part.described
    shown = msgspec.structs.replace(
        described,
        figures=_of(described.figures, chosen.figures, told.figures),
        tables=_of(described.tables, chosen.tables, told.tables),
        charts=_of(described.charts, chosen.charts, described.charts),
    )
    tables = {name: rows for name, rows in told.tables.items() if name in shown.tables or _is_drawn(shown, name)}
    figures = {name: value for name, value in told.figures.items() if name in shown.figures}
    return Filled(code=code, described=shown, told=Told(figures=figures, tables=tables, notes=told.notes))


def _is_drawn(section: Section, table: str) -> bool:
    return any(chart.table == table for chart in section.charts.values())


def _of(described: Mapping[str, Any], chosen: tuple[str, ...] | None, told: Mapping[str, Any]) -> dict[str, Any]:
    return {code: one for code, one in described.items() if code in told and (chosen is None or code in chosen)}
