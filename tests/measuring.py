"""What of a page does not lie as it should, measured in a browser at several sizes and in both themes."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.thorough import THOROUGH

MEASURE = (Path(__file__).parent / "measuring.js").read_text(encoding="utf-8")
THEMES = ("dark", "light")
PHONE_WIDTH = 640
LEAST_PX = 12
"""The least type size of what is read at arm's length."""
LEAST_PART = 60
"""On a wall: of how many lines the shorter side of the screen would be high, set in its smallest type."""
DRESS = """(theme) => {
  for (const one of [document.documentElement, ...document.querySelectorAll("[data-theme]")]) one.dataset.theme = theme;
}"""
SETTLE = """async () => {
  const frame = () => new Promise((then) => requestAnimationFrame(() => setTimeout(then)));
  const charts = [...document.querySelectorAll(".js-plotly-plot:has(.main-svg)")];
  const isOld = (one) => one.clientWidth && Math.abs(one.querySelector(".main-svg").clientWidth - one.clientWidth) > 2;
  for (let frames = 0; frames < 2 || (frames < 60 && charts.some(isOld)); frames += 1) await frame();
}"""
"""What follows a screen's size has followed it: lists that count what fits, charts that are drawn anew."""


def misplaced(page: Page, sizes: Sequence[tuple[int, int]], *, is_wall: bool = False) -> list[str]:
    """Each fault once, as a line: where it is, at which sizes and in which themes, with text and boxes.

    A theme changes colours and moves nothing: the first size is measured in both, the others in the dark one.
    """
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        least = min(width, height) / LEAST_PART if is_wall and width > PHONE_WIDTH else LEAST_PX
        page.evaluate(SETTLE)
        for theme in THEMES if THOROUGH or (width, height) == sizes[0] else THEMES[:1]:
            page.evaluate(DRESS, theme)
            given = {"least": least, "isWall": is_wall}
            wrong = page.evaluate(MEASURE, given)
            if wrong:
                # What came just now is still finding its place.
                page.evaluate(SETTLE)
                wrong = page.evaluate(MEASURE, given)
            for one in wrong:
                key = (one["fault"], one["where"], one["text"], one.get("other", ""))
                found[key].append(f"{width}x{height} {theme}")
                told.setdefault(key, one)
    page.evaluate(DRESS, THEMES[0])
    return [_line(told[key], screens) for key, screens in found.items()]


def _line(one: dict[str, Any], screens: list[str]) -> str:
    further = {name: value for name, value in one.items() if name not in ("fault", "text", "where", "box")}
    told = f"{one['fault']}: {one['text']!r} {one['box']} in {one['where']} {further}"
    return f"{told} at {', '.join(dict.fromkeys(screens))}"
