"""The coordinate systems that features are told in, by their addresses, each with the order of its axes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from geo.crs import Crs, all_to_cgcs2000, from_cgcs2000
from layers.features import Box
from layers.problem import Problem

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
STORED = "http://www.opengis.net/def/crs/EPSG/0/4490"
"""CGCS2000, in which positions are kept."""
EDGE_POINTS = 21


class System(NamedTuple):
    """A system of ours, and whether its definition names the northward axis first."""

    crs: Crs
    is_north_first: bool


SYSTEMS = {
    CRS84: System(Crs.WGS84, False),
    STORED: System(Crs.CGCS2000, True),
    "http://www.opengis.net/def/crs/EPSG/0/4326": System(Crs.WGS84, True),
    "http://www.opengis.net/def/crs/EPSG/0/4549": System(Crs.CGCS2000_GK120, True),
    "http://www.opengis.net/def/crs/EPSG/0/4528": System(Crs.CGCS2000_GK40, True),
}


def system(name: str, address: str | None) -> str:
    """The address of the system that a parameter asks for; `CRS84` where it asks for none, 400 for one not here."""
    if address is None:
        return CRS84
    if address not in SYSTEMS:
        raise Problem(400, "bad parameter", f"{name} {address!r} is not one of {', '.join(SYSTEMS)}")
    return address


def written(geometry: dict[str, Any] | None, address: str) -> dict[str, Any] | None:
    """A GeoJSON geometry in CGCS2000, longitude first, as a system writes it, in the order of its axes."""
    if geometry is None or address == CRS84:
        return geometry
    to = SYSTEMS[address]
    return dict(mapping(shapely.transform(shape(geometry), _into(to), interleaved=False)))


def _into(to: System) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    def transformed(lons: np.ndarray, lats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        xs, ys = from_cgcs2000(lons, lats, to.crs)
        return (ys, xs) if to.is_north_first else (xs, ys)

    return transformed


def boxes(text: str, address: str) -> tuple[Box, ...]:
    """The boxes that ``bbox`` asks for, in CGCS2000: two where it lies across the 180th meridian.

    Heights are passed over: nothing here has one. 400 where it is no box.
    """
    numbers = _numbers(text)
    if len(numbers) not in (4, 6):
        raise Problem(400, "bad parameter", f"bbox: 4 numbers, or 6 with heights, not {len(numbers)}")
    first, second = numbers[:2], numbers[len(numbers) // 2 :][:2]
    to = SYSTEMS[address]
    if to.is_north_first:
        first, second = first[::-1], second[::-1]
    (west, south), (east, north) = first, second
    if south > north:
        raise Problem(400, "bad parameter", "bbox: its upper corner lies below the lower one")
    if to.crs in (Crs.WGS84, Crs.CGCS2000):
        if west > east:
            return ((west, south, 180.0, north), (-180.0, south, east, north))
        return ((west, south, east, north),)
    if west > east:
        raise Problem(400, "bad parameter", "bbox: its upper corner lies below the lower one")
    return (_around(west, south, east, north, to.crs),)


def _numbers(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        raise Problem(400, "bad parameter", "bbox: numbers with commas between") from None
    if not np.isfinite(found).all():
        raise Problem(400, "bad parameter", "bbox: numbers with commas between")
    return found


def _around(west: float, south: float, east: float, north: float, crs: Crs) -> Box:
    """The box of degrees around a box in metres, whose edges are curves in degrees."""
    along, up = np.linspace(west, east, EDGE_POINTS), np.linspace(south, north, EDGE_POINTS)
    xs = np.concatenate([along, along, np.full(EDGE_POINTS, west), np.full(EDGE_POINTS, east)])
    ys = np.concatenate([np.full(EDGE_POINTS, south), np.full(EDGE_POINTS, north), up, up])
    lons, lats = all_to_cgcs2000(xs, ys, crs)
    if not (np.isfinite(lons).all() and np.isfinite(lats).all()):
        raise Problem(400, "bad parameter", "bbox: it lies where this coordinate system has no places")
    return float(lons.min()), float(lats.min()), float(lons.max()), float(lats.max())
