"""Coordinate systems."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import PROJECTED, Crs, all_to_cgcs2000, bd09, from_cgcs2000, gcj02, to_cgcs2000
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


# Published by wandergis/coordtransform (MIT) for 116.404 E, 39.915 N.
def test_the_offset_systems_agree_with_published_positions() -> None:
    assert gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)
    of_gcj02 = bd09(*to_cgcs2000(116.404, 39.915, Crs.GCJ02))
    assert of_gcj02 == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)
    to_gcj02 = gcj02(*to_cgcs2000(116.404, 39.915, Crs.BD09))
    # The publisher's inverse is a first step only, good to half a metre.
    assert to_gcj02 == pytest.approx((116.39762729119315, 39.90865673957631), abs=5e-6)


def test_every_system_comes_back_at_ten_thousand_places_of_zhejiang() -> None:
    random = np.random.default_rng(20261125)
    lons, lats = random.uniform(118.0, 123.0, 10_000), random.uniform(27.0, 31.2, 10_000)
    for crs in Crs:
        back = all_to_cgcs2000(*from_cgcs2000(lons, lats, crs), crs)
        off = np.hypot((back[0] - lons) * np.cos(np.radians(lats)), back[1] - lats) * METRES_A_DEGREE
        assert off.max() < 0.01, crs


@pytest.mark.parametrize("crs", PROJECTED)
def test_the_grids_agree_with_pyproj(crs: Crs) -> None:
    there = pyproj.Transformer.from_crs(4490, PROJECTED[crs], always_xy=True).transform(LON, LAT)
    x, y = from_cgcs2000(np.array([LON]), np.array([LAT]), crs)
    assert (x[0], y[0]) == pytest.approx(there, abs=1e-6)
    assert to_cgcs2000(*there, crs) == pytest.approx((LON, LAT), abs=1e-9)
    # 120.2 E lies 0.2 degrees east of the central meridian, whose easting is 500 km.
    assert there[0] % 1_000_000 == pytest.approx(519_503, abs=1)


def test_bd09_is_over_a_kilometre_off_where_the_community_lies() -> None:
    assert 1_100 < metres(bd09(LON, LAT), (LON, LAT)) < 1_140


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
        (120.2, 28.92, "BEIJING54", "crs 'BEIJING54' is not one of WGS84, CGCS2000, GCJ02, BD09"),
    ],
)
def test_what_is_no_place_is_refused_with_the_reason(lon: float, lat: float, crs: str, why: str) -> None:
    with pytest.raises(BadPosition, match=why):
        to_cgcs2000(lon, lat, crs)
