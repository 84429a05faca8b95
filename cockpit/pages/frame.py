"""What all pages have in common: the root that the scripts look for, the header, the way about."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.pages import help
from cockpit.pages.address import NoPage, instant_of
from cockpit.serving.build import build
from cockpit.serving.theme import THEMES
from geo.communities import Community, communities
from geo.ground import is_surveyed, places
from geo.view import outline
from layers.roles import EVERYWHERE
from sensors.metrics import metrics
from sensors.replay.sources import sources
from store.instant import MILLISECOND, SHANGHAI, Instant, format_rfc3339, local_date, now, to_datetime
from store.language import LANGUAGES, current, marked, named, say

DEFAULT_METRIC = "pm2_5"
_is_demonstration: ContextVar[bool] = ContextVar("is_demonstration", default=False)
NAV = (
    (marked("概况"), (("/", marked("总览")), ("/map", marked("地图")), ("/compare", marked("对比")))),
    (
        marked("告警与事件"),
        (
            ("/alarms", marked("告警")),
            ("/events", marked("网格事件")),
            ("/board", marked("看板")),
            ("/report", marked("上报")),
            ("/figures", marked("指标")),
        ),
    ),
    (
        marked("客流"),
        (
            ("/visitors", marked("游客")),
            ("/forecast", marked("客流预测")),
            ("/festivals", marked("节会")),
            ("/counts", marked("客流核对")),
        ),
    ),
    (
        marked("共治与服务"),
        (
            ("/governance", marked("共治")),
            ("/calendar", marked("日历")),
            ("/media", marked("照片墙")),
            ("/registers", marked("登记簿")),
            ("/reports", marked("报告")),
            ("/scenes", marked("九场景")),
        ),
    ),
    (
        marked("管理"),
        (
            ("/quarantine", marked("隔离区")),
            ("/ground", marked("底图")),
            ("/displays", marked("大屏管理")),
            ("/health", marked("运行状况")),
            ("/people", marked("人员")),
        ),
    ),
)
"""The way about: groups of pages, each with its name."""
PAST = frozenset(
    {
        "/",
        "/map",
        "/alarms",
        "/events",
        "/board",
        "/figures",
        "/visitors",
        "/forecast",
        "/festivals",
        "/governance",
        "/calendar",
        "/media",
        "/registers",
        "/scenes",
        "/indicators",
    }
)
"""Pages of the way about that can be asked for a past time; the others only know the present."""
THEN = marked("事件、派给与网格员按当时已登记的，读数与客流按当时已测得的；底图、设备名称与位置是现在的")
"""What "then" is, on the screen; docs/architecture.md tells it whole."""
NAV_ROLES = {
    "/people": "admin",
    "/displays": "manager",
    "/health": "manager",
    "/counts": "manager",
    "/festivals": "steward",
    "/reports": "steward",
}
"""The least role of a page that shows nothing to others."""


def known_community(code: str | None) -> Community:
    """The community that is asked for; the first of one's own where none is named."""
    return communities()[access.own_community(code, access.asking())]


def theme_of(asked: str | None) -> str:
    """The theme that is asked for; dark where none is."""
    return asked or THEMES[0]


def metric_of(asked: str | None) -> str:
    """The metric that areas are coloured by."""
    return asked or DEFAULT_METRIC


def past_of(at: str | None) -> dict[str, str]:
    """The past time that is asked for, in epoch milliseconds, for `root`; nothing where it is now."""
    return {"at": str(instant_of(at) // MILLISECOND)} if at else {}


def at_of(data_at: str | None) -> Instant | None:
    """The same as a page's root holds it; what a browser sends back may be anything."""
    return int(data_at) * MILLISECOND if data_at and data_at.isdecimal() and len(data_at) < 16 else None


def root(community: Community, kind: str, content: list[Any], *, theme: str = "dark", **data: str) -> Any:
    """A page's root; ``data`` become ``data-*`` attributes that the scripts read."""
    described = dict(metrics().items())
    attributes = {
        "data-page": kind,
        "data-community": community.code,
        "data-theme": theme,
        "data-build": build(),
        "data-communities": _names(),
        "data-camera": msgspec.json.encode(community.camera).decode(),
        "data-outline": msgspec.json.encode(outline(community.code)).decode(),
        "data-sources": msgspec.json.encode({code: named(name) for code, name in sources().items()}).decode(),
        "data-metrics": msgspec.json.encode(described).decode(),
        **{f"data-{name}": value for name, value in data.items()},
    }
    shape = "wall" if kind == "wall" else "desk"
    shape += " is-replay" if "replay-at" in data else ""
    note = [past_note(int(data["at"]))] if "at" in data else []
    return html.Div([band(), *note, *content], id="cockpit", className=f"{shape} page-{kind}", **attributes)


def _names() -> str:
    """code -> name, and the words for all; the scripts say with them where a role holds."""
    names = {one.code: named(one) for one in communities().values()} | {EVERYWHERE: say("全部社区")}
    return msgspec.json.encode(names).decode()


def band() -> Any:
    """Says over everything that the live channel is cut, while it is."""
    return html.Div("", id="band", className="band", role="alert", hidden=True)


def past_note(at_ms: int) -> Any:
    """Says over a page of a past time which time it is, what "then" means, and leads back to now."""
    when = to_datetime(at_ms * MILLISECOND).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return html.Aside(
        [
            html.Strong(say("◷ 回看 {when}（北京时间）", when=when)),
            html.Span(say(THEN), className="then"),
            html.A(say("回到现在"), href="", **{"data-to-now": ""}),
        ],
        className="past-note",
        **{"aria-label": say("回看的时刻")},
    )


def ground_note(community: Community) -> Any:
    """What the map must say of its ground: that it is drawn, not surveyed, or not drawn at all."""
    if not places(community.code, "areas"):
        return html.Span(
            say("尚无{kind}边界，等待导入测绘数据", kind=named(community, "area_kind")),
            className="map-note is-undrawn",
        )
    surveyed = [layer for layer in ("areas", "buildings", "ground") if is_surveyed(community.code, layer)]
    if len(surveyed) == 3 or not community.schematic:
        return html.Span("", className="map-note")
    return html.Span(say("示意图 · 部分已测绘") if surveyed else say("示意图 · 未经测绘"), className="map-note")


def clock() -> Any:
    """Date and time in Asia/Shanghai."""
    return html.Span("", className="clock", **{"data-clock": ""})


def live_mark() -> Any:
    """Whether the live channel is up."""
    return html.Span(say("○ 连接中"), className="live-mark", **{"data-live-mark": ""})


def replay_mark() -> Any:
    """Says that values are replayed, while any device's are."""
    return html.Span(say("回放数据"), className="tag replay", **{"data-replay": ""}, hidden=True)


def marks() -> list[Any]:
    """What says of a page that not all of it is real: the database is a demonstration's, or values are replayed."""
    invented = html.Span(say("演示数据"), className="tag demonstration", **{"data-demonstration": ""})
    return [invented, replay_mark()] if _is_demonstration.get() else [replay_mark()]


@contextlib.contextmanager
def of_demonstration(is_one: bool) -> Iterator[None]:
    """Have the pages that are laid out in the block say that what they show is a demonstration, where it is one."""
    before = _is_demonstration.set(is_one)
    try:
        yield
    finally:
        _is_demonstration.reset(before)


def desk(community: Community, kind: str, content: list[Any], *, theme: str = "dark", **data: str) -> Any:
    """A manager's page: header with the way about, and its content."""
    query = f"?community={community.code}" + (f"&theme={theme}" if theme != "dark" else "")
    then = f"&at={format_rfc3339(int(data['at']) * MILLISECOND)}" if "at" in data else ""
    here = "/" if kind == "home" else f"/{kind}"
    wall = html.A(say("大屏"), href=f"/wall/{community.code}{then.replace('&', '?')}")
    groups = [
        _group(name, [_link(path, page, f"{path}{query}{then if path in PAST else ''}", here) for path, page in pages])
        for name, pages in NAV
    ]
    groups[0].children += [wall, html.A(say("复盘"), href=_replay_of(community, data.get("at")))]
    places = [
        html.A(
            named(other, "short"),
            href=f"/?community={other.code}{then}",
            className="here" if other.code == community.code else None,
        )
        for other in communities().values()
    ]
    header = html.Header(
        [
            html.H1([html.Span(named(community)), html.Span(say("CIM 驾驶舱"), className="sub")]),
            html.Button(
                [
                    html.Span("☰ ", **{"aria-hidden": "true"}),
                    html.Span(say(dict(page for _, pages in NAV for page in pages).get(here, "页面"))),
                    html.Span(say("页面与社区"), className="unseen"),
                ],
                type="button",
                className="way",
                **{"aria-expanded": "false", "aria-controls": "way-about", "data-way": ""},
            ),
            html.Div([*marks(), clock(), live_mark(), *_languages(), _me()], className="state"),
            html.Div(
                [
                    html.Nav(groups, className="pages", **{"aria-label": say("页面")}),
                    html.Nav(places, className="places", **{"aria-label": say("社区")}),
                ],
                id="way-about",
                className="way-about",
            ),
        ],
        className="top",
    )
    told = help.words(kind)
    helps = {"helps": msgspec.json.encode(told).decode()} if told else {}
    return root(community, kind, [header, html.Main(content)], theme=theme, **data, **helps)


def heading(text: str, key: str) -> Any:
    """A heading with the "?" of what stands below it: a row of help.toml, as ``group.row``."""
    return html.Div([html.H2(text), help_of(key)], className="heading")


def help_of(key: str) -> Any:
    """The place of a figure's "?"; the script puts it there."""
    return html.Span(**{"data-help": key})


def _replay_of(community: Community, at_ms: str | None) -> str:
    """The wall at the past time that a page shows, and on from there; else today from its beginning."""
    if at_ms is not None:
        return f"/wall/{community.code}?replay={format_rfc3339(int(at_ms) * MILLISECOND)}"
    return f"/wall/{community.code}?replay={local_date(now()).isoformat()}"


def _group(name: str, links: list[Any]) -> Any:
    return html.Div(
        [html.Span(say(name), className="of"), *links], className="group", role="group", **{"aria-label": say(name)}
    )


def _link(path: str, name: str, href: str, here: str) -> Any:
    is_here = path == here
    current = {"aria-current": "page"} if is_here else {}
    return html.A(say(name), href=href, className="here" if is_here else None, **current, **_for_whom(path))


def _for_whom(path: str) -> dict[str, Any]:
    """A link that leads somewhere for a role only is hidden from the others; the script shows it."""
    least = NAV_ROLES.get(path)
    return {"data-least-role": least, "hidden": True} if least else {}


def _languages() -> list[Any]:
    """The other languages, each by its own name; the script has one chosen."""
    return [
        html.Button(name, type="button", lang=tag, className="quiet language", **{"data-language": tag})
        for tag, name in LANGUAGES.items()
        if tag != current()
    ]


def _me() -> Any:
    """Who is signed in, or the way to sign in."""
    return html.Span("", className="me", **{"data-me": ""})


def unknown(error: NoPage) -> Any:
    """What stands in the place of a page where an address leads nowhere."""
    return html.Div(
        [html.H1(say("没有这个页面")), html.P(error.text), html.P(html.A(say("回到总览"), href="/"))],
        className="desk page-missing",
    )
