"""Coordinate systems as devices declare them, turned into CGCS2000 once.

CGCS2000 (EPSG:4490) and WGS 84 (EPSG:4326) differ by centimetres, below what any device
here can tell, and are taken as equal. GCJ-02 is the offset system of Chinese maps and
phones; its forward formula is published, its inverse is found by iteration.
"""

import math
from enum import StrEnum

from geo.errors import BadPosition

# Krasovsky 1940, the ellipsoid that the published GCJ-02 formula uses.
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQ = 0.00669342162296594323
INVERSE_TOLERANCE_DEG = 1e-10
INVERSE_STEPS = 30


class Crs(StrEnum):
    """The system in which a position was declared."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ02"


def to_cgcs2000(lon: float, lat: float, crs: str = Crs.WGS84) -> tuple[float, float]:
    """Longitude and latitude in degrees, CGCS2000.

    Raises
    ------
    BadPosition
        If the system is unknown or the position is not on the Earth.
    """
    try:
        declared = Crs(crs)
    except ValueError:
        raise BadPosition(f"crs {crs!r} is not one of {', '.join(Crs)}") from None
    if not (math.isfinite(lon) and -180 <= lon <= 180):
        raise BadPosition(f"lon {lon} is not between -180 and 180")
    if not (math.isfinite(lat) and -90 <= lat <= 90):
        raise BadPosition(f"lat {lat} is not between -90 and 90")
    return _from_gcj02(lon, lat) if declared is Crs.GCJ02 else (lon, lat)


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 longitude and latitude of a WGS 84 position, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    d_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    d_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    phi = math.radians(lat)
    w = 1 - ECCENTRICITY_SQ * math.sin(phi) ** 2
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQ) / (w * math.sqrt(w))
    parallel = SEMI_MAJOR_M / math.sqrt(w) * math.cos(phi)
    return lon + math.degrees(d_lon / parallel), lat + math.degrees(d_lat / meridian)


def _from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    guess_lon, guess_lat = lon, lat
    for _ in range(INVERSE_STEPS):
        there_lon, there_lat = gcj02(guess_lon, guess_lat)
        error_lon, error_lat = there_lon - lon, there_lat - lat
        guess_lon, guess_lat = guess_lon - error_lon, guess_lat - error_lat
        if max(abs(error_lon), abs(error_lat)) < INVERSE_TOLERANCE_DEG:
            break
    return guess_lon, guess_lat
