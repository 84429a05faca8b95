"""Visitors on the wall: inside, who entered and left since, capacity, the entries of 24 h, what is on today."""

from typing import Any

import msgspec
from dash import html

from geo.communities import Community
from geo.ground import Place
from layers import parts
from layers.visitors import capacity, places
from layers.visitors.queries import counted_sites
from store.language import named, say


def panel(community: Community) -> Any:
    """The first site large, the others a row each."""
    sites = counted_sites(community.code)
    main = [_main(community, sites[0])] if sites else []
    others = [part for site in sites[1:] for part in _other(community, site)]
    since = say("{ts} 起计", ts=f"{capacity.rules()['reset_hour']:02}:00")
    waiting = say("等待首个闸机上报") if sites else say("未配置：没有统计游客的场所")
    note = html.Span(since, **{"data-since": sites[0].code}) if sites else ""
    return parts.panel("visitors", say("游客"), *main, *others, waiting=waiting, note=note)


def _other(community: Community, site: Place) -> list[Any]:
    row = parts.figure(f"visitors.{site.code}.inside", say("{name}内", name=named(site)), say("人"))
    return [row, _closed(site, is_alone=True), _on_today(community, site)]


def _on_today(community: Community, site: Place) -> Any:
    """The place where it stands what is on at the site today; the script knows which day it is."""
    data = {
        "data-on-today": site.code,
        "data-programme": msgspec.json.encode(places.programme(community.code, site.code)).decode(),
    }
    return html.Div("", className="on-today", hidden=True, **data)


def _closed(site: Place, *, is_alone: bool = False) -> Any:
    """The place where it stands that a site is closed, since when, why, and how many are inside still.

    One that is alone takes the place of the site's row, and names the site.
    """
    told = [html.Strong(""), html.Div("")]
    alone = {"data-named": named(site)} if is_alone else {}
    return html.Div(told, className="closed", hidden=True, **{"data-closed": site.code}, **alone)


def _main(community: Community, site: Place) -> Any:
    key = f"visitors.{site.code}"
    return html.Div(
        [
            _closed(site),
            html.Div([html.Strong(""), html.Div("")], className="surge", hidden=True, **{"data-surge": site.code}),
            parts.figure(f"{key}.inside", say("{name}内", name=named(site)), say("人"), headline=True),
            _on_today(community, site),
            html.Div(
                [html.Div("", className="warned"), html.Div("", className="said")],
                className="ahead",
                **{"data-ahead": site.code},
            ),
            html.Div(
                [
                    parts.figure(f"{key}.entered", say("进入"), say("人")),
                    parts.figure(f"{key}.left", say("离开"), say("人")),
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
