"""Visitors on the map: the sites' outlines, and each gate with today's entries inside a pill."""

from geo.communities import Community
from layers.declare import LegendEntry, Overlay
from layers.look import AROUND, BODY_FONT, TOKENS

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
        above=(
            {
                "id": "sites-parking",
                "type": "symbol",
                "source": "sites-labels",
                "filter": CAR_PARK,
                "metadata": {"u": {"text-size": 1.8}},
                "layout": {"text-field": "P", "text-font": BODY_FONT, "text-size": 18},
                "paint": {"text-color": TOKENS["second"]},
            },
            {
                "id": "sites-name",
                "type": "symbol",
                "source": "sites-labels",
                "filter": ["==", ["get", "kind"], "scenic_area"],
                "metadata": {"u": {"text-size": 2.2}},
                "layout": {
                    "text-field": ["get", "name"],
                    "text-font": BODY_FONT,
                    "text-size": 22,
                    "text-letter-spacing": 0.2,
                },
                "paint": {
                    "text-color": TOKENS["second"],
                    "text-halo-color": TOKENS["ground"],
                    "text-halo-width": 2,
                },
            },
            {
                "id": "gates-pill",
                "type": "symbol",
                "source": "gates",
                "metadata": {"u": {"text-size": 1.8}},
                "layout": {
                    "icon-image": ["case", ["get", "stale"], "pill-stale", "pill"],
                    "icon-text-fit": "both",
                    "icon-text-fit-padding": [3, 8, 3, 8],
                    "text-field": ["get", "label"],
                    "text-font": BODY_FONT,
                    "text-size": 18,
                    # At the gate, else beside what stands there.
                    "text-variable-anchor-offset": AROUND,
                    "text-justify": "auto",
                },
                "paint": {"text-color": TOKENS["text"]},
            },
        ),
        legend_title="闸机",
        legend=(LegendEntry(symbol="n", text="今日进入", text_en="entered today", tone="gate"),),
    )
