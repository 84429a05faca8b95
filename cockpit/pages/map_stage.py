"""The map with its tools, as the manager's pages have it: choices above, the map, the legend below."""

from typing import Any

import msgspec
from dash import html

from cockpit.ground import map as base_map
from cockpit.ground import map_ground, rollup
from cockpit.pages import frame, legend
from geo.communities import Community
from geo.ground import place, places
from layers.alarms.look import words
from sensors.metrics import metrics
from sensors.readings.summary import SHOWN
from store.language import marked, named, say

TOOLS = {
    "line": marked("测距"),
    "area": marked("测面积"),
    "polygon": marked("多边形选取"),
    "circle": marked("圆形选取"),
    "clear": marked("清除"),
}


def stage(community: Community, theme: str, metric: str) -> Any:
    """The whole of it; scripts in assets/js fill and move it."""
    return html.Section(
        [
            html.Div(
                [
                    _areas(metric),
                    _buildings(),
                    _storeys(community),
                    html.Div("", className="map-search", **{"data-map-search": ""}),
                    _tools(),
                    frame.ground_note(community),
                ],
                className="map-bar",
            ),
            html.Div(
                [
                    base_map.graph(community, theme),
                    html.Div([], className="map-hover", hidden=True, **{"data-map-hover": ""}),
                    html.Div([], className="map-result", hidden=True, role="status", **{"data-map-result": ""}),
                    html.Div([], className="map-card", hidden=True, role="status", **{"data-map-card": ""}),
                ],
                className="map-stage",
                **{"data-alarm-words": words()},
            ),
            html.Div("", className="legend colouring", hidden=True, **{"data-colouring-legend": ""}),
            legend.of_map(community),
            html.Details(
                [html.Summary(say("地图内容，用文字")), html.Div([], className="content")],
                className="map-words",
                **{"data-map-words": ""},
            ),
        ],
        className="map-frame",
    )


def _areas(metric: str) -> Any:
    known = metrics()
    options = [
        html.Option(
            say("{name}（{unit}）", name=named(known[code]), unit=named(known[code], "label")),
            value=code,
            selected=code == metric,
        )
        for code in SHOWN
    ]
    return html.Label([say("片区着色 "), html.Select(options, **{"data-metric-choice": ""})])


def _buildings() -> Any:
    rows = map_ground.building_colours()
    options = [html.Option(say("不着色"), value="")] + [
        html.Option(named(row), value=code) for code, row in rows.items()
    ]
    described = msgspec.json.encode(rows).decode()
    return html.Label([say("建筑着色 "), html.Select(options, **{"data-building-colours": described})])


def _storeys(community: Community) -> Any:
    rooms = places(community.code, "rooms")
    storeys = sorted({(room.parent, room.storey) for room in rooms if room.parent and room.storey is not None})
    if not storeys:
        return None
    options = [html.Option(say("不打开"), value="")]
    for building, storey in storeys:
        found = place(community.code, "buildings", building)
        word = say("{storey} 层", storey=storey) if storey > 0 else say("地下 {storey} 层", storey=-storey)
        options.append(html.Option(f"{named(found) if found else building} {word}", value=f"{building}/{storey}"))
    return html.Label([say("楼层 "), html.Select(options, **{"data-storeys": ""})])


def _tools() -> Any:
    figures = [{"code": f.code, "name": named(f), "unit": named(f, "unit")} for f in rollup.figures()]
    buttons = [html.Button(say(name), type="button", **{"data-tool": code}) for code, name in TOOLS.items()]
    return html.Div(buttons, className="map-tools", **{"data-figures": msgspec.json.encode(figures).decode()})
