"""The pages: the wall, and the manager's pages. A page is laid out here and kept by assets/js."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from dash import Dash, Input, Output, dcc, html

from cockpit import access
from cockpit.pages import (
    alarm_figures,
    alarm_rules,
    alarms,
    board,
    calendar,
    compare,
    counts,
    device,
    displays,
    event,
    events,
    festivals,
    figures,
    forecast,
    frame,
    governance,
    ground,
    health,
    home,
    indicators,
    map_page,
    media,
    people,
    quarantine,
    registers,
    replay,
    report,
    reports,
    scenes,
    visitors,
    wall,
)
from cockpit.pages.address import NoPage, Page, find
from store import demonstration
from store.databases import Databases


def pages(app: Dash, databases: Databases, mqtt_port: int) -> list[Page]:
    """Every page by the template of its path; also registers the callbacks that redraw a part of one."""
    return [
        Page("/", home.page(mqtt_port)),
        Page("/wall/{community}", wall.page(databases), replay.check(databases)),
        Page("/devices/{device}", device.page(app, databases), device.check(databases)),
        Page("/map", map_page.page, map_page.check(databases)),
        Page("/compare", compare.page(databases), compare.check),
        Page("/events", events.page(app, databases), events.check),
        Page("/events/{event}", event.page(databases), event.check(databases)),
        Page("/alarms", alarms.page, alarms.check),
        Page("/alarm-rules", alarm_rules.page),
        Page("/alarm-figures", alarm_figures.page),
        Page("/board", board.page),
        Page("/report", report.page),
        Page("/governance", governance.page),
        Page("/calendar", calendar.page, calendar.check),
        Page("/media", media.page),
        Page("/registers", registers.page, registers.check),
        Page("/figures", figures.page),
        Page("/scenes", scenes.page, scenes.check),
        Page("/indicators", indicators.page),
        Page("/visitors", visitors.page),
        Page("/counts", counts.page),
        Page("/forecast", forecast.page),
        Page("/festivals", festivals.page),
        Page("/reports", reports.page),
        Page("/displays", displays.page),
        Page("/health", health.page),
        Page("/people", people.page),
        Page("/quarantine", quarantine.page(databases)),
        Page("/ground", ground.page(databases)),
    ]


def register(app: Dash, known: Sequence[Page], databases: Databases) -> None:
    """Give the application its pages; each address is laid out when a browser asks for it.

    The page that asks is named by Referer, so its layout is Dash's first answer and not a second one.
    """

    def page(pathname: str, search: str) -> Any:
        access.check_address(pathname, search)
        try:
            found = find(known, pathname, search)
            access.check_page(found.key, found.asked.get("community"))
            with frame.of_demonstration(_is_demonstration(databases)):
                return found.laid_out()
        except NoPage as error:
            return frame.unknown(error)

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


def _is_demonstration(databases: Databases) -> bool:
    for engine in databases.all:
        with engine.connect() as connection:
            if demonstration.began(connection) is not None:
                return True
    return False
