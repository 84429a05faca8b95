"""Alarms on the map: a ring around the place of each that nobody has acknowledged, with its sign and word."""

from typing import Any

from geo.communities import Community
from layers.alarms.look import looks
from layers.declare import LegendEntry, Overlay
from layers.look import TOKENS, label

SOURCE = "alarms"


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
            "icon-image": by_priority({code: f"alarm-{code}" for code in known}, "alarm-acknowledged"),
            "icon-allow-overlap": True,
            "symbol-sort-key": ["get", "rank"],
        },
    }
    # In a flood words give way to each other, rings do not.
    sign = label(["get", "sign"], 2, "text") | {"id": "alarms-sign", "source": SOURCE}
    sign["paint"] |= {"text-color": colour}
    sign["layout"] |= {"text-anchor": "left", "text-offset": [1.2, 0], "symbol-sort-key": ["get", "order"]}
    return Overlay(
        sources={SOURCE: {"type": "geojson", "data": empty, "promoteId": "id"}},
        above=(pulse, ring, sign),
        legend_title="告警",
        legend_title_en="Alarms",
        # The priority stands beside each ring in shape and word: one entry is enough, the wall has room for no more.
        legend=(LegendEntry(symbol="◎", text="未确认", text_en="unacknowledged", tone="high"),),
    )


def by_priority(values: dict[str, str], otherwise: str) -> list[Any]:
    """A MapLibre expression: the value of a feature's ``priority``."""
    pairs = [part for code, value in values.items() for part in (code, value)]
    return ["match", ["get", "priority"], *pairs, otherwise]
