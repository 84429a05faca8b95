"""Figures of alarms (告警指标): how good they were in a period, by ISA-18.2 and EEMUA 191, with the targets beside."""

from typing import Any

from dash import html

from cockpit.pages import frame
from cockpit.pages.alarms import others
from layers.alarms.look import words
from store.language import marked, say

LISTS = (
    ("top", marked("最频繁的 10 个报警")),
    ("chattering", marked("抖动报警")),
    ("fleeting", marked("瞬时报警")),
    ("standing", marked("长期存在的报警")),
    ("floods", marked("报警泛滥")),
    ("days", marked("每天报警")),
)
LISTED = {"top": "top_ten"}
"""Lists whose figure has another code."""


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/alarm-figures``; the script asks the API for the period that is chosen."""
    known = frame.known_community(community)
    lists = [
        html.Section(
            [
                frame.heading(say(name), f"alarms.{LISTED.get(code, code)}"),
                html.Div(className="wide", **{"data-figures-list": code}),
            ],
            className="panel",
        )
        for code, name in LISTS
    ]
    content = [
        html.Div([others(known, "alarm-figures", frame.past_of(at))], className="overview"),
        html.Section(
            [
                html.Div(className="choices", **{"data-choices": ""}),
                html.P("", className="second", **{"data-period": ""}),
            ],
            className="panel overview",
        ),
        html.Section(
            [html.H2(say("指标与目标")), html.Div(className="wide", **{"data-figures": ""})], className="panel overview"
        ),
        *lists,
    ]
    body = html.Div(content, className="sheets", **{"data-alarm-words": words()})
    return frame.desk(known, "alarm-figures", [body], theme=frame.theme_of(theme), **frame.past_of(at))
