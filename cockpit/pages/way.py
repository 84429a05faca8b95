"""The way about: which pages there are, in groups, for whom, and the other communities."""

from typing import Any

from dash import html

from cockpit.serving.theme import chosen
from geo.communities import Community, communities
from layers.visitors.queries import counted_sites
from store.instant import MILLISECOND, format_local, local_date, now
from store.language import marked, named, say

NAV = (
    (
        marked("概况"),
        (
            ("/brief", marked("今日要情")),
            ("/", marked("总览")),
            ("/map", marked("地图")),
            ("/compare", marked("对比")),
        ),
    ),
    (
        marked("告警与事件"),
        (
            ("/alarms", marked("告警")),
            ("/events", marked("网格事件")),
            ("/board", marked("看板")),
            ("/report", marked("上报")),
            ("/figures", marked("指标")),
        ),
    ),
    (
        marked("客流"),
        (
            ("/visitors", marked("游客")),
            ("/forecast", marked("客流预测")),
            ("/festivals", marked("节会")),
            ("/counts", marked("客流核对")),
        ),
    ),
    (
        marked("共治与服务"),
        (
            ("/governance", marked("共治")),
            ("/calendar", marked("日历")),
            ("/media", marked("照片墙")),
            ("/registers", marked("登记簿")),
            ("/reports", marked("报告")),
            ("/scenes", marked("九场景")),
        ),
    ),
    (
        marked("管理"),
        (
            ("/devices", marked("设备")),
            ("/quarantine", marked("隔离区")),
            ("/ground", marked("底图")),
            ("/displays", marked("大屏管理")),
            ("/health", marked("运行状况")),
            ("/people", marked("人员")),
        ),
    ),
)
"""The way about: groups of pages, each with its name."""
BESIDE = {
    "nothing": marked("没有这一页"),
    "account": marked("我的账号"),
    "first-hour": marked("上手清单"),
    "wall": marked("大屏"),
    "device": marked("设备¦一台"),
    "device-registration": marked("登记设备"),
    "event": marked("事件"),
    "alarm-rules": marked("告警规则"),
    "alarm-figures": marked("告警指标"),
    "indicators": marked("场景指标"),
}
"""Kinds of pages that the way about does not lead to -> their names."""
NAV_ROLES = {
    "/brief": "manager",
    "/people": "manager",
    "/displays": "manager",
    "/health": "manager",
    "/counts": "manager",
    "/festivals": "steward",
    "/reports": "steward",
}
"""The least role of whom a page is made for: it shows nothing to others, or nothing that they need."""
OF_VISITORS = frozenset({"/visitors", "/forecast", "/festivals", "/counts"})
"""Pages of communities that have a site whose people are counted; elsewhere they are on no menu."""


def pages(community: Community, kind: str, theme: str, at_ms: str | None) -> list[Any]:
    """Links to the pages that a community has, in their groups; from a page of a past time 复盘 begins there."""
    query = f"?community={community.code}" + (f"&theme={theme}" if theme != chosen() else "")
    groups = [
        _group(name, [_link(path, page, f"{path}{query}", _path_of(kind)) for path, page in shown])
        for name, of in NAV
        if (shown := [(path, page) for path, page in of if _has(community, path)])
    ]
    wall = html.A(say("大屏"), href=f"/wall/{community.code}")
    groups[0].children += [wall, html.A(say("复盘"), href=_replay_of(community, at_ms))]
    return groups


def communities_beside(community: Community) -> list[Any]:
    """Links to each community's overview."""
    return [
        html.A(
            named(other, "short"),
            href=f"/?community={other.code}",
            className="here" if other.code == community.code else None,
        )
        for other in communities().values()
    ]


def leads_to(community: Community, kind: str) -> bool:
    """Whether a community has what a kind of page is about."""
    return _has(community, _path_of(kind))


def nothing(community: Community) -> Any:
    """What a page says that is about something that the community does not have."""
    text = say("{name}没有统计游客的场所，所以没有这一页", name=named(community))
    return html.Section(html.P(text), className="panel overview")


def name_of(kind: str) -> str:
    """A kind of pages by its name."""
    names = {path.removeprefix("/") or "home": name for _, pages in NAV for path, name in pages} | BESIDE
    return say(names[kind])


def _path_of(kind: str) -> str:
    return "/" if kind == "home" else f"/{kind}"


def _has(community: Community, path: str) -> bool:
    return path not in OF_VISITORS or bool(counted_sites(community.code))


def _replay_of(community: Community, at_ms: str | None) -> str:
    """The wall at the past time that a page shows, and on from there; else today from its beginning."""
    if at_ms is not None:
        return f"/wall/{community.code}?replay={format_local(int(at_ms) * MILLISECOND)}"
    return f"/wall/{community.code}?replay={local_date(now()).isoformat()}"


def _group(name: str, links: list[Any]) -> Any:
    return html.Div(
        [html.Span(say(name), className="of"), *links], className="group", role="group", **{"aria-label": say(name)}
    )


def _link(path: str, name: str, href: str, here: str) -> Any:
    is_here = path == here
    current = {"aria-current": "page"} if is_here else {}
    return html.A(say(name), href=href, className="here" if is_here else None, **current, **_for_whom(path))


def _for_whom(path: str) -> dict[str, Any]:
    """A link that leads somewhere for a role only is hidden from the others; the script shows it."""
    least = NAV_ROLES.get(path)
    return {"data-least-role": least, "hidden": True} if least else {}
