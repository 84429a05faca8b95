"""Soft relief of a ground's hills: heights between the levels that are drawn, and how the light falls on them.

A ground has hills as outlines one within the other, each with its ``level``. Between them the height rises evenly; what
is made of it is a picture that lies on the map below everything else.
"""

import io
from dataclasses import dataclass

import numpy as np
import shapely
from PIL import Image

from geo.ground import frame, of_ground

COLUMNS = 900
"""Points from west to east; the graphics processor draws evenly between them."""
MARGIN = 0.04
"""Of the hills' extent: beyond it the picture is empty, so that no edge of it is seen."""
SOFTNESS = 5
"""Points over which a level rises."""
STEEPNESS = 70.0
"""Rise of the highest hill in points of the grid, as far as the light is concerned."""
LIGHT_AZIMUTH, LIGHT_ALTITUDE = np.radians(315), np.radians(45)
"""From the north-west, as maps are lit by convention, whatever the hour."""
SHADE = (0.9, 0.25)
"""How far the light may darken or lighten a tint, a dark one and a light one: what is black on white would shout."""
MIDDLE = 127

Colour = tuple[int, int, int]
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Relief:
    """Heights of a ground on an even grid, 0 where no hill is, 1 on the highest; north is the first row.

    ``corners`` are those of the grid in degrees, CGCS2000: north-west, north-east, south-east, south-west.
    """

    heights: np.ndarray
    corners: Corners


@of_ground
def relief(community: str) -> Relief | None:
    """The relief of a community's hills; None where its ground has none."""
    ground = frame(community, "ground")
    hills = ground[ground["kind"] == "hill"] if "level" in ground else ground.iloc[:0]
    if hills.empty:
        return None
    west, south, east, north = _extent(hills.total_bounds)
    scale = np.cos(np.radians((south + north) / 2))
    rows = max(2, round(COLUMNS * (north - south) / ((east - west) * scale)))
    lons, lats = np.meshgrid(np.linspace(west, east, COLUMNS), np.linspace(north, south, rows))
    levels = np.zeros(lons.shape)
    for shape in hills.geometry:
        shapely.prepare(shape)
        levels += shapely.contains_xy(shape, lons, lats)
    heights = _softened(levels)
    return Relief(heights / heights.max(), ((west, north), (east, north), (east, south), (west, south)))


def picture(of: Relief, low: Colour, high: Colour) -> bytes:
    """A PNG of the relief: tints from ``low`` to ``high``, lit, and empty where the ground is flat."""
    heights = of.heights
    shade = SHADE[int(np.mean(high) > MIDDLE)]
    lit = 1 + shade * (_hillshade(heights) - np.sin(LIGHT_ALTITUDE))
    tint = np.array(low) + heights[..., None] * (np.array(high) - np.array(low))
    shown = np.clip(tint * lit[..., None], 0, 255)
    opacity = 255 * np.clip(heights * 8, 0, 1)
    pixels = np.concatenate([shown, opacity[..., None]], axis=2).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(file, "PNG", optimize=True)
    return file.getvalue()


def _extent(bounds: np.ndarray) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    wide, high = MARGIN * (east - west), MARGIN * (north - south)
    return float(west - wide), float(south - high), float(east + wide), float(north + high)


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
    east, north = -STEEPNESS * to_east, STEEPNESS * to_south
    length = np.sqrt(1 + east**2 + north**2)
    across = east * np.sin(LIGHT_AZIMUTH) + north * np.cos(LIGHT_AZIMUTH)
    lit: np.ndarray = np.clip((across * np.cos(LIGHT_ALTITUDE) + np.sin(LIGHT_ALTITUDE)) / length, 0, 1)
    return lit
