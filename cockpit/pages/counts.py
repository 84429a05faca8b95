"""Decisions over the counting (客流核对): steps that no gate can do, and how many somebody counted inside."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from layers.visitors import capacity
from layers.visitors.queries import counted_sites
from store.language import named, say


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/counts``; the script asks the API for the steps of each site."""
    known = frame.known_community(community)
    sites = [
        html.Section(
            [
                frame.heading(named(site), "counts.inside"),
                html.P("", className="second", **{"data-site-state": site.code}),
                html.Div(**{"data-site-count": site.code}),
                html.Div(className="wide", **{"data-site-steps": site.code}),
            ],
            className="panel overview",
        )
        for site in counted_sites(known.code)
    ]
    told = html.Section(
        [
            frame.heading(say("客流核对"), "counts.steps"),
            html.P(
                say(
                    "闸机上报的人数超出其通行能力、或长时间停报后才出现的，不计入任何数字，直到管理员核定：采纳，或剔除。每次核定都要说明理由，"
                    "写入审计记录；可以再次核定来更改。"
                )
            ),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="panel overview",
    )
    words = {code: named(row) for code, row in capacity.rules()["verdict"].items()}
    body = html.Div([told, *sites], className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "counts", [body], theme=frame.theme_of(theme))
