"""Devices on the map: those that are well small and grey, the others by shape as well as colour."""

from typing import Any

from geo.communities import Community
from layers.declare import LegendEntry, Overlay
from layers.look import BESIDE, label, name, when_state
from store.language import Word

STATES = (
    ("online", "device-online", Word("在线", "online")),
    ("stale", "device-stale", Word("迟滞", "stale")),
    ("offline", "device-offline", Word("离线", "offline")),
    ("suspect", "device-suspect", Word("存疑", "suspect")),
)
NAMES_FROM_ZOOM = 17.5
NO_GATE = ["!=", ["get", "kind"], "gate"]
"""Gates stand on the map as their own pills, with the count inside."""
SYMBOLS = {"online": "●", "stale": "◌", "offline": "○", "suspect": "?"}


def overlay(community: Community) -> Overlay:
    """One symbol layer for each state; the live channel shows one of them by the feature's state."""
    return Overlay(
        sources={
            "devices": {
                "type": "geojson",
                "data": f"/geo/{community.code}/devices.geojson",
                "promoteId": "id",
            }
        },
        above=(_names(), *(_layer(state, image) for state, image, _ in STATES)),
        legend_title="设备",
        legend_title_en="Devices",
        legend=tuple(
            LegendEntry(symbol=SYMBOLS[state], text=word.name, text_en=word.name_en, tone=state)
            for state, _, word in STATES
        ),
    )


def _names() -> dict[str, Any]:
    """The devices' names, from where a house fills the screen."""
    return {
        "id": "devices-name",
        "source": "devices",
        "minzoom": NAMES_FROM_ZOOM,
        "filter": NO_GATE,
        **label(name(), 1.8, "second", **BESIDE),
    }


def _layer(state: str, image: str) -> dict[str, Any]:
    return {
        "id": f"devices-{state}",
        "type": "symbol",
        "source": "devices",
        "filter": NO_GATE,
        "metadata": {"u": {"icon-size": 1.2 if state == "online" else 2.2}},
        "layout": {
            "icon-image": image,
            "icon-size": 1,
            "icon-allow-overlap": True,
            "icon-ignore-placement": True,
        },
        "paint": {"icon-opacity": when_state("status", state)},
    }
