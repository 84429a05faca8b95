"""Coordinate systems."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import Crs, gcj02, to_cgcs2000
from geo.errors import BadPosition

LON, LAT = 120.20, 28.92
METRES_A_DEGREE = 111_320
IN_ZHEJIANG = {"lon": st.floats(118.0, 123.0), "lat": st.floats(27.0, 31.2)}


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two near points."""
    return math.hypot((a[0] - b[0]) * METRES_A_DEGREE * math.cos(math.radians(a[1])), (a[1] - b[1]) * METRES_A_DEGREE)


@given(**IN_ZHEJIANG)
def test_gcj02_comes_back_within_a_centimetre(lon: float, lat: float) -> None:
    assert metres(to_cgcs2000(*gcj02(lon, lat), Crs.GCJ02), (lon, lat)) < 0.01


def test_gcj02_is_half_a_kilometre_off_where_the_community_lies() -> None:
    assert 530 < metres(gcj02(LON, LAT), (LON, LAT)) < 550


@given(**IN_ZHEJIANG)
def test_wgs84_and_cgcs2000_are_taken_as_they_are(lon: float, lat: float) -> None:
    assert to_cgcs2000(lon, lat) == to_cgcs2000(lon, lat, Crs.CGCS2000) == (lon, lat)


@pytest.mark.parametrize(
    ("lon", "lat", "crs", "why"),
    [
        (28.92, 120.20, "WGS84", "lat 120.2 is not between"),
        (1202.0, 28.92, "WGS84", "lon 1202.0 is not between"),
        (math.nan, 28.92, "WGS84", "lon nan"),
        (120.2, math.inf, "WGS84", "lat inf"),
        (120.2, 28.92, "BEIJING54", "crs 'BEIJING54' is not one of WGS84, CGCS2000, GCJ02"),
    ],
)
def test_what_is_no_place_is_refused_with_the_reason(lon: float, lat: float, crs: str, why: str) -> None:
    with pytest.raises(BadPosition, match=why):
        to_cgcs2000(lon, lat, crs)
