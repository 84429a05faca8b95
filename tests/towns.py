"""Folders of communities that do not ship, for tests: made up, near the ones that do."""

import json
from pathlib import Path
from typing import Any

XINLIN = """\
name = "新邻未来社区"
name_en = "Xinlin Future Community"
short = "新邻"
short_en = "Xinlin"
brand = "邻里相望"
brand_en = "Neighbours in sight"
bounds = [120.0800, 28.8800, 120.1000, 28.8940]
camera = { pitch = 48 }
"""


def square(code: str, name: str, west: float, south: float, east: float, north: float, **more: Any) -> dict[str, Any]:
    """A feature with four corners."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, "name": name, **more}, "geometry": shape}


def collection(*features: dict[str, Any]) -> str:
    """A file of features."""
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def xinlin(folder: Path) -> Path:
    """新邻 with two areas, some houses and a clinic, in a folder of communities; returns its own."""
    own = folder / "xinlin"
    own.mkdir(parents=True)
    (own / "community.toml").write_text(XINLIN, encoding="utf-8")
    areas = [
        square("dongyuan", "东园", 120.0910, 28.8835, 120.0970, 28.8905, name_en="East Garden"),
        square("xiyuan", "西园", 120.0830, 28.8835, 120.0890, 28.8905, name_en="West Garden"),
    ]
    houses = [
        square(f"{code}-{row}{place}", "", west, south, west + 0.0007, south + 0.0004, parent=code, floors=4 + row)
        for code, first in (("dongyuan", 120.0916), ("xiyuan", 120.0836))
        for row, south in enumerate((28.8842, 28.8856, 28.8870, 28.8884))
        for place, west in enumerate((first, first + 0.0013, first + 0.0026, first + 0.0039))
    ]
    clinic = {"code": "clinic", "name": "新邻卫生站", "name_en": "Xinlin clinic", "kind": "health"}
    spot = {"type": "Point", "coordinates": [120.0900, 28.8870]}
    road = {"type": "LineString", "coordinates": [[120.0805, 28.8868], [120.0995, 28.8872]]}
    (own / "areas.geojson").write_text(collection(*areas), encoding="utf-8")
    (own / "buildings.geojson").write_text(collection(*houses), encoding="utf-8")
    facilities = collection({"type": "Feature", "properties": clinic, "geometry": spot})
    (own / "facilities.geojson").write_text(facilities, encoding="utf-8")
    ground = collection({"type": "Feature", "properties": {"kind": "road", "rank": "main"}, "geometry": road})
    (own / "ground.geojson").write_text(ground, encoding="utf-8")
    return own


HOSTILE = "<img src=x onerror=window.hacked=1>"


def quoted(folder: Path) -> Path:
    """A community whose names and codes are written to break pages; returns its own folder."""
    own = folder / "quoted"
    own.mkdir(parents=True)
    text = "name = '</script><b>\"'\nbounds = [120.1100, 28.8800, 120.1300, 28.8940]\n"
    (own / "community.toml").write_text(text, encoding="utf-8")
    areas = [
        square("a.b\"c'\\\\<b>", HOSTILE, 120.1210, 28.8835, 120.1270, 28.8905),
        square("$&${x}", "{x}", 120.1130, 28.8835, 120.1190, 28.8905),
    ]
    (own / "areas.geojson").write_text(collection(*areas), encoding="utf-8")
    sites = [square('s"]', HOSTILE, 120.1195, 28.8835, 120.1205, 28.8905)]
    (own / "sites.geojson").write_text(collection(*sites), encoding="utf-8")
    return own
