"""Soft relief of a ground's hills: heights between the levels that are drawn, and how the light falls on them.

A ground has hills as outlines one within the other, each with its ``level``. Between them the height rises evenly; what
is made of it are flat bands of brightness that lie on the map below everything else, crisp at every size.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.ground import frame, of_ground
from geo.view import METRES, outline

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

HILL, RELIEF = "hill", "relief"
"""Kinds of the ground's outlines, and of the bands."""
SPACING_M = 15.0
"""Between the points of the grid."""
MARGIN = 0.06
"""Of the hills' extent: beyond it the ground is flat, so that every band ends."""
SOFTNESS = 5
"""Points over which a level rises."""
STEEPNESS = 4.0
"""Rise of a level in points of the grid, as far as the light is concerned."""
LIGHT_AZIMUTH, LIGHT_ALTITUDE = np.radians(315), np.radians(45)
"""From the north-west, as maps are lit by convention, whatever the hour."""
BY_HEIGHT = 0.5
"""By how much the highest is brighter than flat ground, beside the light on it."""
BANDS = (-0.21, -0.12, -0.05, 0.04, 0.1, 0.17, 0.24, 0.31, 0.39, 0.48)
"""Where one band of brightness ends and the next begins; flat ground is 0."""
DARKER = sum(level < 0 for level in BANDS)
FADES_M = 1_700.0
"""So far from the community's outline its hills are half as plain as beside it, as in haze."""
SEAM_DEGREES = 4e-5
"""Some four metres: by so much a band lies below the next one."""
TOLERANCE_DEGREES = 1.5e-5
"""About a metre and a half: a band's edge is kept to that."""


@dataclass(frozen=True)
class Relief:
    """Heights of a ground on an even grid, 0 where no hill is, 1 on the highest; north is the first row.

    ``brightness`` is that of each point against flat ground, of the same shape; ``lons`` and ``lats`` are those of the
    columns and rows in degrees, CGCS2000.
    """

    heights: np.ndarray
    brightness: np.ndarray
    lons: np.ndarray
    lats: np.ndarray


@of_ground
def hills(community: str) -> "GeoDataFrame":
    """The outlines of a community's hills, by level; empty where its ground has none."""
    ground = frame(community, "ground")
    return ground[ground["kind"] == HILL] if "level" in ground else ground.iloc[:0]


@of_ground
def relief(community: str) -> Relief | None:
    """The relief of a community's hills; None where its ground has none."""
    outlines = hills(community).geometry
    if outlines.empty:
        return None
    west, south, east, north = _extent(outlines.total_bounds)
    scale = np.cos(np.radians((south + north) / 2))
    lons = np.linspace(west, east, round((east - west) * METRES * scale / SPACING_M))
    lats = np.linspace(north, south, round((north - south) * METRES / SPACING_M))
    heights = _softened(_levels(outlines.to_numpy(), lons, lats))
    hull = shapely.transform(shapely.Polygon(outline(community)), lambda points: points * (scale, 1))
    away = shapely.distance(hull, shapely.points(*np.meshgrid(lons * scale, lats))) * METRES
    plain = 1 / (1 + (away / FADES_M) ** 2)
    lit = _hillshade(STEEPNESS * heights) - np.sin(LIGHT_ALTITUDE)
    return Relief(heights / heights.max(), plain * (BY_HEIGHT * heights / heights.max() + lit), lons, lats)


@of_ground
def bands(community: str) -> list[dict[str, Any]]:
    """The relief as GeoJSON features side by side: each where the ground is so bright, or so dark, and no more so.

    ``tone`` counts from flat ground: 1 is the faintest light, -1 the faintest shadow. Stacked they would look the same,
    and have each pixel of a summit drawn as often as there are bands. Each reaches a little below the next, which lies
    over it, so that nothing shines through between them where a map makes its lines simpler.
    """
    of = relief(community)
    if of is None:
        return []
    found = []
    for numbers in ([*reversed(range(DARKER))], [*range(DARKER, len(BANDS))]):
        shapes = [_within(of.brightness, BANDS[number], of.lons, of.lats) for number in numbers]
        shapes = [shape for shape in shapes if not shape.is_empty]
        for number, shape, beyond in zip(numbers, shapes, [*shapes[1:], None], strict=False):
            tone = number - DARKER + (number >= DARKER)
            ring = shape if beyond is None else shapely.difference(shape, _shrunk(beyond))
            geometry = shapely.geometry.mapping(ring)
            found.append({"type": "Feature", "properties": {"kind": RELIEF, "tone": tone}, "geometry": geometry})
    return found


def _shrunk(shape: shapely.Geometry) -> shapely.Geometry:
    smaller = shapely.simplify(shapely.buffer(shape, -SEAM_DEGREES, join_style="mitre"), TOLERANCE_DEGREES)
    return shapely.transform(smaller, lambda points: points.round(6))


def _extent(bounds: np.ndarray) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    wide, high = MARGIN * (east - west), MARGIN * (north - south)
    return float(west - wide), float(south - high), float(east + wide), float(north + high)


def _levels(outlines: np.ndarray, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
    """In how many of the hills' outlines each point lies."""
    levels = np.zeros((len(lats), len(lons)))
    for shape in outlines:
        west, south, east, north = shapely.bounds(shape)
        columns = slice(np.searchsorted(lons, west), np.searchsorted(lons, east))
        rows = slice(np.searchsorted(-lats, -north), np.searchsorted(-lats, -south))
        shapely.prepare(shape)
        levels[rows, columns] += shapely.contains_xy(shape, *np.meshgrid(lons[columns], lats[rows]))
    return levels


def _softened(levels: np.ndarray) -> np.ndarray:
    """Three running means, one after the other, which come near to a Gaussian (Wells 1986)."""
    kernel = np.ones(SOFTNESS) / SOFTNESS
    for _ in range(3):
        for axis in (0, 1):
            levels = np.apply_along_axis(np.convolve, axis, levels, kernel, mode="same")
    return levels


def _hillshade(heights: np.ndarray) -> np.ndarray:
    """The cosine between the light and the ground's normal, 0 in its own shadow (Horn 1981, Proc. IEEE 69, 14)."""
    to_south, to_east = np.gradient(heights)
    east, north = -to_east, to_south
    length = np.sqrt(1 + east**2 + north**2)
    across = east * np.sin(LIGHT_AZIMUTH) + north * np.cos(LIGHT_AZIMUTH)
    lit: np.ndarray = np.clip((across * np.cos(LIGHT_ALTITUDE) + np.sin(LIGHT_ALTITUDE)) / length, 0, 1)
    return lit


def _within(values: np.ndarray, level: float, lons: np.ndarray, lats: np.ndarray) -> shapely.Geometry:
    """The area on flat ground's other side of a level, by marching squares (Lorensen and Cline 1987, in the plane)."""
    step = (level - values[:, :-1]) / np.where(np.diff(values, axis=1) == 0, np.inf, np.diff(values, axis=1))
    along = np.stack([lons[:-1] + step * np.diff(lons), np.broadcast_to(lats[:, None], step.shape)], axis=-1)
    step = (level - values[:-1]) / np.where(np.diff(values, axis=0) == 0, np.inf, np.diff(values, axis=0))
    down = np.stack([np.broadcast_to(lons, step.shape), lats[:-1, None] + step * np.diff(lats)[:, None]], axis=-1)
    # Where a level crosses the sides of each cell: above, to the right, below, to the left.
    sides = np.stack([along[:-1], down[:, 1:], along[1:], down[:, :-1]], axis=2)
    above = values > level
    corners = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    pieces = [sides[corners == case][:, list(ends)] for case, ends in CROSSED]
    lines = shapely.linestrings(np.concatenate(pieces))
    shape: shapely.Geometry = shapely.build_area(shapely.multilinestrings(lines))
    return shapely.transform(shapely.simplify(shape, TOLERANCE_DEGREES), lambda points: points.round(6))


TOP, RIGHT, BOTTOM, LEFT = range(4)
CROSSED = (
    *((1, (TOP, LEFT)), (14, (TOP, LEFT)), (2, (TOP, RIGHT)), (13, (TOP, RIGHT)), (4, (RIGHT, BOTTOM))),
    *((11, (RIGHT, BOTTOM)), (8, (BOTTOM, LEFT)), (7, (BOTTOM, LEFT)), (3, (LEFT, RIGHT)), (12, (LEFT, RIGHT))),
    *((6, (TOP, BOTTOM)), (9, (TOP, BOTTOM)), (5, (TOP, LEFT)), (5, (RIGHT, BOTTOM)), (10, (TOP, RIGHT))),
    *((10, (BOTTOM, LEFT)),),
)
"""By which corners of a cell lie above a level, between which sides its line runs; of a saddle there are two."""
