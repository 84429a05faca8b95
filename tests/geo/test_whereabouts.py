"""Where something is, in words: down to the room of a public building, of a dwelling only to its building."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cockpit.ground import survey
from geo import ground, surveys, whereabouts

HELING = "heling"


@pytest.fixture
def fresh() -> Iterator[None]:
    """A process that knows no survey, before and after."""
    ground.forget()
    yield
    ground.forget()


def said(**at: object) -> tuple[str, str] | None:
    """The words of a place in both languages."""
    lon, lat = at.pop("lon", None), at.pop("lat", None)
    found = whereabouts.spot(HELING, lon, lat, **at)  # type: ignore[arg-type]
    return whereabouts.words(HELING, found)


def test_a_room_is_told_with_its_building_and_storey_in_both_languages() -> None:
    assert said(room="centre-1-study") == (
        "邻里中心 · 1 层 · 共享书房",
        "Neighbourhood centre · Storey 1 · Shared study",
    )


def test_without_a_room_the_building_counts_then_the_site_then_the_area() -> None:
    house = ground.place(HELING, "buildings", "distribution")
    square = ground.place(HELING, "sites", "square")
    assert house is not None
    assert square is not None
    assert said(lon=house.label[0], lat=house.label[1]) == (
        "邻里中心 · 旅游集散中心",
        "Neighbourhood centre · Tourist distribution centre",
    )
    assert said(lon=square.label[0], lat=square.label[1]) == ("中心广场", "Square")
    # The houses of 橙麓 have no names: a code leads nobody there.
    assert said(lon=120.1905, lat=28.9285) == ("橙麓", "Chenglu")
    assert said(lon=121.0, lat=28.0) is None
    assert said() is None


def test_a_place_that_was_declared_counts_where_no_point_is_known() -> None:
    assert said(site="square") == ("中心广场", "Square")
    assert said(area="yanxia") == ("岩下", "Yanxia")
    assert whereabouts.words(HELING, "sites/square", site="square", area="yanxia") == (
        "岩下 · 中心广场",
        "Yanxia · Square",
    )
    assert whereabouts.words(HELING, "rooms/gone", site="square") == ("中心广场", "Square")


@pytest.mark.usefixtures("fresh")
def test_of_a_dwelling_only_the_building_is_told(engine: Engine, tmp_path: Path) -> None:
    square = [[[120.19, 28.928], [120.191, 28.928], [120.191, 28.929], [120.19, 28.929], [120.19, 28.928]]]
    layers = {
        "buildings": {"code": "b3", "name": "3 幢", "kind": "residential", "parent": "chenglu"},
        "rooms": {"code": "b3-402", "name": "402 室", "kind": "room", "parent": "b3", "storey": 4},
    }
    for layer, properties in layers.items():
        path = tmp_path / f"{layer}.geojson"
        shape = {"type": "Polygon", "coordinates": square}
        feature = {"type": "Feature", "properties": properties, "geometry": shape}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        looked = survey.look(engine, path, layer, HELING, surveys.Wanted(), "user:王经理")
        survey.take(engine, looked, "user:王经理")
    assert said(room="b3-402") == ("橙麓 · 3 幢", "Chenglu · 3 幢")
    assert said(room="b3-402", lon=120.1905, lat=28.9285) == ("橙麓 · 3 幢", "Chenglu · 3 幢")
