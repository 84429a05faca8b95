"""Governance (共治): totals for everybody; registers and what can be done for who is signed in."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame, narrowing
from cockpit.pages.narrowing import Narrower
from geo.communities import Community
from geo.ground import places
from layers.governance.rules import Kind, bodies, fields, kinds, topics
from store.language import Word, marked, named, say

OF = {
    "members": marked("联盟成员"),
    "meetings": marked("议事会议"),
    "partners": marked("共建企业"),
    "deeds": marked("共建服务"),
    "served": marked("共建受益人次"),
    "grids": marked("有网格员的网格"),
}
"""What is listed beside the kinds of matters."""


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    of: str | None = None,
    state: str | None = None,
    late: str | None = None,
    body: str | None = None,
    field: str | None = None,
    from_: str | None = None,
    to: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/governance``; ``of`` asks for the rows of a figure, the others narrow them."""
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
        *([_rows(known)] if of else []),
        _overview(),
        _register("roster", say("网格员"), say("每个网格由谁照看，各有多少在办"), is_counted=False),
        *(_matters(code, kind) for code, kind in kinds().items()),
        _register("council", say("联盟议事"), say("邻里管家、共建共驻单位、物业")),
        _register("partners", say("共建企业台账"), say("谁做了什么、何时")),
    ]
    sheets = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "governance", [sheets], theme=frame.theme_of(theme), **frame.past_of(at))


def check(community: str | None = None, **asked: str) -> None:
    """Refuse an address that asks for what there is not."""
    narrowing.given(narrowers(frame.known_community(community)), asked)


def narrowers(community: Community) -> list[Narrower]:
    """What the rows behind a figure are narrowed by."""
    listed = {code: named(kind) for code, kind in kinds().items()} | {code: say(name) for code, name in OF.items()}
    of_states = {code: named(one) for kind in kinds().values() for code, one in kind.states.items()}
    return [
        Narrower(code="of", name=say("明细"), kind="given", options=listed),
        Narrower(code="state", name=say("状态"), kind="given", options=of_states),
        Narrower(code="late", name=say("往月未结"), kind="flag", is_shown=False),
        Narrower(code="body", name=say("类别"), kind="given", options=_words(bodies())),
        Narrower(code="field", name=say("领域"), kind="given", options=_words(fields())),
        Narrower(
            code="area",
            name=say("片区"),
            kind="given",
            options={place.code: named(place) for place in places(community.code, "areas")},
        ),
        Narrower(code="from", name=say("自"), kind="day", is_shown=False),
        Narrower(code="to", name=say("至"), kind="day", is_shown=False),
    ]


def _rows(community: Community) -> Any:
    rows = html.Div([], className="scroll", **{"data-governance-rows": ""})
    return html.Section([html.H2(say("明细")), narrowing.place(narrowers(community)), rows], className="panel overview")


def _words(rows: dict[str, Word]) -> dict[str, str]:
    return {code: named(row) for code, row in rows.items()}


def _overview() -> Any:
    figures = [
        ("hard", say("本月办成难事"), "of=hard&state=solved&from=month"),
        ("overdue", say("往月未结难事"), "of=hard&state=listed,in_hand&late=true"),
        ("mediation", say("调解成功率"), None),
        ("attendance", say("本年议事到会率"), None),
        ("deeds", say("本年共建服务"), "of=deeds&from=year"),
        ("grids", say("网格有网格员"), "of=grids"),
    ]
    rows = [
        html.Div(
            [
                html.Span([name, frame.help_of(f"governance.{code}")], className="label"),
                html.Span(
                    "—",
                    className="value",
                    **{"data-total": code} | ({"data-rows": f"/governance?{asked}"} if asked else {}),
                ),
            ],
            className="total",
        )
        for code, name, asked in figures
    ]
    return html.Section([html.H2(say("总览")), html.Div(rows, className="totals")], className="panel overview")


def _matters(code: str, kind: Kind) -> Any:
    chain = [
        html.Li(
            [
                html.Span(named(state)),
                html.Span(
                    "—",
                    className="value",
                    **{"data-state": name, "data-rows": f"/governance?of={code}&state={name}"},
                ),
            ]
        )
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
