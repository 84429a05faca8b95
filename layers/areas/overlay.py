"""Areas on the map: a thin bright outline, a faint fill by the chosen metric, the name on the ground."""

from geo.communities import Community
from layers.declare import Overlay
from layers.look import AROUND, LEVELS, NAME, TOKENS, by_level, label


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
                "source": "areas-labels",
                **label(NAME, 2.6, "text", **AROUND, **{"text-letter-spacing": 0.08}),
            },
        ),
    )
