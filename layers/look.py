"""Colours, shapes and words that layers share on the map and in panels.

Okabe-Ito colours, vermilion a little lighter so that text in it has a contrast of 4.5:1 on a
panel; colour is kept for what is abnormal, and never alone: shape and text say the same (ISA-101).
assets/css/00-tokens.css holds the same tokens for the browser; a test compares them.
"""

from dataclasses import dataclass
from typing import Any

from store.language import CHINESE, current

TOKENS = {
    "ground": "#12171c",
    "panel": "#1a2129",
    "line": "#2a333d",
    "text": "#e6edf3",
    "second": "#9fb0c0",
    "normal": "#7f93a6",
    "high": "#dc6400",
    "middle": "#e69f00",
    "low": "#56b4e9",
}

SCALE = ("#2c4356", "#365c7a", "#4078a0", "#5f9bc4", "#97c7e6")
"""From little to much, where much is nothing to worry about: one hue, apart from the colours of concern."""

HUES = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
"""Seven that tell things apart without saying that one is worse: Paul Tol's bright scheme, for the colour-blind too."""

LIGHT = {
    "#2c4356": "#d3e3ef",
    "#365c7a": "#a9c9df",
    "#4078a0": "#7aaacb",
    "#5f9bc4": "#4b86ad",
    "#97c7e6": "#245f87",
    "#12171c": "#e9edf1",
    "#1a2129": "#ffffff",
    "#2a333d": "#c3ccd5",
    "#090c0f": "#c2ccd5",
    "#0c1013": "#d0d8df",
    "#0f1317": "#dde3e9",
    "#181f25": "#edf0f4",
    "#1f272e": "#f0f3f6",
    "#262f38": "#f3f5f8",
    "#2e3843": "#f6f8fa",
    "#36424e": "#f9fafc",
    "#3f4c59": "#fcfdfd",
    "#495866": "#ffffff",
    "#24475c": "#b4d1e2",
    "#1c2b28": "#d9e6db",
    "#46535f": "#ffffff",
    "#333d47": "#f6f8fa",
    "#8694a3": "#b9c3cd",
    "#56626e": "#d3dae0",
    "#b9c4cf": "#8d9aa7",
    "#3a4653": "#aab6c2",
    "#6b5f43": "#e8cf96",
    "#ffdf9e": "#ffc14d",
    "#161c22": "#e1e6eb",
    "#1e262d": "#d0d7de",
    "#5d6f80": "#7c8b9a",
    "#e6edf3": "#17202a",
    "#9fb0c0": "#46586a",
    "#7f93a6": "#576b7f",
    "#dc6400": "#b34700",
    "#e69f00": "#8a5a00",
    "#56b4e9": "#1b6fa8",
    **{hue: hue for hue in HUES},
}
"""The light theme: what stands for each colour of the dark one, on the map too."""

BODY_FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]


@dataclass(frozen=True)
class Level:
    """A degree of concern: its colour, its shape and its word."""

    code: str
    colour: str
    symbol: str
    name: str
    name_en: str


LEVELS = (
    Level("low", TOKENS["low"], "●", name="低", name_en="low"),
    Level("middle", TOKENS["middle"], "◆", name="中", name_en="medium"),
    Level("high", TOKENS["high"], "▲", name="高", name_en="high"),
)


AROUND = {
    "text-variable-anchor-offset": [
        *("center", [0, 0], "top", [0, 1.4], "bottom", [0, -1.4]),
        *("left", [1.6, 0], "right", [-1.6, 0]),
        *("left", [1.6, 0.7], "right", [-1.6, 0.7], "left", [1.6, -0.7], "right", [-1.6, -0.7]),
        *("left", [1.6, 1.4], "right", [-1.6, 1.4], "left", [1.6, -1.4], "right", [-1.6, -1.4]),
        *("left", [3.2, 0], "right", [-3.2, 0], "top", [0, 2.6], "bottom", [0, -2.6]),
    ],
    "text-justify": "auto",
}
"""Layout of a label at its place, or around what stands there: none covers another."""

BEFORE = {"text-variable-anchor-offset": ["top", [0, 0.25], "top-left", [0.6, 0.25], "top-right", [-0.6, 0.25]]}
"""Layout of a label before its place, as one looks at the map: on no building's face."""

BESIDE = {
    "text-variable-anchor": ["left", "right", "top", "bottom"],
    "text-radial-offset": 0.65,
    "text-justify": "auto",
}
"""Layout of a label beside a sign."""


def beside(away: float) -> dict[str, Any]:
    """Layout of a label beside a sign, so many ems away from it; near an end of the ground on the inner side only."""
    inner = {
        "west": ["left", [away, 0], "top-left", [0, away], "bottom-left", [0, -away]],
        "east": ["right", [-away, 0], "top-right", [0, away], "bottom-right", [0, -away]],
    }
    pairs = [part for edge, offsets in inner.items() for part in (edge, ["literal", offsets])]
    around = ["left", [away, 0], "right", [-away, 0], "top", [0, away], "bottom", [0, -away]]
    return {
        "text-variable-anchor-offset": ["match", ["coalesce", ["get", "edge"], ""], *pairs, ["literal", around]],
        "text-justify": "auto",
    }


def name() -> list[Any]:
    """A MapLibre expression: what a thing is called in the language that is spoken, where that is known."""
    if current() == CHINESE:
        return ["get", "name"]
    return ["coalesce", ["get", f"name_{current()}"], ["get", "name"]]


def label(text: Any, u: float, colour: str, **layout: Any) -> dict[str, Any]:
    """What a style layer needs that writes text: its size in u, its colour by token, a halo against the ground."""
    return {
        "type": "symbol",
        "metadata": {"u": {"text-size": u}},
        "layout": {"text-field": text, "text-font": BODY_FONT, "text-size": 10 * u} | layout,
        "paint": {
            "text-color": TOKENS[colour],
            "text-halo-color": TOKENS["ground"],
            "text-halo-width": 1.5,
        },
    }


def by_level(*values: Any) -> list[Any]:
    """A MapLibre expression: one value for each ``level`` 0 to 3 of the feature's state."""
    normal, *others = values
    pairs = [part for level, value in enumerate(others, start=1) for part in (level, value)]
    return ["match", ["coalesce", ["feature-state", "level"], 0], *pairs, normal]


def by_tone(otherwise: Any) -> list[Any]:
    """A MapLibre colour by the feature's state ``tone``: a level's code, ``stale``, or ``scale-0`` and up."""
    tones = {level.code: level.colour for level in LEVELS} | {"stale": TOKENS["normal"]}
    tones |= {f"scale-{step}": colour for step, colour in enumerate(SCALE)}
    pairs = [part for tone, colour in tones.items() for part in (tone, colour)]
    return ["match", ["coalesce", ["feature-state", "tone"], ""], *pairs, otherwise]
