"""The ground that ships."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.communities import communities, community
from geo.crs import Crs, from_cgcs2000
from geo.errors import UnknownCommunity
from geo.ground import LAYERS, doubt, frame, locate, locate_one, places


def test_tahai_has_its_four_estates_and_its_facilities() -> None:
    assert [place.name for place in places("tahai", "areas")] == ["君悦星澜湾", "龙洋潮花苑", "望族豪门", "金东雅苑"]
    named = {place.name for place in places("tahai", "facilities")}
    assert {"东城街道中心幼儿园", "东城街道社区卫生服务中心", "居民会客厅", "东港超市", "优优儿童之家"} <= named


def test_heling_has_its_four_areas_its_sites_and_car_parks() -> None:
    assert [place.name for place in places("heling", "areas")] == ["橙麓", "岩上", "岩下", "两头门"]
    sites = {place.code: place.kind for place in places("heling", "sites")}
    assert sites.keys() >= {"fangyan", "centre", "square"}
    assert sum(kind == "car_park" for kind in sites.values()) == 3


# The source names none of these, and how many grids there are nobody said.
UNDRAWN = {("tahai", "sites"), ("tahai", "rooms"), ("tahai", "grids"), ("heling", "grids")}


@pytest.mark.parametrize(
    ("code", "layer"),
    [(code, layer) for code in communities() for layer in LAYERS if (code, layer) not in UNDRAWN],
)
def test_every_shape_is_valid_and_lies_in_the_bounds_of_its_community(code: str, layer: str) -> None:
    table = frame(code, layer)
    assert len(table) > 0
    assert table.geometry.is_valid.all()
    assert table.crs.to_epsg() == 4490
    view = shapely.box(*community(code).bounds).buffer(0.05)
    assert table.geometry.within(view).all()


@pytest.mark.parametrize("code", communities())
def test_areas_do_not_overlap(code: str) -> None:
    shapes = list(frame(code, "areas").geometry)
    assert all(a.intersection(b).area == 0 for i, a in enumerate(shapes) for b in shapes[i + 1 :])


def test_what_was_drawn_and_not_surveyed_says_so() -> None:
    assert community("heling").schematic


def test_many_points_find_their_areas_as_one_by_one() -> None:
    west, south, east, north = community("heling").bounds
    random = np.random.default_rng(7)
    lons, lats = random.uniform(west, east, 5_000), random.uniform(south, north, 5_000)
    shapes = dict(zip(frame("heling", "areas")["code"], frame("heling", "areas").geometry, strict=True))
    plain = [
        next((code for code, shape in shapes.items() if shape.intersects(shapely.Point(lon, lat))), None)
        for lon, lat in zip(lons, lats, strict=True)
    ]
    assert locate("heling", lons, lats) == plain
    assert set(plain) == {*shapes, None}


def test_the_label_of_an_area_lies_in_it() -> None:
    for place in places("heling", "areas"):
        assert locate_one("heling", *place.label) == place.code


@given(st.sampled_from(list(communities())), st.integers(0, 3), st.sampled_from([Crs.GCJ02, Crs.BD09]))
def test_a_position_in_an_offset_system_is_pointed_out(code: str, number: int, crs: Crs) -> None:
    lon, lat = places(code, "areas")[number].label
    assert doubt(code, lon, lat) is None
    off_lon, off_lat = from_cgcs2000(np.array([lon]), np.array([lat]), crs)
    if locate_one(code, off_lon[0], off_lat[0]) is None:
        # Off by half a kilometre it may also lie in a neighbour when taken as the other system.
        assert doubt(code, off_lon[0], off_lat[0]) is not None
    assert doubt(code, lon + 0.5, lat) is None


def test_nothing_is_found_where_nothing_is_drawn() -> None:
    assert locate_one("tahai", 120.2, 28.93) is None
    assert places("heling", "grids") == ()


def test_an_unknown_community_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownCommunity, match="no community 'x'; there are: heling, tahai"):
        community("x")
    assert list(communities()) == ["heling", "tahai"]
