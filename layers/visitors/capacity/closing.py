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
    """The sites that are closed at a moment."""
    c = site_closing.c
    newest = select(func.max(c.id)).where(c.community == community, c.at <= moment).group_by(c.site)
    rows = connection.execute(select(c.site, c.at, c.reason).where(c.id.in_(newest), c.is_closed))
    return {row.site: Closed(row.at, row.reason) for row in rows}


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
