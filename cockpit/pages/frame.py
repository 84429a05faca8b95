"""What all pages have in common: the root that the scripts look for, and the header."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.pages import help, moment, way
from cockpit.pages.address import NoPage, instant_of
from cockpit.serving.build import build
from cockpit.serving.theme import chosen
from geo.communities import Community, communities
from geo.ground import is_surveyed, places
from geo.view import outline
from layers.roles import EVERYWHERE
from sensors.metrics import metrics
from sensors.replay.sources import sources
from store.instant import MILLISECOND, Instant
from store.language import LANGUAGES, current, named, say

DEFAULT_METRIC = "pm2_5"
_is_demonstration: ContextVar[bool] = ContextVar("is_demonstration", default=False)
_filling: ContextVar[int | None] = ContextVar("filling", default=None)


def known_community(code: str | None) -> Community:
    """The community that is asked for; the first of one's own where none is named."""
    return communities()[access.own_community(code, access.asking())]


def theme_of(asked: str | None) -> str:
    """The theme that is asked for; what was chosen where none is."""
    return asked or chosen()


def metric_of(asked: str | None) -> str:
    """The metric that areas are coloured by."""
    return asked or DEFAULT_METRIC


def past_of(at: str | None) -> dict[str, str]:
    """The past time that is asked for, in epoch milliseconds, for `root`; nothing where it is now."""
    return {"at": str(instant_of(at) // MILLISECOND)} if at else {}


def at_of(data_at: str | None) -> Instant | None:
    """The same as a page's root holds it; what a browser sends back may be anything."""
    return int(data_at) * MILLISECOND if data_at and data_at.isdecimal() and len(data_at) < 16 else None


def title_of(community: Community, kind: str, subject: str = "") -> str:
    """What a browser's tab calls a page: which page, of what it is, where."""
    return " · ".join((f"{way.name_of(kind)} {subject}".strip(), named(community)))


def root(
    community: Community, kind: str, content: list[Any], *, theme: str = "dark", subject: str = "", **data: str
) -> Any:
    """A page's root; ``data`` become ``data-*`` attributes that the scripts read, ``subject`` is what it is of."""
    described = dict(metrics().items())
    attributes = {
        "data-page": kind,
        "data-title": title_of(community, kind, subject),
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
    note = []
    if "at" in data:
        note = [moment.note(int(data["at"]))]
        attributes |= moment.data()
    return html.Div([band(), *note, *content], id="cockpit", className=f"{shape} page-{kind}", **attributes)


def _names() -> str:
    """code -> name, and the words for all; the scripts say with them where a role holds."""
    names = {one.code: named(one) for one in communities().values()} | {EVERYWHERE: say("全部社区")}
    return msgspec.json.encode(names).decode()


def band() -> Any:
    """Says over everything that the live channel is cut, while it is."""
    return html.Div("", id="band", className="band", role="alert", hidden=True)


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
    if not _is_demonstration.get():
        return [replay_mark()]
    words = [html.Span(say("演示数据"), className="whole"), html.Span(say("演示"), className="short")]
    invented = html.Span(words, className="tag demonstration", **{"data-demonstration": ""})
    percent = _filling.get()
    if percent is None:
        return [invented, replay_mark()]
    filling = html.Span(say("正在填充 {percent} %", percent=percent), className="tag", **{"data-filling": ""})
    return [invented, filling, replay_mark()]


@contextlib.contextmanager
def of_demonstration(is_one: bool, filling: int | None) -> Iterator[None]:
    """Have the pages that are laid out in the block say that what they show is a demonstration, where it is one.

    ``filling``: percent of its past that are filled in, while it is.
    """
    before, percent = _is_demonstration.set(is_one), _filling.set(filling)
    try:
        yield
    finally:
        _is_demonstration.reset(before)
        _filling.reset(percent)


def desk(community: Community, kind: str, content: list[Any], *, theme: str = "dark", **data: str) -> Any:
    """A manager's page: header with the way about, and its content."""
    if not way.leads_to(community, kind):
        kind, content = "nothing", [way.nothing(community)]
    header = html.Header(
        [
            html.Div(
                [
                    html.H1(
                        [
                            html.Span(named(community), className="whole"),
                            html.Span(named(community, "short"), className="short"),
                            html.Span(say("CIM 驾驶舱"), className="sub"),
                        ],
                        title=named(community),
                    ),
                    html.Div([*marks(), *moment.mark(data.get("at"))], className="marks"),
                ],
                className="name",
            ),
            html.Button(
                [
                    html.Span("☰ ", **{"aria-hidden": "true"}),
                    html.Span(way.name_of(kind)),
                    html.Span(say("页面与社区"), className="unseen"),
                ],
                type="button",
                className="way",
                **{"aria-expanded": "false", "aria-controls": "way-about", "data-way": ""},
            ),
            html.Div([moment.picker([clock(), live_mark()]), *_languages(), _me()], className="state"),
            html.Div(
                [
                    html.Nav(
                        way.pages(community, kind, theme, data.get("at")),
                        className="pages",
                        **{"aria-label": say("页面")},
                    ),
                    html.Nav(
                        way.communities_beside(community),
                        className="places",
                        **{"aria-label": say("社区")},
                    ),
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
