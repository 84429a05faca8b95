"""Grid events on the wall: how many are open, and the gravest."""

from typing import Any

from dash import html

from geo.communities import Community
from layers import parts
from layers.look import LEVELS
from store.language import marked, named, say

OF_THE_DAY = (
    (marked("逾期"), "overdue", "overdue", "overdue=true"),
    (marked("未指派"), "unassigned", "unassigned", "state=unassigned"),
    (marked("今日结案"), "closed_today", "closed", "state=all&reached=closed&reached_from=today"),
)
"""Name, key, class, and what the list of events is asked for."""


def panel(community: Community) -> Any:
    """A line of counts and a list that the script keeps."""
    counts = [
        html.Span(
            [
                html.Span(level.symbol, className=f"symbol tone-{level.code}"),
                html.Span(named(level), className="label"),
                html.Span("—", className="value", **_live(severity, f"severity={severity}")),
            ],
            className="count",
        )
        for severity, level in (("critical", LEVELS[2]), ("major", LEVELS[1]), ("minor", LEVELS[0]))
    ]
    of_the_day = [
        html.Span(
            [
                html.Span(say(name), className="label"),
                html.Span("—", className="value", **_live(code, asked)),
            ],
            className=f"count {kind}",
        )
        for name, code, kind, asked in OF_THE_DAY
    ]
    return parts.panel(
        "grid_events",
        say("网格事件"),
        html.Div(counts, className="counts"),
        html.Div(of_the_day, className="counts of-the-day"),
        html.Ol(className="events", **{"data-list": "grid_events"}),
        waiting=say("暂无网格事件；设备上报或经接口填报后在此显示"),
    )


def _live(code: str, asked: str) -> dict[str, str]:
    return {"data-live": f"grid_events.*.{code}", "data-rows": f"/events?{asked}"}
