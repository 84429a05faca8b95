"""People (人员): users, displays, webhooks and the audit trail, for admins."""

from typing import Any

import msgspec
from dash import html

from cockpit.notices.formats import OF_WEBHOOKS
from cockpit.pages import frame
from cockpit.people.roles import roles
from geo.communities import communities
from geo.ground import places
from layers import words
from layers.declare import notice_kinds, notice_word
from layers.grid_events.rules import categories, states
from layers.roles import EVERYWHERE
from sensors.devices.kinds import kind_name, kinds
from store.language import LANGUAGES, marked, named, say

FORMAT_NAMES = {"json": marked("签名 JSON"), "dingtalk": marked("钉钉机器人"), "wecom": marked("企业微信机器人")}
PARTS = {
    "users": marked("用户"),
    "displays": marked("大屏链接"),
    "webhooks": marked("通知推送"),
    "audit": marked("操作留痕"),
}


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/people``; the script fills it from the API, which asks for the role."""
    known = frame.known_community(community)
    said = {
        "roles": {code: named(one) for code, one in roles().items()},
        "does": {code: named(one, "does") for code, one in roles().items()},
        "communities": {EVERYWHERE: say("全部社区")} | {one.code: named(one) for one in communities().values()},
        "formats": {code: say(FORMAT_NAMES[code]) for code in OF_WEBHOOKS},
        "kinds": {kind: notice_word(kind) for kind in notice_kinds()},
        "actions": words.spoken("actions"),
        "details": words.spoken("details"),
        "codes": _codes(),
        "languages": dict(LANGUAGES),
    }
    content = [
        html.Section(
            [
                frame.heading(say(name), f"people.{code}"),
                html.Div(html.P(say("需要系统管理员登录")), className="register", **{"data-part": code}),
            ],
            className="panel overview" if code in ("users", "audit") else "panel",
        )
        for code, name in PARTS.items()
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(said).decode()})
    return frame.desk(known, "people", [body], theme=frame.theme_of(theme))


def _codes() -> dict[str, str]:
    """What codes in the trail are called: places, kinds of devices, categories and states of events, and the others."""
    there = [place for one in communities() for layer in ("areas", "sites") for place in places(one, layer)]
    return (
        {place.code: named(place) for place in there}
        | {code: kind_name(code) for code in kinds()}
        | {code: named(command) for kind in kinds().values() for code, command in kind.commands.items()}
        | {code: named(row) for code, row in (*categories().items(), *states().items())}
        | words.spoken("codes")
    )
