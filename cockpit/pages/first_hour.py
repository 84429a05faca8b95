"""The checklist of the first hour (上手清单): what a new cockpit needs, each with the way there; it ticks itself."""

from typing import Any

from dash import html

from cockpit.pages import frame
from store.language import say


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/first-hour``; the script fills it from the API, which asks for the role."""
    known = frame.known_community(community)
    content = html.Section(
        [
            html.H2(say("上手清单")),
            html.P(say("需要系统管理员登录"), className="second", role="status", **{"data-far": ""}),
            html.Div([], className="second", **{"data-only-here": ""}),
            html.Ol([], className="steps", **{"data-steps": ""}),
            html.P([], className="buttons", **{"data-away": ""}),
        ],
        className="panel first-hour",
    )
    return frame.desk(known, "first-hour", [content], theme=frame.theme_of(theme))
