"""Metres, not degrees; whole arrays; what is inside and what is near."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo import ground, spatial

LONS = st.floats(120.0, 120.4)
LATS = st.floats(28.8, 29.0)
CGCS2000 = Geod(ellps="GRS80")


@given(LONS, LATS, st.floats(1, 5000))
def test_a_circle_is_as_wide_as_it_was_asked_in_metres(lon: float, lat: float, radius: float) -> None:
    corners = shapely.get_coordinates(spatial.circle(lon, lat, radius))
    n = len(corners)
    _, _, metres = CGCS2000.inv(np.full(n, lon), np.full(n, lat), corners[:, 0], corners[:, 1])
    assert np.allclose(metres, radius, rtol=1e-6, atol=1e-4)


def test_lengths_and_areas_are_those_of_the_ellipsoid() -> None:
    square = shapely.box(120.2, 28.93, 120.201, 28.931)
    east = CGCS2000.inv(120.2, 28.93, 120.201, 28.93)[2]
    north = CGCS2000.inv(120.2, 28.93, 120.2, 28.931)[2]
    assert spatial.area_m2(square) == pytest.approx(east * north, rel=1e-4)
    assert spatial.length_m(square) == pytest.approx(2 * (east + north), rel=1e-4)


@given(LONS, LATS)
def test_the_nearest_facility_is_the_nearest_by_the_ellipsoid(lon: float, lat: float) -> None:
    found = spatial.nearest("heling", "facilities", np.array([lon]), np.array([lat]))[0]
    assert found is not None
    lons, lats = ground.labels("heling", "facilities")
    metres = CGCS2000.inv(np.full(len(lons), lon), np.full(len(lons), lat), lons, lats)[2]
    assert found[1] == pytest.approx(min(metres), rel=1e-3, abs=0.1)


def test_a_search_for_the_nearest_can_be_held_to_kinds_and_codes() -> None:
    here = np.array([120.2]), np.array([28.93])
    health = spatial.nearest("heling", "facilities", *here, kinds=frozenset({"health"}))[0]
    assert health is not None
    assert health[0] == "clinic"
    assert spatial.nearest("heling", "facilities", *here, codes=frozenset()) == [None]
    assert spatial.nearest("heling", "grids", *here) == [None], "no grid was imported"


def test_points_in_a_polygon_agree_with_one_by_one() -> None:
    area = ground.frame("heling", "areas").geometry.iloc[0]
    random = np.random.default_rng(7)
    lons, lats = random.uniform(120.185, 120.2, 2000), random.uniform(28.92, 28.94, 2000)
    one_by_one = [area.intersects(shapely.Point(lon, lat)) for lon, lat in zip(lons, lats, strict=True)]
    assert spatial.inside(area, lons, lats).tolist() == one_by_one
    assert not spatial.inside(area, np.array([np.nan]), np.array([np.nan]))[0]


@given(st.lists(st.tuples(LONS, LATS), max_size=50), st.sampled_from(sorted(spatial.HEX_METRES)))
def test_every_point_is_counted_in_one_hexagon(points: list[tuple[float, float]], resolution: int) -> None:
    lons, lats = (np.array([point[axis] for point in points], dtype=float) for axis in (0, 1))
    cells = spatial.hexagons(lons, lats, resolution)
    assert sum(count for _, count in cells) == len(points)
    counts = [count for _, count in cells]
    assert counts == sorted(counts, reverse=True)


def test_where_places_lie_in_each_other_the_smallest_is_found() -> None:
    study = ground.place("heling", "rooms", "centre-1-study")
    assert study is not None
    found = ground.locate("heling", np.array([study.label[0]]), np.array([study.label[1]]), "sites")
    assert found == ["centre"]
