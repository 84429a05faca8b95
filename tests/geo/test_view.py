"""What a map must show whole, where the areas' names stand, and the storeys of the centres."""

import numpy as np
import pytest
import shapely

from geo.communities import communities, community
from geo.ground import frame
from geo.view import faces, feet, outline, windows

ABOUT_A_METRE = 1e-5


@pytest.mark.parametrize("code", communities())
def test_the_outline_holds_all_areas_and_sites_and_little_else(code: str) -> None:
    seen = shapely.Polygon(outline(code))
    shapes = shapely.union_all([shape for layer in ("areas", "sites") for shape in frame(code, layer).geometry])
    assert shapely.difference(shapes, seen.buffer(3e-4)).is_empty
    assert seen.area < 1.01 * shapely.convex_hull(shapes).area


@pytest.mark.parametrize("code", communities())
def test_an_areas_name_stands_at_its_edge_on_the_side_of_who_looks(code: str) -> None:
    shapes = frame(code, "areas").geometry.to_numpy()
    lons, lats = feet(code, "areas")
    points = shapely.points(lons, lats)
    assert (shapely.distance(shapely.boundary(shapes), points) < ABOUT_A_METRE).all()
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    way = np.column_stack([(lons - middles[:, 0]) * np.cos(np.radians(28.9)), lats - middles[:, 1]])
    bearing = np.degrees(np.arctan2(way[:, 0], way[:, 1]))
    assert np.allclose((bearing - community(code).camera.bearing) % 360, 180, atol=1)


@pytest.mark.parametrize("code", communities())
def test_each_storey_of_a_centre_has_windows_within_it(code: str) -> None:
    rows = {row["code"]: row for _, row in frame(code, "buildings").iterrows() if row["kind"] == "centre"}
    bands = [band["properties"] for band in windows(code)]
    assert len(bands) == sum(int(row["floors"]) for row in rows.values())
    for band in bands:
        high = rows[band["building"]]["height"] / rows[band["building"]]["floors"]
        assert (band["storey"] - 1) * high < band["base"] < band["top"] < band["storey"] * high


def test_windows_know_the_site_whose_people_are_behind_them() -> None:
    assert {band["properties"]["site"] for band in windows("heling")} == {"centre"}


@pytest.mark.parametrize("code", communities())
def test_squares_cover_each_building_and_what_is_seen_of_its_roof(code: str) -> None:
    squares = faces(code)
    lons, lats = np.array([one["geometry"]["coordinates"] for one in squares]).T
    reach = np.array([one["properties"]["across"] for one in squares]) / 2
    east, north = 111_320 * np.cos(np.radians(28.9)), 111_320
    # On the ground a square of the screen is longer, the flatter one looks.
    away = reach / np.cos(np.radians(community(code).camera.pitch))
    for middle in shapely.get_coordinates(shapely.centroid(frame(code, "buildings").geometry.to_numpy())):
        near = np.hypot((lons - middle[0]) * east, (lats - middle[1]) * north) <= np.hypot(reach, away)
        assert near.any()
