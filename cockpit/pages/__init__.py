"""The pages: the wall, and the manager's pages. A page is laid out here and kept by assets/js."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dash import Dash, Input, Output, dcc, html

from cockpit.pages import (
    board,
    compare,
    device,
    event,
    events,
    figures,
    frame,
    governance,
    ground,
    home,
    map_page,
    people,
    quarantine,
    report,
    wall,
)
from store.databases import Databases

Layout = Callable[..., Any]
"""Takes what the path's pattern names and the query's parameters; answers a component."""


def register(app: Dash, databases: Databases, mqtt_port: int) -> None:
    """Give the application its pages; each address is laid out when a browser asks for it.

    The page that asks is named by Referer, so its layout is Dash's first answer and not a second one.
    """
    table: list[tuple[re.Pattern[str], Layout]] = [
        (re.compile(r"/"), home.page(mqtt_port)),
        (re.compile(r"/wall/(?P<community>[^/]+)"), wall.page),
        (re.compile(r"/devices/(?P<device>[^/]+)"), device.page(app, databases)),
        (re.compile(r"/map"), map_page.page),
        (re.compile(r"/compare"), compare.page(databases)),
        (re.compile(r"/events"), events.page(app, databases)),
        (re.compile(r"/events/(?P<event>[^/]+)"), event.page(databases)),
        (re.compile(r"/board"), board.page),
        (re.compile(r"/report"), report.page),
        (re.compile(r"/governance"), governance.page),
        (re.compile(r"/figures"), figures.page),
        (re.compile(r"/people"), people.page),
        (re.compile(r"/quarantine"), quarantine.page(databases)),
        (re.compile(r"/ground"), ground.page(databases)),
    ]

    def page(pathname: str, search: str) -> Any:
        query = dict(parse_qsl(search.removeprefix("?")))
        for pattern, layout in table:
            match = pattern.fullmatch(pathname)
            if match:
                return _laid_out(layout, query | match.groupdict())
        return frame.unknown("这个地址没有内容。")

    def laid_out() -> Any:
        asked_by = app.backend.request_adapter().headers.get("referer") if app.backend.has_request_context() else None
        if asked_by:
            address = urlsplit(asked_by)
            return html.Div(page(address.path, address.query), id="page")
        # A browser that does not say which page asks: its script asks again.
        return html.Div([dcc.Location(id="address", refresh=False), html.Div(id="page")])

    app.layout = laid_out

    @app.callback(Output("page", "children"), Input("address", "pathname"), Input("address", "search"))
    def show(pathname: str, search: str) -> Any:
        return page(pathname, search or "")


def _laid_out(layout: Layout, asked: dict[str, str]) -> Any:
    try:
        return layout(**asked)
    except frame.NoPage as error:
        return frame.unknown(str(error))
