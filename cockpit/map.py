"""The map: a MapLibre style of our own, put together from the ground and the layers' overlays.

No tile, glyph or sprite comes from anywhere but this server. Chinese labels are drawn by the
browser itself, since no glyph URL is given; icons are drawn by assets/js.
"""

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
from dash import dcc

from geo.communities import Community
from layers.declare import Overlay, layers
from layers.look import BODY_FONT, LIGHT, TOKENS

LIGHT_FROM = {"anchor": "viewport", "position": [1.2, 205, 42], "intensity": 0.3}
"""From before and above, so that the walls of tall blocks are not dark."""
GROUPS = {"buildings": "建筑", "facilities": "设施", "grids": "网格"}
"""What of the ground can be shown or not, beside the layers."""
PITCH = 36
"""Degrees from straight down: enough for blocks to stand up, north still up."""
ZOOM = 14.2

HILLS = ["match", ["get", "level"], 1, "#161c22", 2, "#1a2128", "#1e262d"]
WATER = "#1d2a33"
PARK = "#182220"
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
    overlays = [_grouped(layer.overlay(community), layer.code) for layer in layers()]
    sources = {
        "ground": {"type": "geojson", "data": f"/geo/{community.code}/ground.geojson"},
        "buildings": {"type": "geojson", "data": f"/geo/{community.code}/buildings.geojson"},
        "facilities": {
            "type": "geojson",
            "data": f"/geo/{community.code}/facilities-labels.geojson",
            "promoteId": "code",
        },
        "grids": {"type": "geojson", "data": f"/geo/{community.code}/grids.geojson"},
    }
    for overlay in overlays:
        sources |= overlay.sources
    above = [_without_icon(layer) for layer in (*_facilities(), *(one for o in overlays for one in o.above))]
    made = {
        "version": 8,
        "name": f"{community.name} (schematic)" if community.schematic else community.name,
        "light": LIGHT_FROM,
        "sources": sources,
        "layers": [
            *_ground(),
            *(layer for overlay in overlays for layer in overlay.below),
            *(_of_group(layer, "buildings") for layer in _buildings()),
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
        fill("parks", of_kind("park"), PARK),
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


def _facilities() -> list[dict[str, Any]]:
    """Grids as a broken outline, facilities as a small square with the name where there is room for it."""
    return [
        {
            "id": "grids-outline",
            "type": "line",
            "source": "grids",
            "metadata": {"group": "grids"},
            "paint": {"line-color": TOKENS["normal"], "line-width": 1, "line-dasharray": [2, 2]},
        },
        {
            "id": "facilities-mark",
            "type": "symbol",
            "source": "facilities",
            "metadata": {"u": {"icon-size": 1.3, "text-size": 1.8}, "group": "facilities"},
            "layout": {
                "icon-image": "facility",
                "icon-size": 1,
                "icon-allow-overlap": True,
                "text-field": ["get", "name"],
                "text-font": BODY_FONT,
                "text-size": 18,
                "text-variable-anchor": ["left", "right", "top", "bottom"],
                "text-radial-offset": 0.6,
                "text-justify": "auto",
                "text-optional": True,
                "text-padding": 6,
            },
            "paint": {
                "text-color": TOKENS["second"],
                "text-halo-color": TOKENS["ground"],
                "text-halo-width": 1.5,
            },
        },
    ]


def _grouped(overlay: Overlay, code: str) -> Overlay:
    """The overlay with its layer's code in the metadata of each style layer, by which it is shown or not."""

    def mark(layers: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        return tuple(_of_group(layer, code) for layer in layers)

    return replace(overlay, below=mark(overlay.below), above=mark(overlay.above))


def _of_group(layer: dict[str, Any], code: str) -> dict[str, Any]:
    return layer | {"metadata": layer.get("metadata", {}) | {"group": code}}


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
