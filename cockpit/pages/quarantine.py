"""The quarantine as a workbench: what was refused and why, looked at whole, and played back once mended."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html
from sqlalchemy import Connection, Row

from cockpit.pages import frame
from cockpit.pages.table import nothing
from geo.communities import Community
from layers import words
from sensors.intake import quarantine
from sensors.intake.quarantine import Filter
from sensors.refusal import Reason
from store.databases import Databases
from store.instant import SHANGHAI, to_datetime
from store.language import say, say_n

LIMIT = 100
SHOWN_BYTES = 200


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/quarantine``; ``?device=`` and ``?reason=`` filter, ``?before=`` is the next page."""

    def layout(
        community: str | None = None,
        device: str | None = None,
        reason: str | None = None,
        before: str | None = None,
        theme: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        wanted = Filter(found.code, device or None, reason if reason in set(Reason) else None)
        cursor = int(before) if before is not None and before.isdecimal() and len(before) < 19 else None
        with databases.of(found.code).connect() as connection:
            content = _content(connection, found, wanted, cursor)
        return frame.desk(found, "quarantine", content, theme=frame.theme_of(theme))

    return layout


def _content(connection: Connection, community: Community, wanted: Filter, cursor: int | None) -> list[Any]:
    rows = quarantine.find(connection, wanted, LIMIT, cursor)
    every = quarantine.tally(connection, Filter(community.code, wanted.device))
    none = nothing(say("没有被拒收的报文"), say("收不下的报文会连同原因列在这里，可重新处理"))
    table = _table(rows) if rows else none
    more = html.A(say("更早的报文"), href=_address(community, wanted, rows[-1].id)) if len(rows) == LIMIT else None
    return [
        html.Section(
            [
                html.H2(say("隔离区")),
                html.P(
                    say(
                        "被拒收的报文原样保存在这里，附原因。登记设备、改好映射之后，可以重新处理：入库的报文随即离开隔离区。"
                    )
                ),
                _filters(community, wanted, every),
                _actions() if rows else None,
                table,
                html.P(more) if more else None,
            ],
            className="panel",
        )
    ]


def _filters(community: Community, wanted: Filter, every: dict[str, int]) -> Any:
    total = sum(every.values())
    links = [_reason_link(community, wanted, None, say("全部 {total}", total=total))]
    links += [
        _reason_link(community, wanted, reason, f"{words.reason(reason)} {number}") for reason, number in every.items()
    ]
    search = html.Form(
        [
            dcc.Input(type="hidden", name="community", value=community.code, id="quarantine-community"),
            html.Label(
                [
                    say("设备 "),
                    dcc.Input(type="search", name="device", value=wanted.device or "", id="quarantine-device"),
                ]
            ),
            html.Button(say("筛选"), type="submit"),
        ],
        action="/quarantine",
        method="get",
        className="search",
    )
    return html.Div([html.Nav(links, className="reasons", **{"aria-label": say("原因")}), search], className="filters")


def _reason_link(community: Community, wanted: Filter, reason: str | None, text: str) -> Any:
    chosen = Filter(community.code, wanted.device, reason)
    return html.A(text, href=_address(community, chosen), className="here" if wanted.reason == reason else None)


def _address(community: Community, wanted: Filter, before: int | None = None) -> str:
    asked = {"community": community.code, "device": wanted.device, "reason": wanted.reason, "before": before}
    return "/quarantine?" + urlencode({name: value for name, value in asked.items() if value is not None})


def _actions() -> Any:
    return html.Div(
        [
            html.Button(say("重新处理所选"), type="button", **{"data-play-back": ""}),
            html.Span("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="actions",
    )


def _table(refused: list[Row[Any]]) -> Any:
    choose_all = html.Span("", className="choice", **{"data-choice": "all"})
    head = html.Thead(
        html.Tr(
            [
                html.Th(name)
                for name in (choose_all, say("收到"), say("设备"), say("主题"), say("原因"), say("说明"), say("报文"))
            ]
        )
    )
    return html.Div(
        html.Table([head, html.Tbody([_row(row) for row in refused])], className="refused"),
        className="scroll",
    )


def _row(row: Row[Any]) -> Any:
    received = to_datetime(row.received).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    reason = html.Span(words.reason(row.reason), title=row.reason)
    cells = [
        html.Span("", className="choice", **{"data-choice": str(row.id)}),
        received,
        html.A(row.device, href=f"/devices/{row.device}") if row.device else "—",
        row.topic,
        reason,
        html.Span(words.told(row.detail), title=row.detail),
        _payload(row.beginning, row.bytes),
    ]
    return html.Tr([html.Td(cell) for cell in cells], **{"data-refused": str(row.id)})


def _payload(beginning: bytes, size: int) -> Any:
    text = beginning.decode(errors="backslashreplace")
    if len(text) <= SHOWN_BYTES and len(beginning) == size:
        return html.Code(text)
    more = [] if len(beginning) == size else [html.Span(say_n("只显示前 {n} 字节。", len(beginning)))]
    summary = html.Summary(html.Code(say("{text}… 共 {size} 字节", text=text[:60], size=size)))
    return html.Details([summary, html.Pre(html.Code(text)), *more])
