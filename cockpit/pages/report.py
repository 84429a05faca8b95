"""A steward's page (网格员): report with a photo and a place in a few taps, one's tasks, what is not sent yet.

It is an app where somebody installs it: `cockpit.serving.phone`.
"""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import event, frame
from layers.grid_events.rules import categories
from store.language import marked, named, say

GROUPS = {
    "facility": marked("设施"),
    "environment": marked("环境"),
    "order": marked("秩序"),
    "safety": marked("安全"),
    "service": marked("服务"),
    "other": marked("其他"),
}


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/report``; the script keeps it, also while the line is away."""
    known = frame.known_community(community)
    groups: dict[str, dict[str, Any]] = {code: {"name": say(name), "categories": {}} for code, name in GROUPS.items()}
    for code, row in categories().items():
        groups[code.partition(".")[0]]["categories"][code] = named(row)
    form = html.Section(
        [
            html.H2(say("上报事件"), id="report"),
            html.P("", className="second", hidden=True, role="status", **{"data-doubts": ""}),
            html.Div(**{"data-report-form": msgspec.json.encode(groups).decode()}),
        ],
        className="panel report",
    )
    left = html.Section(
        [html.H2(say("我的上报"), id="left"), html.Ul(className="outbox", **{"data-outbox": ""})],
        className="panel report",
        hidden=True,
    )
    tasks = html.Section(
        [
            html.H2(say("我的任务"), id="tasks"),
            html.P("", className="second", hidden=True, **{"data-tasks-age": ""}),
            html.Ul(className="tasks", **{"data-my-tasks": ""}),
        ],
        className="panel report",
    )
    kept = html.Div(
        [html.Span("", className="second", role="status", **{"data-shell": ""}), html.Div(**{"data-calls": ""})],
        className="shell",
    )
    return frame.desk(
        known,
        "report",
        [html.Div([_ways(), form, tasks, left, kept], className="report-page")],
        theme=frame.theme_of(theme),
        life=event.life(),
    )


def _ways() -> Any:
    """The way to each part of the page, and how much there is."""
    parts = (
        ("report", say("上报"), None),
        ("tasks", say("我的任务"), "data-tasks-count"),
        ("left", say("我的上报"), "data-left-count"),
    )
    links = [
        html.A([name, *([html.Span("", className="count-of", **{mark: ""})] if mark else [])], href=f"#{code}")
        for code, name, mark in parts
    ]
    return html.Nav(links, className="phone-ways", **{"aria-label": say("本页")})
