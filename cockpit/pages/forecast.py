"""The forecast of visitors (客流预测): the next 3 hours of each site, and how far forecasts lay from what came."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from geo.ground import Place
from layers.visitors.forecast.measure import BASELINE, MODEL
from layers.visitors.forecast.recorded import recorded
from layers.visitors.forecast.rules import rules
from layers.visitors.queries import counted_sites
from sensors.replay.sources import source_name
from store.language import named, say


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/forecast``; the script asks the API for each site, again every few minutes."""
    known = frame.known_community(community)
    words = {"models": {code: named(row) for code, row in rules().model.items()}, "minutes": rules().kept_minutes}
    sites = [_site(site) for site in counted_sites(known.code)]
    body = html.Div(
        [_told(), *sites, _recorded({site.code: named(site) for site in counted_sites(known.code)})],
        className="sheets",
        **{"data-words": msgspec.json.encode(words).decode()},
    )
    return frame.desk(known, "forecast", [body], theme=frame.theme_of(theme), **frame.past_of(at))


def _told() -> Any:
    known = rules()
    text = say(
        "预测未来 3 小时的在场人数，每 {kept_minutes} 分钟一次："
        "按同类日（工作日、周末、节假日、节会，含调休）的逐时廓线，乘以今天的热度。"
        "区间按留出日的误差给出，目标覆盖 {interval}。"
        "旁边是基线：上周同时的人数。"
        "两者谁在留出日误差小就用谁。"
        "有计数的日子不足 {least_days} 天时不预测。",
        kept_minutes=known.kept_minutes,
        interval=f"{known.interval:.0%}",
        least_days=known.least_days,
    )
    return html.Section([html.P(text, className="second")], className="panel overview")


def _site(site: Place) -> Any:
    return html.Section(
        [
            html.Header(
                [
                    html.H2(named(site)),
                    frame.help_of("forecast.chart"),
                    html.Span("", className="note", **{"data-forecast-model": ""}),
                ]
            ),
            html.P("", className="forecast-warning", role="status", **{"data-forecast-warning": ""}),
            html.P("", className="second", **{"data-forecast-source": ""}),
            html.Div(
                [
                    html.Div(className="forecast-chart", **{"data-forecast-chart": ""}),
                    html.Div(className="wide", **{"data-forecast-errors": ""}),
                ],
                className="forecast-body",
            ),
        ],
        className="panel overview",
        **{"data-forecast-site": site.code},
    )


def _recorded(names: dict[str, str]) -> Any:
    """The errors on the packaged recording, by site and horizon."""
    found = recorded()
    head = (
        say("记录"),
        say("提前"),
        say("模型误差（人）"),
        say("基线误差（人）"),
        say("模型区间覆盖"),
        say("基线区间覆盖"),
        say("小时数"),
        say("较优"),
    )
    rows = [
        html.Tr(
            [
                html.Td(say("扮演{site}的计数器", site=names.get(site["site"], site["site"]))),
                html.Td(say("{hours} 小时", hours=row["hours"])),
                *(html.Td(f"{row[model]['mae']:,.0f}".replace(",", "\u202f")) for model in (MODEL, BASELINE)),
                *(html.Td(f"{row[model]['coverage']:.0%}") for model in (MODEL, BASELINE)),
                html.Td(str(row["n"])),
                html.Td(say("模型") if row[MODEL]["mae"] < row[BASELINE]["mae"] else say("基线")),
            ]
        )
        for site in found["sites"]
        for row in site["horizons"]
    ]
    table = html.Table([html.Thead(html.Tr([html.Th(name) for name in head])), html.Tbody(rows)], className="figures")
    note = say(
        "用随附的录制数据"
        "（{source}，真实街道计数，未缩放）逐时滚动回测，留出 {begins} 至 {ends}，误差为平均绝对误差。"
        "进入人数是实测的；停留时长是假定的，因此提前 1、2 小时的误差会偏小。",
        source=source_name(found["source"]),
        begins=found["sites"][0]["from"],
        ends=found["sites"][0]["to"],
    )
    content = [html.Header([html.H2(say("随附录制数据的回测"))]), html.P(note, className="second")]
    return html.Section([*content, html.Div(table, className="wide")], className="panel overview")
