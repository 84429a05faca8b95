"""Governance (共治): totals for everybody; registers and what can be done for who is signed in."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from geo.ground import places
from layers.governance.rules import Kind, bodies, fields, kinds, topics
from store.language import Word, named, say


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/governance``; the script fills it from the live channel and the API."""
    known = frame.known_community(community)
    words = {
        "topics": _words(topics()),
        "bodies": _words(bodies()),
        "fields": _words(fields()),
        "areas": {place.code: named(place) for place in places(known.code, "areas")},
        "kinds": {
            code: {"name": named(kind), "role": kind.role, "sealed": kind.sealed} for code, kind in kinds().items()
        },
    }
    content = [
        _overview(),
        _register("roster", say("网格员"), say("每个网格由谁照看，各有多少在办"), is_counted=False),
        *(_matters(code, kind) for code, kind in kinds().items()),
        _register("council", say("联盟议事"), say("邻里管家、共建共驻单位、物业")),
        _register("partners", say("共建企业台账"), say("谁做了什么、何时")),
    ]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "governance", [body], theme=frame.theme_of(theme), **frame.past_of(at))


def _words(table: dict[str, Word]) -> dict[str, str]:
    return {code: named(row) for code, row in table.items()}


def _overview() -> Any:
    figures = [
        ("hard", say("本月办成难事")),
        ("overdue", say("往月未结难事")),
        ("mediation", say("调解成功率")),
        ("attendance", say("本年议事到会率")),
        ("deeds", say("本年共建服务")),
        ("grids", say("网格有网格员")),
    ]
    rows = [
        html.Div(
            [
                html.Span([name, frame.help_of(f"governance.{code}")], className="label"),
                html.Span("—", className="value", **{"data-total": code}),
            ],
            className="total",
        )
        for code, name in figures
    ]
    return html.Section([html.H2(say("总览")), html.Div(rows, className="totals")], className="panel overview")


def _matters(code: str, kind: Kind) -> Any:
    chain = [
        html.Li([html.Span(named(state)), html.Span("—", className="value", **{"data-state": name})])
        for name, state in kind.states.items()
    ]
    note = say("当事人只对管理员可见，查看留痕") if kind.sealed else ""
    return html.Section(
        [
            html.Header([html.H2(named(kind)), html.Span(note, className="note")]),
            html.Ol(chain, className="chain"),
            html.Div(className="register", **{"data-matters": code}),
        ],
        className="panel",
        **{"data-kind": code},
    )


def _register(code: str, name: str, note: str, *, is_counted: bool = True) -> Any:
    return html.Section(
        [
            html.Header([html.H2(name), html.Span(note, className="note")]),
            html.Ul(className="counts", **{"data-counts": code}) if is_counted else None,
            html.Div(className="register", **{"data-register": code}),
        ],
        className="panel",
    )
