"""A device's page: what it is, what it says now, and its last 24 hours as a chart."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, dcc, html
from sqlalchemy import Engine

from cockpit.pages import frame
from geo.communities import community as community_of
from layers.look import LIGHT, TOKENS
from sensors import history, registry
from sensors.kinds import kind_name, kinds
from sensors.metrics import metrics
from sensors.registry import STALE_AFTER_INTERVALS, Device
from store.databases import Databases
from store.instant import DAY, MINUTE, SECOND, SHANGHAI, Instant, now, to_datetime

MAX_POINTS = 5_000
"""Above it the chart shows the means of minutes."""


def page(app: Dash, databases: Databases) -> Callable[..., Any]:
    """The layout of ``/devices/{id}``; also registers what redraws its chart."""

    def layout(device: str = "", theme: str | None = None, **_other: str) -> Any:
        found = _find(databases, device)
        if found is None:
            return frame.unknown(f"没有设备 {device!r}")
        engine = databases.of(found.community)
        with engine.connect() as connection:
            measured = history.metrics_of(connection, device)
        return _page(engine, found, measured, frame.theme_of(theme))

    @app.callback(
        Output("device-chart", "figure"),
        Input("device-metric", "value"),
        State("cockpit", "data-device"),
        State("cockpit", "data-theme"),
        prevent_initial_call=True,
    )
    def redraw(metric: str, device: str, theme: str) -> go.Figure:
        found = _find(databases, device)
        return (
            chart(databases.of(found.community), found, metric, theme)
            if found is not None
            else _without_readings(theme)
        )

    return layout


def _find(databases: Databases, device: str) -> Device | None:
    """A device, whichever database it stands in."""
    for engine in databases.all:
        with engine.connect() as connection:
            for found in registry.read_all(connection, ids=[device]):
                return found
    return None


def _page(engine: Engine, device: Device, measured: list[str], theme: str) -> Any:
    known = metrics()
    options = [{"label": known[code].name if code in known else code, "value": code} for code in measured]
    first = measured[0] if measured else None
    facts = [
        ("编号", device.id),
        ("类型", kind_name(device.kind)),
        ("上报间隔", f"{device.interval_s:g} 秒"),
        ("编解码", device.codec or "按格式识别"),
        ("来源", f"回放 · {device.source}" if device.source else "传感器"),
    ]
    content = [
        html.Section(
            [
                html.H2([device.name, html.Span("", className="status", **{"data-device-status": ""})]),
                html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))]),
                html.P("", className="clock-note", hidden=True, **{"data-device-clock": ""}),
                html.Table([html.Tbody([], **{"data-device-latest": ""})], className="latest"),
                *_commands(device),
            ],
            className="panel facts",
        ),
        html.Section(
            [
                html.Div(
                    [
                        html.H2("近 24 小时"),
                        dcc.RadioItems(options, first, id="device-metric", className="choice", inline=True),
                    ],
                    className="chart-head",
                ),
                dcc.Graph(
                    id="device-chart",
                    figure=chart(engine, device, first, theme) if first else _without_readings(theme),
                    responsive=True,
                    config={"displayModeBar": False},
                    className="device-chart",
                ),
            ],
            className="panel chart-panel",
        ),
    ]
    return frame.desk(community_of(device.community), "device", content, theme=theme, device=device.id)


def _commands(device: Device) -> list[Any]:
    """The commands that the device takes, and those that it was given; nothing for a kind that takes none."""
    known = kinds()[device.kind].commands
    if not known:
        return []
    described = msgspec.json.encode(known).decode()
    return [
        html.H2("指令"),
        html.Div([], className="commands", **{"data-command-forms": described}),
        html.Div(
            [frame.token_field(), html.Span("", className="outcome", role="status", **{"data-outcome": ""})],
            className="actions",
        ),
        html.Table([html.Tbody([], **{"data-commands-given": described})], className="given"),
    ]


def chart(engine: Engine, device: Device, metric: str, theme: str) -> go.Figure:
    """The last 24 hours of a metric in local time; lines break where readings are missing."""
    until = now()
    with engine.connect() as connection:
        found = history.history(connection, device.id, metric, until - DAY, until + DAY, MAX_POINTS + 1)
        if len(found) > MAX_POINTS:
            steps = history.aggregate(connection, device.id, metric, until - DAY, until, MINUTE, MAX_POINTS)
            points = [(row.ts, row.mean) for row in reversed(steps)]
        else:
            points = [(one.ts, one.value) for one in reversed(found)]
    known = metrics().get(metric)
    x, y = _with_gaps(points, max(STALE_AFTER_INTERVALS * round(device.interval_s * SECOND), MINUTE * 2))
    label = f"{known.name}（{known.label}）" if known and known.label else known.name if known else metric
    plot = _empty(theme)
    plot.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines+markers" if len(points) < 200 else "lines",
            line={"color": _token("low", theme), "width": 1.5, "shape": "hv"},
            marker={"size": 4},
            connectgaps=False,
            hovertemplate="%{x|%m-%d %H:%M:%S}  %{y}<extra></extra>",
        )
    )
    plot.update_yaxes(title_text=label)
    return plot


def _with_gaps(points: list[tuple[Instant, Any]], longest: Instant) -> tuple[list[datetime | None], list[Any]]:
    x: list[datetime | None] = []
    y: list[Any] = []
    before: Instant | None = None
    for ts, value in points:
        # Hourly history beside live readings is no gap; a silence within live readings is.
        if before is not None and ts - before > max(longest, 61 * MINUTE):
            x.append(None)
            y.append(None)
        # Plotly shows what it is given: local time without a zone.
        x.append(to_datetime(ts).astimezone(SHANGHAI).replace(tzinfo=None))
        y.append(value)
        before = ts
    return x, y


def _empty(theme: str) -> go.Figure:
    plot = go.Figure()
    axis = {"gridcolor": _token("line", theme), "zeroline": False, "linecolor": _token("line", theme)}
    plot.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={
            "color": _token("second", theme),
            "size": 14,
            "family": "Noto Sans CJK SC, PingFang SC, sans-serif",
        },
        margin={"l": 64, "r": 16, "t": 12, "b": 40},
        showlegend=False,
        xaxis={**axis, "type": "date", "tickformat": "%H:%M\n%m-%d"},
        yaxis=axis,
    )
    return plot


def _without_readings(theme: str) -> go.Figure:
    plot = _empty(theme)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.add_annotation(text="还没有读数", showarrow=False, font={"size": 20, "color": _token("second", theme)})
    return plot


def _token(name: str, theme: str) -> str:
    return TOKENS[name] if theme == "dark" else LIGHT[TOKENS[name]]
