"""复盘 on the wall: which past day is asked for, and the bar by which it is steered (assets/js/37-replay-bar.js)."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from dash import html

from cockpit.pages.address import NoPage, instant_of
from sensors.readings import history
from store.databases import Databases
from store.instant import MILLISECOND, SECOND, SHANGHAI, Instant, day_of, local_date, midnight, now, to_datetime
from store.language import say

SPEEDS = (1, 10, 60, 600)
"""Seconds of the past in a second."""
USUAL = 60
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EXAMPLE = "2026-11-26"


def check(databases: Databases) -> Callable[..., None]:
    """Whether there is such a day to be replayed, and such a speed."""

    def known(
        community: str = "",
        replay: str | None = None,
        speed: str | None = None,
        at: str | None = None,
        **_other: str,
    ) -> None:
        if replay is None:
            return
        if at is not None:
            raise NoPage(say("回看（at）和复盘（replay）只能用一个"), 400)
        if speed is not None and speed not in {str(one) for one in SPEEDS}:
            known_ones = say("、").join(str(one) for one in SPEEDS)
            raise NoPage(say("没有 {speed} 倍速，只有 {known}", speed=speed[:10], known=known_ones), 400)
        begins(databases, community, replay)

    return known


def begins(databases: Databases, community: str, asked: str) -> Instant:
    """Where a replay begins: at the time that is asked for, or with the day and its first observation.

    Raises
    ------
    NoPage
        If it cannot be read, has not come yet, or lies before the first observation.
    """
    is_day = DAY.fullmatch(asked) is not None
    at = _midnight(asked) if is_day else instant_of(asked)
    if at > now():
        raise NoPage(say("「{text}」还没有到，只能复盘过去", text=asked[:40]), 400)
    with databases.of(community).connect() as connection:
        first = history.first_of(connection, community)
    if first is None:
        raise NoPage(say("这里还没有任何观测，没有可以复盘的"), 400)
    first -= first % SECOND
    if at < first and not (is_day and day_of(first) == at):
        when = to_datetime(first).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        raise NoPage(say("「{text}」没有观测：最早的是 {when}（北京时间）", text=asked[:40], when=when), 400)
    return max(at, first)


def data(at: Instant, speed: str | None, paused: str | None) -> dict[str, str]:
    """What the scripts are told of it, for `frame.root`."""
    found = {"replay-at": str(at // MILLISECOND), "speed": speed or str(USUAL)}
    return found | {"replay-date": local_date(at).isoformat(), "paused": paused or ""}


def mark() -> Any:
    """Says across the room that this is not live."""
    return html.Strong(
        [html.Span("◀◀", **{"aria-hidden": "true"}), html.Span(say("复盘 · 非实时"))], className="replay-mark"
    )


def bar() -> Any:
    """The controls and the day's timeline; the script brings both to life."""
    buttons = [
        _button(say("◀ −1 分"), say("后退一分钟（←）"), "replay-step", "-60000"),
        html.Button("", type="button", className="play", **{"data-replay-play": ""}),
        _button(say("+1 分 ▶"), say("前进一分钟（→）"), "replay-step", "60000"),
    ]
    speeds = [_button(f"{one}×", say("{one} 倍速", one=one), "replay-speed", str(one)) for one in SPEEDS]
    days = [
        _button("‹", say("前一天"), "replay-day", "-1"),
        html.Div(
            [
                html.Button(
                    "",
                    type="button",
                    title=say("选一天"),
                    **{"data-replay-date": "", "aria-expanded": "false", "aria-controls": "replay-days"},
                ),
                html.Div([], id="replay-days", className="choose-day", hidden=True, **{"data-replay-days": ""}),
            ],
            className="which-day",
        ),
        _button("›", say("后一天"), "replay-day", "1"),
    ]
    return html.Section(
        [
            html.Div(
                [
                    html.Div(days, className="days", role="group", **{"aria-label": say("日期")}),
                    html.Div(buttons, className="steps", role="group", **{"aria-label": say("播放")}),
                    html.Div(speeds, className="speeds", role="group", **{"aria-label": say("速度")}),
                    html.Span("", className="said", role="status", **{"data-replay-said": ""}),
                    html.A(say("● 回到实时"), href="", **{"data-replay-leave": ""}),
                ],
                className="controls",
            ),
            html.Div(
                [
                    html.Div("", className="marks", **{"data-replay-marks": ""}),
                    html.Div(
                        "",
                        className="track",
                        role="slider",
                        tabIndex="0",
                        **{"data-replay-track": "", "aria-label": say("当天时间")},
                    ),
                    html.Div("", className="hours", **{"data-replay-hours": "", "aria-hidden": "true"}),
                    html.Div("", className="word", role="tooltip", id="replay-word", hidden=True),
                ],
                className="line",
            ),
        ],
        className="replay-bar",
        **{"aria-label": say("复盘")},
    )


def _button(text: str, title: str, name: str, value: str) -> Any:
    return html.Button(text, type="button", title=title, **{f"data-{name}": value, "aria-label": title})


def _midnight(day: str) -> Instant:
    try:
        return midnight(date.fromisoformat(day))
    except ValueError:
        raise NoPage(say("「{text}」不是日期，应写作 {example}", text=day[:40], example=EXAMPLE), 400) from None
