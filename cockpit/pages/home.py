"""The manager's first page: the map, the panels, the devices, and how to add the first one."""

from collections.abc import Callable
from typing import Any

from dash import html

from cockpit.pages import frame, map_stage
from cockpit.pages.table import table
from geo.communities import Community
from layers import panels
from sensors import topics
from store.language import marked, say

COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "name", "headerName": marked("名称"), "cellRenderer": "DeviceLink", "flex": 2, "minWidth": 150},
    {"field": "kind", "headerName": marked("类型"), "flex": 1, "minWidth": 96},
    {"field": "area", "headerName": marked("片区"), "flex": 1, "minWidth": 84},
    {"field": "status", "headerName": marked("状态"), "cellRenderer": "DeviceStatus", "flex": 1, "minWidth": 92},
    {"field": "reading", "headerName": marked("最新读数"), "flex": 2, "minWidth": 176},
    {"field": "seen", "headerName": marked("最近上报"), "flex": 1, "minWidth": 132},
    {"field": "source", "headerName": marked("来源"), "flex": 1, "minWidth": 120},
)


def page(mqtt_port: int) -> Callable[..., Any]:
    """The layout of ``/``; ``mqtt_port`` is shown to whoever adds the first device."""

    def layout(
        community: str | None = None,
        metric: str | None = None,
        theme: str | None = None,
        at: str | None = None,
        **_other: str,
    ) -> Any:
        found = frame.known_community(community)
        return _page(found, frame.metric_of(metric), frame.theme_of(theme), mqtt_port, frame.past_of(at))

    return layout


def _page(community: Community, metric: str, theme: str, mqtt_port: int, past: dict[str, str]) -> Any:
    content = [
        html.Aside(
            [], className="panel first-hour-line", hidden=True, **{"data-first-hour": "", "aria-label": say("上手清单")}
        ),
        None if past else _guide(community, mqtt_port),
        # As high as the panels beside it: within that the map stays in sight.
        html.Div(map_stage.stage(community, theme, metric), className="map-beside"),
        html.Div(panels.on_first_page(community), className="panels"),
        html.Section([frame.heading(say("设备"), "devices.state"), devices_table()], className="panel devices"),
    ]
    return frame.desk(community, "home", content, theme=theme, metric=metric, **past)


def devices_table() -> Any:
    """The devices; rows are set and changed by the live channel, by their id."""
    return table("devices-table", COLUMNS, say("还没有设备。由管理员登记，每台一行"), "56rem")


def _guide(community: Community, mqtt_port: int) -> Any:
    lon, lat = community.centre
    add = say(
        "cockpit device add --community {code} --id air-01 --kind air --name '首个空气站' --lon {lon} --lat {lat}",
        code=community.code,
        lon=lon,
        lat=lat,
    )
    publish = (
        f"mosquitto_pub -h HOST -p {mqtt_port} -q 1 -u air-01 -P 'PASSWORD'"
        f" -t {topics.base(community.code, 'air-01')}/telemetry -m '{{\"pm2_5\": 35}}'"
    )
    return html.Details(
        [
            html.Summary(say("接入第一台设备")),
            html.P(
                html.A(
                    say("一、在「设备」页登记，密钥只显示这一次；或在服务器上登记，换上自己的编号和坐标："),
                    href=f"/device-registration?community={community.code}",
                )
            ),
            html.Pre(html.Code(add)),
            html.P(say("二、设备用这个用户名和密钥发布读数（任何 MQTT 客户端都可以）：")),
            html.Pre(html.Code(publish, **{"data-with-host": ""})),
            html.P(say("三、数值随即出现在本页与大屏上。没有设备，也可先看回放的真实观测：")),
            html.Pre(html.Code("cockpit up --replay")),
        ],
        className="guide panel",
        id="guide",
        hidden=True,
        **{"data-least-role": "manager"},
    )
