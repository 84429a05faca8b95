"""Areas on the map: a thin bright outline, a faint fill by the chosen metric, the name on the ground."""

from geo.communities import Community
from layers.declare import Overlay
from layers.look import AROUND, BODY_FONT, LEVELS, TOKENS, by_level


def overlay(community: Community) -> Overlay:
    """Sources and style layers of the areas."""
    return Overlay(
        sources={
            "areas": {
                "type": "geojson",
                "data": f"/geo/{community.code}/areas.geojson",
                "promoteId": "code",
            },
            "areas-labels": {"type": "geojson", "data": f"/geo/{community.code}/areas-labels.geojson"},
        },
        below=(
            {
                "id": "areas-fill",
                "type": "fill",
                "source": "areas",
                "paint": {
                    "fill-color": by_level(TOKENS["normal"], *(level.colour for level in LEVELS)),
                    "fill-opacity": by_level(0.10, 0.22, 0.26, 0.32),
                },
            },
            {
                "id": "areas-outline",
                "type": "line",
                "source": "areas",
                "paint": {"line-color": "#9fb0c0", "line-width": 1.6, "line-opacity": 0.85},
            },
        ),
        above=(
            {
                "id": "areas-name",
                "type": "symbol",
                "source": "areas-labels",
                "metadata": {"u": {"text-size": 2.6}},
                "layout": {
                    "text-field": ["get", "name"],
                    "text-font": BODY_FONT,
                    "text-size": 26,
                    "text-variable-anchor-offset": AROUND,
                    "text-justify": "auto",
                    "text-letter-spacing": 0.08,
                },
                "paint": {
                    "text-color": TOKENS["text"],
                    "text-halo-color": TOKENS["ground"],
                    "text-halo-width": 2,
                },
            },
        ),
    )
