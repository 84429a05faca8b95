"""Alarms on the map: a ring around the place of each that nobody has acknowledged, with its sign and word."""

from typing import Any

from geo.communities import Community
from layers.alarms.look import looks
from layers.declare import LegendEntry, Overlay, Rank
from layers.look import TOKENS, label

SOURCE = "alarms"
ACKNOWLEDGED = "alarm-acknowledged"
RIGHT_OF = ["left", [1.2, 0], "top-left", [0.2, 1.1], "bottom-left", [0.2, -1.1]]
LEFT_OF = ["right", [-1.2, 0], "top-right", [-0.2, 1.1], "bottom-right", [-0.2, -1.1]]
AROUND = ["left", [1.2, 0], "right", [-1.2, 0], "top", [0, 1.1], "bottom", [0, -1.1]]
"""Where a word finds room beside its ring; at an edge of the ground only away from it, where the frame cuts nothing."""
WORD = {
    "text-variable-anchor-offset": [
        *("match", ["get", "edge"]),
        *("west", ["literal", RIGHT_OF], "east", ["literal", LEFT_OF]),
        ["literal", AROUND],
    ],
    "text-justify": "auto",
    "symbol-sort-key": ["get", "order"],
}
"""Layout of the word of an alarm, beside its ring; the loudest is laid out first."""


def overlay(community: Community) -> Overlay:
    """The points are set by the live channel; a new ring widens a few times, then stands still."""
    empty = {"type": "FeatureCollection", "features": []}
    known = looks().priorities
    colour = by_priority({code: look.colour for code, look in known.items()}, TOKENS["second"])
    pulse = {
        "id": "alarms-pulse",
        "type": "circle",
        "source": SOURCE,
        "paint": {
            "circle-color": "rgba(0,0,0,0)",
            "circle-stroke-color": colour,
            "circle-stroke-width": 4,
            "circle-stroke-opacity": ["coalesce", ["feature-state", "pulse_opacity"], 0],
            "circle-radius": ["coalesce", ["feature-state", "pulse"], 0],
        },
    }
    ring = {
        "id": "alarms-ring",
        "type": "symbol",
        "source": SOURCE,
        "metadata": {"u": {"icon-size": 4}},
        "layout": {
            "icon-image": by_priority({code: f"alarm-{code}" for code in known}, ACKNOWLEDGED),
            "icon-allow-overlap": True,
            "symbol-sort-key": ["get", "rank"],
        },
    }
    # A word goes around its ring to where there is room. In a flood words give way to each other, rings do not.
    sign = label(["get", "sign"], 2, "text", **WORD) | {"id": "alarms-sign", "source": SOURCE}
    # It lies on buildings, which are as dark as it is in the light theme.
    sign["paint"] |= {"text-color": colour, "text-halo-color": TOKENS["panel"], "text-halo-width": 3}
    return Overlay(
        sources={SOURCE: {"type": "geojson", "data": empty, "promoteId": "id"}},
        above={Rank.WORD: (sign,), Rank.ALARM: (pulse, ring)},
        legend_title="告警",
        legend_title_en="Alarms",
        legend=(
            *(
                LegendEntry(symbol=one.symbol, text=one.name, text_en=one.name_en, tone=one.tone, icon=f"alarm-{code}")
                for code, one in known.items()
            ),
            LegendEntry(symbol="◌", text="已确认", text_en="acknowledged", tone="stale", icon=ACKNOWLEDGED),
        ),
    )


def by_priority(values: dict[str, str], otherwise: str) -> list[Any]:
    """A MapLibre expression: the value of a feature's ``priority``."""
    pairs = [part for code, value in values.items() for part in (code, value)]
    return ["match", ["get", "priority"], *pairs, otherwise]
