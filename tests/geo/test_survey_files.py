"""Survey files as surveyors save them, and as somebody makes them who means ill: each is read by a real child."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon

from geo.communities import community
from geo.errors import SurveyFaults
from geo.surveys import Survey, Wanted, read

HELING = community("heling")
LON, LAT = HELING.centre
NEAR = Polygon([(LON, LAT), (LON + 0.001, LAT), (LON + 0.001, LAT + 0.001), (LON, LAT + 0.001)])


def faults(path: Path, layer: str = "facilities", **wanted: Any) -> list[str]:
    """What is wrong with a file."""
    with pytest.raises(SurveyFaults) as bad:
        read(path, layer, HELING, wanted=Wanted(**wanted))
    return [str(fault) for fault in bad.value.faults]


def points(path: Path, *names: str, codes: list[Any] | None = None, crs: int = 4490, **more: Any) -> Path:
    """A file of points with names, by its ending."""
    given = {"code": codes or [f"c{number}" for number in range(len(names))], "name": list(names)} | more
    table = gpd.GeoDataFrame(given, geometry=[Point(LON, LAT)] * len(names), crs=4490)
    options = {".shp": {"encoding": "GBK"}, ".kml": {"driver": "KML"}}.get(path.suffix, {})
    table.to_crs(crs).to_file(path, engine="pyogrio", **options)
    return path


def names(survey: Survey) -> list[str]:
    """The features' names."""
    return [feature.name for feature in survey.features]


def test_names_in_gbk_that_are_utf_8_by_chance_are_read_and_shown(tmp_path: Path) -> None:
    path = points(tmp_path / "a.shp", "楼", "路")
    path.with_suffix(".cpg").unlink()
    found = read(path, "facilities", HELING)
    assert (names(found), found.encoding, found.names) == (["楼", "路"], "GB18030", ["楼", "路"])


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
def test_a_table_is_read_however_a_spreadsheet_saves_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(f'编号,名称,wkt\n001,岩上村一号楼,"POINT({LON} {LAT})"\n', encoding=encoding)
    found = read(tmp_path / "a.csv", "facilities", HELING)
    assert [(one.code, one.name) for one in found.features] == [("001", "岩上村一号楼")]


CODE = 331_022_001_001_000_127


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "kml", "csv"])
def test_codes_of_18_digits_stay_as_they_are_beside_an_empty_cell(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        where = f'"POINT({LON} {LAT})"'
        path.write_text(f"code,other,wkt\n{CODE},{CODE},{where}\n{CODE + 1},,{where}\n")
    else:
        import pandas as pd

        other = pd.array([CODE, None], dtype="Int64")
        points(path, "a", "b", codes=[CODE, CODE + 1], other=other)
    found = read(path, "facilities", HELING)
    assert [one.code for one in found.features] == [str(CODE), str(CODE + 1)]
    assert str(found.features[0].properties["other"]) == str(CODE)
    assert "other" not in found.features[1].properties


@pytest.mark.parametrize(
    ("written", "code"),
    [("331022001001000127", str(CODE)), ("33102200100100012701234", "33102200100100012701234"), ("7.0", "7")],
)
def test_a_bare_number_in_json_is_the_code_that_is_written(tmp_path: Path, written: str, code: str) -> None:
    feature = '{"type":"Feature","properties":{"code":%s},"geometry":{"type":"Point","coordinates":[%s,%s]}}'
    text = f'{{"type":"FeatureCollection","features":[{feature % (written, LON, LAT)}]}}'
    (tmp_path / "a.geojson").write_text(text)
    assert read(tmp_path / "a.geojson", "facilities", HELING).features[0].code == code


def test_a_code_that_was_rounded_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'code,wkt\n3.31022E+17,"POINT({LON} {LAT})"\n')
    assert "has rounded; save the column as text" in faults(tmp_path / "a.csv")[0]
    assert "has rounded" in faults(points(tmp_path / "a.gpkg", "a", codes=[3.3102200100100012e17]))[0]


def test_a_parent_that_names_nobody_is_a_fault_and_a_name_is_as_good_as_a_code(tmp_path: Path) -> None:
    path = points(tmp_path / "a.gpkg", "甲", "乙", parent=["橙麓", "火星"])
    assert faults(path) == [
        "feature 2 (c1): parent '火星' names no areas or sites or buildings or rooms of this community"
    ]
    good = read(points(tmp_path / "b.gpkg", "甲", parent=["橙麓"]), "facilities", HELING)
    assert good.features[0].parent not in (None, "橙麓")
    grids = gpd.GeoDataFrame(
        {"code": ["g", "g1"], "name": ["网格", "微网格"], "parent": [None, "g"]}, geometry=[NEAR, NEAR], crs=4490
    )
    grids.to_file(tmp_path / "c.gpkg")
    assert [one.parent for one in read(tmp_path / "c.gpkg", "grids", HELING).features] == [None, "g"]


def two_layers(folder: Path) -> Path:
    """A GeoPackage with styles of QGIS before two layers."""
    path = folder / "two.gpkg"
    import pandas as pd
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"styleName": ["x"]}), path, layer="layer_styles", driver="GPKG")
    for layer, name in (("设施", "甲"), ("道路", "乙")):
        table = gpd.GeoDataFrame({"code": [name], "name": [name]}, geometry=[Point(LON, LAT)], crs=4490)
        table.to_file(path, layer=layer, mode="a", engine="pyogrio")
    return path


def test_of_several_layers_one_is_asked_for(tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    with pytest.raises(SurveyFaults) as bad:
        read(path, "facilities", HELING)
    assert bad.value.layers == [("设施", 1), ("道路", 1)]
    assert str(bad.value.faults[0]) == "the file has several layers: 设施 (1), 道路 (1); say which with --layer"
    assert names(read(path, "facilities", HELING, wanted=Wanted(source_layer="道路"))) == ["乙"]
    assert faults(path, source_layer="x") == ["no layer 'x'; there are: 设施 (1), 道路 (1)"]


def test_styles_beside_one_layer_are_no_question(tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("delete from 道路")
    assert names(read(path, "facilities", HELING)) == ["甲"]


def test_two_folders_of_a_kml_are_two_layers(tmp_path: Path) -> None:
    mark = f"<Placemark><name>x</name><Point><coordinates>{LON},{LAT}</coordinates></Point></Placemark>"
    folders = "".join(f"<Folder><name>{name}</name>{mark}</Folder>" for name in ("一", "二"))
    kml = f'<?xml version="1.0" encoding="GBK"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}'
    (tmp_path / "a.kml").write_text(kml + "</Document></kml>", encoding="gbk")
    assert "several layers: 一 (1), 二 (1)" in faults(tmp_path / "a.kml")[0]


def test_two_shapefiles_in_an_archive_are_two_layers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for name in ("甲", "乙"):
            points(tmp_path / f"{name}.shp", name)
            for part in tmp_path.glob(f"{name}.*"):
                packed.write(part, part.name.upper() if part.suffix == ".shp" else part.name)
    assert "several layers: 甲 (1), 乙 (1)" in faults(tmp_path / "a.zip")[0]
    assert names(read(tmp_path / "a.zip", "facilities", HELING, wanted=Wanted(source_layer="乙"))) == ["乙"]


def drawing(folder: Path, *layers: str) -> Path:
    """A DXF with a closed outline on each layer, and a text beside."""
    x, y = 120.19, 28.93
    parts = []
    for number, layer in enumerate(layers):
        corners = [(x, y), (x + 0.001, y), (x + 0.001, y + 0.001), (x, y + 0.001)]
        points = "".join(f"10\n{lon}\n20\n{lat}\n" for lon, lat in corners)
        head = f"0\nLWPOLYLINE\n5\n{100 + number}\n100\nAcDbEntity\n8\n{layer}\n100\nAcDbPolyline\n90\n4\n70\n1\n"
        parts.append(head + points)
        head = f"0\nTEXT\n5\n{200 + number}\n100\nAcDbEntity\n8\n{layer}\n100\nAcDbText\n"
        parts.append(f"{head}10\n{x}\n20\n{y}\n40\n1\n1\n楼\n")
    body = "0\nSECTION\n2\nENTITIES\n" + "".join(parts) + "0\nENDSEC\n0\nEOF\n"
    (folder / "a.dxf").write_text(body, encoding="gbk")
    return folder / "a.dxf"


def test_texts_beside_outlines_are_left_out_and_counted(tmp_path: Path) -> None:
    found = read(drawing(tmp_path, "片区"), "areas", HELING)
    assert (len(found.features), found.left_out, found.source_layer) == (1, {"texts": 1}, "片区")


def test_layers_of_a_drawing_are_asked_for(tmp_path: Path) -> None:
    path = drawing(tmp_path, "片区", "道路")
    assert "several layers: 片区 (1), 道路 (1)" in faults(path, "areas")[0]
    assert len(read(path, "areas", HELING, wanted=Wanted(source_layer="道路")).features) == 1


def test_surfaces_curves_and_nothing_are_faults_by_feature(tmp_path: Path) -> None:
    shapes = [
        "POLYHEDRALSURFACE Z(((0 0 0,0 1 0,1 1 0,0 0 0)))",
        "TIN Z(((0 0 0,0 1 0,1 1 0,0 0 0)))",
        "CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))",
        "POINT EMPTY",
        "",
        f"POINT Z({LON} {LAT} 5)",
        f"POINT({LON} {LAT})",
    ]
    text = "code,wkt\n" + "".join(f'k{number},"{shape}"\n' for number, shape in enumerate(shapes, 1))
    (tmp_path / "a.csv").write_text(text)
    found = faults(tmp_path / "a.csv")
    assert [fault.partition(":")[0] for fault in found] == [f"feature {n} (k{n})" for n in range(1, 6)]
    words = ("PolyhedralSurface", "TIN", "CurvePolygon", "no geometry", "no geometry")
    assert all(word in fault for fault, word in zip(found, words, strict=True))


def test_a_missing_index_is_made_anew_and_missing_attributes_are_told(tmp_path: Path) -> None:
    path = points(tmp_path / "a.shp", "甲", "乙")
    path.with_suffix(".shx").unlink()
    assert names(read(path, "facilities", HELING)) == ["甲", "乙"]
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    assert faults(path) == ["the Shapefile breaks off at byte 128"]
    path.write_bytes(content)
    path.with_suffix(".dbf").unlink()
    assert "has no .dbf" in faults(path)[0]


@pytest.mark.parametrize(("crs", "name"), [(4610, "Xian 1980"), (2385, "Xian 1980"), (4214, "Beijing 1954")])
def test_a_datum_without_a_known_way_is_said_aloud_and_must_be_accepted(tmp_path: Path, crs: int, name: str) -> None:
    path = points(tmp_path / "a.gpkg", "甲", crs=crs)
    (fault,) = faults(path)
    assert name in fault
    assert fault.endswith("or say --accept-shift")
    found = read(path, "facilities", HELING, wanted=Wanted(accept_shift=True))
    assert found.shift.startswith(name)


@pytest.mark.parametrize("crs", [4326, 4490, 4528, 4549, 32650, 3857])
def test_a_datum_that_is_the_same_is_taken_without_a_word(tmp_path: Path, crs: int) -> None:
    found = read(points(tmp_path / "a.gpkg", "甲", crs=crs), "facilities", HELING)
    assert (found.shift, found.crs) == ("", f"EPSG:{crs}")
    assert found.features[0].geometry.distance(Point(LON, LAT)) < 1e-7


VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{0}</SrcDataSource>'
    "<GeometryType>wkbPoint</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
)
HOSTILE = {
    "a.kml": VRT,
    "b.json": VRT,
    "c.csv": VRT,
    "d.gpkg": VRT,
    "e.dxf": VRT,
    "f.zip": VRT,
    "g.json": '{{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read {0}"}}',
    "h.kml": '<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{0}">]><kml><Document><name>&x;</name></Document></kml>',
    "i.kml": '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><kml>&b;</kml>',
    "j.geojson": '{{"type":"Topology","objects":{{}}}}',
    "k.kml": "<GpkgMosaic>{0}</GpkgMosaic>",
    "l.csv": "{0}",
    "m.json": "/vsicurl/http://127.0.0.1:9/{0}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_names_another_is_told_and_the_other_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.csv").write_text(f"code,name,wkt\ns,SECRET,POINT({LON} {LAT})\n")
    (tmp_path / name).write_text(HOSTILE[name].format(tmp_path / "secret.csv"))
    told = faults(tmp_path / name)
    assert told
    assert "SECRET" not in " ".join(told)


def test_the_ending_must_be_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a.vrt").write_text(VRT)
    assert faults(tmp_path / "a.vrt")[0].startswith("the ending is none of .gpkg")


def test_faults_have_words_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(SurveyFaults) as bad:
        read(two_layers(tmp_path), "facilities", HELING)
    assert bad.value.faults[0].told("zh") == "文件中有多个图层：设施 (1), 道路 (1)；请选择其中一个"


def test_more_features_than_may_be_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from store import budgets

    monkeypatch.setattr(budgets, "_in_force", budgets.with_numbers({"survey_features": 2}))
    assert len(read(points(tmp_path / "a.gpkg", "a", "b"), "facilities", HELING).features) == 2
    assert faults(points(tmp_path / "b.gpkg", "a", "b", "c")) == ["> 2 features; at most 2"]


def test_what_is_sent_as_wal_is_read(tmp_path: Path) -> None:
    import sqlite3

    path = points(tmp_path / "a.gpkg", "甲")
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.close()
    shutil.copy(path, tmp_path / "b.gpkg")
    assert json.dumps(names(read(tmp_path / "b.gpkg", "facilities", HELING)), ensure_ascii=False) == '["甲"]'
