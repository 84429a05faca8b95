"""Rules of alarms (告警规则): by priority, each in a form with plain words, tried on the past before it counts."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from cockpit.pages.alarms import others
from geo.ground import places
from layers.alarms.look import words
from layers.alarms.rules import DERIVED
from layers.grid_events.rules import categories
from sensors.devices.kinds import kind_name, kinds
from store.language import named, say


def page(
    community: str | None = None,
    theme: str | None = None,
    rule: str | None = None,
    at: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/alarm-rules``; ``rule`` is the code of one that stands open."""
    known = frame.known_community(community)
    choices = {
        "kinds": {code: kind_name(code) for code in kinds()},
        "areas": {one.code: named(one) for one in places(known.code, "areas")},
        "sites": {one.code: named(one) for one in places(known.code, "sites")},
        "categories": {code: named(one) for code, one in categories().items()},
        "derived": DERIVED,
    }
    top = html.Div(
        [
            others(known, "alarm-rules", frame.past_of(at)),
            html.P(say("修改后立即生效，旧版本保留。启用前先在过去的数据上试运行。"), className="second"),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="alarms-top",
    )
    content = [
        top,
        html.Section(
            [
                html.Div("", **{"data-rule-new": ""}),
                html.Div(say("正在读取"), className="second", **{"data-rules": ""}),
            ],
            className="panel rule-list",
        ),
        html.Section("", className="panel rule-detail", hidden=True, tabIndex="-1", **{"data-rule-detail": ""}),
    ]
    described = {"data-alarm-words": words(), "data-choices": msgspec.json.encode(choices).decode()}
    body = html.Div(content, className="rules-page", **described)
    more = {"rule": rule or ""}
    return frame.desk(known, "alarm-rules", [body], theme=frame.theme_of(theme), **frame.past_of(at), **more)
