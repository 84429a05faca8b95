"""Visitors on the map: the sites' outlines, and each gate with today's entries inside a pill."""

from geo.communities import Community
from layers.declare import LegendEntry, Overlay, Rank
from layers.look import AROUND, label, name
from layers.visitors import capacity
from layers.visitors.queries import counted_sites

PILL = {
    "icon-image": ["case", ["get", "stale"], "pill-stale", "pill"],
    "icon-text-fit": "both",
    "icon-text-fit-padding": [3, 8, 3, 8],
}
NAMED = {
    "text-variable-anchor-offset": [
        *("center", [0, 0], "bottom", [0, -1.2], "top", [0, 1.2], "left", [1.6, 0], "right", [-1.6, 0]),
        *("left", [3.4, 0], "left", [3.4, -1], "left", [3.4, 1], "bottom", [0, -2], "top", [0, 2]),
    ],
    "text-justify": "auto",
    "text-max-width": 20,
}
"""A site's name keeps clear of its gates, whose pills stand close around a small site."""
BEGINS = f"{capacity.rules()['reset_hour']:02}:00"
GATE = LegendEntry(symbol="n", text=f"{BEGINS} 起进入", text_en=f"entered since {BEGINS}", tone="gate")
CAR_PARK = ["==", ["get", "kind"], "car_park"]


def overlay(community: Community) -> Overlay:
    """The pills' numbers are set by the live channel: six points, replaced when one changes."""
    return Overlay(
        sources={
            "sites": {"type": "geojson", "data": f"/geo/{community.code}/sites.geojson", "promoteId": "code"},
            "sites-labels": {"type": "geojson", "data": f"/geo/{community.code}/sites-labels.geojson"},
            "gates": {
                "type": "geojson",
                "data": {"type": "FeatureCollection", "features": []},
                "promoteId": "id",
            },
        },
        below=(
            {
                "id": "sites-car-parks",
                "type": "fill",
                "source": "sites",
                "filter": CAR_PARK,
                "paint": {"fill-color": "#2a333d", "fill-outline-color": "#5d6f80"},
            },
            {
                "id": "sites-outline",
                "type": "line",
                "source": "sites",
                "filter": ["!", ["in", ["get", "kind"], ["literal", ["centre", "car_park"]]]],
                "paint": {"line-color": "#5d6f80", "line-width": 1.2, "line-dasharray": [4, 3]},
            },
        ),
        above={
            Rank.NAME: (
                {
                    "id": "sites-parking",
                    "source": "sites-labels",
                    "filter": CAR_PARK,
                    **label("P", 1.8, "second"),
                },
            ),
            Rank.SITE: (
                {
                    "id": "sites-name",
                    "source": "sites-labels",
                    "filter": ["in", ["get", "kind"], ["literal", ["scenic_area", "centre"]]],
                    **label(name(), 2.2, "second", **NAMED, **{"text-letter-spacing": 0.1}),
                },
            ),
            Rank.COUNT: (
                {
                    "id": "gates-pill",
                    "source": "gates",
                    **label(["get", "label"], 1.8, "text", **AROUND, **PILL),
                },
            ),
        },
        legend_title="闸机",
        legend_title_en="Gates",
        # Where nobody is counted there is no gate to be explained.
        legend=(GATE,) if counted_sites(community.code) else (),
    )
