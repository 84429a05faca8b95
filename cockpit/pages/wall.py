"""The wall (大屏): stands day and night, nobody touches it."""

from typing import Any

from dash import html

from cockpit import map as base_map
from cockpit.pages import frame
from geo.communities import Community
from layers.declare import layers


def page(community: str = "", metric: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The wall of a community; ``?metric=`` colours the areas, ``?theme=light`` is for a bright room."""
    found = frame.known_community(community)
    if found is None:
        return frame.unknown(f"没有社区 {community!r}")
    look = frame.theme_of(theme)
    content = [
        _header(found),
        html.Div(_panels(found, "left"), className="column left"),
        html.Div(
            [base_map.graph(found, look), frame.ground_note(found)],
            className="map-frame",
        ),
        html.Div(_panels(found, "right"), className="column right"),
        _footer(found),
    ]
    return frame.root(found, "wall", content, theme=look, metric=frame.metric_of(metric))


def _panels(community: Community, column: str) -> list[Any]:
    return [layer.panel(community) for layer in layers() if layer.column == column and not layer.roles]


def _header(community: Community) -> Any:
    return html.Header(
        [
            html.H1([html.Span(community.name), html.Span("CIM 驾驶舱", className="sub")]),
            html.Span(community.brand, className="brand"),
            html.Div([frame.replay_mark(), frame.clock(), frame.live_mark()], className="state"),
        ],
        className="top",
    )


def _footer(community: Community) -> Any:
    return html.Footer(
        [
            html.Span("", className="devices-line", **{"data-devices-line": ""}),
            html.Span("", className="freshness", **{"data-freshness": ""}),
            legend(community),
        ],
        className="bottom",
    )


def legend(community: Community) -> Any:
    """The legend of the map, by layer."""
    groups = []
    for layer in layers():
        overlay = layer.overlay(community)
        if overlay.legend:
            entries = [
                html.Span(
                    [html.Span(entry.symbol, className=f"symbol tone-{entry.tone}"), html.Span(entry.text)],
                    className="entry",
                    title=entry.text_en,
                )
                for entry in overlay.legend
            ]
            groups.append(html.Span([html.B(overlay.legend_title), *entries], className="group"))
    return html.Div(groups, className="legend")
