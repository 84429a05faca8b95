"""The legend of the map: what each sign means, in the order of the map."""

from collections.abc import Sequence
from typing import Any

from dash import html

from cockpit.ground import map_ground
from geo import ground
from geo.communities import Community
from layers.declare import LegendEntry, layers
from store.language import named


def of_wall(community: Community) -> Any:
    """The signs of what moves; the wall has room for no more."""
    overlays = [(layer.code, layer.overlay(community)) for layer in layers() if layer.overlay]
    return html.Div(
        [_group(code, named(o, "legend_title"), o.legend) for code, o in overlays if o.legend], className="legend"
    )


def of_map(community: Community) -> Any:
    """Every group of the map with its signs; the script puts a box before each, to show it or not."""
    groups = [
        _group(code, named(group), (group.legend,), hidden=group.starts_hidden)
        for code, group in map_ground.GROUPS.items()
        if group.needs is None or len(ground.frame(community.code, group.needs))
    ]
    on_map = [(layer, layer.overlay(community)) for layer in layers() if layer.overlay]
    groups += [_group(layer.code, named(layer), overlay.legend) for layer, overlay in on_map]
    return html.Div(groups, className="legend", **{"data-map-groups": ""})


def _group(code: str, title: str, entries: Sequence[LegendEntry], *, hidden: bool = False) -> Any:
    shown = [
        html.Span(
            [
                html.Span(entry.symbol, className=f"symbol tone-{entry.tone}", **_icon(entry)),
                html.Span(named(entry, "text")),
            ],
            className="entry",
        )
        for entry in entries
    ]
    state = {"data-legend-group": code} | ({"data-starts-hidden": ""} if hidden else {})
    return html.Span([html.B(title), *shown], className="group", **state)


def _icon(entry: LegendEntry) -> dict[str, str]:
    return {"data-icon": entry.icon} if entry.icon else {}
