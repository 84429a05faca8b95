"""Further communities from a folder: what is taken, and what is refused, with the file and why."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import communities, folders, ground
from geo.drawn import checked
from geo.errors import BadCommunity, UnknownCommunity
from geo.hierarchy import tree
from geo.view import outline
from store import budgets
from tests.towns import XINLIN, collection, square, xinlin


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    communities.take(())
    budgets.configure({})
    ground.forget()


def why(folder: Path) -> str:
    """Why a folder of communities is refused, in one line."""
    with pytest.raises(BadCommunity) as refused:
        folders.read(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_folder_alone_is_a_community(tmp_path: Path) -> None:
    own = xinlin(tmp_path)
    communities.take(folders.read(tmp_path))
    assert list(communities.communities()) == ["heling", "tahai", "xinlin"]
    assert list(communities.shipped()) == ["heling", "tahai"]
    found = communities.community("xinlin")
    assert (found.name, found.area_kind, found.schematic) == ("新邻未来社区", "片区", True)
    assert found.centre == pytest.approx((120.09, 28.887)), "the middle of its bounds, where none is given"
    assert communities.folder_of("xinlin") == own
    assert [place.name_en for place in ground.places("xinlin", "areas")] == ["East Garden", "West Garden"]
    assert ground.locate_one("xinlin", 120.094, 28.887) == "dongyuan"
    assert {node.level for node in tree("xinlin").nodes} == {"community", "area", "building", "facility"}
    assert len(outline("xinlin")) == 4
    assert ground.places("xinlin", "sites") == ()
    communities.take(())
    with pytest.raises(UnknownCommunity):
        communities.folder_of("xinlin")


def test_what_ships_is_found_by_its_folders_too() -> None:
    for code in communities.shipped():
        assert (communities.folder_of(code) / "community.toml").is_file()
    with pytest.raises(UnknownCommunity):
        communities.drawn("nowhere", "areas")


def test_what_ships_does_as_a_further_one(tmp_path: Path) -> None:
    for code in communities.shipped():
        shutil.copytree(str(files("geo") / "data" / code), tmp_path / f"{code}-2")
    found = {one.community.code: one for one in folders.read(tmp_path)}
    assert list(found) == ["heling-2", "tahai-2"]
    assert set(found["heling-2"].layers) == set(ground.LAYERS) - {"grids"}
    communities.take(found.values())
    assert len(tree("heling-2").nodes) == len(tree("heling").nodes)


def test_what_is_changed_later_counts_at_the_next_start(tmp_path: Path) -> None:
    own = xinlin(tmp_path)
    communities.take(folders.read(tmp_path))
    (own / "areas.geojson").unlink()
    assert len(ground.places("xinlin", "areas")) == 2


def test_its_registers_and_indicators_are_told_as_they_stand(tmp_path: Path) -> None:
    own = xinlin(tmp_path) / "registers"
    own.mkdir()
    (own / "lifts.toml").write_text('name = "电梯"', encoding="utf-8")
    (own / "README.md").touch()
    communities.take(folders.read(tmp_path))
    (own.parent / "indicators").mkdir()
    (own.parent / "indicators" / "health.toml").write_text("[scene]", encoding="utf-8")
    communities.take(folders.read(tmp_path))
    assert communities.registers("xinlin") == {"lifts.toml": 'name = "电梯"'.encode()}
    assert communities.indicators("xinlin") == {"health.toml": b"[scene]"}
    assert all(isinstance(communities.registers(code), dict) for code in communities.shipped())
    with pytest.raises(UnknownCommunity):
        communities.registers("nowhere")


def test_other_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    own = xinlin(tmp_path)
    (own / "README.md").write_text("a note")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".sync").mkdir()
    (tmp_path / ".sync" / "community.toml").write_text("no TOML")
    assert [one.community.code for one in folders.read(tmp_path)] == ["xinlin"]


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    # So a cluster shows files to a container: each a link into a folder that is changed as a whole.
    own = xinlin(tmp_path)
    kept = own / "..2026"
    kept.mkdir()
    (own / "areas.geojson").rename(kept / "areas.geojson")
    (own / "..data").symlink_to("..2026")
    (own / "areas.geojson").symlink_to("..data/areas.geojson")
    assert len(folders.read(tmp_path)) == 1


INVISIBLE = "has characters that are not printed"
ROWS: list[tuple[str, str, str]] = [
    ("an unknown key", XINLIN + 'mayor = "x"\n', "unknown field `mayor`"),
    ("an unknown key of a table", XINLIN.replace("pitch = 48", "tilt = 48"), "unknown field `tilt`"),
    ("a code of its own", XINLIN + 'code = "other"\n', "unknown field `code`"),
    ("no name", XINLIN.replace('name = "新邻未来社区"', "", 1), "required field `name`"),
    ("no bounds", XINLIN.replace("bounds", "# bounds"), "`bounds`"),
    ("a name that is no text", XINLIN.replace('"新邻未来社区"', "7", 1), "`$.name`"),
    ("an empty name", XINLIN.replace('"新邻未来社区"', '""', 1), "`$.name`"),
    ("a long name", XINLIN.replace("新邻未来社区", "新" * 25, 1), "`$.name`"),
    ("a line in a name", XINLIN.replace("新邻未来社区", "a\\nb", 1), "name: 'a\\nb' " + INVISIBLE),
    ("a name that turns round", XINLIN.replace("Xinlin", "\\u202ex", 1), "name_en: "),
    ("three bounds", XINLIN.replace("[120.0800, ", "["), "`$.bounds`"),
    ("bounds of texts", XINLIN.replace("120.0800", '"west"'), "$.bounds[0]"),
    ("west and east exchanged", XINLIN.replace("120.0800", "120.2"), ": [120.2, 28.88, 120.1, 28.894]: expected west"),
    ("longitude and latitude exchanged", XINLIN.replace("28.8940", "120.1"), "bounds: "),
    ("bounds of nothing", XINLIN.replace("120.0800", "120.1000"), "bounds: "),
    ("bounds that are no numbers", XINLIN.replace("120.0800", "nan"), "bounds: "),
    ("bounds without end", XINLIN.replace("120.1000", "inf"), "bounds: "),
    ("bounds of a country", XINLIN.replace("120.0800", "100.0"), "more than 1 degree across"),
    ("bounds of huge numbers", XINLIN.replace("120.0800", "1" + "0" * 400), "$.bounds[0]"),
    ("a centre elsewhere", XINLIN.replace("camera", "centre = [121.0, 28.88]\ncamera"), "centre: [121.0, 28.88]: "),
    ("a camera below the ground", XINLIN.replace("pitch = 48", "pitch = 95"), "$.camera.pitch"),
    ("no TOML", "name = \n", "not TOML"),
    ("a table without end", "a = " + "[" * 5_000, "nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_faulty_description_is_refused_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    (xinlin(tmp_path) / "community.toml").write_text(text, encoding="utf-8")
    said = why(tmp_path)
    assert said.startswith("'xinlin/community.toml': ")
    assert told in said


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (xinlin(tmp_path) / "community.toml").write_bytes(b'name = "\xd0\xc2"')
    assert why(tmp_path) == "'xinlin/community.toml': not UTF-8: byte 8"


@pytest.mark.parametrize(
    "code", ["Xinlin", "新邻", "-x", "x y", "x" * 65, "x\ny", "heling", "communities", "base", "constructor"]
)
def test_a_code_that_is_none_or_taken_is_refused(tmp_path: Path, code: str) -> None:
    xinlin(tmp_path).rename(tmp_path / code)
    assert "code" in why(tmp_path)


HERE = (120.085, 28.885, 120.086, 28.886)
HOUSE = square("a", "甲", *HERE)


def shaped(kind: str, coordinates: object) -> str:
    """An area of such a shape."""
    return collection(HOUSE | {"geometry": {"type": kind, "coordinates": coordinates}})


LAYERS: list[tuple[str, str, str, str]] = [
    ("no JSON", "areas", "{", "no GeoJSON"),
    ("no features", "areas", collection(), "has no feature"),
    ("a geometry alone", "areas", '{"type":"Point","coordinates":[1,2]}', "no GeoJSON"),
    ("a feature without a shape", "areas", collection(HOUSE | {"geometry": None}), "no GeoJSON"),
    ("coordinates of texts", "areas", shaped("Polygon", ["x"]), "no GeoJSON"),
    ("two corners", "areas", shaped("Polygon", [[[1, 2], [3, 4]]]), "feature 1: geometry"),
    ("a point", "areas", shaped("Point", [120.09, 28.89]), "expected Polygon"),
    ("no corners", "areas", shaped("Polygon", []), "feature 1: "),
    ("a number beyond a double", "areas", collection(HOUSE).replace("120.085", "1e999"), "no GeoJSON"),
    ("brackets without end", "areas", '{"type":"FeatureCollection","x":' + "[" * 100_000, "nested too deeply"),
    ("nested attributes", "areas", collection(square("a", "甲", *HERE, deep={"x": 1})), "no GeoJSON"),
    ("no code", "areas", collection(HOUSE | {"properties": {"name": "甲"}}), "no column of codes"),
    ("a code that scripts inherit", "areas", collection(square("__proto__", "甲", *HERE)), "a word of browsers' own"),
    ("the same code twice", "areas", collection(HOUSE, HOUSE), "stands 2 times"),
    ("a place in another town", "areas", collection(square("a", "甲", 100, 28, 101, 29)), "not near"),
    ("a house of no area", "buildings", collection(square("h", "", *HERE, parent="no")), "parent"),
    ("a layer that is none", "building", collection(HOUSE), "no layer of the ground"),
]


@pytest.mark.parametrize(("layer", "text", "told"), [row[1:] for row in LAYERS], ids=[row[0] for row in LAYERS])
def test_a_faulty_layer_is_refused_with_its_feature(tmp_path: Path, layer: str, text: str, told: str) -> None:
    (xinlin(tmp_path) / f"{layer}.geojson").write_text(text, encoding="utf-8")
    said = why(tmp_path)
    assert said.startswith(f"'xinlin/{layer}.geojson': ")
    assert told in said


def out_of_it(own: Path, secret: Path) -> None:
    (own / "areas.geojson").unlink()
    (own / "areas.geojson").symlink_to(secret)


def described_elsewhere(own: Path, secret: Path) -> None:
    (own / "community.toml").unlink()
    (own / "community.toml").symlink_to(secret)


def elsewhere_whole(own: Path, secret: Path) -> None:
    (own.parent / "other").symlink_to(secret.parent)


def register_elsewhere(own: Path, secret: Path) -> None:
    (own / "registers").mkdir()
    (own / "registers" / "a.toml").symlink_to(secret)


def registers_elsewhere(own: Path, secret: Path) -> None:
    (own / "registers").symlink_to(secret.parent)


@pytest.mark.parametrize(
    "link", [out_of_it, described_elsewhere, elsewhere_whole, register_elsewhere, registers_elsewhere]
)
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    secret = tmp_path / "outside" / "community.toml"
    secret.parent.mkdir()
    secret.write_text("SECRET", encoding="utf-8")
    link(xinlin(tmp_path / "towns"), secret)
    said = why(tmp_path / "towns")
    assert "leads out of the folder" in said
    assert "SECRET" not in said


def ring(own: Path) -> None:
    (own / "areas.geojson").unlink()
    (own / "areas.geojson").symlink_to("areas.geojson")


def pipe(own: Path) -> None:
    (own / "areas.geojson").unlink()
    os.mkfifo(own / "areas.geojson")


def a_folder(own: Path) -> None:
    (own / "areas.geojson").unlink()
    (own / "areas.geojson").mkdir()


def gone(own: Path) -> None:
    (own / "areas.geojson").unlink()


def nowhere(own: Path) -> None:
    (own / "sites.geojson").symlink_to("nothing")


@pytest.mark.parametrize("spoil", [ring, pipe, a_folder, gone, nowhere])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(xinlin(tmp_path))
    assert why(tmp_path).startswith("'xinlin/")


def test_what_is_above_a_bound_is_refused(tmp_path: Path) -> None:
    own = xinlin(tmp_path)
    budgets.configure({"survey_features": 1})
    assert "2 features; at most 1" in why(tmp_path)
    budgets.configure({"community_file_bytes": 400})
    assert "'xinlin/areas.geojson': larger than 400 bytes" in why(tmp_path)
    budgets.configure({"community_file_bytes": 100_000})
    (own / "registers").mkdir()
    (own / "registers" / "a.toml").write_text("x" * 100_001)
    assert "'xinlin/registers/a.toml': larger than 100000 bytes" in why(tmp_path)
    budgets.configure({"communities": 1})
    shutil.copytree(own, tmp_path / "xinlin-2")
    assert "2 communities; at most 1" in why(tmp_path)


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert name in why(tmp_path / name)


KEYS = st.sampled_from(["type", "geometry", "properties", "coordinates", "code", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("Feature"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
PLACES = st.recursive(st.floats(-400, 400) | st.integers(), lambda one: st.lists(one, max_size=5), max_leaves=20)
KINDS = st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"])
GEOMETRIES = st.fixed_dictionaries({"type": KINDS, "coordinates": PLACES})
FEATURES = st.fixed_dictionaries({"type": st.just("Feature"), "geometry": GEOMETRIES | JSON, "properties": JSON})


def in_one_line(work: Callable[[], object]) -> None:
    """Do it; where it is refused, in one line."""
    try:
        work()
    except BadCommunity as refused:
        said = str(refused)
    else:
        said = ""
    assert "\n" not in said


@given(features=st.lists(FEATURES, max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_json_is_given_is_a_layer_or_refused_in_one_line(features: list[object]) -> None:
    content = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    for layer in ("areas", "ground"):
        in_one_line(partial(checked, content, layer, communities.community("heling"), {}))


LINES = st.sampled_from(XINLIN.splitlines()).map(lambda line: XINLIN.replace(line, "") + "\n" + line)


@given(text=st.text() | LINES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_whatever_text_is_given_is_a_description_or_refused_in_one_line(tmp_path: Path, text: str) -> None:
    if not (own := tmp_path / "xinlin").exists():
        xinlin(tmp_path)
    (own / "community.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    in_one_line(partial(folders.read, tmp_path))


def test_a_code_that_names_a_folder_of_ours_is_taken(tmp_path: Path) -> None:
    xinlin(tmp_path).rename(tmp_path / "shared")
    assert (
        why(tmp_path) == "'shared/community.toml': the code 'shared' is taken by addresses, folders or scripts of ours"
    )
