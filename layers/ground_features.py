"""Features of the ground: places of a layer as they are now, found by code, by box and by what is said of them."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import shapely
from shapely import STRtree
from sqlalchemy import Connection

from geo.ground import frame, geojson, of_ground, rows
from layers.features import Asked, Collection, Described, Page, made
from store.instant import Instant

Records = Callable[[Connection, str, set[str] | None, Instant | None], dict[str, dict[str, Any]]]
"""(connection, community, codes, at) -> what is known of each, as `layers.declare.Records`."""
Figures = Callable[[Mapping[str, Any]], dict[str, Any]]


class _Kept(NamedTuple):
    """A layer's places in the order of their codes, each with its GeoJSON geometry, and an index over their shapes."""

    codes: list[str]
    rows: list[dict[str, Any]]
    geometries: list[dict[str, Any]]
    tree: STRtree


@of_ground
def _kept(community: str, layer: str) -> _Kept:
    said = rows(community, layer)
    order = sorted(range(len(said)), key=lambda index: str(said[index]["code"]))
    drawn = [one["geometry"] for one in msgspec.json.decode(geojson(community, layer))["features"]]
    return _Kept(
        [str(said[index]["code"]) for index in order],
        [{**said[index], "schematic": bool(said[index].get("schematic"))} for index in order],
        [drawn[index] for index in order],
        STRtree(frame(community, layer).geometry.to_numpy()[order] if order else []),
    )


def page(community: str, layer: str, row: Described, asked: Asked) -> Page:
    """The places of a layer that are asked for, by code."""
    kept = _kept(community, layer)
    fitting = np.ones(len(kept.codes), dtype=bool)
    if asked.boxes is not None:
        fitting[:] = False
        for box in asked.boxes:
            fitting[kept.tree.query(shapely.box(*box), predicate="intersects")] = True
    for name, value in asked.having.items():
        fitting &= np.array([one.get(name) == value for one in kept.rows], dtype=bool)
    first = 0 if asked.after is None else bisect_right(kept.codes, asked.after)
    found = np.flatnonzero(fitting)
    there = found[np.searchsorted(found, first) :]
    shown = [_feature(kept, row, index) for index in there[: asked.limit].tolist()]
    return Page(shown, shown[-1]["id"] if len(there) > len(shown) else None, len(found))


def one(community: str, layer: str, row: Described, code: str) -> dict[str, Any] | None:
    """The place of a code."""
    kept = _kept(community, layer)
    before = bisect_right(kept.codes, code) - 1
    return _feature(kept, row, before) if before >= 0 and kept.codes[before] == code else None


def collection(
    layer: str, row: Described, records: Records | None = None, figures: Figures | None = None
) -> Collection:
    """The places of a layer as a collection, each with what ``figures`` makes of its record, where there are such."""

    def told(
        connection: Connection, community: str, features: list[dict[str, Any]], at: Instant | None
    ) -> list[dict[str, Any]]:
        if records is None or figures is None or not features:
            return features
        known = records(connection, community, {one["id"] for one in features}, at)
        return [
            made(row, one["geometry"], one["properties"] | figures(known.get(one["id"], {})), one["id"])
            for one in features
        ]

    def found(connection: Connection, community: str, asked: Asked) -> Page:
        some = page(community, layer, row, asked)
        return some._replace(features=told(connection, community, some.features, asked.at))

    def of_code(connection: Connection, community: str, code: str, at: Instant | None) -> dict[str, Any] | None:
        place = one(community, layer, row, code)
        return None if place is None else told(connection, community, [place], at)[0]

    return Collection(code=layer, row=row, find=found, one=of_code)


def _feature(kept: _Kept, row: Described, index: int) -> dict[str, Any]:
    return made(row, kept.geometries[index], kept.rows[index], kept.codes[index])
