"""The calendar (日历): what is on in the community, a month at a time, for everybody."""

import re
from typing import Any

from dash import html

from cockpit.pages import frame
from cockpit.pages.address import NoPage
from store.language import say

MONTH = re.compile(r"(19[1-9]\d|20\d\d)-(0[1-9]|1[0-2])")
DAY = re.compile(MONTH.pattern + r"-\d\d")


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    month: str | None = None,
    day: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/calendar``; ``month`` and ``day`` are those that are shown first, else today's."""
    known = frame.known_community(community)
    content = [
        html.Section(
            [
                html.Header(className="calendar-head", **{"data-calendar-head": ""}),
                html.P("", className="outcome", role="status", **{"data-outcome": ""}),
                html.Div(className="calendar-grid", **{"data-calendar": ""}),
                html.P("", className="second", **{"data-calendar-note": ""}),
            ],
            className="panel calendar-month",
        ),
        html.Section(
            className="panel calendar-day",
            **{"data-calendar-day": "", "aria-live": "polite", "aria-label": say("当天")},
        ),
        html.Section([], className="panel calendar-rooms", hidden=True, **{"data-calendar-rooms": ""}),
    ]
    more = {"month": month if month and MONTH.fullmatch(month) else ""}
    more["day"] = day if day and DAY.fullmatch(day) else ""
    body = html.Div(content, className="calendar-page")
    return frame.desk(known, "calendar", [body], theme=frame.theme_of(theme), **frame.past_of(at), **more)


def check(month: str | None = None, **_other: str) -> None:
    """Refuse a month that there is none of."""
    if month and not MONTH.fullmatch(month):
        raise NoPage(say("没有月份「{month}」，应写作 2026-11", month=month[:20]))
