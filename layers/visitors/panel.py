"""Visitors on the wall: inside, in and out today, capacity, and the entries of 24 h."""

from typing import Any

from dash import html

from geo.communities import Community
from geo.ground import Place
from layers import parts
from layers.visitors import capacity
from layers.visitors.queries import counted_sites
from store.language import named, say


def panel(community: Community) -> Any:
    """The first site large, the others a row each."""
    sites = counted_sites(community.code)
    main = [_main(sites[0])] if sites else []
    others = [part for site in sites[1:] for part in _other(site)]
    since = say("今日 0 时起 · 园内 {reset_hour} 时起", reset_hour=capacity.rules()["reset_hour"])
    waiting = say("等待首个闸机上报") if sites else say("未配置：没有统计游客的场所")
    return parts.panel("visitors", say("游客"), *main, *others, waiting=waiting, note=since if sites else "")


def _other(site: Place) -> list[Any]:
    row = parts.figure(f"visitors.{site.code}.inside", say("{name}内", name=named(site)), say("人"))
    return [row, _closed(site, is_alone=True)]


def _closed(site: Place, *, is_alone: bool = False) -> Any:
    """The place where it stands that a site is closed, since when, why, and how many are inside still.

    One that is alone takes the place of the site's row, and names the site.
    """
    told = [html.Strong(""), html.Div("")]
    alone = {"data-named": named(site)} if is_alone else {}
    return html.Div(told, className="closed", hidden=True, **{"data-closed": site.code}, **alone)


def _main(site: Place) -> Any:
    key = f"visitors.{site.code}"
    return html.Div(
        [
            _closed(site),
            html.Div([html.Strong(""), html.Div("")], className="surge", hidden=True, **{"data-surge": site.code}),
            parts.figure(f"{key}.inside", say("{name}内", name=named(site)), say("人"), headline=True),
            html.Div(
                [html.Div("", className="warned"), html.Div("", className="said")],
                className="ahead",
                **{"data-ahead": site.code},
            ),
            html.Div(
                [
                    parts.figure(f"{key}.entered_today", say("今日进"), say("人")),
                    parts.figure(f"{key}.left_today", say("今日出"), say("人")),
                ],
                className="pair",
            ),
            parts.figure(f"{key}.capacity", say("承载量"), ""),
            parts.figure(f"{key}.year", say("本年进入"), ""),
            html.Div(
                [html.Span(say("近 24 小时进入（人/时）"), className="caption"), html.Div(className="bars")],
                className="chart",
                **{"data-bars": site.code},
            ),
        ],
        className="site",
    )
