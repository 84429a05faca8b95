"""Areas on the map: outline and a thin tint by the chosen metric, the name on the ground before them."""

from geo.communities import Community
from layers.declare import Overlay, Rank
from layers.look import BEFORE, LEVELS, TOKENS, by_level, label, name


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
                    "fill-opacity": by_level(0.08, 0.13, 0.15, 0.17),
                },
            },
            {
                "id": "areas-outline",
                "type": "line",
                "source": "areas",
                "paint": {
                    "line-color": by_level(TOKENS["second"], *(level.colour for level in LEVELS)),
                    "line-width": 2.2,
                },
            },
        ),
        above={
            Rank.AREA: (
                {
                    "id": "areas-name",
                    "source": "areas-labels",
                    **label(name(), 2.6, "text", **BEFORE, **{"text-letter-spacing": 0.08}),
                },
            ),
        },
    )
