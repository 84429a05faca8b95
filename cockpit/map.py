"""The map: a MapLibre style of our own, put together from the ground and the layers' overlays.

No tile, glyph or sprite comes from anywhere but this server. Chinese labels are drawn by the
browser itself, since no glyph URL is given; icons are drawn by assets/js.
"""

from typing import Any

import plotly.graph_objects as go
from dash import dcc

from geo.communities import Community
from layers.declare import layers
from layers.look import LIGHT, TOKENS

PITCH = 36
"""Degrees from straight down: enough for blocks to stand up, north still up."""
ZOOM = 14.2

HILLS = ["match", ["get", "level"], 1, "#161c22", 2, "#1a2128", "#1e262d"]
WATER = "#1d2a33"
ROAD = "#2a333d"
BLOCK = "#232c35"
CENTRE = "#3a4653"


def graph(community: Community, theme: str) -> Any:
    """The map as a Dash component; scripts in assets/js take its handle from here on."""
    return dcc.Graph(
        id="map",
        figure=figure(community, theme),
        responsive=True,
        config={"displayModeBar": False, "scrollZoom": True, "doubleClick": False, "displaylogo": False},
        className="map",
    )


def figure(community: Community, theme: str) -> go.Figure:
    """An empty map trace on our style."""
    longitude, latitude = community.centre
    plot = go.Figure(go.Scattermap(lon=[], lat=[], hoverinfo="skip"))
    plot.update_layout(
        map={
            "style": style(community, theme),
            "center": {"lon": longitude, "lat": latitude},
            "zoom": ZOOM,
            "pitch": PITCH,
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=TOKENS["ground"] if theme == "dark" else LIGHT[TOKENS["ground"]],
        uirevision=community.code,
    )
    return plot


def style(community: Community, theme: str) -> dict[str, Any]:
    """The MapLibre style (style specification, version 8)."""
    overlays = [layer.overlay(community) for layer in layers()]
    sources = {
        "ground": {"type": "geojson", "data": f"/geo/{community.code}/ground.geojson"},
        "buildings": {"type": "geojson", "data": f"/geo/{community.code}/buildings.geojson"},
    }
    for overlay in overlays:
        sources |= overlay.sources
    above = [_without_icon(layer) for overlay in overlays for layer in overlay.above]
    made = {
        "version": 8,
        "name": f"{community.name} (schematic)" if community.schematic else community.name,
        "sources": sources,
        "layers": [
            *_ground(),
            *(layer for overlay in overlays for layer in overlay.below),
            *_buildings(),
            *above,
        ],
    }
    return made if theme == "dark" else _recoloured(made)


def _ground() -> list[dict[str, Any]]:
    def of_kind(kind: str) -> list[Any]:
        return ["==", ["get", "kind"], kind]

    def line(layer: str, kind: list[Any], colour: str, width: Any) -> dict[str, Any]:
        return {
            "id": layer,
            "type": "line",
            "source": "ground",
            "filter": kind,
            "layout": {"line-cap": "round", "line-join": "round"},
            "paint": {"line-color": colour, "line-width": width},
        }

    def fill(layer: str, kind: list[Any], colour: Any) -> dict[str, Any]:
        return {
            "id": layer,
            "type": "fill",
            "source": "ground",
            "filter": kind,
            "paint": {"fill-color": colour},
        }

    main_road = ["match", ["get", "rank"], "main", 4, 2]
    return [
        {"id": "background", "type": "background", "paint": {"background-color": TOKENS["ground"]}},
        fill("hills", of_kind("hill"), HILLS),
        fill("ponds", of_kind("pond"), WATER),
        line("streams", of_kind("stream"), WATER, 7),
        line("roads", of_kind("road"), ROAD, main_road),
    ]


def _buildings() -> list[dict[str, Any]]:
    return [
        {
            "id": "buildings",
            "type": "fill-extrusion",
            "source": "buildings",
            "paint": {
                "fill-extrusion-color": ["match", ["get", "kind"], "centre", CENTRE, BLOCK],
                "fill-extrusion-height": ["get", "height"],
                "fill-extrusion-opacity": 0.92,
            },
        }
    ]


def _without_icon(layer: dict[str, Any]) -> dict[str, Any]:
    """The layer with its icon's name in the metadata, where the script finds it.

    An icon that is named before it is drawn would be fetched by Plotly from an outside host.
    """
    layout = dict(layer.get("layout", {}))
    icon = layout.pop("icon-image", None)
    if icon is None:
        return layer
    return layer | {"layout": layout, "metadata": layer.get("metadata", {}) | {"icon": icon}}


def _recoloured(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _recoloured(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_recoloured(value) for value in part]
    return LIGHT.get(part, part) if isinstance(part, str) else part
