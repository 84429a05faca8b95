"""The communities and how each is named and placed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from geo.errors import UnknownCommunity


@dataclass(frozen=True, kw_only=True)
class VisitsBaseline:
    """Visits in a past year, a figure to compare with; not a live value."""

    site: str
    year: int
    visits: int


@dataclass(frozen=True, kw_only=True)
class Camera:
    """From where the map looks: degrees from straight down, degrees clockwise from north.

    ``heights`` is by how much buildings are drawn higher than they are, so that low ones can be told from the ground.
    """

    pitch: float
    bearing: float = 0
    heights: float = 1


@dataclass(frozen=True, kw_only=True)
class Community:
    """A community: its names, and where its map looks.

    ``short`` is the name where there is little room, ``area_kind`` what its areas are called, in the plural in English.
    ``centre`` is (longitude, latitude) and ``bounds`` (west, south, east, north), in
    degrees, CGCS2000. ``schematic`` says that the ground was drawn, not surveyed.
    """

    code: str
    name: str
    name_en: str
    short: str
    short_en: str
    brand: str
    brand_en: str
    area_kind: str
    area_kind_en: str
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    schematic: bool
    camera: Camera
    visits_baseline: VisitsBaseline | None = None


@cache
def communities() -> dict[str, Community]:
    """Every community by its code."""
    table = tomllib.loads((files("geo") / "data" / "communities.toml").read_text(encoding="utf-8"))
    return {code: _community(code, row) for code, row in table.items()}


def community(code: str) -> Community:
    """One community.

    Raises
    ------
    UnknownCommunity
        If no community has this code.
    """
    try:
        return communities()[code]
    except KeyError:
        known = ", ".join(communities())
        raise UnknownCommunity(f"no community {code!r}; there are: {known}") from None


def _community(code: str, row: dict[str, object]) -> Community:
    fields: dict[str, object] = row | {
        "code": code,
        "centre": tuple(row["centre"]),  # type: ignore[arg-type]
        "bounds": tuple(row["bounds"]),  # type: ignore[arg-type]
        "camera": Camera(**row["camera"]),  # type: ignore[arg-type]
    }
    if "visits_baseline" in row:
        fields["visits_baseline"] = VisitsBaseline(**row["visits_baseline"])  # type: ignore[arg-type]
    return Community(**fields)  # type: ignore[arg-type]
