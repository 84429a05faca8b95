"""Visitors (游客): who is inside each site, with the doubt about it; its capacity, its level, what the law asks."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from geo.ground import Place
from layers.visitors.capacity import levels
from layers.visitors.capacity.duties import duties_of
from layers.visitors.queries import counted_sites
from store.language import marked, named, say

FIGURES = (
    ("inside", marked("在场")),
    ("capacity", marked("瞬时承载量")),
    ("capacity_daily", marked("日承载量")),
    ("today", marked("今日进 / 出")),
    ("hour", marked("本小时进 / 出")),
    ("last_week", marked("上周同日进入")),
    ("last_year", marked("去年同日进入")),
    ("year", marked("本年进入")),
)
"""What stands at the head of each site; the script sets it from the live channel and the API."""


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/visitors``; the script asks the API for what the live channel does not tell."""
    known = frame.known_community(community)
    told = html.Section(
        [
            html.P(
                say(
                    "承载量按 LB/T 034-2014 核定后录入，未录入的显示「未配置」。"
                    "在场人数后的括号是按闸机误差推算的范围（95%），现场清点可以校正。"
                    "等级取瞬时与日承载量中占比较大者，降级须低于界限 {deadband} 以上，免得来回跳动。",
                    deadband=f"{levels.deadband():.0%}",
                ),
                className="second",
            ),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="panel overview",
    )
    words = {code: {"name": named(level), "mark": level.mark} for code, level in levels.by_code().items()}
    sites = [_site(site, has_duties=bool(duties_of(known.code, site.code))) for site in counted_sites(known.code)]
    body = html.Div([told, *sites], className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "visitors", [body], theme=frame.theme_of(theme), **frame.past_of(at))


def _site(site: Place, *, has_duties: bool) -> Any:
    totals = [
        html.Div(
            [
                html.Span([say(name), frame.help_of(f"visitors.{code}")], className="label"),
                html.Span("—", className="value", **{"data-figure": code}),
                html.Span("", className="beside", **{"data-beside": code}),
            ],
            className="total",
        )
        for code, name in FIGURES
    ]
    head = html.Header([html.H2(named(site)), html.Span("", className="site-level", **{"data-level": ""})])
    foot = html.P("", className="second", **{"data-source": ""})
    detail = html.Div(className="site-detail", **{"data-detail": ""})
    content = [head, html.Div(totals, className="totals"), foot, detail]
    described = {"data-visitors-site": site.code, "data-has-duties": "1" if has_duties else ""}
    return html.Section(content, className="panel overview", **described)
