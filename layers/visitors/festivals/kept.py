"""What was planned and done of festivals as it stands, kept by each process: asked with every batch that is counted.

One row by its key says whether it still holds. Whoever changes something reads past it until the change is committed.
"""

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Connection, Engine, Row, func, select

from layers.visitors.festivals.plans import Plan, plans
from layers.visitors.festivals.tables import festival_duty, festival_plan, festival_step
from store import revision
from store.instant import Instant

REVISION = "festivals"

Duties = dict[str, list[str]]
"""post -> who is on it, who came first at the front."""


@dataclass(frozen=True)
class Said:
    """Plans and the last word by hand of each festival. It stands for every moment from ``since`` on."""

    revision: int
    since: Instant
    plans: dict[str, Plan]
    steps: dict[str, Row[Any]]
    duties: dict[tuple[str, Instant], Duties] = field(default_factory=dict)


_kept: WeakKeyDictionary[Engine, dict[str, Said]] = WeakKeyDictionary()
_changing: WeakSet[Connection] = WeakSet()


def changed(connection: Connection) -> None:
    """Let every process read anew what this transaction changes, once it is committed."""
    _changing.add(connection)
    revision.bump(connection, REVISION)


def said(connection: Connection, community: str, moment: Instant) -> Said:
    """What was said up to a moment."""
    if connection in _changing:
        return _read(connection, community, moment, 0, 0)
    of_engine = _kept.setdefault(connection.engine, {})
    known = of_engine.get(community)
    # Asked before anything is read: what is read after it may be newer than it says, never older.
    current = revision.current(connection, REVISION)
    if known is None or known.revision != current:
        newest = _newest(connection, community)
        known = of_engine[community] = _read(connection, community, newest, current, newest)
    return known if moment >= known.since else _read(connection, community, moment, current, 0)


def _read(connection: Connection, community: str, moment: Instant, current: int, since: Instant) -> Said:
    return Said(current, since, plans(connection, community, moment), last_steps(connection, community, moment))


def _newest(connection: Connection, community: str) -> Instant:
    """When anything was last said; 0 where nothing was."""
    tables = (festival_plan, festival_step, festival_duty)
    asked = [select(func.max(table.c.at)).where(table.c.community == community).scalar_subquery() for table in tables]
    return max(found or 0 for found in connection.execute(select(*asked)).one())


def last_steps(connection: Connection, community: str, moment: Instant) -> dict[str, Row[Any]]:
    """The last beginning or end by hand of each festival."""
    c = festival_step.c
    newest = select(func.max(c.id)).where(c.community == community, c.at <= moment).group_by(c.festival)
    return {row.festival: row for row in connection.execute(select(festival_step).where(c.id.in_(newest)))}


def on_duty(
    connection: Connection, community: str, known: Said, festival: str, begin: Instant, moment: Instant
) -> Duties:
    """Who is on each post of a festival that began then."""
    found = known.duties.get((festival, begin))
    if found is None:
        found = known.duties[festival, begin] = _on_duty(connection, community, festival, begin, moment)
    return found


def _on_duty(connection: Connection, community: str, festival: str, begin: Instant, moment: Instant) -> Duties:
    c = festival_duty.c
    newest = (
        select(func.max(c.id))
        .where(c.community == community, c.festival == festival, c.at.between(begin, moment))
        .group_by(c.post, c.who)
    )
    found: Duties = {}
    query = select(c.post, c.who).where(c.id.in_(newest), c.is_on).order_by(c.post, c.id)
    for post, who in connection.execute(query):
        found.setdefault(post, []).append(who)
    return found
