"""The areas on the wall: one row each, with the chosen metric and its last 24 h."""

from typing import Any

from geo.communities import Community
from geo.ground import places
from layers import parts
from store.language import named, say


def panel(community: Community) -> Any:
    """One row an area; the script fills in the chosen metric's name and unit."""
    kind = named(community, "area_kind")
    areas = places(community.code, "areas")
    rows = [parts.figure(f"areas.{area.code}", named(area), "", trend=True) for area in areas]
    return parts.panel(
        "areas",
        say("{n} 个{kind}", n=len(areas), kind=kind) if areas else kind,
        *rows,
        waiting=say("等待片区内的首个环境传感器") if areas else say("等待导入{kind}边界", kind=kind),
        note=say("按 PM2.5"),
    )
