"""Routes that ask across layers: the tree of the ground, what is inside, what is near, where it is dense."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import shapely
from fastapi import APIRouter, Query

from cockpit.ground import rollup
from geo import ground, hierarchy, spatial, stewards
from geo.communities import Community
from geo.crs import Crs, to_cgcs2000
from geo.errors import BadPosition
from layers.declare import layers
from layers.people import sees_people
from layers.problem import Problem
from layers.web import At, CommunityPath, Reading, Viewer, feature
from store.instant import Instant

MAX_CORNERS = 500
MAX_RADIUS_M = 50_000

Lon = Annotated[float, Query(ge=-180, le=180, description="degrees")]
Lat = Annotated[float, Query(ge=-90, le=90, description="degrees")]
System = Annotated[str, Query(description="WGS84, CGCS2000, GCJ02 or BD09")]
Level = Literal[hierarchy.LEVELS]  # type: ignore[valid-type]


def router() -> APIRouter:
    """Routes below ``/api/v1/{community}``."""
    routes = APIRouter(prefix="/api/v1/{community}", tags=["ground"])

    @routes.get("/hierarchy")
    def tree(
        community: CommunityPath, connection: Reading, at: At, level: Annotated[list[Level] | None, Query()] = None
    ) -> dict[str, Any]:
        """Community, areas, sites, buildings, storeys, rooms, facilities; grids: each with what lies below it."""
        found = rollup.located(connection, community.code, at)
        # The community stands at the top of both trees.
        rows = rollup.along_places(community.code, found).rows() + rollup.along_grids(community.code, found).rows()[1:]
        return {
            "figures": [
                {"code": f.code, "name": f.name, "name_en": f.name_en, "unit": f.unit} for f in rollup.figures()
            ],
            "nodes": [row for row in rows if not level or row["level"] in level],
        }

    @routes.get("/within")
    def within(
        community: CommunityPath,
        connection: Reading,
        at: At,
        polygon: Annotated[str | None, Query(max_length=20_000, description="lon,lat lon,lat ...: corners")] = None,
        centre: Annotated[str | None, Query(max_length=80, description="lon,lat of a circle")] = None,
        radius: Annotated[float | None, Query(gt=0, le=MAX_RADIUS_M, description="metres")] = None,
    ) -> dict[str, Any]:
        """What lies inside a polygon or a circle (CGCS2000): counted by figure, and named by layer."""
        shape = _shape(polygon, centre, radius)
        return rollup.inside(community.code, rollup.located(connection, community.code, at), shape)

    @routes.get("/nearest")
    def nearest(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        at: At,
        lon: Lon,
        lat: Lat,
        crs: System = Crs.CGCS2000,
    ) -> Any:
        """The area, grid, steward and building of a place, and the nearest facility of each kind, in metres."""
        try:
            here = to_cgcs2000(lon, lat, crs)
        except BadPosition as error:
            raise Problem(400, "bad parameter", str(error)) from None
        found = _nearest(community, connection, at, *here)
        if found["steward"] is not None and not sees_people(viewer, community.code):
            found["steward"]["name"] = None
        return found

    @routes.get("/heat")
    def heat(
        community: CommunityPath,
        connection: Reading,
        at: At,
        layer: str = "grid_events",
        resolution: Annotated[int, Query(ge=min(spatial.HEX_METRES), le=max(spatial.HEX_METRES))] = 10,
    ) -> dict[str, Any]:
        """How many things of a layer lie in each hexagon (H3), as GeoJSON; hexagons without any are left out."""
        located = {one.code: one.located for one in layers() if one.located is not None}
        if layer not in located:
            raise Problem(400, "bad parameter", f"layer {layer!r} is not one of {', '.join(located)}")
        found = located[layer](connection, community.code, at)
        known = np.isfinite(found.lons) & np.isfinite(found.lats)
        cells = spatial.hexagons(found.lons[known], found.lats[known], resolution)
        features = [
            feature(shape.__geo_interface__, {"count": count}, str(number))
            for number, (shape, count) in enumerate(cells)
        ]
        return {
            "type": "FeatureCollection",
            "edge_m": spatial.HEX_METRES[resolution],
            "unplaced": int((~known).sum()),
            "features": features,
        }

    return routes


def _shape(polygon: str | None, centre: str | None, radius: float | None) -> Any:
    if polygon is not None and centre is None and radius is None:
        corners = _positions("polygon", polygon)
        if not 3 <= len(corners) <= MAX_CORNERS:
            raise Problem(400, "bad parameter", f"polygon: 3 to {MAX_CORNERS} corners, not {len(corners)}")
        shape = shapely.Polygon(corners)
        if not shape.is_valid:
            raise Problem(400, "bad parameter", f"polygon: {shapely.is_valid_reason(shape)}")
        return shape
    if polygon is None and centre is not None and radius is not None:
        places = _positions("centre", centre)
        if len(places) != 1:
            raise Problem(400, "bad parameter", f"centre {centre!r} is not lon,lat")
        return spatial.circle(*places[0], radius)
    raise Problem(400, "bad parameter", "give polygon, or centre and radius")


def _positions(name: str, text: str) -> Sequence[tuple[float, float]]:
    try:
        found = [tuple(float(part) for part in pair.split(",")) for pair in text.split()]
        places = [(lon, lat) for lon, lat in found if abs(lon) <= 180 and abs(lat) <= 90]
    except ValueError:
        places = []
    if not places or len(places) != len(found):
        raise Problem(400, "bad parameter", f"{name}: lon,lat pairs in degrees, with spaces between")
    return places


def _nearest(community: Community, connection: Reading, at: Instant | None, lon: float, lat: float) -> dict[str, Any]:
    lons, lats = np.array([lon]), np.array([lat])
    who = stewards.of_grids(connection, community.code, at)
    grid = spatial.nearest(community.code, "grids", lons, lats, codes=frozenset(who))[0]
    kinds = sorted({row["kind"] for row in ground.rows(community.code, "facilities") if row.get("kind")})
    by_kind = {
        kind: spatial.nearest(community.code, "facilities", lons, lats, kinds=frozenset({kind}))[0] for kind in kinds
    }
    return {
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "area": ground.locate_one(community.code, lon, lat),
        "building": ground.locate(community.code, lons, lats, "buildings")[0],
        "grid": ground.locate(community.code, lons, lats, "grids")[0],
        "steward": None if grid is None else {"name": who[grid[0]], "grid": grid[0], "metres": round(grid[1], 1)},
        "facilities": [
            {"kind": kind, "code": found[0], "name": _name(community.code, found[0]), "metres": round(found[1], 1)}
            for kind, found in by_kind.items()
            if found is not None
        ],
    }


def _name(community: str, facility: str) -> str:
    found = ground.place(community, "facilities", facility)
    return facility if found is None else found.name
