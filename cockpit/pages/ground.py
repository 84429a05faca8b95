"""The ground: look at a survey file on the map, take it, go back to an earlier version."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html
from sqlalchemy import Row

from cockpit import access
from cockpit.ground import map as base_map
from cockpit.pages import frame, narrowing
from cockpit.pages.narrowing import Narrower
from cockpit.pages.table import table
from geo import versions
from geo.communities import Community
from geo.crs import Crs
from geo.ground import is_surveyed, places, rows
from geo.survey.drivers import ENDINGS
from geo.survey_faults import rules
from layers.areas.listed import NONE, kind_names
from layers.people import told_to
from store.databases import Databases
from store.instant import SHANGHAI, to_datetime
from store.language import marked, named, say

LAYERS = {
    "areas": marked("片区"),
    "sites": marked("场所"),
    "buildings": marked("建筑"),
    "rooms": marked("房间"),
    "grids": marked("网格"),
    "facilities": marked("设施"),
    "ground": marked("道路水系"),
}
LISTED = ("buildings", "rooms", "facilities", "sites")
"""Layers whose places are listed one by one."""
COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "name", "headerName": marked("名称"), "flex": 2, "minWidth": 160},
    {"field": "kind", "headerName": marked("类型"), "flex": 1, "minWidth": 120},
    {"field": "area", "headerName": marked("片区"), "flex": 1, "minWidth": 120},
    {"field": "drawn", "headerName": marked("出处¦测绘"), "flex": 1, "minWidth": 130},
    {"field": "place", "headerName": marked("经纬度"), "minWidth": 190},
    {"field": "id", "headerName": marked("编号"), "flex": 1, "minWidth": 160},
)
SYSTEMS = {
    "": marked("按文件声明"),
    Crs.CGCS2000: marked("CGCS2000 经纬度"),
    Crs.CGCS2000_GK40: marked("CGCS2000 40 带（带号）"),
    Crs.CGCS2000_GK120: marked("CGCS2000 中央经线 120°"),
    Crs.WGS84: "WGS 84",
    Crs.GCJ02: marked("火星坐标 GCJ-02"),
    Crs.BD09: marked("百度坐标 BD-09"),
}


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/ground``."""

    def layout(
        community: str | None = None,
        theme: str | None = None,
        layer: str | None = None,
        kind: str | None = None,
        area: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        look = frame.theme_of(theme)
        with databases.of(found.code).connect() as connection:
            known = versions.known(connection, found.code)
        content = [
            html.Section([_form(), html.Div([], className="faults", **{"data-survey-report": ""})], className="panel"),
            html.Section([base_map.graph(found, look), frame.ground_note(found)], className="map-frame"),
            _places(found),
            html.Section([html.H2(say("版本")), _table(found, known)], className="panel versions"),
        ]
        return frame.desk(found, "ground", content, theme=look)

    return layout


def check(community: str | None = None, **asked: str) -> None:
    """Refuse an address that asks for what there is not."""
    narrowing.given(narrowers(frame.known_community(community)), asked)


def narrowers(community: Community) -> list[Narrower]:
    """What the list of places can be narrowed by."""
    areas = {place.code: named(place) for place in places(community.code, "areas")} | {NONE: say("片区外")}
    layers: dict[str, str] = {code: say(LAYERS[code]) for code in LISTED}
    here = {str(row["kind"]) for layer in LISTED for row in rows(community.code, layer) if row.get("kind")}
    kinds = {code: named(kind_names()[code]) if code in kind_names() else code for code in sorted(here)}
    return [
        Narrower(code="layer", name=say("图层"), kind="choice", options=layers, fallback=LISTED[0]),
        Narrower(code="kind", name=say("类型"), kind="choice", options=kinds),
        Narrower(code="area", name=say("片区"), kind="choice", options=areas),
    ]


def _places(community: Community) -> Any:
    return html.Section(
        [
            html.H2(say("地物清单")),
            narrowing.place(narrowers(community)),
            table("places-table", COLUMNS, say("没有符合条件的地物。放宽上方的条件再看"), "44rem"),
        ],
        className="panel places",
    )


def _form() -> Any:
    choices = {
        "layers": {code: say(LAYERS[code]) for code in rules()},
        "systems": {str(c): say(n) for c, n in SYSTEMS.items()},
        "endings": ENDINGS,
    }
    return html.Div(
        [
            html.H2(say("导入测绘成果")),
            html.P(
                say(
                    "GeoPackage、GeoJSON、KML/KMZ、CSV（WKT）、DXF，或打成 zip 的 Shapefile。"
                    "先预览：核查每个要素，在图上显示将要改变什么；确认后整层替换，可随时退回。"
                )
            ),
            html.Div([], className="actions", **{"data-survey-form": msgspec.json.encode(choices).decode()}),
            html.Div(
                [html.Span("", className="outcome", role="status", **{"data-outcome": ""})],
                className="actions",
            ),
        ]
    )


def _table(community: Community, rows: list[Row[Any]]) -> Any:
    head = html.Thead(
        html.Tr(
            [
                html.Th(name)
                for name in (say("图层"), say("文件"), say("坐标系"), say("要素"), say("导入"), say("谁"), say("状态"))
            ]
        )
    )
    body = [_row(community, row) for row in rows] + [_shipped(community, layer) for layer in rules()]
    return html.Div(html.Table([head, html.Tbody(body)], className="surveys"), className="scroll")


def _row(community: Community, row: Row[Any]) -> Any:
    when = to_datetime(row.imported).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    who = told_to(access.asking(), community.code, {"actor": row.actor})["actor"]
    cells = [say(LAYERS[row.layer]), row.file, row.crs, str(row.features), when, who]
    return html.Tr([html.Td(cell) for cell in cells] + [_state(row.layer, row.id, bool(row.is_current))])


def _shipped(community: Community, layer: str) -> Any:
    cells = [say(LAYERS[layer]), say("随软件提供"), "CGCS2000", say("示意"), "—", "—"]
    return html.Tr([html.Td(cell) for cell in cells] + [_state(layer, 0, not is_surveyed(community.code, layer))])


def _state(layer: str, number: int, counts: bool) -> Any:
    if counts:
        return html.Td(say("● 使用中"))
    name = {"data-use-version": f"{layer}/versions/{number}"}
    return html.Td(html.Button(say("改用此版本"), type="button", **name))
