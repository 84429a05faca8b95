"""An offline base map: a PMTiles file made by other software, drawn below everything of ours."""

import gzip
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from tests.end_to_end.test_map import on_map
from tests.running import Cockpit, until

RING = [[120.19, 28.92], [120.21, 28.92], [120.21, 28.94], [120.19, 28.94], [120.19, 28.92]]
WEST, SOUTH, EAST, NORTH = 120.15, 28.90, 120.25, 28.96


@pytest.fixture
def pmtiles(tmp_path: Path) -> Path:
    """Water and roads as vector tiles: ogr2ogr makes them, pmtiles packs them."""
    shapes = {
        "water": {"type": "Polygon", "coordinates": [RING]},
        "roads": {"type": "LineString", "coordinates": [[120.16, 28.93], [120.24, 28.93]]},
    }  # fmt: skip
    folder = tmp_path / "tiles"
    for name, geometry in shapes.items():
        feature = {"type": "Feature", "properties": {"kind": name}, "geometry": geometry}
        collection = {"type": "FeatureCollection", "features": [feature]}
        (tmp_path / f"{name}.geojson").write_text(json.dumps(collection), encoding="utf-8")
        update = ["-update"] if name != "water" else []
        subprocess.run(
            ["ogr2ogr", "-f", "GPKG", *update, tmp_path / "all.gpkg", tmp_path / f"{name}.geojson", "-nln", name],
            check=True,
        )
    subprocess.run(["ogr2ogr", "-f", "MVT", folder, tmp_path / "all.gpkg", "-dsco", "MAXZOOM=14"], check=True)
    made = tmp_path / "base.pmtiles"
    e7 = {
        name: round(value * 1e7)
        for name, value in {
            "min_lon_e7": WEST,
            "min_lat_e7": SOUTH,
            "max_lon_e7": EAST,
            "max_lat_e7": NORTH,
            "center_lon_e7": 120.2,
            "center_lat_e7": 28.93,
        }.items()
    }
    with write(str(made)) as writer:
        tiles = sorted(
            (
                zxy_to_tileid(
                    *(int(part.stem if part.suffix else part.name) for part in (t.parent.parent, t.parent, t))
                ),
                t,
            )
            for t in folder.rglob("*.pbf")
        )
        for number, tile in tiles:
            content = tile.read_bytes()
            writer.write_tile(number, content if content[:2] == b"\x1f\x8b" else gzip.compress(content))
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "center_zoom": 12, **e7}
        writer.finalize(header, {"vector_layers": [{"id": name, "fields": {}} for name in shapes]})
    return made


def test_the_base_map_is_drawn_below_ours_and_in_the_place_of_the_drawing(
    own_cockpit: Cockpit, pmtiles: Path, page: Page
) -> None:
    own_cockpit.settings["COCKPIT_BASE_MAP"] = str(pmtiles)
    own_cockpit.start()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{own_cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    until(
        lambda: on_map(
            page, "map.getLayer('base-water-water') && map.queryRenderedFeatures({layers: ['base-water-water']}).length"
        )
    )
    order = on_map(page, "map.getStyle().layers.map((one) => one.id)")
    assert order.index("background") < order.index("base-water-water") < order.index("parks")
    assert order.index("base-road-roads") < order.index("areas-fill")
    for drawn in ("roads", "hills+1", "hills-1"):
        assert on_map(page, f"map.getLayoutProperty('{drawn}', 'visibility')") == "none"
    assert all(url.startswith((own_cockpit.url, "blob:", "data:", "ws:")) for url in asked)


def test_the_file_itself_is_served_by_ranges_and_tiles_for_good(own_cockpit: Cockpit, pmtiles: Path) -> None:
    own_cockpit.settings["COCKPIT_BASE_MAP"] = str(pmtiles)
    own_cockpit.start()
    part = httpx.get(f"{own_cockpit.url}/geo/base.pmtiles", headers={"Range": "bytes=0-6"})
    assert part.status_code == 206
    assert part.content == b"PMTiles"
    style = own_cockpit.get("/geo/heling/base.json", theme="light")
    address = style["source"]["tiles"][0].format(z=0, x=0, y=0)
    tile = httpx.get(own_cockpit.url + address)
    assert tile.headers["content-encoding"] == "gzip"
    assert "immutable" in tile.headers["cache-control"]
    assert httpx.get(own_cockpit.url + address.replace("/0/0/0", "/14/0/0")).status_code == 204
    assert httpx.get(own_cockpit.url + "/geo/base/000000000000/0/0/0").status_code == 404
    found = {one["check"]: one for one in own_cockpit.answer("check")["checks"]}
    assert found["base map"]["detail"].endswith("mvt tiles")


@pytest.mark.parametrize("content", [None, b"", b"PMTiles\x02 an old one" + bytes(200), "不是地图".encode() * 60])
def test_what_is_no_base_map_is_refused_by_name(own_cockpit: Cockpit, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "bad.pmtiles"
    if content is not None:
        file.write_bytes(content)
    own_cockpit.settings["COCKPIT_BASE_MAP"] = str(file)
    done = own_cockpit.run("up")
    assert done.returncode == 2
    assert f"COCKPIT_BASE_MAP: {file}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_one_nothing_is_asked_for(cockpit: Cockpit) -> None:
    assert httpx.get(f"{cockpit.url}/geo/heling/base.json").status_code == 204
    assert httpx.get(f"{cockpit.url}/geo/base.pmtiles").status_code == 404
