"""The displays (大屏管理): what each screen shows, how it fares and is steered, for managers with a phone."""

from typing import Any

import msgspec
from dash import html

from cockpit.displays import scenes
from cockpit.displays.programme import default
from cockpit.pages import frame
from store.language import LANGUAGES, named, say


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/displays``; the script fills it from the API, which asks for the role."""
    found = frame.known_community(community)
    said = {
        "scenes": {one["code"]: named(one) for one in scenes.of(found)},
        "parts": {code: named(scene) for code, scene in scenes.scenes().items()},
        "languages": dict(LANGUAGES),
        "default": default(found.code),
    }
    content = [
        html.H2(say("大屏管理")),
        html.P(say("需要管理员登录"), className="second", **{"data-displays-note": ""}),
        html.Div([], className="displays", **{"data-displays": ""}),
    ]
    attributes = {"data-words": msgspec.json.encode(said).decode()}
    return frame.desk(
        found, "displays", [html.Section(content, className="displays-page", **attributes)], theme=frame.theme_of(theme)
    )
