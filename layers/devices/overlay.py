"""Devices on the map: those that are well small and grey, the others by shape as well as colour."""

from typing import Any

from geo.communities import Community
from layers.declare import LegendEntry, Overlay, Rank
from layers.look import BESIDE, TOKENS, label, name
from store.language import Word

STATES = (
    ("online", "device-online", Word("在线", "online")),
    ("stale", "device-stale", Word("迟滞", "stale")),
    ("offline", "device-offline", Word("离线", "offline")),
    ("suspect", "device-suspect", Word("存疑", "suspect")),
)
WELL, NOT_WELL = "devices", "devices-not-well"
"""Sources: of all devices, and of those that are not online, with the state of each."""
NAMES_FROM_ZOOM = 17.5
NO_GATE = ["!=", ["get", "kind"], "gate"]
"""Gates stand on the map as their own pills, with the count inside."""
SYMBOLS = {"online": "●", "stale": "◌", "offline": "○", "suspect": "?"}


def overlay(community: Community) -> Overlay:
    """Those that are well as one layer, the others as another: each device is drawn once, and none unseen.

    The live channel fills both sources.
    """
    return Overlay(
        sources={WELL: _filled_later(), NOT_WELL: _filled_later()},
        above={Rank.NAME: (_names(),), Rank.MARK: (_well(), _not_well())},
        legend_title="设备",
        legend_title_en="Devices",
        legend=tuple(
            LegendEntry(symbol=SYMBOLS[state], text=word.name, text_en=word.name_en, tone=state, icon=icon)
            for state, icon, word in STATES
        ),
    )


def _filled_later() -> dict[str, Any]:
    return {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}, "promoteId": "id"}


def _names() -> dict[str, Any]:
    """The devices' names, from where a house fills the screen."""
    return {
        "id": "devices-name",
        "source": WELL,
        "minzoom": NAMES_FROM_ZOOM,
        "filter": NO_GATE,
        **label(name(), 1.8, "second", **BESIDE),
    }


def _well() -> dict[str, Any]:
    """Every device as a dot, sized by a script; one that is not well is seen in the other layer only."""
    return {
        "id": "devices-online",
        "type": "circle",
        "source": WELL,
        "filter": NO_GATE,
        "paint": {"circle-color": TOKENS["normal"], "circle-stroke-color": TOKENS["ground"], "circle-radius": 0},
    }


def _not_well() -> dict[str, Any]:
    """Those that are not well, and all that share a spot: each beside it, by so many pixels."""
    pairs = [part for state, image, _ in STATES for part in (state, image)]
    return {
        "id": "devices-not-well",
        "type": "symbol",
        "source": NOT_WELL,
        "filter": NO_GATE,
        "metadata": {"u": {"icon-size": 2.2}},
        "layout": {
            "icon-image": ["match", ["get", "status"], *pairs, "device-offline"],
            "icon-size": 1,
            "icon-offset": ["get", "offset"],
            "icon-allow-overlap": True,
            "icon-ignore-placement": True,
        },
    }
