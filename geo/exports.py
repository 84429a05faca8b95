"""The ground out again: GeoPackage, GeoJSON, Shapefile, KML and CSV by GDAL, buildings as CityJSON 2.0."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import shapely

from geo.communities import community as community_of
from geo.crs import EPSG_CGCS2000, PROJECTED, Crs, from_cgcs2000
from geo.ground import frame

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".kml": "KML", ".csv": "CSV"}
CITYJSON = ".city.json"
EPSG_GK120 = 4549
MILLIMETRE = 0.001
UPDATE_TRIES = "choose another name, or move the file away"


def write(path: Path, community: str, layer: str, crs: Crs = Crs.CGCS2000) -> int:
    """Write a layer as it counts now; returns how many features.

    Raises
    ------
    ValueError
        If the name's ending is none of ours, the file exists, or the layer is not for that format.
    """
    if path.exists():
        raise ValueError(f"{path} exists already; {UPDATE_TRIES}")
    table = frame(community, layer)
    if path.name.endswith(CITYJSON):
        if layer != "buildings":
            raise ValueError(f"CityJSON is for buildings, not for {layer}")
        path.write_bytes(msgspec.json.encode(cityjson(community)))
        return len(table)
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise ValueError(f"{path.name}: the ending is none of {', '.join((*DRIVERS, CITYJSON))}")
    if len(table) == 0:
        raise ValueError(f"{layer} of {community!r}: there is nothing to write")
    _in(table, crs).to_file(path, driver=driver, engine="pyogrio", **_options(driver))
    return len(table)


def _options(driver: str) -> dict[str, Any]:
    if driver == "ESRI Shapefile":
        return {"encoding": "UTF-8"}
    if driver == "CSV":
        return {"layer_options": {"GEOMETRY": "AS_WKT"}}
    # RFC 7946's seven digits are a centimetre; a survey has more.
    return {"layer_options": {"COORDINATE_PRECISION": "10"}} if driver == "GeoJSON" else {}


def _in(table: "GeoDataFrame", crs: Crs) -> "GeoDataFrame":
    if crs in PROJECTED:
        return table.to_crs(PROJECTED[crs])
    if crs in (Crs.GCJ02, Crs.BD09):
        moved = shapely.transform(table.geometry.to_numpy(), lambda x, y: from_cgcs2000(x, y, crs), interleaved=False)
        return table.set_geometry(moved, crs=None)
    return table.set_crs(4326 if crs is Crs.WGS84 else EPSG_CGCS2000, allow_override=True)


def cityjson(community: str) -> dict[str, Any]:
    """The buildings as blocks (LoD1) in CityJSON 2.0, in metres of EPSG:4549."""
    table = frame(community, "buildings").to_crs(EPSG_GK120)
    bounds = [float(value) for value in table.total_bounds]
    heights = [float(value) for value in table.get("height", [])]
    translate = [round(bounds[0]), round(bounds[1]), 0]
    vertices: dict[tuple[int, int, int], int] = {}
    objects = {
        str(row.code): _building(row, translate, vertices) for row in table.itertuples() if row.geometry is not None
    }
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [MILLIMETRE] * 3, "translate": translate},
        "metadata": {
            "title": community_of(community).name,
            "referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{EPSG_GK120}",
            "geographicalExtent": [*bounds[:2], 0.0, *bounds[2:], max(heights, default=0.0)],
        },
        "CityObjects": objects,
        "vertices": [list(vertex) for vertex in vertices],
    }


def _building(row: Any, translate: list[int], vertices: dict[tuple[int, int, int], int]) -> dict[str, Any]:
    height = float(row.height)
    polygons = list(row.geometry.geoms) if row.geometry.geom_type == "MultiPolygon" else [row.geometry]
    blocks = [_block(polygon, height, translate, vertices) for polygon in polygons]
    attributes = {"name": getattr(row, "name", None), "kind": row.kind, "storeysAboveGround": int(row.floors)}
    kind = "Solid" if len(blocks) == 1 else "MultiSolid"
    boundaries = [blocks[0]] if len(blocks) == 1 else [[block] for block in blocks]
    return {
        "type": "Building",
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "geometry": [{"type": kind, "lod": "1.2", "boundaries": boundaries}],
    }


def _block(
    polygon: Any, height: float, translate: list[int], vertices: dict[tuple[int, int, int], int]
) -> list[list[list[int]]]:
    """The surfaces of a polygon that is raised: each a list of rings of vertices, seen from outside."""
    oriented = shapely.geometry.polygon.orient(polygon)
    rings = [np.array(ring.coords)[:-1, :2] for ring in (oriented.exterior, *oriented.interiors)]
    low, high = ([_ring(ring, z, translate, vertices) for ring in rings] for z in (0.0, height))
    walls = [
        [[below[i], below[(i + 1) % len(below)], above[(i + 1) % len(above)], above[i]]]
        for below, above in zip(low, high, strict=True)
        for i in range(len(below))
    ]
    return [[ring[::-1] for ring in low], high, *walls]


def _ring(ring: np.ndarray, z: float, translate: list[int], vertices: dict[tuple[int, int, int], int]) -> list[int]:
    found = []
    for x, y in ring:
        vertex = tuple(round((value - t) / MILLIMETRE) for value, t in zip((x, y, z), translate, strict=True))
        found.append(vertices.setdefault(vertex, len(vertices)))
    return found
