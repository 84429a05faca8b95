"""Today's brief (今日要情): how each line of the rule stands, over all layers, in the rule's order; and its route."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from layers.concerns import Line, Looked, Standing, Then, lines, ranked
from layers.declare import Layer, layers
from layers.look import LEVELS
from layers.roles import Actor, suffices
from layers.web import At, CommunityPath, Reading, Viewer
from store.instant import Instant, format_rfc3339
from store.language import Word, in_all

TONES = {level.code: level for level in LEVELS}
NOTHING = Word("", "")


def router() -> APIRouter:
    """``GET /api/v1/{community}/brief``."""
    routes = APIRouter(prefix="/api/v1/{community}", tags=["brief"])

    @routes.get("/brief")
    def brief(community: CommunityPath, connection: Reading, viewer: Viewer, at: At) -> dict[str, Any]:
        """What matters, the gravest first by the one rule (docs/brief.md), with the trend against a day before.

        Each has its ``value``, the same a day ``before`` (null: not known), since when the longest of its things
        stands, which that is and where, what to do, and the addresses of its ``rows``, which the value comes to.
        ``looked`` tells of each layer which lines were looked at and what nobody configured.
        """
        return told(connection, community.code, viewer, at)

    return routes


def told(connection: Connection, community: str, viewer: Actor | None, at: Instant | None) -> dict[str, Any]:
    """The brief of a community as whoever asks may see it."""
    then = Then.of(at)
    seen = {rank for rank, line in enumerate(lines()) if suffices(viewer, community, line.sees)}
    concerns, looked = [], []
    for layer in layers():
        ranks = _ranks(layer, seen)
        if layer.concerns is None or not ranks:
            continue
        found = layer.concerns.look(connection, community, list(ranks.values()), then)
        looked.append(_looked(layer, list(ranks), found))
        for (rank, asked), standing in zip(ranks.items(), found.standing, strict=True):
            if standing is not None:
                rows = layer.concerns.rows(community, asked, at)
                concerns.append(_concern(rank, layer, standing) | {"rows": {"api": rows.api, "page": rows.page}})
    return {
        "community": community,
        "at": format_rfc3339(then.moment),
        "before": format_rfc3339(then.before),
        "concerns": sorted(concerns, key=lambda one: one["rank"]),
        "looked": looked,
    }


def _ranks(layer: Layer, seen: set[int]) -> dict[int, Any]:
    if layer.concerns is None:
        return {}
    known = ranked(layer.code, layer.concerns.condition)
    return {rank: asked for rank, asked in known.items() if rank in seen}


def _looked(layer: Layer, ranks: Sequence[int], found: Looked) -> dict[str, Any]:
    of_layer = [lines()[rank] for rank in ranks]
    return {
        "layer": layer.code,
        **in_all("name", layer),
        "lines": [{"code": line.code, **in_all("name", line)} for line in of_layer],
        "missing": [in_all("name", word) for word in found.missing],
    }


def _concern(rank: int, layer: Layer, standing: Standing) -> dict[str, Any]:
    line = lines()[rank]
    return {
        "code": line.code,
        "rank": rank,
        "layer": layer.code,
        **in_all("layer_name", layer),
        **_grave(line),
        **{name: value for what in ("name", "unit", "todo", "why") for name, value in in_all(what, line, what).items()},
        "value": standing.value,
        "before": standing.before,
        "change": None if standing.before is None else standing.value - standing.before,
        "since": None if standing.since is None else format_rfc3339(standing.since),
        **in_all("subject", standing.subject or NOTHING),
        **in_all("place", standing.place or NOTHING),
        "lon": standing.lon,
        "lat": standing.lat,
        "thing": None if standing.thing is None else dict(zip(("kind", "id"), standing.thing, strict=True)),
        "source": standing.source,
    }


def _grave(line: Line) -> dict[str, Any]:
    level = TONES[line.tone]
    grave = Word(line.grave, line.grave_en) if line.grave else level
    return {"tone": line.tone, "mark": line.mark or level.symbol, **in_all("grave", grave)}
