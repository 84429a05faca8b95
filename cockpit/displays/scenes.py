"""The scenes that a wall shows in turn: what each looks at and which panel it brings out."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from geo.communities import Community
from geo.view import outline_of
from layers import panels
from layers.declare import layers


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of scenes.toml; what its fields mean stands there."""

    name: str
    name_en: str
    panel: str | None = None
    each: str | None = None
    sites: str | None = None
    live: str | None = None
    cover: str | None = None


@cache
def table() -> dict[str, Any]:
    """scenes.toml as it is written."""
    return tomllib.loads((files("cockpit.displays") / "scenes.toml").read_text(encoding="utf-8"))


@cache
def scenes() -> dict[str, Scene]:
    """The scenes of scenes.toml by code."""
    return msgspec.convert(table()["scene"], dict[str, Scene])


def of(community: Community) -> list[dict[str, Any]]:
    """The scenes of a community, in turn, as the script takes them.

    ``of`` is the row that a scene is of; ``outline`` in degrees, None for the whole.
    """
    there = panels.codes(community)
    installed = {layer.code for layer in layers()}
    found: list[dict[str, Any]] = []
    for code, scene in scenes().items():
        told: dict[str, Any] = {"code": code, "of": code, "name": scene.name, "name_en": scene.name_en}
        told |= {"panel": scene.panel, "live": scene.live, "cover": scene.cover, "outline": None, "row": None}
        if scene.panel is not None and scene.panel not in there:
            continue
        if scene.cover is not None and scene.cover not in installed:
            continue
        if scene.each is not None:
            for place, shape in outline_of(community.code, scene.each):
                of_place = {"code": f"{code}.{place.code}", "name": place.name, "name_en": place.name_en}
                found.append(told | of_place | {"outline": shape, "row": f"{scene.each}.{place.code}"})
        elif scene.sites is not None:
            shapes = [shape for place, shape in outline_of(community.code, "sites") if place.kind == scene.sites]
            if shapes:
                found.append(told | {"outline": [corner for shape in shapes for corner in shape]})
        else:
            found.append(told)
    return found
