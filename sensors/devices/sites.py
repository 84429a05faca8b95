"""For which site a device counts, and from when on: what it said of an earlier time belongs to the earlier site."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from sensors.tables import device_site
from store.instant import Instant, now

if TYPE_CHECKING:
    from sensors.devices.registry import Device


def note_site(connection: Connection, of: "Device") -> None:
    """Keep from when on a device counts for its site; call it wherever the site is written."""
    known = connection.execute(
        select(device_site.c.site).where(device_site.c.device_id == of.id).order_by(device_site.c.since.desc()).limit(1)
    ).one_or_none()
    if known is None or known.site != of.site:
        since = 0 if known is None else now()
        connection.execute(insert(device_site).values(device_id=of.id, since=since, site=of.site))


def sites_of(connection: Connection, devices: Collection[str]) -> dict[str, list[tuple[Instant, str | None]]]:
    """For each device (since, site), oldest first: where it counted from when on."""
    query = select(device_site).where(device_site.c.device_id.in_(devices)).order_by(device_site.c.since)
    found: dict[str, list[tuple[Instant, str | None]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.device_id, []).append((row.since, row.site))
    return found


def as_placed(connection: Connection, devices: Sequence["Device"], at: Instant) -> list["Device"]:
    """The devices with the site that each counted for at a past time."""
    sites = sites_of(connection, [found.id for found in devices])
    placed = []
    for found in devices:
        stood = [site for since, site in sites.get(found.id, []) if since <= at]
        placed.append(replace(found, site=stood[-1]) if stood else found)
    return placed
