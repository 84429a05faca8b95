"""The pages: the wall, and the manager's pages. A page is laid out here and kept by assets/js."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from dash import Dash, Input, Output, dcc, html

from cockpit import access
from cockpit.demonstration.api import filling
from cockpit.pages import (
    account,
    alarm_figures,
    alarm_rules,
    alarms,
    board,
    brief,
    calendar,
    compare,
    counts,
    device,
    device_registration,
    devices,
    displays,
    event,
    events,
    festivals,
    figures,
    first_hour,
    forecast,
    frame,
    governance,
    ground,
    health,
    home,
    indicators,
    map_page,
    media,
    moment,
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
from sensors.codecs.installed import Codecs
from store import demonstration
from store.databases import Databases
from store.language import marked


def pages(databases: Databases, mqtt_port: int, codecs: Codecs) -> list[Page]:
    """Every page by the template of its path."""
    return [
        Page("/", home.page(mqtt_port)),
        Page("/wall/{community}", wall.page(databases), replay.check(databases)),
        Page("/devices", devices.page, devices.check),
        Page("/devices/{device}", device.page(databases), device.check(databases)),
        Page(
            "/device-registration",
            device_registration.page(databases, codecs),
            device_registration.check(databases),
            present=marked("登记和修改的是现在的设备"),
        ),
        Page("/brief", brief.page),
        Page("/map", map_page.page, map_page.check(databases)),
        Page("/compare", compare.page(databases), compare.check, present=marked("它对比的是自己选的两个时刻")),
        Page("/events", events.page, events.check),
        Page("/events/{event}", event.page(databases), event.check(databases)),
        Page("/alarms", alarms.page, alarms.check),
        Page("/alarm-rules", alarm_rules.page),
        Page("/alarm-figures", alarm_figures.page),
        Page("/board", board.page),
        Page("/report", report.page, present=marked("上报和办理的是现在的事")),
        Page("/governance", governance.page, governance.check),
        Page("/calendar", calendar.page, calendar.check),
        Page("/media", media.page),
        Page("/registers", registers.page, registers.check),
        Page("/figures", figures.page),
        Page("/scenes", scenes.page, scenes.check),
        Page("/indicators", indicators.page),
        Page("/visitors", visitors.page),
        Page("/counts", counts.page, present=marked("核对的是现在的客流")),
        Page("/forecast", forecast.page),
        Page("/festivals", festivals.page),
        Page("/reports", reports.page, present=marked("每份报告有自己的期间和时刻")),
        Page("/displays", displays.page, present=marked("管的是现在亮着的屏")),
        Page("/health", health.page, present=marked("看的是系统现在的状况")),
        Page("/people", people.page, present=marked("名册和权限只有现在的")),
        Page("/account", account.page, present=marked("账号只有现在的")),
        Page("/first-hour", first_hour.page, present=marked("清单说的是现在走到了哪一步")),
        Page("/quarantine", quarantine.page(databases), present=marked("处理的是现在还没有处置的消息")),
        Page("/ground", ground.page(databases), ground.check, present=marked("地图底图只有现在的，旧版本列在页上")),
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
            shown = moment.on_page(known, found.key.removeprefix("PAGE "))
            is_one = _is_demonstration(databases)
            with frame.of_demonstration(is_one, filling(databases) if is_one else None), shown:
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
