"""People (人员): users, displays, webhooks and the audit trail, for admins."""

from typing import Any

import msgspec
from dash import html

from cockpit.notices.formats import FORMATS
from cockpit.pages import frame
from geo.communities import communities
from layers import words
from layers.declare import notice_kinds
from layers.roles import EVERYWHERE

ROLE_NAMES = {"steward": "网格员", "manager": "管理员", "admin": "系统管理员"}
FORMAT_NAMES = {"json": "签名 JSON", "dingtalk": "钉钉机器人", "wecom": "企业微信机器人"}
PARTS = {"users": "用户", "displays": "大屏链接", "webhooks": "通知推送", "audit": "操作留痕"}


def page(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
    """The layout of ``/people``; the script fills it from the API, which asks for the role."""
    known = frame.known_community(community)
    said = {
        "roles": ROLE_NAMES,
        "communities": {EVERYWHERE: "全部社区"} | {one.code: one.name for one in communities().values()},
        "formats": {code: FORMAT_NAMES[code] for code in FORMATS},
        "kinds": dict(notice_kinds()),
        "actions": words.table()["actions"],
        "details": words.table()["details"],
        "codes": dict(words.codes()),
    }
    content = [
        html.Section(
            [html.H2(name), html.Div(html.P("需要系统管理员登录"), className="register", **{"data-part": code})],
            className="panel overview" if code in ("users", "audit") else "panel",
        )
        for code, name in PARTS.items()
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(said).decode()})
    return frame.desk(known, "people", [body], theme=frame.theme_of(theme))
