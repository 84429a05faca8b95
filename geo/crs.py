"""Coordinate systems as devices, phones and surveys declare them, turned into CGCS2000 once.

CGCS2000 (EPSG:4490) and WGS 84 (EPSG:4326) differ by centimetres, below what any device here can
tell, and are taken as equal. GCJ-02 is the offset system of Chinese maps and phones, BD-09 Baidu's
own on top of it; their forward formulas are published, their inverses are found by iteration. The
Gauss-Krüger grids are those of the 3-degree zone 40, in which Yongkang lies (GB 22021-2008, 4.3).

All functions take one position or arrays of them, longitude first (``always_xy``).
"""

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import BadPosition

if TYPE_CHECKING:
    from pyproj import Transformer

# Krasovsky 1940, the ellipsoid that the published GCJ-02 formula uses.
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQ = 0.00669342162296594323
INVERSE_TOLERANCE_DEG = 1e-10
INVERSE_STEPS = 40
BD_FACTOR = np.pi * 3000.0 / 180.0
EPSG_CGCS2000 = 4490


class Crs(StrEnum):
    """The system in which a position was declared."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ02"
    BD09 = "BD09"
    CGCS2000_GK40 = "CGCS2000_GK40"
    CGCS2000_GK120 = "CGCS2000_GK120"


PROJECTED = {Crs.CGCS2000_GK40: 4528, Crs.CGCS2000_GK120: 4549}
"""EPSG codes: zone 40 with the zone's number before the easting, and the same without it."""


def to_cgcs2000(lon: float, lat: float, crs: str = Crs.WGS84) -> tuple[float, float]:
    """Longitude and latitude in degrees, CGCS2000; of a projected system ``lon`` is easting, ``lat`` northing.

    Raises
    ------
    BadPosition
        If the system is unknown or the position is not on the Earth.
    """
    declared = known(crs)
    if declared not in PROJECTED:
        for name, value, most in (("lon", lon, 180), ("lat", lat, 90)):
            if not -most <= value <= most:
                raise BadPosition(f"{name} {value} is not between -{most} and {most}")
        if declared in (Crs.WGS84, Crs.CGCS2000):
            return lon, lat
    there_lon, there_lat = all_to_cgcs2000(np.array([lon], float), np.array([lat], float), declared)
    if not (np.isfinite(there_lon[0]) and np.isfinite(there_lat[0])):
        raise BadPosition(f"{lon}, {lat} is no place in {declared}")
    return float(there_lon[0]), float(there_lat[0])


def known(crs: str) -> Crs:
    """The system of a name.

    Raises
    ------
    BadPosition
        If there is none.
    """
    try:
        return Crs(crs)
    except ValueError:
        raise BadPosition(f"crs {crs!r} is not one of {', '.join(Crs)}") from None


def all_to_cgcs2000(xs: np.ndarray, ys: np.ndarray, crs: Crs) -> tuple[np.ndarray, np.ndarray]:
    """As `to_cgcs2000`, of arrays of shape (n,); what is no place becomes NaN or infinite."""
    match crs:
        case Crs.GCJ02:
            return _inverse(gcj02, xs, ys)
        case Crs.BD09:
            return _inverse(gcj02, *_inverse(_bd09_of_gcj02, xs, ys))
        case Crs.CGCS2000_GK40 | Crs.CGCS2000_GK120:
            return _from_projected(PROJECTED[crs]).transform(xs, ys)
        case _:
            return xs, ys


def from_cgcs2000(lons: np.ndarray, lats: np.ndarray, crs: Crs) -> tuple[np.ndarray, np.ndarray]:
    """Positions in another system; arrays of shape (n,)."""
    match crs:
        case Crs.GCJ02:
            return gcj02(lons, lats)
        case Crs.BD09:
            return bd09(lons, lats)
        case Crs.CGCS2000_GK40 | Crs.CGCS2000_GK120:
            return _from_projected(PROJECTED[crs]).transform(lons, lats, direction="INVERSE")
        case _:
            return lons, lats


def gcj02(lon: Any, lat: Any) -> tuple[Any, Any]:
    """GCJ-02 longitude and latitude of WGS 84 positions, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + ripple
    d_lat = d_lat + (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    d_lat = d_lat + (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + ripple
    d_lon = d_lon + (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    d_lon = d_lon + (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    phi = np.radians(lat)
    w = 1 - ECCENTRICITY_SQ * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQ) / (w * np.sqrt(w))
    parallel = SEMI_MAJOR_M / np.sqrt(w) * np.cos(phi)
    return lon + np.degrees(d_lon / parallel), lat + np.degrees(d_lat / meridian)


def bd09(lon: Any, lat: Any) -> tuple[Any, Any]:
    """BD-09 longitude and latitude of WGS 84 positions, in degrees."""
    return _bd09_of_gcj02(*gcj02(lon, lat))


def _bd09_of_gcj02(lon: Any, lat: Any) -> tuple[Any, Any]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_FACTOR)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_FACTOR)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(forward: Any, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions that ``forward`` takes to these: each step takes off what is still wrong."""
    guess_lon, guess_lat = np.array(lon, float), np.array(lat, float)
    for _ in range(INVERSE_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        error_lon, error_lat = there_lon - lon, there_lat - lat
        guess_lon, guess_lat = guess_lon - error_lon, guess_lat - error_lat
        if max(np.abs(error_lon).max(initial=0), np.abs(error_lat).max(initial=0)) < INVERSE_TOLERANCE_DEG:
            break
    return guess_lon, guess_lat


@cache
def _from_projected(epsg: int) -> "Transformer":
    # Here, not above: most devices declare degrees.
    from pyproj import Transformer

    return Transformer.from_crs(epsg, EPSG_CGCS2000, always_xy=True)
