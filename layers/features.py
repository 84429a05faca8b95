"""Collections of features, as OGC API - Features tells them: what a layer gives of itself to programs of others.

What a collection has stands in the layer's ``features.toml``; nothing leaves the house that is not in that table.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from sensors.metrics import Kind, metrics
from store.instant import Instant

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees, CGCS2000; west never lies east of east."""
Value = str | float | bool
NUMBERS = ("number", "integer")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A property of a collection's features: its names, its type in JSON Schema, and whether features may be asked
    for by it.
    """

    name: str
    name_en: str
    type: Literal["string", "number", "integer", "boolean"] = "string"
    format: str = ""
    unit: str = ""
    asked: bool = False


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of ``features.toml``: what a collection is.

    ``time`` is the property that ``datetime`` asks by, where there is one; ``past`` says whether it can be asked with
    ``at``, ``metrics`` whether what is measured stands beside its properties, each metric by its code.
    """

    name: str
    name_en: str
    about: str
    about_en: str
    geometry: Literal["point", "polygon"]
    time: str = ""
    past: bool = False
    metrics: bool = False
    properties: dict[str, Field]

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every property, those that are measured too."""
        return self.properties | (_measured() if self.metrics else {})


def _measured() -> dict[str, Field]:
    kinds: dict[str, Literal["number", "boolean"]] = {Kind.NUMBER: "number", Kind.BOOL: "boolean"}
    return {
        code: Field(name=one.name, name_en=one.name_en, type=kinds[one.kind], unit=one.unit)
        for code, one in metrics().items()
        if one.kind in kinds
    }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which features are asked for, and how many at most.

    ``after`` is what the page before said; ``boxes`` are where they must touch, None: anywhere; ``during`` from when
    until when, both with their ends; ``having`` is the value of each property that is asked by.
    """

    limit: int
    after: str | None = None
    boxes: tuple[Box, ...] | None = None
    during: tuple[Instant | None, Instant | None] = (None, None)
    at: Instant | None = None
    having: Mapping[str, Value] = field(default_factory=dict)


class Page(NamedTuple):
    """Features as GeoJSON in CGCS2000, longitude first; what the page after them is asked by, None: there is none;
    and how many are asked for in all, where that is known without counting.
    """

    features: list[dict[str, Any]]
    after: str | None
    matched: int | None = None


Find = Callable[[Connection, str, Asked], Page]
"""(connection, community, what is asked for) -> a page of it."""
One = Callable[[Connection, str, str, Instant | None], dict[str, Any] | None]
"""(connection, community, id, at) -> the feature; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A collection: its code, its row, and how its features are found."""

    code: str
    row: Described
    find: Find
    one: One


def described(package: str) -> Mapping[str, Described]:
    """The collections that a package describes in its ``features.toml``."""
    rows = tomllib.loads((files(package) / "features.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, Described])


def made(row: Described, geometry: dict[str, Any] | None, told: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A feature with the properties that its table names, and no other."""
    properties = {name: told.get(name) for name in row.properties} | _of_metrics(row, told)
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": properties}


def _of_metrics(row: Described, told: Mapping[str, Any]) -> dict[str, Any]:
    """What is measured, where it is: most things measure little of what can be."""
    return {code: told[code] for code in _measured() if told.get(code) is not None} if row.metrics else {}


def source_of(sources: Iterable[str | None]) -> str | None:
    """Where values come from that no sensor of the place measured, replays for example; None: from sensors only."""
    return ", ".join(sorted({one for one in sources if one is not None})) or None
