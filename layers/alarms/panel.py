"""Alarms on the wall: how many nobody has acknowledged, by priority, and the loudest; calm grey otherwise."""

from typing import Any

from dash import html

from geo.communities import Community
from layers import parts
from layers.alarms.look import looks, words
from store.language import marked, named, say

BESIDES = (
    (marked("已确认未恢复"), "acknowledged", "state=acknowledged"),
    (marked("搁置 / 停用"), "put_aside", "view=aside"),
)
"""What is open and does not sound: name, key, and what the page of alarms is asked for."""


def panel(community: Community) -> Any:
    """Counts and a list that the script keeps."""
    counts = [
        html.Span(
            [
                html.Span(look.symbol, className=f"symbol tone-{look.tone}"),
                html.Span(named(look), className="label"),
                html.Span("—", className="value", **_live(code, f"state=sounding&priority={code}")),
            ],
            className="count",
            **{"data-priority": code},
        )
        for code, look in looks().priorities.items()
    ]
    besides = [
        html.Span(
            [
                html.Span(say(name), className="label"),
                html.Span("—", className="value", **_live(code, asked)),
            ],
            className="count",
        )
        for name, code, asked in BESIDES
    ]
    return parts.panel(
        "alarms",
        say("告警"),
        html.Div(counts, className="counts", **{"data-alarm-words": words(), "aria-label": say("未确认告警")}),
        html.Div(besides, className="counts of-the-day"),
        html.Ol(className="alarms", **{"data-list": "alarms"}),
        html.Div(className="week", **{"data-alarm-week": ""}),
        waiting=say("没有未确认的告警"),
    )


def _live(code: str, asked: str) -> dict[str, str]:
    return {"data-live": f"alarms.*.{code}", "data-rows": f"/alarms?{asked}"}
