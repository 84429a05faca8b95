"""What all pages have in common: the root that the scripts look for, the header, the way about."""

from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.build import build
from geo.communities import Community, communities
from geo.ground import is_surveyed, places
from sensors.metrics import metrics
from sensors.summary import SHOWN
from store.instant import MILLISECOND, parse_rfc3339

THEMES = ("dark", "light")
DEFAULT_METRIC = "pm2_5"
NAV = (
    ("/", "总览"),
    ("/map", "地图"),
    ("/compare", "对比"),
    ("/events", "网格事件"),
    ("/board", "看板"),
    ("/report", "上报"),
    ("/figures", "指标"),
    ("/governance", "共治"),
    ("/quarantine", "隔离区"),
    ("/ground", "底图"),
    ("/people", "人员"),
)
NAV_ROLES = {"/people": "admin"}
"""The least role of a page that shows nothing to others."""


class NoPage(Exception):
    """An address that leads nowhere, and why; `unknown` shows it."""


def known_community(code: str | None) -> Community:
    """The community that is asked for; the first of one's own where none is named.

    Raises
    ------
    NoPage
        If there is no such community.
    """
    found = communities().get(access.own_community(code, access.asking()))
    if found is None:
        raise NoPage(f"没有社区 {code!r}")
    return found


def theme_of(asked: str | None) -> str:
    """The theme that is asked for; dark where none is."""
    return asked if asked in THEMES else THEMES[0]


def metric_of(asked: str | None) -> str:
    """The metric that areas are coloured by."""
    return asked if asked in SHOWN else DEFAULT_METRIC


def past_of(asked: str | None) -> dict[str, str]:
    """The past time that is asked for, in epoch milliseconds, for `root`; nothing where it is now.

    Raises
    ------
    NoPage
        If it is no RFC 3339.
    """
    if not asked:
        return {}
    try:
        # An unescaped + of an offset arrives as a space.
        return {"at": str(parse_rfc3339(asked.replace(" ", "+")) // MILLISECOND)}
    except ValueError:
        raise NoPage(f"时间 {asked!r} 应写作 2026-11-24T14:00:00+08:00") from None


def root(community: Community, kind: str, content: list[Any], *, theme: str = "dark", **data: str) -> Any:
    """A page's root; ``data`` become ``data-*`` attributes that the scripts read."""
    described = dict(metrics().items())
    attributes = {
        "data-page": kind,
        "data-community": community.code,
        "data-theme": theme,
        "data-build": build(),
        "data-bounds": msgspec.json.encode(community.bounds).decode(),
        "data-metrics": msgspec.json.encode(described).decode(),
        **{f"data-{name}": value for name, value in data.items()},
    }
    shape = "wall" if kind == "wall" else "desk"
    return html.Div([band(), *content], id="cockpit", className=f"{shape} page-{kind}", **attributes)


def band() -> Any:
    """Says over everything that the live channel is cut, while it is."""
    return html.Div("", id="band", className="band", role="alert", hidden=True)


def ground_note(community: Community) -> Any:
    """What the map must say of its ground: that it is drawn, not surveyed, or not drawn at all."""
    if not places(community.code, "areas"):
        return html.Span(f"尚无{community.area_kind}边界，等待导入测绘数据", className="map-note is-undrawn")
    surveyed = [layer for layer in ("areas", "buildings", "ground") if is_surveyed(community.code, layer)]
    if len(surveyed) == 3 or not community.schematic:
        return html.Span("", className="map-note")
    return html.Span("示意图 · 部分已测绘" if surveyed else "示意图 · 未经测绘", className="map-note")


def clock() -> Any:
    """Date and time in Asia/Shanghai."""
    return html.Span("", className="clock", **{"data-clock": ""})


def live_mark() -> Any:
    """Whether the live channel is up."""
    return html.Span("○ 连接中", className="live-mark", **{"data-live-mark": ""})


def replay_mark() -> Any:
    """Says that values are replayed, while any device's are."""
    return html.Span("回放数据", className="tag replay", **{"data-replay": ""}, hidden=True)


def desk(community: Community, kind: str, content: list[Any], *, theme: str = "dark", **data: str) -> Any:
    """A manager's page: header with the way about, and its content."""
    query = f"?community={community.code}" + (f"&theme={theme}" if theme != "dark" else "")
    here = "/" if kind == "home" else f"/{kind}"
    links = [
        html.A(name, href=f"{path}{query}", className="here" if path == here else None, **_for_whom(path))
        for path, name in NAV
    ]
    links.append(html.A("大屏", href=f"/wall/{community.code}"))
    places = [
        html.A(
            other.name.removesuffix("未来社区"),
            href=f"/?community={other.code}",
            className="here" if other.code == community.code else None,
        )
        for other in communities().values()
    ]
    header = html.Header(
        [
            html.H1([html.Span(community.name), html.Span("CIM 驾驶舱", className="sub")]),
            html.Nav(links, className="pages", **{"aria-label": "页面"}),
            html.Nav(places, className="places", **{"aria-label": "社区"}),
            html.Div([replay_mark(), clock(), live_mark(), _me()], className="state"),
        ],
        className="top",
    )
    return root(community, kind, [header, html.Main(content)], theme=theme, **data)


def _for_whom(path: str) -> dict[str, Any]:
    """A link that leads somewhere for a role only is hidden from the others; the script shows it."""
    least = NAV_ROLES.get(path)
    return {"data-least-role": least, "hidden": True} if least else {}


def _me() -> Any:
    """Who is signed in, or the way to sign in."""
    return html.Span("", className="me", **{"data-me": ""})


def unknown(what: str) -> Any:
    """A page for an address that leads nowhere."""
    return html.Div(
        [html.H1("没有这个页面"), html.P(what), html.P(html.A("回到总览", href="/"))],
        className="desk page-missing",
    )
