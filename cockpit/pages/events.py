"""The list of grid events: what it is narrowed to stands in its address; the script asks the API for the rows."""

from typing import Any

from dash import html

from cockpit import access
from cockpit.pages import event, frame, narrowing
from cockpit.pages.narrowing import Narrower
from cockpit.pages.table import table
from geo.communities import Community
from geo.ground import places
from layers.grid_events.rules import GROUPS, NONE, OPEN, SEVERITIES, UNASSIGNED, VALID, categories, states
from layers.people import sees_people
from store.language import marked, named, say

FORMATS = {"xlsx": marked("导出 XLSX"), "csv": marked("导出 CSV")}
COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "severity", "headerName": marked("级别"), "cellRenderer": "EventSeverity", "width": 120},
    {
        "field": "title",
        "headerName": marked("标题"),
        "cellRenderer": "EventLink",
        "flex": 3,
        "minWidth": 200,
        "tooltipField": "detail",
    },
    {"field": "category", "headerName": marked("类别"), "flex": 1, "minWidth": 130},
    {"field": "area", "headerName": marked("片区"), "flex": 1, "minWidth": 120},
    {"field": "state_name", "headerName": marked("状态"), "width": 125},
    {"field": "due", "headerName": marked("期限"), "cellRenderer": "EventDue", "minWidth": 190},
    {"field": "assignee", "headerName": marked("派给"), "cellRenderer": "EventHolder", "minWidth": 120},
    {"field": "occurred", "headerName": marked("发生时间"), "cellRenderer": "LocalTime", "minWidth": 150},
    {"field": "source", "headerName": marked("来源"), "flex": 1, "minWidth": 120},
    {"field": "id", "headerName": marked("编号"), "minWidth": 180},
)
OF_PEOPLE = ("assignee",)
"""Columns that name people."""


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    state: str | None = None,
    severity: str | None = None,
    category: str | None = None,
    area: str | None = None,
    grid: str | None = None,
    assignee: str | None = None,
    reporter: str | None = None,
    overdue: str | None = None,
    from_: str | None = None,
    to: str | None = None,
    q: str | None = None,
    reported_from: str | None = None,
    reported_to: str | None = None,
    reached: str | None = None,
    reached_from: str | None = None,
    reached_to: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/events``; what else it may be asked is that which the script asks the API for."""
    found = frame.known_community(community)
    is_told = sees_people(access.asking(), found.code)
    columns = [one for one in COLUMNS if is_told or one["field"] not in OF_PEOPLE]
    content = [
        html.Section(
            [
                html.H2(say("网格事件")),
                narrowing.place(
                    narrowers(found), html.Div([], className="views", hidden=True, **{"data-views": ""}), _downloads()
                ),
                table("events-table", columns, say("没有符合条件的事件。放宽上方的条件再看"), "calc(100vh - 300px)"),
            ],
            className="panel",
        ),
        html.Div(className="batch", hidden=True, **{"data-batch": ""}),
    ]
    return frame.desk(found, "events", content, theme=frame.theme_of(theme), life=event.life(), **frame.past_of(at))


def check(community: str | None = None, **asked: str) -> None:
    """Refuse an address that asks for what there is not."""
    narrowing.given(narrowers(frame.known_community(community)), asked)


def narrowers(community: Community) -> list[Narrower]:
    """What the list can be narrowed by."""
    of_states = {OPEN: say("未结"), UNASSIGNED: say("未指派"), VALID: say("未作废")}
    of_states |= {code: named(one) for code, one in states().items()}
    nowhere = {NONE: say("未定位")}
    areas = {place.code: named(place) for place in places(community.code, "areas")}
    grids = {place.code: named(place) for place in places(community.code, "grids")}
    times = (
        ("reported_from", say("上报自")),
        ("reported_to", say("上报早于")),
        ("reached_from", say("到达自")),
        ("reached_to", say("到达早于")),
    )
    return [
        Narrower(code="state", name=say("状态"), kind="choice", options=of_states, fallback=OPEN),
        Narrower(
            code="severity",
            name=say("级别"),
            kind="choice",
            options={code: named(one) for code, one in SEVERITIES.items()},
        ),
        Narrower(code="category", name=say("类别"), kind="choice", options=_categories()),
        Narrower(code="area", name=say("片区"), kind="choice", options=areas | nowhere),
        Narrower(code="from", name=say("发生自"), kind="day"),
        Narrower(code="to", name=say("发生至"), kind="day"),
        Narrower(code="q", name=say("搜索"), kind="words", hint=say("标题、地点、编号、日期或人")),
        Narrower(
            code="overdue",
            name=say("逾期"),
            kind="choice",
            options={"true": say("已逾期"), "false": say("未逾期")},
        ),
        Narrower(code="grid", name=say("网格"), kind="given", options=grids | nowhere),
        Narrower(code="assignee", name=say("派给"), kind="given"),
        Narrower(code="reporter", name=say("上报人"), kind="given"),
        Narrower(
            code="reached",
            name=say("曾到"),
            kind="given",
            options={code: named(one) for code, one in states().items()},
        ),
        *(Narrower(code=code, name=name, kind="day", is_shown=False) for code, name in times),
    ]


def _categories() -> dict[str, str]:
    """Every group of categories, and then each category."""
    groups = {code: say("{group}（全部）", group=named(word)) for code, word in GROUPS.items()}
    return groups | {code: named(one) for code, one in categories().items()}


def _downloads() -> Any:
    links = [html.A(say(name), href="", id=f"events-{form}") for form, name in FORMATS.items()]
    return html.Div(links, id="events-downloads", className="downloads", **{"data-least-role": "steward"}, hidden=True)
