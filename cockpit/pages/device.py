"""A device's page: what it is, what it says now, its past as a chart, and what a manager does with it."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html
from sqlalchemy import Engine

from cockpit import access
from cockpit.pages import frame
from cockpit.pages.address import NoPage
from geo.communities import communities
from geo.communities import community as community_of
from geo.ground import place
from sensors.devices import registry
from sensors.devices.kinds import kind_name, kinds
from sensors.devices.registry import Device
from sensors.readings import history
from sensors.replay.sources import source_words
from store.databases import Databases
from store.instant import SHANGHAI, Instant, to_datetime
from store.language import marked, named, say

SPANS = {"day": marked("24 小时"), "week": marked("7 天"), "month": marked("30 天"), "year": marked("一年")}
FIRST_SPAN = "day"


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/devices/{id}``; scripts draw its chart and what is done with it."""

    def layout(device: str = "", theme: str | None = None, at: str | None = None, **_other: str) -> Any:
        found = _one(databases, device)
        access.check_found("PAGE /devices/{device}", found.community)
        return _page(databases.of(found.community), found, frame.theme_of(theme), frame.past_of(at))

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


def _page(engine: Engine, device: Device, theme: str, past: dict[str, str]) -> Any:
    with engine.connect() as connection:
        measured = history.metrics_of(connection, device.id)
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
                html.Dl([part for name, value in _facts(device) for part in (html.Dt(name), html.Dd(value))]),
                html.P("", className="clock-note", hidden=True, **{"data-device-clock": ""}),
                frame.heading(say("最新读数"), "devices.latest"),
                html.Table([html.Tbody([], **{"data-device-latest": ""})], className="latest"),
                *([] if past else [*_commands(device), _kept(device)]),
            ],
            className="panel facts",
        ),
        _chart(measured),
    ]
    about = {"subject": device.name, "device": device.id}
    return frame.desk(community_of(device.community), "device", content, theme=theme, **about, **past)


def _facts(device: Device) -> list[tuple[str, str]]:
    site, room = (
        place(device.community, layer, code) if code else None
        for layer, code in (("sites", device.site), ("rooms", device.room))
    )
    facts = [
        (say("编号"), device.id),
        (say("类型"), kind_name(device.kind)),
        (say("位置"), _where(device)),
        (say("场所"), named(site) if site else ""),
        (say("房间"), named(room) if room else ""),
        (say("上报间隔"), say("{interval_s} 秒", interval_s=f"{device.interval_s:g}")),
        (say("编解码"), device.codec or say("按格式识别")),
        (say("网关"), device.gateway or ""),
        (say("来源"), source_words(device.source) if device.source else say("传感器")),
        (say("登记于"), _date(device.created)),
        (say("硬件更换于"), _date(device.hardware_since) if device.hardware_since else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _where(device: Device) -> str:
    """The area, and the position with its system; that it has none is said."""
    if device.lon is None or device.lat is None:
        return say("▲ 没有位置，地图上看不到")
    area = place(device.community, "areas", device.area) if device.area else None
    name = named(area) if area else say("片区之外")
    return say("{area} · {lon}，{lat}（CGCS2000）", area=name, lon=f"{device.lon:.5f}", lat=f"{device.lat:.5f}")


def _date(at: Instant) -> str:
    return to_datetime(at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _chart(measured: list[str]) -> Any:
    """The chart's place, with what the device has ever measured; the script draws it."""
    spans = [
        html.Button(
            say(name),
            type="button",
            className="tap",
            **{"data-span": code, "aria-pressed": str(code == FIRST_SPAN).lower()},
        )
        for code, name in SPANS.items()
    ]
    return html.Section(
        [
            html.Div(
                [
                    frame.heading(say("历史"), "devices.history"),
                    html.Div(spans, className="choice", role="group", **{"aria-label": say("时段")}),
                    html.Div([], className="choice", role="group", **{"aria-label": say("测量项"), "data-series": ""}),
                ],
                className="chart-head",
            ),
            html.Div(
                html.Div([], **{"data-plot": ""}),
                id="device-chart",
                className="device-chart",
                **{"data-measured": msgspec.json.encode(measured).decode()},
            ),
            html.P("", className="second chart-note", role="status", **{"data-chart-note": ""}),
            html.Div([], className="actions chart-tools", **{"data-chart-tools": ""}),
        ],
        className="panel chart-panel",
    )


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


def _kept(device: Device) -> Any:
    """Its alarms, refused messages, words and credentials: for those who work there; the script fills it."""
    sample = kinds()[device.kind].sample
    return html.Div([], className="kept", **{"data-kept-device": sample})
