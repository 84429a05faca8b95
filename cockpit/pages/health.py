"""How the cockpit itself fares (运行状况): for managers, each figure with its state, since when, and what to do."""

from typing import Any

from dash import html

from cockpit.pages import frame
from store.language import say


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/health``; the script fills it from the API, which asks for the role."""
    found = frame.known_community(community)
    content = [
        html.Div(
            [
                html.H2(say("运行状况")),
                html.P(say("需要管理员登录"), className="verdict", role="status", **{"data-verdict": ""}),
                html.P("", className="second", **{"data-looked": ""}),
            ],
            className="vitals-head",
        ),
        html.Div([], className="vitals", **{"data-vitals": ""}),
    ]
    backups = html.Section(
        [html.H2(say("备份")), html.Div([], className="register", **{"data-backups": ""})],
        className="panel",
        hidden=True,
    )
    last_day = html.Section([], className="vitals-day", **{"data-last-day": ""})
    page = [html.Section(content, className="vitals-page"), backups, last_day]
    return frame.desk(found, "health", page, theme=frame.theme_of(theme))
