"""The one page of all registers (登记簿): it knows none of them, but what each declares."""

from collections.abc import Mapping
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.pages import frame
from cockpit.pages.address import NoPage
from cockpit.pages.table import endless
from geo.communities import Community
from geo.ground import places
from layers.roles import suffices
from layers.scenes import scenes
from layers.services.registers import told, values
from layers.services.registers.declare import Field, Register, registers
from layers.services.registers.exports import heading
from layers.services.registers.words import seen
from layers.words import spoken
from store.language import named, say

WIDE = {"text": 160, "long": 260, "time": 170, "choices": 160, "row": 180}
NARROW = 110


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    register: str | None = None,
    q: str | None = None,
    where: str | None = None,
    state: str | None = None,
    row: str | None = None,
    given: str | None = None,
    of: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/registers``; ``register`` is the code of the one that stands open, ``row`` the number of a row.

    ``given`` opens the form of a new row with what its fields begin with, ``code=value``, a line each. The rest are
    filters: ``where`` are conditions as the API takes them, a line each, ``state`` states with commas.
    """
    known = frame.known_community(community)
    found = registers(known.code)
    one = found.get(register or "") or _first(found, known.code)
    more = {"register": one.code if one else "", "q": q or "", "where": where or "", "state": state or ""}
    more["of"] = of or ""
    more["given"] = given or ""
    more["row"] = row if row and row.isdecimal() else ""
    content = [_list(found, known, one, more | frame.past_of(at), frame.theme_of(theme))]
    content += [_open(one, known)] if one else []
    more["subject"] = named(one) if one else ""
    body = html.Div(content, className="registers-page")
    return frame.desk(known, "registers", [body], theme=frame.theme_of(theme), **frame.past_of(at), **more)


def check(community: str | None = None, register: str | None = None, **_other: str) -> None:
    """Refuse a register that there is none of."""
    known = frame.known_community(community)
    if register and register not in registers(known.code):
        raise NoPage(say("{community}没有登记簿「{register}」", community=named(known), register=register[:40]))


def _first(found: Mapping[str, Register], community: str) -> Register | None:
    viewer = access.asking()
    readable = (one for one in found.values() if suffices(viewer, community, one.reads))
    return next(readable, next(iter(found.values()), None))


def _list(
    found: Mapping[str, Register], community: Community, here: Register | None, data: dict[str, str], theme: str
) -> Any:
    """The registers by scene; those that whoever asks may only have totals of say so."""
    viewer = access.asking()
    query = f"community={community.code}" + (f"&theme={theme}" if theme != "dark" else "")
    groups = []
    for code, scene in scenes().items():
        links = [
            html.A(
                [
                    named(one),
                    *(
                        []
                        if suffices(viewer, community.code, one.reads)
                        else [html.Span(say("合计"), className="second")]
                    ),
                ],
                href=f"/registers?{query}&register={one.code}",
                className="here" if here and one.code == here.code else None,
                **{"data-register-link": one.code},
                **({"aria-current": "page"} if here and one.code == here.code else {}),
            )
            for one in found.values()
            if one.scene == code and (one.totals or suffices(viewer, community.code, one.reads))
        ]
        if links:
            groups.append(html.Div([html.Span(named(scene), className="of"), *links], className="group"))
    name = say("登记簿")
    return html.Nav(
        [html.Details([html.Summary(name), html.Div(groups, className="groups")], open=True)],
        className="panel registers-list",
        **{"aria-label": name},
    )


def _open(one: Register, community: Community) -> Any:
    viewer = access.asking()
    is_readable = suffices(viewer, community.code, one.reads)
    declared = told.register(one, viewer, community.code)
    grounds = {field.layer for field in one.fields if field.layer}
    words = {
        "register": declared,
        "keys": _keys(one, community.code),
        "places": {layer: {place.code: named(place) for place in places(community.code, layer)} for layer in grounds},
    }
    content = [
        html.Header([html.H2(named(one)), html.Span(named(one, "about"), className="note")]),
        html.Div("", className="totals", **{"data-register-totals": ""}),
    ]
    if is_readable:
        content += [
            html.Div("", className="quick", hidden=True, **{"data-register-quick": ""}),
            html.Div("", className="tools", **{"data-register-tools": ""}),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
            endless(
                "registers-table",
                _columns(one, community.code),
                say("没有符合条件的行。放宽条件，或新增一行"),
                "calc(100vh - 330px)",
            ),
        ]
    else:
        content.append(html.P(_closed(one, community), className="second", **{"data-register-closed": ""}))
    return html.Section(
        content, className="panel register-open", **{"data-declared": msgspec.json.encode(words).decode()}
    )


def _keys(one: Register, community: str) -> dict[str, str]:
    """Register that rows of this one name -> the one field by which a row of it is named, where it is not personal."""
    others = registers(community)
    targets = {field.to: others[field.to] for field in one.fields if field.to in others}
    return {
        code: target.key[0] for code, target in targets.items()
        if len(target.key) == 1 and not target.field(target.key[0]).personal
    }  # fmt: skip


def _closed(one: Register, community: Community) -> str:
    """Why there are no rows for whoever asks: nobody is signed in, has no role here, or too small a one."""
    viewer = access.asking()
    if viewer is None:
        return say("登录后可查看各行；这里只有合计") if one.totals else say("登录后可查看各行")
    if not viewer.is_in(community.code):
        why = say("您的账号在{community}没有角色，看不到各行", community=named(community))
    else:
        why = say("需要{least}才能查看各行", least=spoken("codes").get(one.reads, one.reads))
    return say("{why}；这里只有合计", why=why) if one.totals else why


def _columns(one: Register, community: str) -> list[dict[str, Any]]:
    fields = seen(one, access.asking(), community)
    columns: list[dict[str, Any]] = [{"field": "id", "headerName": say("编号"), "width": 90, "sortable": False}]
    # A row that counts no more says so here, whatever states there are.
    columns.append(
        {"field": "state", "headerName": say("状态"), "width": 100, "sortable": False, "hide": not one.states}
    )
    columns += [_column(field) for field in one.fields if field.code in fields]
    columns.append({"field": "at", "headerName": say("最后更改"), "width": 190, "sortable": False})
    return columns


def _column(field: Field) -> dict[str, Any]:
    column: dict[str, Any] = {
        "field": f"v_{field.code}",
        "headerName": heading(field),
        "minWidth": WIDE.get(field.type, NARROW),
        "sortable": not field.personal and field.type not in ("long", "row", "choices"),
    }
    if field.type in ("text", "long"):
        column["flex"] = 1
    if values.KINDS[field.type].is_number and field.type != "row":
        column["type"] = "rightAligned"
    return column
