"""The index by cells finds what a look at every place would."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import lookup
from geo.lookup import Lookup

CORNER = st.tuples(st.integers(0, 40), st.integers(0, 40))
CIRCLES = st.lists(st.tuples(CORNER, st.integers(1, 15)), min_size=1, max_size=6)


def one_by_one(shapes: np.ndarray, x: float, y: float) -> int:
    """The smallest of the places that a point lies in."""
    inside = [index for index, shape in enumerate(shapes) if shape.intersects(shapely.Point(x, y))]
    return min(inside, key=lambda index: shapes[index].area, default=-1)


@given(CIRCLES, st.lists(CORNER, max_size=30))
@settings(max_examples=60)
def test_every_point_is_found_where_it_is_also_on_edges_and_where_places_lie_in_each_other(
    circles: list[tuple[tuple[int, int], int]], asked: list[tuple[int, int]]
) -> None:
    # Of different sizes, so that the smallest is one only.
    shapes = np.array([shapely.Point(c).buffer(r + i / 100) for i, (c, r) in enumerate(circles)], dtype=object)
    corners = shapely.get_coordinates(shapes)[:50]
    points = np.vstack([np.array(asked, float).reshape(-1, 2), corners])
    # Enough of them for the cells to be made.
    xs, ys = (np.resize(points[:, axis], lookup.FEW + 1) for axis in (0, 1))
    found = Lookup(shapes, cells=16).find(xs, ys)
    assert found[: len(points)].tolist() == [one_by_one(shapes, *point) for point in points]


@pytest.mark.parametrize("count", [3, lookup.FEW + 5])
def test_a_place_that_is_unknown_or_far_away_is_nowhere(count: int) -> None:
    index = Lookup(np.array([shapely.box(0, 0, 1, 1)], dtype=object))
    nowhere = np.resize([np.nan, np.inf, -np.inf, 1e9], count)
    assert set(index.find(nowhere, np.full(count, 0.5)).tolist()) == {-1}
    assert set(Lookup(np.array([], dtype=object)).find(nowhere, nowhere).tolist()) == {-1}
