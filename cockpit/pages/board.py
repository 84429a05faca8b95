"""The board (看板): open events by state, what presses most at the top."""

from typing import Any

from dash import html

from cockpit.pages import event, frame


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/board``; the script keeps it by the live channel."""
    known = frame.known_community(community)
    content = [
        html.Div(className="board", **{"data-board": ""}),
        html.Div(className="batch", hidden=True, **{"data-batch": ""}),
    ]
    return frame.desk(known, "board", content, theme=frame.theme_of(theme), life=event.life(), **frame.past_of(at))
