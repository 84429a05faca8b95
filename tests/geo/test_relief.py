"""Soft relief: hills rise from flat ground, and are lit from the north-west."""

import io

import numpy as np
from PIL import Image

from geo.relief import picture, relief

LOW, HIGH = (20, 30, 40), (70, 80, 90)


def pixels(low: tuple[int, int, int] = LOW, high: tuple[int, int, int] = HIGH) -> np.ndarray:
    """The picture of the hills of heling, shape (rows, columns, 4)."""
    found = relief("heling")
    assert found is not None
    return np.asarray(Image.open(io.BytesIO(picture(found, low, high)))).astype(int)


def test_flat_ground_has_no_relief() -> None:
    assert relief("tahai") is None


def test_hills_rise_from_nought_at_the_edge_to_one() -> None:
    found = relief("heling")
    assert found is not None
    edge = np.concatenate([found.heights[0], found.heights[-1], found.heights[:, 0], found.heights[:, -1]])
    assert edge.max() < 0.01
    assert found.heights.max() == 1


def test_where_the_ground_is_flat_the_picture_is_empty() -> None:
    found = relief("heling")
    assert found is not None
    assert (pixels()[found.heights == 0][:, 3] == 0).all()


def test_slopes_to_the_north_west_are_lit_and_those_to_the_south_east_are_not() -> None:
    found = relief("heling")
    assert found is not None
    south, east = np.gradient(found.heights)
    steep, bright = np.hypot(south, east) > 0.02, pixels()[..., 0]
    # Of what is equally high, so that the tint is the same.
    middle = steep & (found.heights > 0.3) & (found.heights < 0.6)
    north_west, south_east = middle & (south > 0) & (east > 0), middle & (south < 0) & (east < 0)
    assert bright[north_west].mean() > 1.3 * bright[south_east].mean()


def test_on_a_light_ground_shadows_do_not_shout() -> None:
    assert pixels((220, 225, 230), (180, 190, 200))[..., 0].min() > 120
