"""The ground of a community: areas, sites, buildings and the quiet background.

Each is a GeoJSON file in CGCS2000 below ``geo/data/{community}``, read with geopandas.
A point finds its area by a spatial index over all areas (STRtree), never by a loop.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import STRtree

from geo.communities import community as community_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

LAYERS = ("areas", "sites", "buildings", "ground")
EPSG_CGCS2000 = 4490


@dataclass(frozen=True)
class Place:
    """A named piece of ground: an area or a site, with a point inside it for its label."""

    code: str
    name: str
    name_en: str
    kind: str
    label: tuple[float, float]


def geojson(community: str, layer: str) -> bytes:
    """The GeoJSON file of one layer as it ships; an empty collection where there is none.

    Raises
    ------
    LookupError
        If the community or the layer is unknown.
    """
    community_of(community)
    if layer not in LAYERS:
        raise LookupError(f"no layer {layer!r}; there are: {', '.join(LAYERS)}")
    path = files("geo") / "data" / community / f"{layer}.geojson"
    return path.read_bytes() if path.is_file() else b'{"type":"FeatureCollection","features":[]}'


@cache
def frame(community: str, layer: str) -> "GeoDataFrame":
    """One layer as a GeoDataFrame in CGCS2000; empty where nothing is drawn yet."""
    # Here, not above: the commands that touch no ground need not wait for it.
    import geopandas as gpd

    content = geojson(community, layer)
    path = files("geo") / "data" / community / f"{layer}.geojson"
    if not path.is_file():
        return gpd.GeoDataFrame({"code": []}, geometry=[], crs=EPSG_CGCS2000)
    return gpd.read_file(content, engine="pyogrio").to_crs(EPSG_CGCS2000)


@cache
def places(community: str, layer: str) -> tuple[Place, ...]:
    """The named places of ``areas`` or ``sites``, in the order of the file."""
    table = frame(community, layer)
    labels = table.geometry.representative_point()
    kinds = table["kind"] if "kind" in table else ["area"] * len(table)
    return tuple(
        Place(code, name, name_en, kind, (point.x, point.y))
        for code, name, name_en, kind, point in zip(
            table.get("code", []), table.get("name", []), table.get("name_en", []), kinds, labels, strict=True
        )
    )


def locate(community: str, lons: np.ndarray, lats: np.ndarray) -> list[str | None]:
    """The code of the area that each point lies in, None outside all of them.

    Parameters
    ----------
    lons, lats
        Degrees, CGCS2000, shape (n,).
    """
    codes, tree = _area_index(community)
    found: list[str | None] = [None] * len(lons)
    if not codes:
        return found
    points, areas = tree.query(shapely.points(lons, lats), predicate="intersects")
    for point, area in zip(points.tolist(), areas.tolist(), strict=True):
        found[point] = codes[area]
    return found


def locate_one(community: str, lon: float, lat: float) -> str | None:
    """The code of the area that a point lies in."""
    return locate(community, np.array([lon]), np.array([lat]))[0]


@cache
def _area_index(community: str) -> tuple[list[str], STRtree]:
    table = frame(community, "areas")
    return list(table["code"]), STRtree(table.geometry.to_numpy())
