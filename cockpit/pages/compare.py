"""Two times side by side: two maps that move together, and what differs between them in figures."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import html
from sqlalchemy import Connection

from cockpit.ground import rollup
from cockpit.pages import frame
from cockpit.pages.address import instant_of
from geo.communities import Community
from layers.declare import layers
from sensors.metrics import metrics
from sensors.readings.summary import SHOWN
from store.databases import Databases
from store.instant import SHANGHAI, Instant, format_rfc3339, from_datetime, now, to_datetime
from store.language import named, say

DAY = timedelta(days=1)
FIELD = "%Y-%m-%dT%H:%M"
"""What a browser's field for date and time holds, in Asia/Shanghai."""


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/compare``; ``a`` and ``b`` are local times, yesterday and now where they are left out."""

    def layout(
        community: str | None = None,
        theme: str | None = None,
        a: str | None = None,
        b: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        present = to_datetime(now()).astimezone(SHANGHAI)
        times = _time(a, present - DAY), _time(b, present)
        look = frame.theme_of(theme)
        content = [
            html.Section(
                [_form(times), *(_frame(found, look, at, side) for at, side in zip(times, "ab", strict=True))]
            ),
            html.Section([html.H2(say("两个时刻的差别")), _differences(databases, found, times)], className="panel"),
        ]
        return frame.desk(found, "compare", content, theme=look)

    return layout


def check(a: str | None = None, b: str | None = None, **_other: str) -> None:
    """Whether both times can be read and are past."""
    for text in filter(None, (a, b)):
        instant_of(text)


def _time(text: str | None, otherwise: datetime) -> Instant:
    return instant_of(text) if text else from_datetime(otherwise)


def _local(at: Instant, form: str) -> str:
    return to_datetime(at).astimezone(SHANGHAI).strftime(form)


def _form(times: tuple[Instant, Instant]) -> Any:
    values = {f"data-{side}": _local(at, FIELD) for side, at in zip("ab", times, strict=True)}
    return html.Div([], className="actions", **{"data-compare-form": "", **values})


def _frame(community: Community, theme: str, at: Instant, side: str) -> Any:
    query = {"community": community.code, "theme": theme, "at": format_rfc3339(at), "framed": "1"}
    title = _local(at, "%m-%d %H:%M")
    return html.Figure(
        [
            html.Figcaption(title),
            html.Iframe(
                src=f"/map?{urlencode(query)}", title=say("地图 {title}", title=title), **{"data-compare-map": side}
            ),
        ]
    )


def _differences(databases: Databases, community: Community, times: tuple[Instant, Instant]) -> Any:
    with databases.of(community.code).connect() as connection:
        found = [rollup.located(connection, community.code, at) for at in times]
        areas = [_areas(connection, community.code, at) for at in times]
    sums = [rollup.along_places(community.code, one) for one in found]
    columns = [sums[0].values[0].tolist(), sums[1].values[0].tolist()]
    totals = [
        html.Tr(
            [
                html.Th(_headed(named(figure), named(figure, "unit"))),
                html.Td(_pair(first, second)),
            ]
        )
        for figure, first, second in zip(sums[0].figures, *columns, strict=True)
    ]
    measured = [code for code in SHOWN if any(code in metrics for side in areas for _, metrics in side.values())]
    names = [name for name, _ in areas[0].values()]
    means = [
        html.Tr(
            [
                html.Th(_headed(named(metrics()[code]), named(metrics()[code], "label"))),
                *(html.Td(_pair(*(side[area][1].get(code) for side in areas))) for area in areas[0]),
            ]
        )
        for code in measured
    ]
    tables = [(say("全社区"), [say("变化")], totals)] + ([(say("片区均值"), names, means)] if means else [])
    return html.Div([_table(title, heads, body) for title, heads, body in tables], className="scroll")


def _table(title: str, heads: list[str], body: list[Any]) -> Any:
    head = html.Thead(html.Tr([html.Th(name) for name in (title, *heads)]))
    return html.Table([head, html.Tbody(body)], className="differences")


def _areas(connection: Connection, community: str, at: Instant) -> dict[str, tuple[str, dict[str, float]]]:
    """area -> its name, and the mean of each metric."""
    layer = next(layer for layer in layers() if layer.code == "areas")
    return {
        code: (named(area), {metric: mean["value"] for metric, mean in area["metrics"].items()})
        for code, area in layer.records(connection, community, None, at).items()
    }


def _headed(name: str, unit: str) -> str:
    return say("{name}（{unit}）", name=name, unit=unit) if unit else name


def _pair(first: float | None, second: float | None) -> str:
    return f"{_word(first)} → {_word(second)}{_change(first, second)}"


def _word(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}".removesuffix(".0").replace(",", "\u202f")


def _change(first: float | None, second: float | None) -> str:
    if first is None or second is None:
        return ""
    difference = round(second - first, 1)
    return (
        say("（不变）")
        if difference == 0
        else say("（{n}{difference}）", n="+" if difference > 0 else "−", difference=_word(abs(difference)))
    )
