"""Which place each of many points lies in, by a grid of cells: only what lies near an edge is looked at exactly.

Most cells of a community lie wholly inside one place, or outside all. For those a point costs one look into an
array; the points of the other cells ask a spatial index (STRtree).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely import STRtree

FEW = 500
"""Up to so many points the index alone is quicker than the making of the cells."""
NOWHERE, MIXED = -1, -2


@dataclass
class Lookup:
    """An index over places, of shape (n,); where they lie in each other, the smallest counts.

    ``cells`` is how many stand along each side of the bounds of all places.
    """

    shapes: np.ndarray
    cells: int = 128
    _positions: np.ndarray = field(init=False)
    _tree: STRtree = field(init=False)
    _cells: np.ndarray | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        # Largest first, so that the greatest position is that of the smallest place.
        order = np.argsort(-shapely.area(self.shapes), kind="stable")
        self._positions = np.append(order, NOWHERE)
        self._tree = STRtree(self.shapes[order])

    def find(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """The position in ``shapes`` of the place that each point lies in; -1 outside all, and where it is NaN."""
        xs, ys = np.asarray(xs, float), np.asarray(ys, float)
        if len(xs) <= FEW or not len(self.shapes):
            return self._in_shapes(self._exactly(xs, ys))
        if self._cells is None:
            self._cells = self._made_cells()
        west, south, east, north = self._bounds()
        columns = (xs - west) * (self.cells / (east - west))
        rows = (ys - south) * (self.cells / (north - south))
        within = (columns >= 0) & (columns < self.cells) & (rows >= 0) & (rows < self.cells)
        found = np.full(len(xs), NOWHERE)
        cells = rows[within].astype(np.int32) * self.cells + columns[within].astype(np.int32)
        found[within] = self._cells[cells]
        # The far edges belong to the last cells' places, but to no cell.
        exact = np.flatnonzero((found == MIXED) | (xs == east) | (ys == north))
        found[exact] = self._exactly(xs[exact], ys[exact])
        return self._in_shapes(found)

    def _in_shapes(self, found: np.ndarray) -> np.ndarray:
        positions: np.ndarray = self._positions[found]
        return positions

    def _exactly(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        found = np.full(len(xs), NOWHERE)
        points, hits = self._tree.query(shapely.points(xs, ys), predicate="intersects")
        np.maximum.at(found, points, hits)
        return found

    def _bounds(self) -> Any:
        return shapely.total_bounds(self.shapes)

    def _made_cells(self) -> np.ndarray:
        """The place of each cell, row by row from the south-west; `MIXED` where an edge runs through it."""
        west, south, east, north = self._bounds()
        xs, ys = np.linspace(west, east, self.cells + 1), np.linspace(south, north, self.cells + 1)
        lefts, bottoms = np.meshgrid(xs[:-1], ys[:-1])
        rights, tops = np.meshgrid(xs[1:], ys[1:])
        boxes = shapely.box(lefts.ravel(), bottoms.ravel(), rights.ravel(), tops.ravel())
        cells = np.full(len(boxes), NOWHERE)
        inside, places = self._tree.query(boxes, predicate="covered_by")
        np.maximum.at(cells, inside, places)
        edges = shapely.boundary(self._tree.geometries)
        crossed, _ = self._tree.query(boxes, predicate="intersects")
        touched = np.unique(STRtree(boxes).query(edges, predicate="intersects")[1])
        cells[np.intersect1d(crossed, touched)] = MIXED
        return cells
