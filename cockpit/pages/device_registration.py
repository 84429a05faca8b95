"""Registering a device (登记设备): by whoever stands before it, with its place on the map; and changing one."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.ground import map as base_map
from cockpit.pages import frame
from cockpit.pages.address import NoPage
from cockpit.pages.ground import SYSTEMS
from geo.communities import Community
from geo.ground import places
from sensors.codecs.installed import Codecs
from sensors.devices import registry
from sensors.devices.kinds import kind_name, kinds
from store.databases import Databases
from store.language import named, say

GATEWAY = "gateway"


def page(databases: Databases, codecs: Codecs) -> Callable[..., Any]:
    """The layout of ``/device-registration``; with ``device`` the form is of one that is registered."""

    def layout(community: str | None = None, device: str | None = None, theme: str | None = None, **_other: str) -> Any:
        found = frame.known_community(community)
        look = frame.theme_of(theme)
        words = msgspec.json.encode(_words(databases, codecs, found)).decode()
        content = [
            html.Section(
                [
                    html.H2(say("登记设备") if device is None else say("修改登记与位置")),
                    html.Div(html.P(say("需要管理员登录")), **{"data-device-form": words}),
                ],
                className="panel register-device",
            ),
            html.Section([base_map.graph(found, look), frame.ground_note(found)], className="map-frame"),
        ]
        more = {} if device is None else {"device": device}
        return frame.desk(found, "device-registration", content, theme=look, **more)

    return layout


def check(databases: Databases) -> Callable[..., None]:
    """Whether there is the device that is to be changed."""

    def known(community: str | None = None, device: str | None = None, **_other: str) -> None:
        if device is None:
            return
        found = access.own_community(community, access.asking())
        with databases.of(found).connect() as connection:
            if not registry.read_all(connection, found, ids=[device]):
                raise NoPage(say("没有设备「{device}」", device=device[:64]))

    return known


def _words(databases: Databases, codecs: Codecs, community: Community) -> dict[str, Any]:
    """What the form offers: codes with their names, in the language that is spoken."""
    with databases.of(community.code).connect() as connection:
        gateways = registry.read_all(connection, community.code, kind=GATEWAY)
    return {
        "kinds": {
            code: {"name": kind_name(code), "counts": one.people_a_minute is not None, "sample": one.sample}
            for code, one in kinds().items()
        },
        "sites": {one.code: named(one) for one in places(community.code, "sites")},
        "rooms": {one.code: named(one) for one in places(community.code, "rooms")},
        "codecs": {code: named(one) for code, one in codecs.json.items()},
        "gateways": {one.id: one.name for one in gateways if one.revoked is None},
        "systems": {str(code): say(name) for code, name in SYSTEMS.items() if code},
        "areas": {one.code: named(one) for one in places(community.code, "areas")},
        "interval": registry.DEFAULT_INTERVAL_S,
    }
