"""What the layers know, summed along the ground, or picked out by a shape that somebody drew."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import ground, hierarchy, spatial
from geo.hierarchy import Tree
from layers.declare import Figure, Layer, Located, layers
from store.instant import Instant
from store.language import in_all

LISTED = 500
"""So many things of a layer are named; all are counted."""
Found = list[tuple[Layer, Located]]
BUILDINGS = Figure(code="buildings", name="建筑", name_en="buildings", unit="栋", unit_en="")


@dataclass(frozen=True)
class Sums:
    """Figures by node: ``values`` has shape (nodes, figures)."""

    tree: Tree
    figures: tuple[Figure, ...]
    values: np.ndarray

    def rows(self) -> list[dict[str, Any]]:
        """The nodes as JSON, each with its figures."""
        codes = [figure.code for figure in self.figures]
        return [
            {
                "id": node.id,
                "level": node.level,
                "code": node.code,
                **in_all("name", node),
                "kind": node.kind,
                "parent": node.parent,
                "cim_level": node.cim_level,
                "figures": dict(zip(codes, (_plain(value) for value in values), strict=True)),
            }
            for node, values in zip(self.tree.nodes, self.values.tolist(), strict=True)
        ]


def figures() -> tuple[Figure, ...]:
    """Every figure that adds up along the ground."""
    return (BUILDINGS, *(figure for layer in layers() if layer.located is not None for figure in layer.figures))


def located(connection: Connection, community: str, at: Instant | None) -> Found:
    """What of each layer stands where, read once for all that is asked of it."""
    return [(layer, layer.located(connection, community, at)) for layer in layers() if layer.located is not None]


def along_places(community: str, found: Found) -> Sums:
    """Figures by community, area, site, building, storey, room and facility."""
    tree = hierarchy.tree(community)
    buildings = [node.id for node in tree.nodes if node.level == "building"]
    return _sums(tree, buildings, found, lambda one: hierarchy.places_of(community, one.lons, one.lats, one.rooms))


def along_grids(community: str, found: Found) -> Sums:
    """The same by grid and micro-grid."""
    buildings = hierarchy.grids_of(community, *ground.labels(community, "buildings"))
    tree = hierarchy.grids(community)
    return _sums(tree, buildings, found, lambda one: hierarchy.grids_of(community, one.lons, one.lats))


def _sums(tree: Tree, buildings: list[str], found: Found, places: Callable[[Located], list[str]]) -> Sums:
    columns = [tree.sums(buildings, np.ones((len(buildings), 1)))]
    for layer, one in found:
        columns.append(tree.sums(places(one), np.column_stack([one.figures[f.code] for f in layer.figures])))
    return Sums(tree, figures(), np.hstack(columns))


def inside(community: str, found: Found, shape: Any) -> dict[str, Any]:
    """What lies in a polygon: the figures summed, and the things of each layer by name."""
    rows = ground.rows(community, "buildings")
    within = spatial.inside(shape, *ground.labels(community, "buildings"))
    codes = [row["code"] for row in rows]
    sums: dict[str, float] = {BUILDINGS.code: int(within.sum())}
    things = {BUILDINGS.code: _listed(within, codes, [row.get("name") or row["code"] for row in rows])}
    for layer, one in found:
        within = spatial.inside(shape, one.lons, one.lats)
        things[layer.code] = _listed(within, one.ids, one.names)
        for figure in layer.figures:
            sums[figure.code] = _plain(float(one.figures[figure.code][within].sum()))
    return {
        "area_m2": round(spatial.area_m2(shape), 1),
        "perimeter_m": round(spatial.length_m(shape), 1),
        "figures": sums,
        "things": things,
    }


def _listed(within: np.ndarray, ids: list[str], names: list[str]) -> list[dict[str, str]]:
    chosen = np.flatnonzero(within)[:LISTED].tolist()
    return [{"id": ids[index], "name": names[index]} for index in chosen]


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else round(value, 3)
