"""What the Tourism Law asks when a site may become full: a checklist for each occurrence, and who saw to what when.

旅游法 (2013, as amended 2018), article 45: a scenic area must not take in more than the approved maximum, publishes it
and keeps a plan for the flow; where the number may reach the maximum it announces that in advance and reports to the
local government at the same time, and both guide and divert. Article 105 has the penalty for what is left out.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from geo import ground
from layers.problem import Problem
from layers.visitors.capacity import levels, state
from layers.visitors.capacity.tables import duty_done, site_level_log
from store.instant import Instant, format_rfc3339, now
from store.language import in_all

ALWAYS = "always"
STANDING: Instant = 0
"""The occurrence of what stands whatever the level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """A duty: whom it is done to, the level that it is due from or `ALWAYS`, and the paragraph that asks it."""

    code: str
    name: str
    name_en: str
    to: str
    to_en: str
    begins: str
    clause: str
    clause_en: str

    @property
    def rank(self) -> int:
        """The rank of the level that it is due from."""
        return -1 if self.begins == ALWAYS else levels.by_code()[self.begins].rank or 0


@cache
def duties() -> dict[str, Duty]:
    """Every duty by its code, in the order of duties.toml."""
    return {
        code: Duty(code=code, begins=row["from"], **{name: row[name] for name in row if name != "from"})
        for code, row in _table()["duty"].items()
    }


def duties_of(community: str, site: str) -> dict[str, Duty]:
    """Those of a site: none where it is no scenic area."""
    place = ground.place(community, "sites", site)
    return duties() if place is not None and place.kind in _table()["kinds"] else {}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("layers.visitors.capacity") / "duties.toml").read_text(encoding="utf-8"))


def checklist(
    connection: Connection, community: str, site: str, at: Instant | None, asked: Instant | None = None
) -> dict[str, Any]:
    """What is to be done at a site, what of it was done, and by whom.

    Parameters
    ----------
    asked
        The occurrence, None: the one that goes on, or else the last one.
    """
    stands = state.kept(connection, community, at).get(site)
    present = stands.occurrence if stands is not None and stands.rank else None
    occurrence = asked if asked is not None else present or _last(connection, community, site, at)
    rank = -1 if occurrence is None else _highest(connection, community, site, occurrence, at)
    done = _done(connection, community, site, [STANDING, occurrence or STANDING], at)
    rows = []
    for duty in duties_of(community, site).values():
        of = STANDING if duty.begins == ALWAYS else occurrence
        newest = done.get((duty.code, of)) if of is not None else None
        rows.append(_told(duty, newest, is_due=duty.begins == ALWAYS or rank >= duty.rank))
    return {
        "occurrence": None if occurrence is None else format_rfc3339(occurrence),
        "goes_on": occurrence is not None and occurrence == present,
        "duties": rows,
    }


def see_to(
    connection: Connection,
    community: str,
    site: str,
    code: str,
    occurrence: Instant | None,
    is_done: bool,
    note: str,
    actor: str,
) -> None:
    """Note that somebody saw to a duty, or that it was not done after all.

    Raises
    ------
    Problem
        404 where there is no such duty or occurrence, 409 where nothing happens that it would be due for.
    """
    known = duties_of(community, site)
    duty = known.get(code)
    if duty is None:
        raise Problem(
            404, "not found", f"site {site!r} has no duty {code!r}; there are: {', '.join(known) or '(none)'}"
        )
    of = STANDING if duty.begins == ALWAYS else occurrence
    if of is None:
        of = _last(connection, community, site, None)
    if of is None:
        raise Problem(409, "not now", f"site {site!r} was on no level yet that duty {code!r} would be due for")
    if of != STANDING and _highest(connection, community, site, of, None) < 0:
        raise Problem(404, "not found", f"site {site!r} has no occurrence of {format_rfc3339(of)}")
    row = {"community": community, "site": site, "occurrence": of, "duty": code, "is_done": is_done, "note": note}
    connection.execute(insert(duty_done).values(row | {"actor": actor, "at": now()}))


def log(connection: Connection, community: str, site: str, at: Instant | None, limit: int) -> list[dict[str, Any]]:
    """Who saw to what, newest first."""
    c = duty_done.c
    query = select(duty_done).where(c.community == community, c.site == site)
    if at is not None:
        query = query.where(c.at <= at)
    known = duties()
    return [
        {"duty": row.duty, "name": known[row.duty].name if row.duty in known else row.duty}
        | {"occurrence": format_rfc3339(row.occurrence) if row.occurrence else None}
        | _word(row)
        for row in connection.execute(query.order_by(c.id.desc()).limit(limit))
    ]


def _last(connection: Connection, community: str, site: str, at: Instant | None) -> Instant | None:
    c = site_level_log.c
    query = select(func.max(c.occurrence)).where(c.community == community, c.site == site)
    found: Instant | None = connection.scalar(query if at is None else query.where(c.at <= at))
    return found


def _highest(connection: Connection, community: str, site: str, occurrence: Instant, at: Instant | None) -> int:
    """The highest rank of an occurrence; -1 where there is none such."""
    c = site_level_log.c
    query = select(func.max(c.rank)).where(c.community == community, c.site == site, c.occurrence == occurrence)
    found: int | None = connection.scalar(query if at is None else query.where(c.at <= at))
    return -1 if found is None else found


def _done(
    connection: Connection, community: str, site: str, occurrences: list[Instant], at: Instant | None
) -> dict[tuple[str, Instant], Row[Any]]:
    """(duty, occurrence) -> the newest word on it."""
    c = duty_done.c
    query = select(duty_done).where(c.community == community, c.site == site, c.occurrence.in_(occurrences))
    if at is not None:
        query = query.where(c.at <= at)
    return {(row.duty, row.occurrence): row for row in connection.execute(query.order_by(c.id))}


def _told(duty: Duty, newest: Row[Any] | None, *, is_due: bool) -> dict[str, Any]:
    return {
        "duty": duty.code,
        "name": duty.name,
        "name_en": duty.name_en,
        "to": duty.to,
        "to_en": duty.to_en,
        "from": duty.begins,
        **in_all("clause", duty, "clause"),
        "due": is_due,
        "done": newest is not None and newest.is_done,
        "word": None if newest is None else _word(newest),
    }


def _word(row: Row[Any]) -> dict[str, Any]:
    return {"done": row.is_done, "note": row.note, "by": row.actor, "at": format_rfc3339(row.at)}
