"""Grid events on the wall: how many are open, and the newest."""

from typing import Any

from dash import html

from geo.communities import Community
from layers import parts
from layers.look import LEVELS


def panel(community: Community) -> Any:
    """A line of counts and a list that the script keeps."""
    counts = [
        html.Span(
            [
                html.Span(level.symbol, className=f"symbol tone-{level.code}"),
                html.Span(level.name, className="label"),
                html.Span("0", className="value", **{"data-live": f"grid_events.*.{severity}"}),
            ],
            className="count",
        )
        for severity, level in (("critical", LEVELS[2]), ("major", LEVELS[1]), ("minor", LEVELS[0]))
    ]
    overdue = html.Span(
        [
            html.Span("逾期", className="label"),
            html.Span("0", className="value", **{"data-live": "grid_events.*.overdue"}),
        ],
        className="count overdue",
    )
    closed = html.Span(
        [
            html.Span("今日结案", className="label"),
            html.Span("0", className="value", **{"data-live": "grid_events.*.closed_today"}),
        ],
        className="count closed",
    )
    return parts.panel(
        "grid_events",
        "告警与网格事件",
        html.Div(counts, className="counts"),
        html.Div([overdue, closed], className="counts of-the-day"),
        html.Ol(className="events", **{"data-list": "grid_events", "aria-live": "polite"}),
        waiting="暂无网格事件；设备上报或经接口填报后在此显示",
    )
