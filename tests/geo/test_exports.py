"""The ground out again, as other software reads it."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from geo.communities import communities
from geo.crs import Crs
from geo.exports import cityjson, write
from geo.ground import frame
from geo.surveys import read

BUILDINGS = {code: len(frame(code, "buildings")) for code in communities()}


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.kml", "a.csv"])
@pytest.mark.parametrize("crs", [Crs.CGCS2000, Crs.CGCS2000_GK40])
def test_what_was_written_is_read_back_to_the_millimetre(tmp_path: Path, name: str, crs: Crs) -> None:
    if crs is not Crs.CGCS2000 and name in ("a.geojson", "a.kml"):
        pytest.skip("a format of degrees")
    assert write(tmp_path / name, "tahai", "areas", crs) == 4
    declared = crs if name == "a.csv" else None
    survey = read(tmp_path / name, "areas", communities()["tahai"], declared)
    pairs = zip(survey.features, frame("tahai", "areas").geometry, strict=True)
    assert max(one.geometry.hausdorff_distance(shape) for one, shape in pairs) * 111_320 < 0.001
    assert survey.features[0].name == "君悦星澜湾"


@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_an_offset_system_goes_out_and_comes_back(tmp_path: Path, crs: Crs) -> None:
    write(tmp_path / "a.gpkg", "heling", "areas", crs)
    survey = read(tmp_path / "a.gpkg", "areas", communities()["heling"], crs)
    pairs = zip(survey.features, frame("heling", "areas").geometry, strict=True)
    assert max(one.geometry.hausdorff_distance(shape) for one, shape in pairs) * 111_320 < 0.01


@pytest.mark.parametrize("code", communities())
def test_every_building_is_a_closed_block_in_cityjson(code: str) -> None:
    model = json.loads(json.dumps(cityjson(code)))
    assert (model["type"], model["version"]) == ("CityJSON", "2.0")
    assert len(model["CityObjects"]) == BUILDINGS[code]
    scale, translate = (np.array(model["transform"][name]) for name in ("scale", "translate"))
    vertices = np.array(model["vertices"]) * scale + translate
    west, south, low, east, north, high = model["metadata"]["geographicalExtent"]
    assert vertices.min(axis=0) == pytest.approx([west, south, low], abs=0.01)
    assert vertices.max(axis=0) == pytest.approx([east, north, high], abs=0.01)
    for building in model["CityObjects"].values():
        (geometry,) = building["geometry"]
        (shell,) = [geometry["boundaries"][0]] if geometry["type"] == "Solid" else geometry["boundaries"]
        edges: Counter[tuple[int, int]] = Counter()
        for surface in shell:
            for ring in surface:
                edges.update(zip(ring, ring[1:] + ring[:1], strict=True))
        # Each edge is walked once each way: the block is closed and its faces look outward alike.
        assert set(edges.values()) == {1}
        assert {(b, a) for a, b in edges} == set(edges)


@pytest.mark.parametrize(
    ("name", "layer", "why"),
    [
        ("a.doc", "areas", "the ending is none of"),
        ("a.city.json", "areas", "is for buildings"),
        ("a.gpkg", "grids", "nothing"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str, layer: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        write(tmp_path / name, "heling", layer)
    (tmp_path / "there.gpkg").touch()
    with pytest.raises(ValueError, match="exists already"):
        write(tmp_path / "there.gpkg", "heling", "areas")
