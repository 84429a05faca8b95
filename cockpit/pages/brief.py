"""Today's brief (今日要情): what matters now on one screen, the first three large; the script asks the API for it."""

from typing import Any

from dash import html

from cockpit.pages import frame
from store.language import say

CARDS = 3
"""Those that are large; what else stands is listed below them."""


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/brief``."""
    known = frame.known_community(community)
    head = html.Header(
        [
            frame.heading(say("今日要情"), "brief.order"),
            html.P(say("正在读取"), className="brief-verdict", role="status", **{"data-brief-verdict": ""}),
            html.P("", className="second", **{"data-brief-looked": ""}),
        ],
        className="brief-head",
    )
    others = html.Section(
        [html.H2(say("其次")), html.Ol([], **{"data-brief-others": ""})],
        className="panel brief-others",
        hidden=True,
    )
    looked = html.Section(
        [html.H2(say("看了什么")), html.Ul([], **{"data-brief-sources": ""})],
        className="panel brief-sources",
    )
    content = [head, html.Ol([], className="brief-cards", **{"data-brief-cards": str(CARDS)}), others, looked]
    return frame.desk(known, "brief", content, theme=frame.theme_of(theme), **frame.past_of(at))
