"""The quarantine: what was refused and why, so that whoever connects a device sees what is wrong."""

from collections.abc import Callable
from typing import Any

from dash import html
from sqlalchemy import Engine, Row

from cockpit.pages import frame
from sensors import quarantine
from store.instant import SHANGHAI, to_datetime

LIMIT = 100
SHOWN_BYTES = 400


def page(engine: Engine) -> Callable[..., Any]:
    """The layout of ``/quarantine``."""

    def layout(community: str | None = None, theme: str | None = None, **_other: str) -> Any:
        found = frame.known_community(community)
        if found is None:
            return frame.unknown(f"没有社区 {community!r}")
        with engine.connect() as connection:
            refused = quarantine.newest(connection, found.code, LIMIT)
        content = [
            html.Section(
                [
                    html.H2("隔离区"),
                    html.P("被拒收的报文原样保存在这里，附原因；最新在前。"),
                    _table(refused) if refused else html.P("没有被拒收的报文。", className="empty"),
                ],
                className="panel",
            )
        ]
        return frame.desk(found, "quarantine", content, theme=frame.theme_of(theme))

    return layout


def _table(refused: list[Row[Any]]) -> Any:
    head = html.Thead(html.Tr([html.Th(name) for name in ("收到", "设备", "主题", "原因", "说明", "报文")]))
    return html.Div(
        html.Table([head, html.Tbody([_row(row) for row in refused])], className="refused"),
        className="scroll",
    )


def _row(row: Row[Any]) -> Any:
    received = to_datetime(row.received).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    shown = row.payload[:SHOWN_BYTES].decode(errors="backslashreplace")
    more = f"… 共 {len(row.payload)} 字节" if len(row.payload) > SHOWN_BYTES else ""
    cells = [
        received,
        row.device or "—",
        row.topic,
        html.Code(row.reason),
        row.detail,
        html.Code(shown + more),
    ]
    return html.Tr([html.Td(cell) for cell in cells])
