"""One's own account (我的账号): name and phone, password, how pages look, sessions, notices that one wants."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from cockpit.people.passwords import MIN_LENGTH
from cockpit.people.roles import roles
from cockpit.serving.theme import THEMES
from store.language import LANGUAGES, current, marked, named, say

PARTS = {
    "person": marked("姓名与电话"),
    "password": marked("口令"),
    "look": marked("语言与配色"),
    "sessions": marked("已登录的设备"),
    "notices": marked("想要的通知"),
}
THEME_NAMES = dict(zip(THEMES, (marked("深色"), marked("浅色")), strict=True))


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/account``; the script fills it from the API."""
    known = frame.known_community(community)
    said = {
        "roles": {code: {"name": named(one), "does": named(one, "does")} for code, one in roles().items()},
        "themes": {code: say(name) for code, name in THEME_NAMES.items()},
        "languages": dict(LANGUAGES),
        "language": current(),
        "least": MIN_LENGTH,
    }
    content = [
        html.Section(
            [html.H2(say(name)), html.Div("", className="register", **{"data-part": code})],
            className="panel overview" if code == "notices" else "panel",
            id=f"account-{code}",
        )
        for code, name in PARTS.items()
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(said).decode()})
    return frame.desk(known, "account", [body], theme=frame.theme_of(theme))
