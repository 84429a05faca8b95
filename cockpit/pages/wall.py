"""The wall (大屏): stands day and night, nobody touches it."""

from typing import Any

import msgspec
from dash import html

from cockpit.ground import map as base_map
from cockpit.pages import frame, legend, scenes
from geo.communities import Community
from geo.ground import places
from layers.declare import layers
from store.language import named, say


def page(
    community: str = "",
    metric: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    tone: str | None = None,
    programme: str | None = None,
    **_other: str,
) -> Any:
    """The wall of a community; ``metric`` colours the areas, ``at`` shows a past time.

    With ``tone=1`` it sounds alarms, with ``programme=1`` it shows its scenes in turn.
    """
    found = frame.known_community(community)
    look = frame.theme_of(theme)
    further = frame.past_of(at) | ({"tone": "1"} if tone == "1" else {})
    further |= {"scenes": msgspec.json.encode(scenes.of(found)).decode(), "programme": programme or ""}
    content = [
        _header(found),
        html.Aside(_panels(found, "left"), className="column left", **{"aria-label": say("左栏")}),
        html.Main(
            [base_map.graph(found, look), *_note(found)],
            className="map-frame",
        ),
        html.Aside(_panels(found, "right"), className="column right", **{"aria-label": say("右栏")}),
        _footer(found),
    ]
    return frame.root(found, "wall", content, theme=look, metric=frame.metric_of(metric), **further)


def _note(community: Community) -> list[Any]:
    """What the map says of itself; at its foot, where the scripts put more, unless it is all that there is to see."""
    note = frame.ground_note(community)
    return (
        [html.Div([note], className="map-foot")]
        if places(community.code, "areas")
        else [note, html.Div([], className="map-foot")]
    )


def _panels(community: Community, column: str) -> list[Any]:
    shown = [layer for layer in layers() if layer.column == column and not layer.roles]
    return [layer.panel(community) for layer in shown if layer.panel]


def _header(community: Community) -> Any:
    return html.Header(
        [
            html.H1([html.Span(named(community)), html.Span(say("CIM 驾驶舱"), className="sub")]),
            html.Span(named(community, "brand"), className="brand"),
            html.Div([frame.replay_mark(), frame.clock(), frame.live_mark()], className="state"),
        ],
        className="top",
    )


def _footer(community: Community) -> Any:
    return html.Footer(
        [
            html.Span("", className="devices-line", **{"data-devices-line": ""}),
            html.Span("", className="freshness", **{"data-freshness": ""}),
            legend.of_wall(community),
        ],
        className="bottom",
    )
