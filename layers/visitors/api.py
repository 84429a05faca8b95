"""Routes of the visitors."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from layers.problem import Problem
from layers.visitors import queries
from layers.web import At, CommunityPath, Reading
from store.instant import MILLISECOND, format_rfc3339

PUBLIC = ("site", "name", "name_en", "inside", "entered_today", "left_today", "capacity", "ratio", "level")


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["visitors"])

    @routes.get("/visitors")
    def visitors(community: CommunityPath, connection: Reading, at: At) -> dict[str, Any]:
        """People inside each site and through its gates today; null where not configured or not measured."""
        found = queries.records(connection, community.code, None, at)
        return {"sites": [_public(record) for record in found.values()]}

    @routes.get("/visitors/flow")
    def flow(
        community: CommunityPath,
        connection: Reading,
        at: At,
        site: str,
        hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24,
    ) -> dict[str, Any]:
        """People who entered and left a site, by the hour, oldest first."""
        known = [place.code for place in queries.counted_sites(community.code)]
        if site not in known:
            raise Problem(404, "not found", f"no site {site!r}; there are: {', '.join(known)}")
        rows = queries.flow(connection, community.code, site, hours, at)
        return {"site": site, "hours": [row | {"hour": format_rfc3339(row["hour"])} for row in rows]}

    return routes


def _public(record: dict[str, Any]) -> dict[str, Any]:
    as_of = record["as_of"]
    return {name: record[name] for name in PUBLIC} | {
        "as_of": None if as_of is None else format_rfc3339(as_of * MILLISECOND)
    }
