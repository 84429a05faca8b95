"""The map's ground: the quiet background, buildings and an opened storey, facilities, grids, the heat of events."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from geo.communities import Community
from geo.ground import frame
from geo.relief import RELIEF as BAND
from layers.declare import LegendEntry, Rank
from layers.look import HUES, SCALE, TOKENS, beside, by_tone, label, name

RELIEF = {
    -1: "#0f1317",
    -2: "#0c1013",
    -3: "#090c0f",
    1: "#181f25",
    2: "#1f272e",
    3: "#262f38",
    4: "#2e3843",
    5: "#36424e",
    6: "#3f4c59",
    7: "#495866",
}
"""By the tone of a band (geo/relief.py), each over the one before."""
WATER = "#24475c"
PARK = "#1c2b28"
ROAD = ("#46535f", "#333d47")
"""Main roads, and the others."""
BLOCK = "#8694a3"
URBAN = "#56626e"
"""What stands around and belongs to no area."""
CENTRE = "#b9c4cf"
DARK, LIT = "#3a4653", "#ffdf9e"
"""Windows behind which nobody is, and where many are."""
ROOM, CORRIDOR, IN_USE = "#3a4653", "#1e262d", "#6b5f43"
EQUATOR_M, TILE = 40_075_016.686, 512
"""Once around the earth; and the pixels of that at zoom 0."""
ZOOMS = range(8, 23, 2)
"""At these the size of what keeps buildings clear is found; MapLibre takes less than 256 times its icon."""
ICON = 32
"""Pixels of a sign at its size 1 (assets/js/20-map.js)."""
HIDDEN = {"visibility": "none"}
"""What is asked for later: a layer that is there and shows nothing costs its share of every frame."""
HEAT_STEPS = (2, 4, 8, 16)
"""From how many events on a hexagon takes the next tone."""


@dataclass(frozen=True)
class Group:
    """What of the ground can be shown or not, beside the layers; ``needs`` is the layer of the ground it stands on."""

    name: str
    name_en: str
    legend: LegendEntry
    needs: str | None
    starts_hidden: bool = False


GROUPS = {
    "buildings": Group(
        name="建筑",
        name_en="Buildings",
        legend=LegendEntry(symbol="▰", text="高按层数", text_en="height by storeys", tone="block"),
        needs="buildings",
    ),
    "facilities": Group(
        name="设施",
        name_en="Facilities",
        legend=LegendEntry(
            symbol="■", text="服务与文化点", text_en="services, culture", tone="facility", icon="facility"
        ),
        needs="facilities",
    ),
    "grids": Group(
        name="网格",
        name_en="Grids",
        legend=LegendEntry(symbol="┄", text="边界", text_en="boundary", tone="grid"),
        needs="grids",
    ),
    "stewards": Group(
        name="网格员",
        name_en="Stewards",
        legend=LegendEntry(symbol="▰", text="每人一色", text_en="a colour each", tone="hue-0"),
        needs="grids",
        starts_hidden=True,
    ),
    "heat": Group(
        name="事件热力",
        name_en="Event heat",
        legend=LegendEntry(
            symbol="⬢", text="每格未结事件数，由少到多", text_en="open events, few to many", tone="heat"
        ),
        needs=None,
        starts_hidden=True,
    ),
}


def sources(community: Community) -> dict[str, Any]:
    """The sources of the ground: files of this server, and the heat that a script fills."""

    def of(layer: str, **more: Any) -> dict[str, Any]:
        return {"type": "geojson", "data": f"/geo/{community.code}/{layer}.geojson", **more}

    return {
        # In one source: each that has areas or lines is cut to its tiles in every frame, over the whole picture.
        "ground": of("backdrop"),
        "buildings": of("buildings", promoteId="code"),
        "faces": of("faces"),
        "windows": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        "rooms": of("rooms", promoteId="code"),
        "rooms-labels": of("rooms-labels", promoteId="code"),
        "facilities": of("facilities-labels", promoteId="code"),
        "grids": of("grids", promoteId="code"),
        "heat": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
    }


def background() -> list[dict[str, Any]]:
    """What lies below everything."""

    def of_kind(kind: str) -> list[Any]:
        return ["==", ["get", "kind"], kind]

    def line(layer: str, kind: list[Any], colour: Any, width: Any) -> dict[str, Any]:
        return {
            "id": layer,
            "type": "line",
            "source": "ground",
            "filter": kind,
            "layout": {"line-cap": "round", "line-join": "round"},
            "paint": {"line-color": colour, "line-width": width},
        }

    def fill(layer: str, kind: list[Any], colour: Any) -> dict[str, Any]:
        return {
            "id": layer,
            "type": "fill",
            "source": "ground",
            "filter": kind,
            "paint": {"fill-color": colour},
        }

    def by_rank(main: Any, other: Any) -> list[Any]:
        return ["match", ["get", "rank"], "main", main, other]

    # A layer for each band: what has one colour is filled without blending, and none of it where a brighter one lies.
    relief = [
        {
            "id": f"hills{tone:+d}",
            "type": "fill",
            "source": "ground",
            "filter": ["all", of_kind(BAND), ["==", ["get", "tone"], tone]],
            # From one band to the next there is no edge to be smoothed.
            "paint": {"fill-color": colour, "fill-antialias": False},
        }
        for tone, colour in RELIEF.items()
    ]
    return [
        *relief,
        fill("parks", of_kind("park"), PARK),
        fill("ponds", of_kind("pond"), WATER),
        line("streams", of_kind("stream"), WATER, 7),
        line("roads", of_kind("road"), by_rank(*ROAD), by_rank(4, 2)),
    ]


def stewards() -> dict[str, Any]:
    """Grids in the colour of who looks after them, for whoever asks; a script sets the features' ``hue``."""
    hues = [part for number, colour in enumerate(HUES) for part in (number, colour)]
    return {
        "id": "grids-stewards",
        "type": "fill",
        "source": "grids",
        "metadata": {"group": "stewards"},
        "layout": HIDDEN,
        "paint": {
            "fill-color": ["match", ["coalesce", ["feature-state", "hue"], -1], *hues, "rgba(0,0,0,0)"],
            "fill-opacity": 0.5,
        },
    }


def heat() -> dict[str, Any]:
    """Hexagons by how many open events lie in each; a script fills the source when they are asked for."""
    steps = [part for pair in zip(HEAT_STEPS, SCALE[1:], strict=True) for part in pair]
    return {
        "id": "heat-cells",
        "type": "fill",
        "source": "heat",
        "metadata": {"group": "heat"},
        "layout": HIDDEN,
        "paint": {
            "fill-color": ["step", ["get", "count"], SCALE[0], *steps],
            "fill-opacity": 0.6,
            "fill-outline-color": TOKENS["ground"],
        },
    }


def buildings(community: Community) -> list[dict[str, Any]]:
    """Blocks, coloured by what is asked; and the plan of the storey that is opened, at first none.

    The windows of the centres glow by how many people are inside, which a script tells.
    """
    nothing = ["==", ["get", "code"], ""]

    def high(metres: Any) -> list[Any]:
        return ["*", metres, community.camera.heights]

    return [
        {
            "id": "rooms-floor",
            "type": "fill",
            "source": "rooms",
            "layout": HIDDEN,
            "filter": nothing,
            "paint": {
                "fill-color": [
                    "case",
                    ["==", ["get", "kind"], "corridor"],
                    CORRIDOR,
                    ["boolean", ["feature-state", "busy"], False],
                    IN_USE,
                    ROOM,
                ],
                "fill-opacity": 0.95,
            },
        },
        {
            "id": "rooms-walls",
            "type": "line",
            "source": "rooms",
            "layout": HIDDEN,
            "filter": nothing,
            "paint": {"line-color": TOKENS["second"], "line-width": 1.6},
        },
        {
            "id": "buildings",
            "type": "fill-extrusion",
            "source": "buildings",
            "metadata": {"group": "buildings"},
            "paint": {
                "fill-extrusion-color": by_tone(["match", ["get", "kind"], "centre", CENTRE, "urban", URBAN, BLOCK]),
                "fill-extrusion-height": high(["coalesce", ["get", "height"], 3]),
            },
        },
        {
            "id": "windows",
            "type": "fill-extrusion",
            "source": "windows",
            "metadata": {"group": "buildings"},
            "paint": {
                "fill-extrusion-color": ["interpolate", ["linear"], ["get", "glow"], 0, DARK, 1, LIT],
                "fill-extrusion-base": high(["get", "base"]),
                "fill-extrusion-height": high(["get", "top"]),
                "fill-extrusion-vertical-gradient": False,
            },
        },
        {
            "id": "rooms-name",
            "source": "rooms-labels",
            "filter": nothing,
            # A script says below the name whether the room is in use. Whoever opens a storey wants to read it.
            **label(
                ["concat", name(), ["coalesce", ["get", "use"], ""]],
                1.8,
                "text",
                **HIDDEN | {"text-max-width": 8, "text-padding": 1, "text-allow-overlap": True},
            ),
        },
    ]


def grids(community: Community) -> dict[str, Any]:
    """Grids as a broken outline, where there are any."""
    return {
        "id": "grids-outline",
        "type": "line",
        "source": "grids",
        "metadata": {"group": "grids"},
        "layout": {} if len(frame(community.code, "grids")) else HIDDEN,
        "paint": {"line-color": TOKENS["normal"], "line-width": 1, "line-dasharray": [2, 2]},
    }


def above(community: Community) -> dict[Rank, tuple[dict[str, Any], ...]]:
    """Facilities as a small square with the name where there is room for it; and what keeps the buildings clear."""
    of_facilities = {"source": "facilities"}
    square = {"icon-image": "facility", "icon-size": 1, "icon-padding": 1}
    names = (
        of_facilities
        | label(name(), 1.8, "second", **beside(0.9) | {"text-padding": 1})
        | {"id": "facilities-name", "metadata": {"u": {"text-size": 1.8}, "group": "facilities"}}
    )
    marks = of_facilities | {
        "id": "facilities-mark",
        "type": "symbol",
        "metadata": {"u": {"icon-size": 1.3}, "group": "facilities"},
        "layout": square,
    }
    return {Rank.NAME: (names,), Rank.MARK: (marks,), Rank.BUILDING: (_kept_clear(community),)}


def _kept_clear(community: Community) -> dict[str, Any]:
    """Signs that nobody sees, as large as the buildings behind them: labels go around them.

    MapLibre knows nothing of labels on extrusions; a sign of opacity 0 takes its place and is not drawn.
    """
    across = np.cos(np.radians(community.centre[1])) * EQUATOR_M
    size = [part for zoom in ZOOMS for part in (zoom, ["*", ["get", "across"], TILE * 2**zoom / across / ICON])]
    return {
        "id": "buildings-kept-clear",
        "type": "symbol",
        "source": "faces",
        "metadata": {"group": "buildings"},
        "layout": {
            "icon-image": "clear",
            "icon-size": ["interpolate", ["exponential", 2], ["zoom"], *size],
            "icon-allow-overlap": True,
            "icon-padding": 0,
        },
        "paint": {"icon-opacity": 0},
    }


@cache
def building_colours() -> dict[str, Any]:
    """building_colours.toml as it stands."""
    return tomllib.loads((files("cockpit.ground") / "building_colours.toml").read_text(encoding="utf-8"))
