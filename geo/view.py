"""What of a ground a map must show whole, where its areas' names stand, and the storeys of its centres."""

from typing import Any

import numpy as np
import shapely

from geo.communities import community as community_of
from geo.ground import Place, frame, labels, locate, of_ground, places, rows

Points = tuple[tuple[float, float], ...]

CENTRE = "centre"
"""The kind of the buildings that a community is run from."""
CORNERS = 24
"""So many corners of the outline are enough to fit a view to it."""
METRES = 111_320.0
"""A degree of latitude, and of longitude at the equator."""
LOWEST = 3.0
"""Metres of a building whose height nobody knows, as it is drawn."""
SLACK = 0.2
"""Of a square: so much of a building may look out of those that cover it."""
BAND = (0.35, 0.8)
"""From where to where of a storey its windows reach."""
PROUD = 4e-6
"""Degrees by which the windows stand out of the wall, half a metre: what lies in the wall itself flickers."""


@of_ground
def outline(community: str) -> Points:
    """The corners around all areas and sites, in degrees; those of the community's bounds where none is drawn."""
    shapes = [shape for layer in ("areas", "sites") for shape in frame(community, layer).geometry]
    west, south, east, north = community_of(community).bounds
    return _corners(shapely.union_all(shapes) if shapes else shapely.box(west, south, east, north))


EDGE = 0.22
"""Of the width that a map shows: so near to its end a word has room on the inner side only."""


def edges(community: str, lons: np.ndarray, lats: np.ndarray) -> list[str]:
    """Near which end of the outline, as the map looks at it, each place stands: ``west``, ``east`` or neither."""
    turn = np.radians(community_of(community).camera.bearing)
    east = np.cos(np.radians(community_of(community).centre[1]))

    def across(points: np.ndarray) -> np.ndarray:
        found: np.ndarray = points[:, 0] * east * np.cos(turn) - points[:, 1] * np.sin(turn)
        return found

    ends = across(np.array(outline(community)))
    share = (across(np.stack([lons, lats], axis=1)) - ends.min()) / np.ptp(ends)
    return ["west" if one < EDGE else "east" if one > 1 - EDGE else "" for one in share]


@of_ground
def outline_of(community: str, layer: str) -> tuple[tuple[Place, Points], ...]:
    """Each place of a layer with the corners around it, in degrees."""
    shapes = frame(community, layer).geometry
    return tuple((place, _corners(shape)) for place, shape in zip(places(community, layer), shapes, strict=True))


def _corners(shape: shapely.Geometry) -> Points:
    corners = shapely.get_coordinates(shapely.convex_hull(shape))[:-1]
    chosen = corners[np.unique(np.linspace(0, len(corners) - 1, min(CORNERS, len(corners))).round().astype(int))]
    return tuple((round(float(lon), 6), round(float(lat), 6)) for lon, lat in chosen)


@of_ground
def feet(community: str, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes, shape (n,), of the point of each outline that lies before its middle as the map looks.

    There a name stands on the ground before its area, and on no building's face.
    """
    bearing = np.radians(community_of(community).camera.bearing)
    shapes = frame(community, layer).geometry.to_numpy()
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    # A degree of longitude is shorter than one of latitude.
    towards = np.array([-np.sin(bearing) / np.cos(np.radians(middles[:, 1].mean())), -np.cos(bearing)])
    rays = shapely.linestrings(np.stack([middles, middles + towards], axis=1))
    found = np.array(
        [_farthest(shapely.intersection(ray, shape), ray) for ray, shape in zip(rays, shapes, strict=True)]
    ).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _farthest(within: shapely.Geometry, ray: shapely.Geometry) -> np.ndarray:
    """Where a ray leaves a shape for the last time; its beginning where it never meets it."""
    points = shapely.get_coordinates(within)
    if not len(points):
        return np.asarray(shapely.get_coordinates(ray)[0])
    return np.asarray(points[np.argmax(shapely.line_locate_point(ray, shapely.points(points)))])


@of_ground
def faces(community: str) -> list[dict[str, Any]]:
    """Squares that cover what is seen of each building, as GeoJSON features: middles, and sides ``across`` in metres.

    A square stands on the ground where the eye meets it: what is high hides what lies behind it as the map looks.
    """
    camera = community_of(community).camera
    table = frame(community, "buildings")
    if table.empty:
        return []
    corners, of_building = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    begins = np.flatnonzero(np.diff(of_building, prepend=-1))
    east = METRES * np.cos(np.radians(corners[:, 1].mean()))
    turn, tilt = np.radians(camera.bearing), np.radians(camera.pitch)
    right_away = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    seen = corners * (east, METRES) @ right_away
    least, most = np.minimum.reduceat(seen, begins), np.maximum.reduceat(seen, begins)
    high = table["height"].fillna(LOWEST).to_numpy(dtype=float) * camera.heights if "height" in table else LOWEST
    most[:, 1] += high * np.tan(tilt)
    shown = (most - least) * (1, np.cos(tilt))
    sides = shown.min(axis=1)
    many = np.ceil(shown / sides[:, None] - SLACK).astype(int)
    of_square = np.repeat(np.arange(len(many)), many.prod(axis=1))
    number = np.arange(len(of_square)) - np.searchsorted(of_square, of_square)
    steps = np.stack([number % many[of_square, 0], number // many[of_square, 0]], axis=1) + 0.5
    middles = least[of_square] + (most - least)[of_square] * steps / many[of_square]
    points = (middles @ right_away.T / (east, METRES)).round(6).tolist()
    return [
        {"type": "Feature", "properties": {"across": across}, "geometry": {"type": "Point", "coordinates": place}}
        for place, across in zip(points, sides[of_square].round(1).tolist(), strict=True)
    ]


@of_ground
def windows(community: str) -> list[dict[str, Any]]:
    """A band of windows around each storey of a community's centres, as GeoJSON features.

    ``building``, ``storey`` (1 is on the ground), ``site`` that it belongs to, ``base`` and ``top`` in metres.
    """
    table = frame(community, "buildings")
    found = []
    known = zip(rows(community, "buildings"), table.geometry, *labels(community, "buildings"), strict=True)
    for row, shape, lon, lat in known:
        if row.get("kind") != CENTRE or not row.get("floors") or not row.get("height"):
            continue
        site = locate(community, np.array([lon]), np.array([lat]), "sites")[0]
        high = row["height"] / row["floors"]
        around = shapely.geometry.mapping(shape.buffer(PROUD, join_style="mitre"))
        for storey in range(int(row["floors"])):
            told = {"building": row["code"], "storey": storey + 1, "site": site}
            reach = {"base": round((storey + BAND[0]) * high, 2), "top": round((storey + BAND[1]) * high, 2)}
            found.append({"type": "Feature", "properties": told | reach, "geometry": around})
    return found
