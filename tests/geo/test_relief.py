"""Soft relief: hills rise from flat ground, are lit from the north-west, and lie on the map as flat bands."""

from itertools import pairwise

import numpy as np
import shapely

from geo.relief import BANDS, DARKER, Relief, bands, relief


def of_heling() -> Relief:
    """The hills of heling."""
    found = relief("heling")
    assert found is not None
    return found


def test_flat_ground_has_no_relief() -> None:
    assert relief("tahai") is None
    assert bands("tahai") == []


def test_hills_rise_from_nought_at_the_edge_to_one() -> None:
    heights = of_heling().heights
    assert np.concatenate([heights[0], heights[-1], heights[:, 0], heights[:, -1]]).max() == 0
    assert heights.max() == 1


def test_where_the_ground_is_flat_nothing_is_darker_or_brighter() -> None:
    found = of_heling()
    assert np.abs(found.brightness[found.heights == 0]).max() < min(abs(level) for level in BANDS)


def test_slopes_to_the_north_west_are_lit_and_those_to_the_south_east_are_not() -> None:
    found = of_heling()
    south, east = np.gradient(found.heights)
    middle = (np.hypot(south, east) > 0.02) & (found.heights > 0.2) & (found.heights < 0.6)
    north_west, south_east = middle & (south > 0) & (east > 0), middle & (south < 0) & (east < 0)
    assert found.brightness[north_west].mean() > 0.1 > -0.1 > found.brightness[south_east].mean()


def test_each_band_covers_what_is_so_bright_or_so_dark_and_no_other_does() -> None:
    found = of_heling()
    lons, lats = np.meshgrid(found.lons, found.lats)
    shapes = {one["properties"]["tone"]: shapely.geometry.shape(one["geometry"]) for one in bands("heling")}
    assert list(shapes) == [*range(-1, -DARKER - 1, -1), *range(1, len(BANDS) - DARKER + 1)]
    ends = [-np.inf, *BANDS[:DARKER], *BANDS[DARKER:], np.inf]
    for tone, shape in shapes.items():
        assert shape.is_valid
        at = tone + DARKER
        expected = (found.brightness > ends[at]) & (found.brightness <= ends[at + 1])
        # A band's edge is kept to a metre or two, of fifteen between the points, and lies some metres below the next.
        clear = np.all([np.abs(found.brightness - end) > 0.03 for end in BANDS], axis=0)
        assert (shapely.contains_xy(shape, lons, lats) == expected)[clear].mean() > 0.999


def test_hardly_any_of_the_ground_lies_in_two_bands_and_nothing_between_them() -> None:
    shapes = [shapely.geometry.shape(one["geometry"]) for one in bands("heling")]
    covered = shapely.union_all(shapes)
    assert sum(shape.area for shape in shapes) < 1.12 * covered.area
    for side in (shapes[:DARKER], shapes[DARKER:]):
        for one, other in pairwise(side):
            assert shapely.distance(one, other) == 0


def test_the_farther_away_the_fainter_hills_are() -> None:
    found = of_heling()
    far, near = found.brightness[found.lats > 28.955], found.brightness[found.lats < 28.945]
    assert far.max() < 0.6 * near.max()
