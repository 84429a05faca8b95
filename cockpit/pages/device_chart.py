"""A device's chart: single readings of a day, means of hours or days of a longer span."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
from sqlalchemy import Engine

from layers.look import LIGHT, TOKENS
from sensors.devices.registry import STALE_AFTER_INTERVALS, Device
from sensors.metrics import metrics
from sensors.readings import history
from store.instant import DAY, HOUR, MINUTE, SECOND, SHANGHAI, Instant, now, to_datetime
from store.language import marked, named, say

MAX_POINTS = 5_000
"""Above it the chart of a day shows the means of minutes."""


@dataclass(frozen=True)
class Span:
    """How far back a chart reaches, and by which steps; None: single readings."""

    name: str
    length: Instant
    every: Instant | None
    ticks: str


SPANS = {
    "day": Span(marked("24 小时"), DAY, None, "%H:%M\n%m-%d"),
    "week": Span(marked("7 天"), 7 * DAY, HOUR, "%H:%M\n%m-%d"),
    "month": Span(marked("30 天"), 30 * DAY, HOUR, "%m-%d"),
    "year": Span(marked("一年"), 366 * DAY, DAY, "%Y-%m-%d"),
}
FIRST_SPAN = "day"
MEAN_HOVER = marked("%{x|%m-%d %H:%M}  均值 %{y:.4~g}，%{customdata[0]:.4~g} 至 %{customdata[1]:.4~g}<extra></extra>")


def chart(engine: Engine, device: Device, metric: str, span: str, theme: str, at: Instant | None = None) -> go.Figure:
    """A metric of a device in local time, up to now or a past time; lines break where readings are missing."""
    chosen = SPANS[span]
    known = metrics().get(metric)
    label = named(known) if known else metric
    if known and known.label:
        label = say("{name}（{unit}）", name=label, unit=named(known, "label"))
    plot = empty(theme, chosen.ticks)
    plot.update_yaxes(title_text=label)
    if chosen.every is None:
        _add_readings(plot, engine, device, metric, chosen.length, theme, at)
    else:
        _add_steps(plot, engine, device, metric, chosen.length, chosen.every, theme, at)
    # The whole span that was chosen, though there are readings of a part of it only; what comes is seen too.
    until = now() if at is None else at
    ends = [to_datetime(one).astimezone(SHANGHAI).replace(tzinfo=None) for one in (until - chosen.length, until)]
    plot.update_xaxes(autorangeoptions={"include": ends})
    return plot


def _add_readings(
    plot: go.Figure, engine: Engine, device: Device, metric: str, length: Instant, theme: str, at: Instant | None
) -> None:
    until = now() if at is None else at
    # A device's clock may run ahead: what it says of "now" is shown, of a past time it is not past.
    last = until + DAY if at is None else at
    with engine.connect() as connection:
        found = history.history(connection, device.id, metric, until - length, last, MAX_POINTS + 1)
        if len(found) > MAX_POINTS:
            steps = history.aggregate(connection, device.id, metric, until - length, until, MINUTE, MAX_POINTS)
            points = [(row.ts, row.mean) for row in reversed(steps)]
        else:
            points = [(one.ts, one.value) for one in reversed(found)]
    # Hourly history beside live readings is no gap; a silence within live readings is.
    longest = max(STALE_AFTER_INTERVALS * round(device.interval_s * SECOND), MINUTE * 2, 61 * MINUTE)
    x, y = _with_gaps([(ts, (value,)) for ts, value in points], longest)
    plot.add_trace(
        go.Scatter(
            x=x,
            y=[row[0] for row in y],
            mode="lines+markers" if len(points) < 200 else "lines",
            line={"color": token("low", theme), "width": 1.5, "shape": "hv"},
            marker={"size": 4},
            connectgaps=False,
            hovertemplate="%{x|%m-%d %H:%M:%S}  %{y}<extra></extra>",
        )
    )


def _add_steps(
    plot: go.Figure,
    engine: Engine,
    device: Device,
    metric: str,
    length: Instant,
    every: Instant,
    theme: str,
    at: Instant | None,
) -> None:
    until = now() if at is None else at
    with engine.connect() as connection:
        steps = history.aggregate(connection, device.id, metric, until - length, until, every, MAX_POINTS * 2)
    if at is not None:
        # A step that was not over yet holds what came later.
        steps = [row for row in steps if row.ts + every <= at]
    x, y = _with_gaps([(row.ts, (row.mean, row.low, row.high)) for row in reversed(steps)], every * 3 // 2)
    line = {"shape": "hv", "width": 0}
    band = {"x": x, "mode": "lines", "hoverinfo": "skip", "connectgaps": False}
    plot.add_trace(go.Scatter(y=[row[2] for row in y], line=line, **band))
    plot.add_trace(go.Scatter(y=[row[1] for row in y], line=line, fill="tonexty", fillcolor=_faint(theme), **band))
    plot.add_trace(
        go.Scatter(
            x=x,
            y=[row[0] for row in y],
            customdata=[row[1:] for row in y],
            mode="lines",
            line={"color": token("low", theme), "width": 1.5, "shape": "hv"},
            connectgaps=False,
            hovertemplate=say(MEAN_HOVER),
        )
    )


Row = tuple[Any, ...]


def _with_gaps(points: list[tuple[Instant, Row]], longest: Instant) -> tuple[list[datetime | None], list[Row]]:
    x: list[datetime | None] = []
    y: list[Row] = []
    before: Instant | None = None
    for ts, values in points:
        if before is not None and ts - before > longest:
            x.append(None)
            y.append((None,) * len(values))
        # Plotly shows what it is given: local time without a zone.
        x.append(to_datetime(ts).astimezone(SHANGHAI).replace(tzinfo=None))
        y.append(values)
        before = ts
    return x, y


def _faint(theme: str) -> str:
    red, green, blue = (int(token("low", theme)[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def empty(theme: str, ticks: str = SPANS[FIRST_SPAN].ticks) -> go.Figure:
    """A figure in the theme, without a line."""
    plot = go.Figure()
    axis = {"gridcolor": token("line", theme), "zeroline": False, "linecolor": token("line", theme)}
    plot.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={
            "color": token("second", theme),
            "size": 14,
            "family": "Noto Sans CJK SC, PingFang SC, sans-serif",
        },
        margin={"l": 64, "r": 16, "t": 12, "b": 52},
        showlegend=False,
        xaxis={**axis, "type": "date", "tickformat": ticks, "ticklen": 10, "tickcolor": "rgba(0,0,0,0)"},
        yaxis=axis,
    )
    return plot


def without_readings(theme: str) -> go.Figure:
    """What stands in a chart's place while there is nothing to draw."""
    plot = empty(theme)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.add_annotation(text=say("还没有读数"), showarrow=False, font={"size": 20, "color": token("second", theme)})
    return plot


def token(name: str, theme: str) -> str:
    """A colour of the theme."""
    return TOKENS[name] if theme == "dark" else LIGHT[TOKENS[name]]
