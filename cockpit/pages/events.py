"""The list of grid events, with filters; what changes comes in by the live channel."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, dcc, html
from sqlalchemy import Engine

from cockpit import access
from cockpit.pages import frame
from cockpit.pages.address import NoPage
from cockpit.pages.choices import select
from cockpit.pages.table import table
from geo.communities import Community
from geo.ground import places
from layers.grid_events import queries
from layers.grid_events.asked import words_of
from layers.grid_events.rules import OPEN, SEVERITIES, UNASSIGNED, categories, states
from layers.grid_events.told import category_name, source_word
from store.databases import Databases
from store.instant import MILLISECOND, Instant, format_rfc3339
from store.language import marked, named, say

LIMIT = 500
FILTERS = {"state": "state", "severity": "severity", "category": "category", "area": "area", "words": "q"}
"""Filters of the page -> what the API calls them."""
Chosen = dict[str, str | None]
"""The filters of the page, by the names that the API gives them."""
FORMATS = {"xlsx": marked("导出 XLSX"), "csv": marked("导出 CSV")}
RANK = {code: rank for rank, code in enumerate(SEVERITIES, 1)}
COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "severity", "headerName": marked("级别"), "cellRenderer": "EventSeverity", "width": 132},
    {
        "field": "title",
        "headerName": marked("标题"),
        "cellRenderer": "EventLink",
        "flex": 3,
        "minWidth": 200,
        "tooltipField": "detail",
    },
    {"field": "category", "headerName": marked("类别"), "flex": 1, "minWidth": 150},
    {"field": "area", "headerName": marked("片区"), "flex": 1, "minWidth": 136},
    {"field": "state_name", "headerName": marked("状态"), "width": 134},
    {"field": "occurred", "headerName": marked("发生时间"), "cellRenderer": "LocalTime", "minWidth": 150},
    {"field": "source", "headerName": marked("来源"), "flex": 1, "minWidth": 130},
    {"field": "id", "headerName": marked("编号"), "minWidth": 180},
)


def page(app: Dash, databases: Databases) -> Callable[..., Any]:
    """The layout of ``/events``; also registers its filters."""

    def layout(
        community: str | None = None,
        theme: str | None = None,
        at: str | None = None,
        state: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        return _page(databases.of(found.code), found, frame.theme_of(theme), frame.past_of(at), state or OPEN)

    filters = [Input(f"events-{name}", "value" if name == "words" else "data") for name in FILTERS]
    place = [State("cockpit", "data-community"), State("cockpit", "data-at")]

    @app.callback(Output("events-table", "rowData"), *filters, *place, prevent_initial_call=True)
    def choose(*given: str | None) -> list[dict[str, Any]]:
        *values, community, at_ms = given
        access.check_found("CALLBACK events-table.rowData", community or "")
        return rows(databases.of(community or ""), community or "", _chosen(values), frame.at_of(at_ms))

    @app.callback(Output("events-downloads", "children"), *filters, *place, prevent_initial_call=True)
    def export(*given: str | None) -> list[Any]:
        *values, community, at_ms = given
        access.check_found("CALLBACK events-downloads.children", community or "")
        return _links(community or "", _chosen(values), frame.at_of(at_ms))

    return layout


def _chosen(values: Sequence[str | None]) -> Chosen:
    return dict(zip(FILTERS.values(), values, strict=True))


def check(state: str | None = None, **_other: str) -> None:
    """Refuse an address that asks for a state that is none."""
    if state is not None and state not in _states():
        raise NoPage(say("没有状态「{state}」；可选：{known}", state=state[:20], known=say("、").join(_states())), 400)


def _states() -> dict[str, str]:
    return {OPEN: say("未结"), UNASSIGNED: say("未指派")} | {code: named(state) for code, state in states().items()}


def _page(engine: Engine, community: Community, theme: str, past: dict[str, str], state: str) -> Any:
    at = frame.at_of(past.get("at"))
    severities = {code: named(row) for code, row in SEVERITIES.items()}
    kinds = {code: named(row) for code, row in categories().items()}
    areas = {place.code: named(place) for place in places(community.code, "areas")}
    filters = [
        *select("events-state", say("状态"), say("全部"), _states(), state),
        *select("events-severity", say("级别"), say("全部"), severities, None),
        *select("events-category", say("类别"), say("全部"), kinds, None),
        *select("events-area", say("片区"), say("全部"), areas, None),
    ]
    words = dcc.Input(id="events-words", placeholder=say("标题、说明或编号"), debounce=0.4, maxLength=100)
    filters.append(html.Label([say("搜索"), words]))
    found = rows(engine, community.code, {"state": state}, at)
    none, height = say("没有符合条件的事件"), "calc(100vh - 272px)"
    content = [
        html.Section(
            [
                html.H2(say("网格事件")),
                html.Div([*filters, _downloads(community, {"state": state}, at)], className="filters"),
                table("events-table", COLUMNS, found, none, height),
                html.P(say("最多显示最新 {limit} 件；导出包含符合条件的全部", limit=LIMIT), className="second"),
            ],
            className="panel",
        )
    ]
    return frame.desk(community, "events", content, theme=theme, **past)


def _downloads(community: Community, chosen: Chosen, at: Instant | None) -> Any:
    links = _links(community.code, chosen, at)
    role = {"data-least-role": "steward"}
    return html.Div(links, id="events-downloads", className="downloads", **role, hidden=True)


def _links(community: str, chosen: Chosen, at: Instant | None) -> list[Any]:
    """Where the list as it is filtered is exported, in each format; the script adds how it is sorted."""
    then = {} if at is None else {"at": format_rfc3339(at)}
    asked = {name: value for name, value in chosen.items() if value} | then
    path = f"/api/v1/{community}/events/export?"
    return [
        html.A(say(name), id=f"events-{form}", href=path + urlencode({"format": form} | asked))
        for form, name in FORMATS.items()
    ]


def rows(engine: Engine, community: str, chosen: Chosen, at: Instant | None) -> list[dict[str, Any]]:
    """The newest events that the filters let through, as they stood at a time."""
    state, severity = chosen.get("state"), chosen.get("severity")
    wanted = queries.Filter(
        state=[state] if state else (),
        severity=[severity] if severity else (),
        category=chosen.get("category"),
        area=chosen.get("area"),
        words=words_of(chosen.get("q")),
    )
    with engine.connect() as connection:
        found = queries.find(connection, community, wanted, at=at, limit=LIMIT)
    names = {place.code: named(place) for place in places(community, "areas")}
    return [
        {
            "id": row.id,
            "severity": RANK[row.severity],
            "title": row.title,
            "detail": row.detail,
            "category": category_name(row),
            "area": names.get(row.area, "—"),
            "state_name": named(states()[row.state]),
            "occurred": row.occurred // MILLISECOND,
            "source": source_word(row.source),
        }
        for row in found
    ]
