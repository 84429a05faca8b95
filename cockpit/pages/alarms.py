"""Alarms (告警): what is open, grouped by cause, one alarm with its steps and its chart, history, who is on duty."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from cockpit.pages.address import NoPage
from geo.communities import Community
from layers.alarms.life import life
from layers.alarms.look import looks, words
from layers.grid_events.rules import SEVERITIES, categories, states
from store.instant import MILLISECOND, format_rfc3339
from store.language import marked, named, say

VIEWS = {
    "open": marked("当前"),
    "aside": marked("搁置 / 停用 / 抑制"),
    "history": marked("历史"),
    "duty": marked("值班"),
}
PAGES = {"alarms": marked("告警列表"), "alarm-rules": marked("告警规则"), "alarm-figures": marked("告警指标")}
"""The pages of the alarms; the header leads to the first."""
STATES = ("unacknowledged", "returned", "acknowledged")
"""The states that the list of what is open can be narrowed to; the others have a view of their own."""


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    alarm: str | None = None,
    view: str | None = None,
    state: str | None = None,
    priority: str | None = None,
    q: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/alarms``; the script keeps it by the live channel, narrowed as the address says.

    ``alarm`` is one that stands open.
    """
    known = frame.known_community(community)
    shown = view or "open"
    tabs = [
        html.Button(
            say(name), type="button", role="tab", **{"data-view": code, "aria-selected": str(code == shown).lower()}
        )
        for code, name in VIEWS.items()
    ]
    top = html.Div(
        [
            others(known, "alarms", frame.past_of(at)),
            html.Div(tabs, className="tabs", role="tablist", **{"aria-label": say("告警视图")}),
            html.Output("", className="second", **{"data-rows-count": ""}),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="alarms-top",
    )
    list_ = html.Section(
        [
            html.Div("", hidden=True, **{"data-flood": ""}),
            _filters(),
            html.P(say("正在读取"), className="second", **{"data-summary": ""}),
            html.Div("", className="alarm-groups", **{"data-groups": ""}),
        ],
        className="panel alarm-list",
        **{"data-list-view": ""},
    )
    detail = html.Section("", className="panel alarm-detail", hidden=True, tabIndex="-1", **{"data-alarm-detail": ""})
    events = msgspec.json.encode({code: named(state) for code, state in states().items()}).decode()
    event_words = {
        "categories": {code: named(category) for code, category in categories().items()},
        "severities": {code: named(word) for code, word in SEVERITIES.items()},
    }
    body = html.Div(
        [top, list_, detail, html.Div("", className="batch", hidden=True, **{"data-batch": ""})],
        className="alarms-page",
        **{"data-alarm-words": words(), "data-event-states": events}
        | {"data-event-words": msgspec.json.encode(event_words).decode()},
    )
    more = {"alarm": alarm or "", "view": shown}
    return frame.desk(known, "alarms", [body], theme=frame.theme_of(theme), **frame.past_of(at), **more)


def others(community: Community, here: str, past: dict[str, str]) -> Any:
    """The way between the pages of the alarms, which keeps to the past time that is shown."""
    then = f"&at={format_rfc3339(int(past['at']) * MILLISECOND)}" if past else ""
    links = [
        html.A(
            say(name),
            href=f"/{path}?community={community.code}{then}",
            className="here" if path == here else None,
            **({"aria-current": "page"} if path == here else {}),
        )
        for path, name in PAGES.items()
    ]
    return html.Nav(links, className="alarm-pages", **{"aria-label": say("告警页面")})


def check(view: str | None = None, state: str | None = None, priority: str | None = None, **_other: str) -> None:
    """Whether there are such a view, state and priority."""
    for given, known in ((state, ["sounding", *STATES]), (priority, looks().priorities)):
        if given is not None and given not in known:
            raise NoPage(say("没有「{code}」，只有 {known}", code=given[:40], known=say("、").join(known)), 400)
    if view is not None and view not in VIEWS:
        raise NoPage(say("没有视图「{view}」，只有 {known}", view=view[:40], known=say("、").join(VIEWS)), 400)


def _filters() -> Any:
    known = life().states
    of_state = [html.Option(say("全部状态"), value=""), html.Option(say("未确认（含已恢复）"), value="sounding")] + [
        html.Option(named(known[code]), value=code) for code in STATES
    ]
    of_priority = [html.Option(say("全部级别"), value="")] + [
        html.Option(f"{look.symbol} {named(look)}", value=code) for code, look in looks().priorities.items()
    ]
    return html.Div(
        [
            html.Label([say("状态 "), html.Select(of_state, **{"data-filter": "state"})]),
            html.Label([say("级别 "), html.Select(of_priority, **{"data-filter": "priority"})]),
            html.Label([say("查找 "), html.Div("", **{"data-filter-text": ""})]),
        ],
        className="actions",
        **{"data-filters": ""},
    )
