"""The reports (报告): made by a button or by themselves, with how far they have come, and the files that were made."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from store.language import LANGUAGES, say


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/reports``; the script fills it from the API, which asks for the role."""
    found = frame.known_community(community)
    content = [
        html.H2(say("报告")),
        html.P(say("需要网格员登录"), className="second", **{"data-reports-note": ""}),
        html.Div([], className="report-kinds", **{"data-report-kinds": ""}),
        html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        html.Div([], className="scroll", **{"data-reports": ""}),
    ]
    languages = {"data-languages": msgspec.json.encode(LANGUAGES).decode()}
    section = html.Section(content, className="panel", **languages)
    return frame.desk(found, "reports", [section], theme=frame.theme_of(theme))
