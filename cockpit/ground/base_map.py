"""Routes of the offline base map: its style, its tiles, and the file itself by ranges."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from cockpit.ground.map import recoloured
from cockpit.ground.map_ground import background
from cockpit.serving.static import FOR_GOOD, static
from geo.basemap import BaseMap
from geo.ground import is_surveyed
from layers.problem import Problem
from layers.web import CommunityPath

SOURCE = "base"
DRAWN = tuple(layer["id"] for layer in background())
"""Style layers of the schematic ground, which a base map takes the place of."""


def router(base: BaseMap | None) -> APIRouter:
    """Routes below ``/geo``; without a base map they say that there is none."""
    routes = APIRouter(prefix="/geo", include_in_schema=False)

    @routes.get("/{community}/base.json")
    def style(community: CommunityPath, request: Request, theme: str = "dark") -> Response:
        if base is None:
            return Response(status_code=204)
        tiles = f"/geo/base/{base.version}/{{z}}/{{x}}/{{y}}"
        told = {
            "source": base.source() | {"tiles": [tiles]},
            "layers": _layers(base, theme),
            # A survey's roads and waters are better than any base map's.
            "hides": [] if is_surveyed(community.code, "ground") else DRAWN,
        }
        return static(request, msgspec.json.encode(told), "application/json")

    @routes.get("/base.pmtiles")
    def file() -> Response:
        # By ranges, as any reader of PMTiles asks for it.
        return FileResponse(_there(base).path, media_type="application/vnd.pmtiles")

    @routes.get("/base/{version}/{z}/{x}/{y}")
    def tile(version: str, z: int, x: int, y: int) -> Response:
        if version != _there(base).version:
            raise Problem(404, "not found", "the base map is another one now")
        found = _there(base).tile(z, x, y)
        if found is None:
            return Response(status_code=204, headers={"Cache-Control": FOR_GOOD})
        encoded = {"Content-Encoding": found.encoding} if found.encoding else {}
        return Response(found.content, media_type=found.media_type, headers={"Cache-Control": FOR_GOOD} | encoded)

    return routes


def _there(base: BaseMap | None) -> BaseMap:
    if base is None:
        raise Problem(404, "not found", "no base map; COCKPIT_BASE_MAP names one")
    return base


@cache
def _rows() -> dict[str, Any]:
    return tomllib.loads((files("cockpit.ground") / "base_map.toml").read_text(encoding="utf-8"))


def _layers(base: BaseMap, theme: str) -> list[dict[str, Any]]:
    if not base.is_vector:
        paint = _rows()["raster"]["light" if theme == "light" else "dark"]
        return [{"id": "base-raster", "type": "raster", "source": SOURCE, "paint": paint}]
    layers = [
        {
            "id": f"{row['id']}-{name}",
            "type": row["type"],
            "source": SOURCE,
            "source-layer": name,
            "paint": row["paint"],
        }
        for row in _rows()["vector"]
        for name in row["layers"]
        if name in base.layers
    ]
    recast: list[dict[str, Any]] = recoloured(layers, theme)
    return recast
