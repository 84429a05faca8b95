"""Open grid events on the map, by severity in shape as well as colour."""

from geo.communities import Community
from layers.declare import LegendEntry, Overlay, Rank
from layers.look import LEVELS

IMAGES = {"minor": "event-low", "major": "event-middle", "critical": "event-high"}


def overlay(community: Community) -> Overlay:
    """The points are set by the live channel; a new one pulses once."""
    empty = {"type": "FeatureCollection", "features": []}
    image = [
        "match",
        ["get", "severity"],
        "critical",
        IMAGES["critical"],
        "major",
        IMAGES["major"],
        IMAGES["minor"],
    ]
    colour = [
        "match",
        ["get", "severity"],
        "critical",
        LEVELS[2].colour,
        "major",
        LEVELS[1].colour,
        LEVELS[0].colour,
    ]
    return Overlay(
        sources={"events": {"type": "geojson", "data": empty, "promoteId": "id"}},
        above={
            Rank.EVENT: (
                {
                    "id": "events-pulse",
                    "type": "circle",
                    "source": "events",
                    "paint": {
                        "circle-color": "rgba(0,0,0,0)",
                        "circle-stroke-color": colour,
                        "circle-stroke-width": 3,
                        "circle-stroke-opacity": ["coalesce", ["feature-state", "pulse_opacity"], 0],
                        "circle-radius": ["coalesce", ["feature-state", "pulse"], 0],
                    },
                },
                {
                    "id": "events-symbol",
                    "type": "symbol",
                    "source": "events",
                    "metadata": {"u": {"icon-size": 2.4}},
                    "layout": {
                        "icon-image": image,
                        "icon-allow-overlap": True,
                        # Above its place, where the device that reported it may stand.
                        "icon-offset": [0, -26],
                        "symbol-sort-key": ["match", ["get", "severity"], "critical", 3, "major", 2, 1],
                    },
                },
            ),
        },
        legend_title="事件",
        legend_title_en="Events",
        legend=tuple(
            LegendEntry(
                symbol=level.symbol,
                text=level.name,
                text_en=level.name_en,
                tone=level.code,
                icon=f"event-{level.code}",
            )
            for level in LEVELS
        ),
    )
