"""How what is known of the sites changed in a span of the past: by who passed, by a person's word, by time."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from layers.course import Span, is_hour_in, moved
from layers.visitors import queries
from layers.visitors.capacity.tables import gate_error, site_capacity, site_closing, site_level_log
from layers.visitors.festivals.tables import festival_duty, festival_plan, festival_step
from layers.visitors.tables import gate_step, site_count
from sensors.tables import device, device_site
from store.instant import MILLISECOND, Instant

OF_A_SITE: tuple[tuple[Table, str], ...] = (
    (site_count, "at"),
    (site_closing, "at"),
    (site_level_log, "at"),
    (site_capacity, "since"),
    (site_capacity, "at"),
)
"""Tables of what was said of a site, with the columns of the times from which it counts: it was known by then."""
OF_ALL: tuple[tuple[Table, str], ...] = (
    (gate_error, "since"),
    (gate_error, "at"),
    (festival_plan, "at"),
    (festival_step, "at"),
    (festival_duty, "at"),
)
"""The same of what may be about any of them."""


def _touched(connection: Connection, community: str, span: Span) -> Iterator[tuple[Instant, str]]:
    """When people passed a gate of a site, and when something was said of it."""
    c = gate_step.c
    sites = [site.code for site in queries.counted_sites(community)]
    passed = select(c.ts, c.site).where(c.community == community, span.holds(c.ts), c.site.in_(sites)).distinct()
    for row in connection.execute(passed):
        yield row.ts, row.site
    for table, column in OF_A_SITE:
        at = table.c[column]
        for row in connection.execute(select(at, table.c.site).where(table.c.community == community, span.holds(at))):
            yield row[0], row.site
    c = device.c
    gates = select(c.created, c.revoked).where(c.community == community, c.kind == "gate")
    come_or_gone = connection.execute(gates.where(span.holds(c.created) | span.holds(c.revoked)))
    # Where a gate counts from then on.
    ids = select(c.id).where(c.community == community)
    moved_to = select(device_site.c.since).where(span.holds(device_site.c.since), device_site.c.device_id.in_(ids))
    said = [
        select(table.c[column]).where(table.c.community == community, span.holds(table.c[column]))
        for table, column in OF_ALL
    ]
    moments = [at for row in come_or_gone for at in row if at is not None and span.begin < at <= span.until]
    moments += [at for query in [moved_to, *said] for at in connection.scalars(query)]
    yield from ((at, site) for at in moments for site in sites)


def _due(known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    """All where an hour begins, and with it perhaps a day or a festival; a site where a gate falls silent."""
    if is_hour_in(after, until):
        return set(known)
    return {
        code
        for code, site in known.items()
        if any(_falls_silent(gate, after, until) for gate in site["gates"].values())
    }


def _falls_silent(gate: Mapping[str, Any], after: Instant, until: Instant) -> bool:
    stale = gate["stale_at"]
    return stale is not None and after <= (stale + 1) * MILLISECOND and stale * MILLISECOND < until


def _read(connection: Connection, community: str, keys: set[str], at: Instant) -> Mapping[str, dict[str, Any] | None]:
    return queries.records(connection, community, keys, at)


moves = moved(_read, _touched, _due)
