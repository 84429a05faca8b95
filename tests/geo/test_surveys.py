"""Survey files: what other software saved is read; what is wrong with one is told, feature by feature."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo.communities import community
from geo.errors import SurveyFaults
from geo.ground import frame
from geo.surveys import Survey, read

HELING = community("heling")
SQUARE = [[120.19, 28.93], [120.191, 28.93], [120.191, 28.931], [120.19, 28.931], [120.19, 28.93]]
METRE = 1 / 111_320


def save(folder: Path, *features: Any, **more: Any) -> Path:
    """A GeoJSON file of (code, rings) or whole features."""
    made = []
    for one in features:
        if isinstance(one, dict):
            made.append(one)
        else:
            code, ring = one
            made.append(
                {
                    "type": "Feature",
                    "properties": {"code": code, "name": "甲"},
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                }
            )
    path = folder / "survey.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made} | more), encoding="utf-8")
    return path


def faults(path: Path, layer: str = "areas", crs: str | None = None) -> list[str]:
    """What is wrong with a file."""
    with pytest.raises(SurveyFaults) as bad:
        read(path, layer, HELING, crs)
    return [str(fault) for fault in bad.value.faults]


def shifted(x: float, y: float, scale: float = 1.0) -> list[list[float]]:
    """The square elsewhere."""
    return [[lon * scale + x, lat * scale + y] for lon, lat in SQUARE]


BOW = [[120.19, 28.93], [120.191, 28.931], [120.191, 28.93], [120.19, 28.931], [120.19, 28.93]]
POINT = {
    "type": "Feature",
    "properties": {"code": "p"},
    "geometry": {"type": "Point", "coordinates": [120.19, 28.93]},
}
EMPTY = {"type": "Feature", "properties": {"code": "e"}, "geometry": None}
NO_CODE = {
    "type": "Feature",
    "properties": {"名称": "甲"},
    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
}
TOO_TALL = {
    "type": "Feature",
    "properties": {"code": "t", "floors": 900},
    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
}


@pytest.mark.parametrize(
    ("features", "why"),
    [
        ([("a", BOW)], "feature 1 (a): Self-intersection[120.1905 28.9305]; make_valid would give a MultiPolygon"),
        ([("a", SQUARE), ("a", shifted(0.002, 0))], "feature 1 (a): code 'a' stands 2 times"),
        ([("a", [[lat, lon] for lon, lat in SQUARE])], "longitude and latitude are swapped"),
        ([("a", shifted(3, 0))], "3 degrees too far east: another zone, check the central meridian"),
        ([("a", shifted(0, 10))], "lies at 120.19050, 38.93050, not near 赫灵未来社区"),
        ([("a", [[x * 4000 + 40_000_000, y * 110_000] for x, y in SQUARE])], "these are metres: say --crs"),
        ([POINT], "feature 1 (p): a Point; expected Polygon, MultiPolygon"),
        ([EMPTY, ("a", SQUARE)], "feature 1 (e): no geometry"),
        ([NO_CODE], "no column of codes; name it one of code, id, 编码"),
        ([TOO_TALL], "feature 1 (t): floors '900': a number from 0 to 200"),
        ([("", SQUARE)], "feature 1: code '': 1 to 64 printable characters"),
        ([], "the file has no features"),
    ],
)
def test_a_broken_file_is_told_feature_by_feature(tmp_path: Path, features: list[Any], why: str) -> None:
    assert any(why in fault for fault in faults(save(tmp_path, *features))), faults(save(tmp_path, *features))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "cannot be read: "),
        ("a.gpkg", b"SQLite format 3\x00" + b"x" * 200, "cannot be read: "),
        ("a.shp", b"\x00\x00\x27\x0a" + b"\x00" * 50, "the Shapefile has no .dbf"),
        ("a.csv", b"code,name\n1,x\n", "the file has no geometry; a CSV needs a column WKT"),
        ("gone.gpkg", None, "no file"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (told,) = faults(tmp_path / name)
    assert why in told


def ogr2ogr(source: Path, target: Path, *options: str) -> None:
    """GDAL's own converter, as a surveyor's software would save."""
    target.parent.mkdir(exist_ok=True)
    command = ["ogr2ogr", *options, str(target), str(source)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=60)


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    """The areas that ship, as a file."""
    path = tmp_path / "source.geojson"
    frame("heling", "areas").to_file(path, driver="GeoJSON")
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.gpkg", ["-t_srs", "EPSG:4528"]),
        ("shp/a.shp", ["-t_srs", "EPSG:4549", "-lco", "ENCODING=GBK"]),
        ("a.kml", []),
        ("a.csv", ["-lco", "GEOMETRY=AS_WKT"]),
    ],
)
def test_what_other_software_saved_is_read_to_the_millimetre(
    tmp_path: Path, areas: Path, name: str, options: list[str]
) -> None:
    target = tmp_path / name
    ogr2ogr(areas, target, *options)
    # Without this file nothing says in which encoding a Shapefile's texts are.
    target.with_suffix(".cpg").unlink(missing_ok=True)
    survey = read(target, "areas", HELING)
    assert [feature.name for feature in survey.features] == ["橙麓", "岩上", "岩下", "两头门"]
    assert _greatest_distance(survey) < 0.001 * METRE


def test_a_dxf_has_closed_lines_for_polygons(tmp_path: Path, areas: Path) -> None:
    ogr2ogr(areas, tmp_path / "a.dxf")
    survey = read(tmp_path / "a.dxf", "areas", HELING, "CGCS2000")
    assert len(survey.features) == 4
    assert _greatest_distance(survey) < 0.001 * METRE


@pytest.mark.parametrize("crs", ["GCJ02", "BD09", "CGCS2000_GK40"])
def test_a_declared_system_counts_whatever_the_file_says(tmp_path: Path, areas: Path, crs: str) -> None:
    from geo.crs import Crs, from_cgcs2000

    moved = frame("heling", "areas").copy()
    shapes = shapely.transform(moved.geometry.to_numpy(), lambda x, y: from_cgcs2000(x, y, Crs(crs)), interleaved=False)
    moved.set_geometry(shapes, crs=None).to_file(tmp_path / "moved.gpkg", driver="GPKG")
    assert _greatest_distance(read(tmp_path / "moved.gpkg", "areas", HELING, crs)) < 0.01 * METRE


def _greatest_distance(survey: Survey) -> float:
    pairs = zip(survey.features, frame("heling", "areas").geometry, strict=True)
    return max(float(shapely.hausdorff_distance(one.geometry, shape)) for one, shape in pairs)


def test_chinese_columns_are_known_and_all_else_is_kept(tmp_path: Path) -> None:
    house = {
        "type": "Feature",
        "properties": {"编号": 7, "名称": "3 号楼", "层数": 6, "类型": "public", "建成": 1998, "备注": None},
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    (feature,) = read(save(tmp_path, house), "buildings", HELING).features
    assert (feature.code, feature.name, feature.floors, feature.kind) == ("7", "3 号楼", 6, "public")
    assert feature.height == pytest.approx(18.6)
    assert feature.properties == {"建成": 1998}
    assert feature.cim_level == 2
