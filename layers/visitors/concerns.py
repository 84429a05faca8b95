"""What of the visitors matters now: the sites that are on a level of their capacity."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection

from geo.ground import Place
from layers.concerns import Concerns, Condition, Looked, Standing, Then
from layers.sources import Rows, address, at_of
from layers.visitors import capacity, queries
from layers.visitors.capacity import state
from layers.visitors.capacity.state import Crowd
from store.instant import Instant
from store.language import Word

NOT_COUNTED = Word("没有统计游客的场所", "no site whose visitors are counted")
NO_CAPACITY = Word("{site}的承载量", "the capacity of {site}")


class VisitorsCondition(Condition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Those on a level."""

    level: Literal["yellow", "orange", "red"]


def look(connection: Connection, community: str, asked: Sequence[VisitorsCondition], then: Then) -> Looked:
    """How many people are inside the sites of each level; the one that has been on it longest first."""
    sites = {site.code: site for site in queries.counted_sites(community)}
    may_hold = capacity.of_sites(connection, community, then.moment, then.at)
    kept = state.kept(connection, community, then.at)
    on_level = {
        one.level: sorted((kept[code].since, code) for code in sites if code in kept and kept[code].level == one.level)
        for one in asked
    }
    found = [_standing(connection, community, sites, on_level[one.level], then) for one in asked]
    return Looked(standing=found, missing=_missing(sites, may_hold))


def _missing(sites: Mapping[str, Place], may_hold: Mapping[str, Any]) -> tuple[Word, ...]:
    if not sites:
        return (NOT_COUNTED,)
    return tuple(
        Word(NO_CAPACITY.name.format(site=site.name), NO_CAPACITY.name_en.format(site=site.name_en or site.name))
        for code, site in sites.items()
        if code not in may_hold
    )


def _standing(
    connection: Connection,
    community: str,
    sites: Mapping[str, Place],
    found: Sequence[tuple[Instant, str]],
    then: Then,
) -> Standing | None:
    if not found:
        return None
    codes = {code for _, code in found}
    now_inside = queries.records(connection, community, codes, then.at)
    earlier = queries.records(connection, community, codes, then.before)
    before = [earlier[code]["inside"] for code in codes]
    since, first = found[0]
    lon, lat = sites[first].label
    sources = now_inside[first]["sources"]
    return Standing(
        value=sum(now_inside[code]["inside"] or 0 for code in codes),
        before=None if None in before else sum(before),
        since=since,
        subject=_words(now_inside[first]),
        place=sites[first],
        lon=float(lon),
        lat=float(lat),
        thing=("site", first),
        source=next((one for one in sources if one), None) if None not in sources else None,
    )


def _words(record: Mapping[str, Any]) -> Word | None:
    """What the level follows from: the greater share, of those inside or of those who entered today."""
    known = [
        Crowd(record["inside"] or 0, record["capacity"], is_of_day=False) if record["capacity"] else None,
        Crowd(record["entered_today"] or 0, record["capacity_daily"], is_of_day=True)
        if record["capacity_daily"]
        else None,
    ]
    crowd = max((one for one in known if one is not None), key=lambda one: one.share, default=None)
    return None if crowd is None else crowd.words


def rows(community: str, _asked: VisitorsCondition, at: Instant | None) -> Rows:
    """The sites with the people inside."""
    return Rows(
        api=address(f"/api/v1/{community}/visitors", [at_of(at)]).rstrip("?"),
        page=address("/visitors", [("community", community), at_of(at)]),
    )


CONCERNS = Concerns(condition=VisitorsCondition, look=look, rows=rows)
