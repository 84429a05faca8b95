"""The areas on the wall: one row each, with the chosen metric and its last 24 h."""

from typing import Any

from geo.communities import Community
from geo.ground import places
from layers import parts


def panel(community: Community) -> Any:
    """One row an area; the script fills in the chosen metric's name and unit."""
    areas = places(community.code, "areas")
    rows = [parts.figure(f"areas.{area.code}", area.name, "", trend=True) for area in areas]
    return parts.panel(
        "areas",
        f"{_NUMERALS[len(areas)]}个{community.area_kind}" if areas else community.area_kind,
        *rows,
        waiting="等待片区内的首个环境传感器" if areas else f"等待导入{community.area_kind}边界",
        note="按 PM2.5",
    )


_NUMERALS = dict(enumerate("零一二三四五六七八九十"))
_NUMERALS[2] = "两"
