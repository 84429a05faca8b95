"""The level of each site as it stands, with a row for each change: written where what it follows from is written.

The level is that of the greater share: of the people inside in what the site may hold at one moment, or of those
who entered today in what it may hold in a day, since the law sets both as the most (旅游法, article 45). It is left
with hysteresis (`levels.next_rank`). A site that is closed is on the level "closed"; its rank goes on beneath.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select

from layers.visitors import sums
from layers.visitors.capacity import closing, levels, limits, versions
from layers.visitors.capacity.tables import site_level, site_level_log
from layers.visitors.capacity.versions import NONE, Capacity
from layers.visitors.inside import inside
from layers.visitors.tables import site_day, site_walk
from store import revision
from store.bulk import upsert_all
from store.instant import Instant, day_of, format_rfc3339
from store.language import Word

CHANGED = "visitors.capacity"
"""The revision that a route raises when it changed what a level follows from: ingest then tells it those after it."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People against the most that a site may hold at one moment, or let in in a day."""

    people: int
    most: int
    is_of_day: bool

    @property
    def share(self) -> float:
        """Of the most, to four digits."""
        return round(self.people / self.most, 4)

    @property
    def words(self) -> Word:
        """Both numbers and the share."""
        said = levels.rules()["crowd"]["entered" if self.is_of_day else "inside"]
        places = {"share": f"{self.share * 100:.0f}", "people": _grouped(self.people), "most": _grouped(self.most)}
        return Word(said["name"].format(**places), said["name_en"].format(**places))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a site stands: its level's code, its rank by its share; None where nobody configured a capacity.

    ``ratio`` is the share of those inside, ``ratio_daily`` of those who entered today. ``since`` is when it came to
    the level, ``occurrence`` when it last left the lowest one. ``crowd`` is that of the greater share.
    """

    site: str
    level: str | None
    rank: int | None
    ratio: float | None
    ratio_daily: float | None
    since: Instant
    occurrence: Instant | None
    is_new: bool = False
    crowd: Crowd | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nobody is let in, whatever the share."""
        return self.level == levels.closed().code


def shares(people: int, entered: int, capacity: Capacity) -> tuple[float | None, float | None]:
    """The share of those inside, and of those who entered today, to four digits."""
    ratio = round(people / capacity.instant, 4) if capacity.instant else None
    daily = round(entered / capacity.daily, 4) if capacity.daily else None
    return ratio, daily


def greater(ratios: Iterable[float | None]) -> float | None:
    """The share that decides the level."""
    return max((ratio for ratio in ratios if ratio is not None), default=None)


def level_of(share: float | None, is_closed: bool, before: int | None = None) -> str | None:
    """The code of a level by itself: where none was kept."""
    if is_closed:
        return levels.closed().code
    return None if share is None else levels.by_rank()[levels.next_rank(before, share)].code


def follow(connection: Connection, community: str, sites: Collection[str], moment: Instant) -> list[Standing]:
    """Bring the levels of sites to what is known now; answers how each stands, but for what has no level.

    The caller holds the community alone (`steps.alone`), as for all counting.
    """
    capacities = versions.of_sites(connection, community, moment)
    closed = closing.closed_sites(connection, community, moment)
    c = site_level.c
    query = select(site_level).where(c.community == community, c.site.in_(list(sites)))
    known = {row.site: row for row in connection.execute(query)}
    found = []
    for site in sorted(sites):
        if site in known or site in closed or site in capacities:
            stands = _follow(
                connection, community, site, known.get(site), capacities.get(site, NONE), site in closed, moment
            )
            found += [stands] if stands is not None else []
    return found


def follow_by_hand(connection: Connection, community: str, site: str, moment: Instant) -> None:
    """The same for what a person changed: ingest hears of it, so that it tells those who come after it."""
    follow(connection, community, [site], moment)
    revision.bump(connection, CHANGED)


def _follow(
    connection: Connection,
    community: str,
    site: str,
    known: Row[Any] | None,
    capacity: Capacity,
    is_closed: bool,
    moment: Instant,
) -> Standing | None:
    people = round(inside(connection, community, site, moment, None).people)
    entered = _entered_today(connection, community, site, moment)
    if known is None and not is_closed and entered is None and not _was_counted(connection, community, site):
        return None
    ratios = shares(people, entered or 0, capacity)
    share = greater(ratios)
    rank, before = None, known.rank if known is not None else None
    if share is not None:
        rank = levels.next_rank(before, share, limits.of(connection, community, site, moment))
    level = levels.closed().code if is_closed else None if rank is None else levels.by_rank()[rank].code
    occurrence = None if not rank else (known.occurrence if known is not None and known.occurrence else moment)
    is_new = known is None or level != known.level
    since = moment if known is None or is_new else known.since
    crowd = _crowd(people, entered or 0, capacity)
    stands = Standing(site, level, rank, *ratios, since, occurrence, is_new, crowd)
    if known is None or (level, rank, occurrence) != (known.level, known.rank, known.occurrence):
        _keep(connection, community, stands)
    if is_new:
        revision.bump(connection, sums.REVISION)
        row = {"community": community, "site": site, "at": moment, "before": known.level if known is not None else None}
        row |= {"after": level, "rank": rank, "inside": people, "entered": entered or 0, "capacity": capacity.instant}
        row |= {"daily": capacity.daily, "occurrence": occurrence or (known.occurrence if known is not None else None)}
        connection.execute(insert(site_level_log).values(row))
    return stands


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _crowd(people: int, entered: int, capacity: Capacity) -> Crowd | None:
    known = [(people, capacity.instant, False), (entered, capacity.daily, True)]
    crowds = [Crowd(many, most, is_of_day) for many, most, is_of_day in known if most]
    return max(crowds, key=lambda one: one.share, default=None)


def _keep(connection: Connection, community: str, stands: Standing) -> None:
    names = ("site", "level", "rank", "since", "occurrence")
    row = {"community": community} | {name: getattr(stands, name) for name in names}
    upsert_all(connection, site_level, [row], _rewritten)


def _rewritten(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("level", "rank", "since", "occurrence")}
    return insert.on_conflict_do_update(index_elements=["community", "site"], set_=changed)


def _entered_today(connection: Connection, community: str, site: str, moment: Instant) -> int | None:
    c = site_day.c
    query = select(c.entered).where(c.community == community, c.site == site, c.day == day_of(moment))
    found = connection.scalar(query)
    return None if found is None else round(found)


def _was_counted(connection: Connection, community: str, site: str) -> bool:
    c = site_walk.c
    return bool(connection.scalar(select(exists().where(c.community == community, c.site == site))))


def kept(connection: Connection, community: str, at: Instant | None) -> Mapping[str, Any]:
    """The level of each site with ``level``, ``rank``, ``since`` and ``occurrence``, as screens were told it.

    A past time is answered from the log: what had not been counted yet then had warned nobody.
    """
    if at is None:
        query = select(site_level).where(site_level.c.community == community)
        return {row.site: row for row in connection.execute(query)}
    c = site_level_log.c
    newest = select(func.max(c.id)).where(c.community == community, c.at <= at).group_by(c.site)
    logged = select(c.site, c.after.label("level"), c.rank, c.at.label("since"), c.occurrence).where(c.id.in_(newest))
    return {row.site: row for row in connection.execute(logged)}


def log(
    connection: Connection, community: str, site: str, at: Instant | None, limit: int, before: int | None = None
) -> list[dict[str, Any]]:
    """The changes of a site's level, newest first; ``before`` is the id of the last one of the page before."""
    c = site_level_log.c
    query = select(site_level_log).where(c.community == community, c.site == site)
    if at is not None:
        query = query.where(c.at <= at)
    if before is not None:
        query = query.where(c.id < before)
    return [_told(row) for row in connection.execute(query.order_by(c.id.desc()).limit(limit))]


def _told(row: Row[Any]) -> dict[str, Any]:
    ratio, daily = shares(row.inside, row.entered, Capacity(row.capacity, row.daily))
    return {
        "id": row.id,
        "from": row.before,
        "to": row.after,
        "name": levels.by_code()[row.after].name if row.after in levels.by_code() else None,
        "at": format_rfc3339(row.at),
        "inside": row.inside,
        "entered_today": row.entered,
        "capacity": row.capacity,
        "capacity_daily": row.daily,
        "ratio": ratio,
        "ratio_daily": daily,
        "occurrence": None if row.occurrence is None else format_rfc3339(row.occurrence),
    }
