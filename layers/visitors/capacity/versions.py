"""How many people a site may hold, and from when on: versions that a manager enters, before them the setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from layers.visitors.capacity.tables import site_capacity
from store.instant import Instant, format_rfc3339, now


@dataclass(frozen=True, slots=True)
class Capacity:
    """People that a site may hold at one moment, and in a day; None where nobody configured it.

    ``since`` is when it began to count, None where it is the setting's.
    """

    instant: int | None = None
    daily: int | None = None
    since: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entered:
    """A version as it is entered; area (m2), area a person (m2) and turnover (times a day) where it came of them."""

    instant: int
    daily: int | None
    since: Instant
    area_m2: float | None = None
    m2_per_person: float | None = None
    turnover: float | None = None


NONE = Capacity()
_configured: dict[str, int] = {}


def configure(capacities: Mapping[str, int]) -> None:
    """Take the operator's setting, people at one moment by site: it counts where there is no version."""
    _configured.clear()
    _configured.update(capacities)


def of_sites(connection: Connection, community: str, moment: Instant, at: Instant | None = None) -> dict[str, Capacity]:
    """The capacity that counts at a moment, by site; a site without one is left out.

    ``at``: of what had been entered by that time; a version that came later counts for no past from then on.
    """
    found = {site: Capacity(people) for site, people in _configured.items()}
    c = site_capacity.c
    query = select(c.site, c.instant, c.daily, c.since).where(c.community == community, c.since <= moment)
    query = query if at is None else query.where(c.at <= at)
    for row in connection.execute(query.order_by(c.since, c.id)):
        found[row.site] = Capacity(row.instant, row.daily, row.since)
    return found


def of(connection: Connection, community: str, site: str, at: Instant | None = None) -> Capacity:
    """The capacity of a site, now or at a past time; `NONE` where nobody configured one."""
    return of_sites(connection, community, now() if at is None else at, at).get(site, NONE)


def next_change(connection: Connection, moment: Instant) -> Instant | None:
    """When the next version of any site begins to count."""
    c = site_capacity.c
    found: Instant | None = connection.scalar(select(func.min(c.since)).where(c.since > moment))
    return found


def add(connection: Connection, community: str, site: str, new: Entered, actor: str) -> dict[str, Any]:
    """Keep a version; answers it as lists tell it. One from the same moment on takes the place of another."""
    row = {"community": community, "site": site, "since": new.since, "instant": new.instant, "daily": new.daily}
    row |= {"area_m2": new.area_m2, "m2_per_person": new.m2_per_person, "turnover": new.turnover}
    row |= {"actor": actor, "at": now()}
    made = connection.execute(insert(site_capacity).values(row).returning(site_capacity)).one()
    return told(made)


def listed(connection: Connection, community: str, site: str, at: Instant | None, limit: int) -> list[dict[str, Any]]:
    """The versions of a site, the newest beginning first; of a past time those that had been entered by then."""
    c = site_capacity.c
    query = select(site_capacity).where(c.community == community, c.site == site)
    if at is not None:
        query = query.where(c.at <= at)
    rows = connection.execute(query.order_by(c.since.desc(), c.id.desc()).limit(limit)).all()
    return [told(row) for row in rows]


def told(row: Row[Any]) -> dict[str, Any]:
    """A version as the API tells it; ``basis`` says whether the figures were entered or come of the area."""
    return {
        "instant": row.instant,
        "daily": row.daily,
        "from": format_rfc3339(row.since),
        "basis": "entered" if row.area_m2 is None else "area",
        "area_m2": row.area_m2,
        "m2_per_person": row.m2_per_person,
        "turnover": row.turnover,
        "by": row.actor,
        "at": format_rfc3339(row.at),
    }
