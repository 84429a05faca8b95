"""What the layers know, summed along the ground, or picked out by a shape that somebody drew."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import ground, hierarchy, spatial
from geo.hierarchy import Tree
from layers.declare import Figure, Layer, layers
from store.instant import Instant

LISTED = 500
"""So many things of a layer are named; all are counted."""
BUILDINGS = Figure(code="buildings", name="建筑", name_en="buildings", unit="栋")


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
                "name": node.name,
                "kind": node.kind,
                "parent": node.parent,
                "cim_level": node.cim_level,
                "figures": dict(zip(codes, (_plain(value) for value in values), strict=True)),
            }
            for node, values in zip(self.tree.nodes, self.values.tolist(), strict=True)
        ]


def figures() -> tuple[Figure, ...]:
    """Every figure that adds up along the ground."""
    return (BUILDINGS, *(figure for layer in _located() for figure in layer.figures))


def along_places(connection: Connection, community: str, at: Instant | None) -> Sums:
    """Figures by community, area, site, building, storey, room and facility."""
    tree = hierarchy.tree(community)
    columns = [tree.sums([node.id for node in tree.nodes if node.level == "building"], _ones(tree))]
    for layer in _located():
        found = layer.located(connection, community, at)  # type: ignore[misc]
        places = hierarchy.places_of(community, found.lons, found.lats, found.rooms)
        columns += [tree.sums(places, found.figures[figure.code]) for figure in layer.figures]
    return Sums(tree, figures(), np.column_stack(columns))


def along_grids(connection: Connection, community: str, at: Instant | None) -> Sums:
    """The same by grid and micro-grid."""
    tree = hierarchy.grids(community)
    lons, lats = ground.labels(community, "buildings")
    columns = [tree.sums(hierarchy.grids_of(community, lons, lats), np.ones(len(lons)))]
    for layer in _located():
        found = layer.located(connection, community, at)  # type: ignore[misc]
        places = hierarchy.grids_of(community, found.lons, found.lats)
        columns += [tree.sums(places, found.figures[figure.code]) for figure in layer.figures]
    return Sums(tree, figures(), np.column_stack(columns))


def inside(connection: Connection, community: str, shape: Any, at: Instant | None) -> dict[str, Any]:
    """What lies in a polygon: the figures summed, and the things of each layer by name."""
    lons, lats = ground.labels(community, "buildings")
    within = spatial.inside(shape, lons, lats)
    names = [(row["code"], row.get("name") or row["code"]) for row in ground.rows(community, "buildings")]
    sums: dict[str, float] = {BUILDINGS.code: int(within.sum())}
    things = {BUILDINGS.code: _listed(within, *zip(*names, strict=True)) if names else []}
    for layer in _located():
        found = layer.located(connection, community, at)  # type: ignore[misc]
        within = spatial.inside(shape, found.lons, found.lats)
        things[layer.code] = _listed(within, found.ids, found.names)
        for figure in layer.figures:
            sums[figure.code] = _plain(float(found.figures[figure.code][within].sum()))
    return {
        "area_m2": round(spatial.area_m2(shape), 1),
        "perimeter_m": round(spatial.length_m(shape), 1),
        "figures": sums,
        "things": things,
    }


def _located() -> list[Layer]:
    return [layer for layer in layers() if layer.located is not None]


def _ones(tree: Tree) -> np.ndarray:
    return np.ones(sum(node.level == "building" for node in tree.nodes))


def _listed(within: np.ndarray, ids: Any, names: Any) -> list[dict[str, str]]:
    chosen = np.flatnonzero(within)[:LISTED].tolist()
    return [{"id": ids[index], "name": names[index]} for index in chosen]


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else round(value, 3)
