"""The environment on the wall: the means over the community, each with unit and last 24 h."""

from typing import Any

from geo.communities import Community
from layers import parts
from sensors.metrics import metrics
from store.language import named, say

SHOWN = ("pm2_5", "pm10", "o3", "temperature", "humidity", "wind_speed", "noise", "water_level")


def panel(community: Community) -> Any:
    """One row a metric; those that no device measures say so."""
    known = metrics()
    rows = [
        parts.figure(f"devices.*.{code}", named(known[code]), named(known[code], "label"), trend=True) for code in SHOWN
    ]
    return parts.panel("devices", say("环境"), *rows, waiting=say("等待首个传感器上报"), note=say("全社区均值"))
