"""Devices (设备): how each stands, or what each measured in a period, and what is amiss with which.

The address says what the list is narrowed to.
"""

from typing import Any

from dash import html

from cockpit.pages import frame, narrowing
from cockpit.pages.address import NoPage
from cockpit.pages.narrowing import Narrower
from cockpit.pages.table import table
from geo.communities import Community
from geo.ground import places
from sensors.devices.kinds import kinds
from sensors.metrics import metrics
from store.language import marked, named, say

COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "name", "headerName": marked("名称"), "cellRenderer": "DeviceLink", "flex": 2, "minWidth": 180},
    {"field": "kind", "headerName": marked("类型"), "flex": 1, "minWidth": 110},
    {"field": "area", "headerName": marked("片区"), "flex": 1, "minWidth": 110},
    {"field": "status", "headerName": marked("状态"), "minWidth": 120},
    {"field": "seen", "headerName": marked("最近上报"), "cellRenderer": "LastHeard", "minWidth": 150},
    {"field": "moved", "headerName": marked("走字"), "type": "rightAligned", "minWidth": 130, "hide": True},
    {"field": "mean", "headerName": marked("均值"), "type": "rightAligned", "minWidth": 130, "hide": True},
    {"field": "n", "headerName": marked("读数个数"), "type": "rightAligned", "minWidth": 130, "hide": True},
    {"field": "id", "headerName": marked("编号"), "flex": 1, "minWidth": 150},
)
STATUSES = {"online": marked("在线"), "stale": marked("迟滞"), "offline": marked("离线"), "suspect": marked("存疑")}
OF = {"mean": marked("均值"), "moved": marked("走字")}


def page(
    community: str | None = None,
    theme: str | None = None,
    at: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    area: str | None = None,
    q: str | None = None,
    measured: str | None = None,
    of: str | None = None,
    from_: str | None = None,
    to: str | None = None,
    **_other: str,
) -> Any:
    """The layout of ``/devices``; with ``measured``, a metric, ``from`` and ``to`` are the days that are meant."""
    found = frame.known_community(community)
    register = html.A(
        say("登记设备"),
        href=f"/device-registration?community={found.code}",
        className="ahead",
        hidden=True,
        **{"data-least-role": "manager"},
    )
    content = [
        html.Section(
            [
                html.Div(
                    [
                        html.H2(say("设备")),
                        html.Span("", className="unwell", **{"data-unwell": ""}),
                        *([] if at else [register]),
                    ],
                    className="heading",
                ),
                narrowing.place(narrowers(found)),
                table(
                    "devices-list-table",
                    COLUMNS,
                    say("没有符合条件的设备。放宽上方的条件再看"),
                    "calc(100vh - 300px)",
                ),
            ],
            className="panel",
        ),
        html.Section(
            [frame.heading(say("需要处理"), "devices.amiss"), html.Div([], className="amiss", **{"data-amiss": ""})],
            className="panel",
        ),
    ]
    return frame.desk(found, "devices", content, theme=frame.theme_of(theme), **frame.past_of(at))


def check(community: str | None = None, **asked: str) -> None:
    """Refuse an address that asks for what there is not, or for what was measured without saying when."""
    given = narrowing.given(narrowers(frame.known_community(community)), asked)
    if "measured" in given and not {"from", "to"} <= given.keys():
        raise NoPage(say("measured 要与 from、to 同用"), 400)


def narrowers(community: Community) -> list[Narrower]:
    """What the list can be narrowed by."""
    areas = {place.code: named(place) for place in places(community.code, "areas")}
    of_kinds = {code: named(one) for code, one in kinds().items()}
    statuses = {code: say(name) for code, name in STATUSES.items()}
    shown = {code: named(one) for code, one in metrics().items()}
    return [
        Narrower(code="status", name=say("状态"), kind="choice", options=statuses),
        Narrower(code="kind", name=say("类型"), kind="choice", options=of_kinds),
        Narrower(code="area", name=say("片区"), kind="choice", options=areas),
        Narrower(code="q", name=say("搜索"), kind="words", hint=say("名称或编号")),
        Narrower(code="measured", name=say("测得"), kind="given", options=shown),
        Narrower(code="of", name=say("取"), kind="given", options={code: say(name) for code, name in OF.items()}),
        Narrower(code="from", name=say("自"), kind="day", is_shown=False),
        Narrower(code="to", name=say("至"), kind="day", is_shown=False),
    ]
