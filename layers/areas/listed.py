"""Places of the ground as a list: what makes a count of them. The ground is as it is now."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from geo import ground
from store.language import Word, in_all

Layer = Literal["buildings", "rooms", "facilities", "sites"]
NONE = "none"
"""What is asked for of an area where a place is in none."""


class Found(NamedTuple):
    """A place of a layer, in which area it lies, and a point inside it."""

    row: dict[str, Any]
    area: str | None
    lon: float
    lat: float


@cache
def kind_names() -> dict[str, Word]:
    """What kinds of places are called; a survey may bring others, which are called by their code."""
    rows = tomllib.loads((files("layers.areas") / "kinds.toml").read_text(encoding="utf-8"))
    return {code: Word(**row) for code, row in rows.items()}


def found(community: str, layer: Layer, kinds: Sequence[str] = (), area: str | None = None) -> list[Found]:
    """The places of a layer, of these kinds (all where none is named), in an area (anywhere where it is None)."""
    rows = ground.rows(community, layer)
    if not rows:
        return []
    lons, lats = ground.labels(community, layer)
    every = zip(rows, ground.locate(community, lons, lats), lons, lats, strict=True)
    wanted = None if area == NONE else area
    return [
        Found(row, where, float(lon), float(lat))
        for row, where, lon, lat in every
        if (not kinds or row.get("kind") in kinds) and (area is None or where == wanted)
    ]


def told(one: Found) -> dict[str, Any]:
    """A place as the API says it."""
    kind = one.row.get("kind") or ""
    name = one.row.get("name")
    words = Word(name, one.row.get("name_en") or name) if name else None
    return {
        "code": one.row.get("code"),
        **in_all("name", words),
        "kind": kind,
        **in_all("kind_name", kind_names().get(kind, Word(kind, kind))),
        "area": one.area,
        "lon": one.lon,
        "lat": one.lat,
        "schematic": bool(one.row.get("schematic")),
    }
