"""A device's page: what it is, what it says now, and its past as a chart."""

from collections.abc import Callable
from typing import Any

import msgspec
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, dcc, html
from sqlalchemy import Engine

from cockpit import access
from cockpit.pages import frame
from cockpit.pages.address import NoPage
from cockpit.pages.choices import buttons
from cockpit.pages.device_chart import FIRST_SPAN, SPANS, chart, without_readings
from geo.communities import communities
from geo.communities import community as community_of
from sensors.devices import registry
from sensors.devices.kinds import kind_name, kinds
from sensors.devices.registry import Device
from sensors.metrics import metrics
from sensors.readings import history
from sensors.replay.sources import source_words
from store.databases import Databases
from store.language import named, say


def page(app: Dash, databases: Databases) -> Callable[..., Any]:
    """The layout of ``/devices/{id}``; also registers what redraws its chart."""

    def layout(device: str = "", theme: str | None = None, at: str | None = None, **_other: str) -> Any:
        found = _one(databases, device)
        access.check_found("PAGE /devices/{device}", found.community)
        engine = databases.of(found.community)
        with engine.connect() as connection:
            measured = history.metrics_of(connection, device)
        return _page(engine, found, measured, frame.theme_of(theme), frame.past_of(at))

    @app.callback(
        Output("device-chart", "figure"),
        Input("device-metric", "data"),
        Input("device-span", "data"),
        State("cockpit", "data-device"),
        State("cockpit", "data-theme"),
        State("cockpit", "data-at"),
        prevent_initial_call=True,
    )
    def redraw(metric: str, span: str, device: str, theme: str, at_ms: str | None) -> go.Figure:
        found = _find(databases, device)
        if found is None or metric is None or span not in SPANS:
            return without_readings(theme)
        access.check_found("CALLBACK device-chart.figure", found.community)
        return chart(databases.of(found.community), found, metric, span, theme, frame.at_of(at_ms))

    return layout


def check(databases: Databases) -> Callable[..., None]:
    """Whether there is such a device, and who asks may see it."""

    def known(device: str, **_other: str) -> None:
        access.check_found("PAGE /devices/{device}", _one(databases, device).community)

    return known


def _one(databases: Databases, device: str) -> Device:
    found = _find(databases, device)
    if found is None:
        raise NoPage(say("没有设备「{device}」", device=device[:64]))
    return found


def _find(databases: Databases, device: str) -> Device | None:
    """A device, whichever database it stands in; None too where its community's folder was taken away."""
    for engine in databases.all:
        with engine.connect() as connection:
            for found in registry.read_all(connection, ids=[device]):
                return found if found.community in communities() else None
    return None


def _page(engine: Engine, device: Device, measured: list[str], theme: str, past: dict[str, str]) -> Any:
    known = metrics()
    options = {code: named(known[code]) if code in known else code for code in measured}
    first = measured[0] if measured else None
    spans = {code: say(span.name) for code, span in SPANS.items()}
    facts = [
        (say("编号"), device.id),
        (say("类型"), kind_name(device.kind)),
        (say("上报间隔"), say("{interval_s} 秒", interval_s=f"{device.interval_s:g}")),
        (say("编解码"), device.codec or say("按格式识别")),
        (say("来源"), source_words(device.source) if device.source else say("传感器")),
    ]
    content = [
        html.Section(
            [
                html.Div(
                    [
                        html.H2([device.name, html.Span("", className="status", **{"data-device-status": ""})]),
                        frame.help_of("devices.state"),
                    ],
                    className="heading",
                ),
                html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))]),
                html.P("", className="clock-note", hidden=True, **{"data-device-clock": ""}),
                frame.heading(say("最新读数"), "devices.latest"),
                html.Table([html.Tbody([], **{"data-device-latest": ""})], className="latest"),
                *([] if past else _commands(device)),
            ],
            className="panel facts",
        ),
        html.Section(
            [
                html.Div(
                    [
                        frame.heading(say("历史"), "devices.history"),
                        *buttons("device-span", say("时段"), spans, FIRST_SPAN),
                        *buttons("device-metric", say("测量项"), options, first),
                    ],
                    className="chart-head",
                ),
                dcc.Graph(
                    id="device-chart",
                    figure=chart(engine, device, first, FIRST_SPAN, theme, frame.at_of(past.get("at")))
                    if first
                    else without_readings(theme),
                    responsive=True,
                    config={"displayModeBar": False},
                    className="device-chart",
                ),
            ],
            className="panel chart-panel",
        ),
    ]
    return frame.desk(community_of(device.community), "device", content, theme=theme, device=device.id, **past)


def _commands(device: Device) -> list[Any]:
    """The commands that the device takes, and those that it was given; nothing for a kind that takes none."""
    known = kinds()[device.kind].commands
    if not known:
        return []
    described = msgspec.json.encode(known).decode()
    return [
        html.H2(say("指令")),
        html.Div([], className="commands", **{"data-command-forms": described}),
        html.Div(
            [html.Span("", className="outcome", role="status", **{"data-outcome": ""})],
            className="actions",
        ),
        html.Table([html.Tbody([], **{"data-commands-given": described})], className="given"),
    ]
