"""A site that is closed lets nobody in: by a manager's word, until the next one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from layers.visitors.capacity.tables import site_closing
from store.instant import Instant, format_rfc3339


@dataclass(frozen=True, slots=True)
class Closed:
    """Since when a site is closed, and why."""

    since: Instant
    reason: str


def closed_sites(connection: Connection, community: str, moment: Instant) -> dict[str, Closed]:
    """The sites that are closed at a moment, since they were first closed and not opened again, and why by now."""
    c, one, other = site_closing.c, site_closing.alias().c, site_closing.alias().c
    newest = select(func.max(c.id)).where(c.community == community, c.at <= moment).group_by(c.site)
    of_site = (other.community == community, other.site == c.site, other.at <= moment, other.is_closed.is_(False))
    opened = select(func.coalesce(func.max(other.id), 0)).where(*of_site).correlate(site_closing).scalar_subquery()
    begun = select(func.min(one.at)).where(one.community == community, one.site == c.site, one.id > opened)
    since = begun.correlate(site_closing).scalar_subquery()
    rows = connection.execute(select(c.site, since.label("since"), c.reason).where(c.id.in_(newest), c.is_closed))
    return {row.site: Closed(row.since, row.reason) for row in rows}


def keep(
    connection: Connection, community: str, site: str, is_closed: bool, reason: str, actor: str, at: Instant
) -> dict[str, Any]:
    """Note that a site was closed, or opened again."""
    row = {"community": community, "site": site, "at": at, "is_closed": is_closed, "reason": reason, "actor": actor}
    return told(connection.execute(insert(site_closing).values(row).returning(site_closing)).one())


def listed(connection: Connection, community: str, site: str, at: Instant | None, limit: int) -> list[dict[str, Any]]:
    """When a site was closed and opened, newest first."""
    c = site_closing.c
    query = select(site_closing).where(c.community == community, c.site == site)
    if at is not None:
        query = query.where(c.at <= at)
    return [told(row) for row in connection.execute(query.order_by(c.id.desc()).limit(limit))]


def told(row: Row[Any]) -> dict[str, Any]:
    """A word of it as the API tells it."""
    return {"closed": row.is_closed, "reason": row.reason, "by": row.actor, "at": format_rfc3339(row.at)}
