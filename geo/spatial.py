"""Spatial work in metres over whole arrays: what is inside, what is near, how long, how large, how dense.

Positions are CGCS2000 degrees. What is asked in metres is answered in metres of the Gauss-Krüger grid
of 120 degrees (EPSG:4549), which stretches by less than 1:50,000 within 50 km of that meridian; lengths
and areas that are shown come from the ellipsoid itself (`pyproj.Geod`).
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import shapely
from shapely import STRtree

from geo.crs import Crs, from_cgcs2000
from geo.ground import frame, of_ground

if TYPE_CHECKING:
    from pyproj import Geod

CIRCLE_POINTS = 128
HEX_METRES = {9: 201, 10: 76, 11: 29, 12: 11}
"""H3 resolution -> mean length of an edge in metres (h3geo.org, table of cell statistics)."""


def to_metres(lons: np.ndarray, lats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eastings and northings in metres of EPSG:4549, shape (n,)."""
    return from_cgcs2000(np.asarray(lons, float), np.asarray(lats, float), Crs.CGCS2000_GK120)


def inside(shape: Any, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon, its edge too; booleans, shape (n,)."""
    shapely.prepare(shape)
    found: np.ndarray = shapely.intersects_xy(shape, np.asarray(lons, float), np.asarray(lats, float))
    return found


def circle(lon: float, lat: float, radius_m: float) -> Any:
    """A circle of so many metres on the ellipsoid, as a polygon of `CIRCLE_POINTS` corners."""
    azimuths = np.linspace(0.0, 360.0, CIRCLE_POINTS, endpoint=False)
    filled = np.full(CIRCLE_POINTS, 1.0)
    lons, lats, _ = geod().fwd(lon * filled, lat * filled, azimuths, radius_m * filled)
    return shapely.polygons(np.column_stack([lons, lats]))


def length_m(shape: Any) -> float:
    """The length of a line, or of a polygon's edge, on the ellipsoid."""
    return float(geod().geometry_length(shape))


def area_m2(shape: Any) -> float:
    """The area of a polygon on the ellipsoid."""
    return abs(float(geod().geometry_area_perimeter(shape)[0]))


@cache
def geod() -> "Geod":
    """The ellipsoid of CGCS2000 (GB 22021-2008, 4.2)."""
    from pyproj import Geod

    return Geod(a=6378137.0, rf=298.257222101)


def nearest(
    community: str,
    layer: str,
    lons: np.ndarray,
    lats: np.ndarray,
    *,
    kinds: frozenset[str] | None = None,
    codes: frozenset[str] | None = None,
) -> list[tuple[str, float] | None]:
    """The nearest place of a layer to each point: its code, and how many metres away; 0 within it.

    Parameters
    ----------
    lons, lats
        Degrees, CGCS2000, shape (n,).
    kinds, codes
        Only places of these kinds, or with these codes.
    """
    known, tree = _metric_index(community, layer, kinds, codes)
    found: list[tuple[str, float] | None] = [None] * len(lons)
    if not known:
        return found
    points = shapely.points(*to_metres(lons, lats))
    (asked, hit), metres = tree.query_nearest(points, return_distance=True, all_matches=False)
    for point, index, distance in zip(asked.tolist(), hit.tolist(), metres.tolist(), strict=True):
        found[point] = (known[index], distance)
    return found


@of_ground
def _metric_index(
    community: str, layer: str, kinds: frozenset[str] | None, codes: frozenset[str] | None
) -> tuple[list[str], STRtree]:
    table = frame(community, layer)
    if kinds is not None:
        table = table[table["kind"].isin(kinds)]
    if codes is not None:
        table = table[table["code"].isin(codes)]
    shapes = shapely.transform(table.geometry.to_numpy(), to_metres, interleaved=False)
    return list(table["code"]), STRtree(shapes)


def hexagons(lons: np.ndarray, lats: np.ndarray, resolution: int) -> list[tuple[Any, int]]:
    """How many points lie in each hexagon of the H3 grid: (polygon, count), most first; empty ones are left out."""
    cells = [h3.latlng_to_cell(lat, lon, resolution) for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True)]
    known, counts = np.unique(np.array(cells, dtype="U16"), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(str(cell))] for cell in known[order]]
    return [(shapely.Polygon(ring), int(n)) for ring, n in zip(rings, counts[order], strict=True)]
