"""The map's style: no request leaves this server, and no label may cover another."""

from typing import Any

import pytest

from cockpit.ground import map as base_map
from geo.communities import communities, community
from layers.look import LIGHT, TOKENS


def layers(code: str, theme: str = "dark") -> list[dict[str, Any]]:
    """The style's layers."""
    found: list[dict[str, Any]] = base_map.style(community(code), theme)["layers"]
    return found


OPENED = "rooms-name"
"""Of a storey that somebody opened: each name within its own room, whatever else is on the map."""


@pytest.mark.parametrize("code", communities())
def test_no_label_may_cover_another(code: str) -> None:
    labelled = [one for one in layers(code) if "text-field" in one.get("layout", {}) and one["id"] != OPENED]
    assert len(labelled) >= 6
    for layer in labelled:
        layout = layer["layout"]
        assert not layout.get("text-allow-overlap"), layer["id"]
        assert not layout.get("text-ignore-placement"), layer["id"]


@pytest.mark.parametrize("code", communities())
def test_everything_comes_from_this_server(code: str) -> None:
    style = base_map.style(community(code), "dark")
    assert "glyphs" not in style
    assert "sprite" not in style
    for name, source in style["sources"].items():
        data = source.get("data")
        assert not isinstance(data, str) or data.startswith("/geo/"), name
        assert all(tile.startswith("/geo/") for tile in source.get("tiles", [])), name


def test_every_colour_of_the_map_has_one_for_a_bright_room() -> None:
    def colours(part: Any) -> set[str]:
        if isinstance(part, dict):
            return set().union(*map(colours, part.values()))
        if isinstance(part, list | tuple):
            return set().union(*map(colours, part)) if part else set()
        return {part} if isinstance(part, str) and part.startswith("#") else set()

    dark = colours(layers("heling"))
    assert dark <= LIGHT.keys(), "each dark colour has its light one"
    assert TOKENS["ground"] not in colours(layers("heling", "light"))
