"""The list of grid events, with filters; what changes comes in by the live channel."""

from collections.abc import Callable
from typing import Any

import dash_ag_grid as ag
from dash import Dash, Input, Output, State, dcc, html
from sqlalchemy import Engine

from cockpit import access
from cockpit.pages import frame
from geo.communities import Community
from geo.ground import places
from layers.grid_events import queries
from layers.grid_events.rules import SEVERITIES, categories, open_states, states
from store.databases import Databases
from store.instant import MILLISECOND, Instant, format_rfc3339

LIMIT = 500
OPEN = "open"
COLUMNS = (
    {"field": "severity", "headerName": "级别", "cellRenderer": "EventSeverity", "width": 90},
    {
        "field": "title",
        "headerName": "标题",
        "cellRenderer": "EventLink",
        "flex": 3,
        "minWidth": 200,
        "tooltipField": "detail",
    },
    {"field": "category", "headerName": "类别", "flex": 1, "minWidth": 110},
    {"field": "area", "headerName": "片区", "flex": 1, "minWidth": 90},
    {"field": "state_name", "headerName": "状态", "width": 90},
    {"field": "occurred", "headerName": "发生时间", "cellRenderer": "LocalTime", "minWidth": 150},
    {"field": "source", "headerName": "来源", "flex": 1, "minWidth": 130},
    {"field": "id", "headerName": "编号", "minWidth": 180},
)


def page(app: Dash, databases: Databases) -> Callable[..., Any]:
    """The layout of ``/events``; also registers its filters."""

    def layout(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
        found = frame.known_community(community)
        return _page(databases.of(found.code), found, frame.theme_of(theme), frame.past_of(at))

    @app.callback(
        Output("events-table", "rowData"),
        Input("events-state", "value"),
        Input("events-category", "value"),
        Input("events-area", "value"),
        State("cockpit", "data-community"),
        State("cockpit", "data-at"),
        prevent_initial_call=True,
    )
    def choose(
        state: str | None, category: str | None, area: str | None, community: str, at_ms: str | None
    ) -> list[dict[str, Any]]:
        access.check_found("CALLBACK events-table.rowData", community)
        return rows(databases.of(community), community, state, category, area, frame.at_of(at_ms))

    return layout


def _page(engine: Engine, community: Community, theme: str, past: dict[str, str]) -> Any:
    filters = [
        _choice("events-state", "状态", {OPEN: "未结", **{c: s.name for c, s in states().items()}}, OPEN),
        _choice("events-category", "类别", {code: row.name for code, row in categories().items()}, None),
        _choice("events-area", "片区", {place.code: place.name for place in places(community.code, "areas")}, None),
    ]
    table = ag.AgGrid(
        id="events-table",
        columnDefs=list(COLUMNS),
        rowData=rows(engine, community.code, OPEN, None, None, frame.at_of(past.get("at"))),
        getRowId="params.data.id",
        defaultColDef={"sortable": True, "resizable": True},
        dashGridOptions={
            "localeText": {"noRowsToShow": "没有符合条件的事件"},
            "animateRows": False,
            "suppressCellFocus": True,
        },
        style={"height": "calc(100vh - 190px)", "minHeight": "360px", "width": "100%"},
    )
    content = [
        html.Section(
            [html.H2("网格事件"), html.Div([*filters, _downloads(community, past)], className="filters"), table],
            className="panel",
        )
    ]
    return frame.desk(community, "events", content, theme=theme, **past)


def _downloads(community: Community, past: dict[str, str]) -> Any:
    path = f"/api/v1/{community.code}/events/export?format="
    at = frame.at_of(past.get("at"))
    then = "" if at is None else f"&at={format_rfc3339(at)}"
    links = [html.A(name, href=f"{path}{form}{then}") for form, name in (("xlsx", "导出 XLSX"), ("csv", "导出 CSV"))]
    return html.Div(links, className="downloads", **{"data-least-role": "steward"}, hidden=True)


def _choice(name: str, label: str, options: dict[str, str], value: str | None) -> Any:
    listed = [{"label": text, "value": code} for code, text in options.items()]
    return html.Label([label, dcc.Dropdown(listed, value, id=name, placeholder="全部", clearable=True)])


def rows(
    engine: Engine,
    community: str,
    state: str | None,
    category: str | None,
    area: str | None,
    at: Instant | None,
) -> list[dict[str, Any]]:
    """The newest events that the filters let through, as they stood at a time."""
    wanted = open_states() if state == OPEN else [state] if state else []
    with engine.connect() as connection:
        chosen = queries.Filter(state=wanted, category=category, area=area)
        found = queries.find(connection, community, chosen, at=at, limit=LIMIT)
    names = {place.code: place.name for place in places(community, "areas")}
    return [
        {
            "id": row.id,
            "severity": SEVERITIES[row.severity],
            "title": row.title,
            "detail": row.detail,
            "category": categories()[row.category].name,
            "area": names.get(row.area, "—"),
            "state_name": states()[row.state].name,
            "occurred": row.occurred // MILLISECOND,
            "source": f"回放 · {row.source}" if row.source else "上报",
        }
        for row in found
    ]
