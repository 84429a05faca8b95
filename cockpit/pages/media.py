"""The wall of photos (照片墙): those that whoever is on them agreed to show, the newest first."""

from typing import Any

from dash import html

from cockpit.pages import frame
from store.language import say


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/media``; the script asks the API, and takes photos in from stewards."""
    known = frame.known_community(community)
    content = html.Section(
        [
            html.Header([html.H2(say("照片墙")), html.Span("", className="note", **{"data-media-note": ""})]),
            html.Div(className="media-add", **{"data-media-add": ""}),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
            html.Ul(className="media-wall", **{"data-media": ""}),
            html.Div(className="media-more", **{"data-media-more": ""}),
        ],
        className="panel",
    )
    return frame.desk(known, "media", [content], theme=frame.theme_of(theme), **frame.past_of(at))
