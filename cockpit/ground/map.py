"""The map: a MapLibre style of our own, put together from the ground and the layers' overlays.

No tile, glyph or sprite comes from anywhere but this server. Chinese labels are drawn by the
browser itself, since no glyph URL is given; icons are drawn by assets/js.
"""

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
from dash import dcc

from cockpit.ground import map_ground
from geo.communities import Community
from layers.declare import Overlay, Rank, layers
from layers.look import LIGHT, TOKENS

LIGHT_FROM = {"anchor": "map", "position": [1.2, 205, 42], "intensity": 0.55}
"""From the south and above, until the script knows where the sun stands."""
ZOOM = 14.2
BUFFER = 16
"""Of the 512 pixels of a tile: so far beyond it things are drawn, which is half of the broadest line and more. By
MapLibre's own 128 each frame would work out 2.25 times the ground, and cut off at the tile's edge what is too much.
"""


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
            "pitch": community.camera.pitch,
            "bearing": community.camera.bearing,
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=TOKENS["ground"] if theme == "dark" else LIGHT[TOKENS["ground"]],
        uirevision=community.code,
    )
    return plot


def style(community: Community, theme: str) -> dict[str, Any]:
    """The MapLibre style (style specification, version 8)."""
    overlays = [_grouped(layer.overlay(community), layer.code) for layer in layers() if layer.overlay]
    sources = map_ground.sources(community)
    for overlay in overlays:
        sources |= overlay.sources
    parts = [map_ground.above(community), *(overlay.above for overlay in overlays)]
    above = [layer for rank in Rank for part in parts for layer in part.get(rank, ())]
    made = {
        "version": 8,
        "name": f"{community.name} (schematic)" if community.schematic else community.name,
        "light": LIGHT_FROM,
        "sources": {code: source | {"buffer": BUFFER} for code, source in sources.items()},
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": TOKENS["ground"]}},
            *map_ground.background(),
            *(layer for overlay in overlays for layer in overlay.below),
            map_ground.stewards(),
            map_ground.heat(),
            *map_ground.buildings(community),
            map_ground.grids(community),
            *(_without_icon(layer) for layer in above),
        ],
    }
    recast: dict[str, Any] = recoloured(made, theme)
    return recast


def _grouped(overlay: Overlay, code: str) -> Overlay:
    """The overlay with its layer's code in the metadata of each style layer, by which it is shown or not."""

    def mark(layers: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        return tuple(layer | {"metadata": layer.get("metadata", {}) | {"group": code}} for layer in layers)

    above = {rank: mark(layers) for rank, layers in overlay.above.items()}
    return replace(overlay, below=mark(overlay.below), above=above)


def _without_icon(layer: dict[str, Any]) -> dict[str, Any]:
    """The layer with its icon's name in the metadata, where the script finds it.

    An icon that is named before it is drawn would be fetched by Plotly from an outside host.
    """
    layout = dict(layer.get("layout", {}))
    icon = layout.pop("icon-image", None)
    if icon is None:
        return layer
    return layer | {"layout": layout, "metadata": layer.get("metadata", {}) | {"icon": icon}}


def recoloured(part: Any, theme: str) -> Any:
    """A part of a style in the colours of a theme; it is written in those of the dark one."""
    if theme == "dark":
        return part
    if isinstance(part, dict):
        return {key: recoloured(value, theme) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [recoloured(value, theme) for value in part]
    return LIGHT.get(part, part) if isinstance(part, str) else part
