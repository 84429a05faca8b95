"""The pages: the wall, and the manager's pages. A page is laid out here and kept by assets/js."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dash import Dash, Input, Output, dcc, html

from cockpit import access
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
    table: dict[str, Layout] = {
        "PAGE /": home.page(mqtt_port),
        "PAGE /wall/{community}": wall.page,
        "PAGE /devices/{device}": device.page(app, databases),
        "PAGE /map": map_page.page,
        "PAGE /compare": compare.page(databases),
        "PAGE /events": events.page(app, databases),
        "PAGE /events/{event}": event.page(databases),
        "PAGE /board": board.page,
        "PAGE /report": report.page,
        "PAGE /governance": governance.page,
        "PAGE /figures": figures.page,
        "PAGE /people": people.page,
        "PAGE /quarantine": quarantine.page(databases),
        "PAGE /ground": ground.page(databases),
    }

    def page(pathname: str, search: str) -> Any:
        key, named = access.page_of(pathname)
        layout = table.get(key or "")
        if layout is None:
            return frame.unknown("这个地址没有内容。")
        asked = dict(parse_qsl(search.removeprefix("?"))) | named
        access.check_page(key or "", asked.get("community"))
        return _laid_out(layout, asked)

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
