"""The communities and how each is named and placed: those that ship, and further ones of folders of the operator's.

A community is a folder with ``community.toml`` and a GeoJSON file for each layer of its ground (`geo.ground`). What
ships stands below ``geo/data``; `geo.folders` reads further ones, once, before anything is served.
"""

import contextlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from geo.errors import UnknownCommunity
from store.language import Word

FILE = "community.toml"
REGISTERS = "registers"
INDICATORS = "indicators"
AREAS = Word("片区", "areas")

# A wall has one line for its head: what is longer would push the time and the live mark off it.
Name = Annotated[str, Meta(min_length=1, max_length=24)]
NameEn = Annotated[str, Meta(min_length=1, max_length=48)]
Short = Annotated[str, Meta(min_length=1, max_length=8)]
ShortEn = Annotated[str, Meta(min_length=1, max_length=20)]


class VisitsBaseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Visits in a past year, a figure to compare with; not a live value."""

    site: Annotated[str, Meta(min_length=1, max_length=64)]
    year: Annotated[int, Meta(ge=1900, le=2200)]
    visits: Annotated[int, Meta(ge=0, le=10**12)]


class Camera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where the map looks: degrees from straight down, degrees clockwise from north.

    ``heights`` is by how much buildings are drawn higher than they are, so that low ones can be told from the ground.
    """

    pitch: Annotated[float, Meta(ge=0, le=60)] = 50
    bearing: Annotated[float, Meta(ge=-180, le=360)] = 0
    heights: Annotated[float, Meta(ge=0.1, le=10)] = 1


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A panel that a community's screens show: the code of its layer, and in which column of the wall it stands.

    One of the column "home" stands on the first page only. ``note`` is said beside its title, a brand for example.
    """

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    column: Literal["left", "right", "home"]
    note: Annotated[str, Meta(max_length=24)] = ""
    note_en: Annotated[str, Meta(max_length=48)] = ""


class Addition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a community says of a register that others have too: behind what is said of it for all of them."""

    register: Annotated[str, Meta(min_length=1, max_length=64)]
    about: Annotated[str, Meta(min_length=1, max_length=200)]
    about_en: Annotated[str, Meta(max_length=400)] = ""


class Community(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A community: its names, and where its map looks; what ``community.toml`` says, and the code of its folder.

    ``short`` is the name where there is little room, ``kind`` which kind of future community it is, ``area_kind`` what
    its areas are called, in the plural in English.
    ``centre`` is (longitude, latitude) and ``bounds`` (west, south, east, north), in
    degrees, CGCS2000. ``schematic`` says that the ground was drawn, not surveyed. ``panels`` are those that its wall
    and first page show, from the top down; without any the layers' own. ``additions`` are to what registers say of
    themselves.
    """

    code: str
    name: Name
    name_en: NameEn
    short: Name
    short_en: NameEn
    brand: Annotated[str, Meta(max_length=24)] = ""
    brand_en: Annotated[str, Meta(max_length=48)] = ""
    kind: Annotated[str, Meta(max_length=12)] = ""
    kind_en: Annotated[str, Meta(max_length=40)] = ""
    area_kind: Short = AREAS.name
    area_kind_en: ShortEn = AREAS.name_en
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
    schematic: bool = True
    camera: Camera = Camera()
    visits_baseline: VisitsBaseline | None = None
    panels: tuple[Panel, ...] = ()
    additions: tuple[Addition, ...] = ()

    def panel(self, code: str) -> Panel | None:
        """What is said of a layer's panel; None where nothing is."""
        return next((one for one in self.panels if one.code == code), None)


@dataclass(frozen=True, kw_only=True)
class Further:
    """A community that does not ship: its folder, and what stood there: the GeoJSON of each layer that it has, and the
    files of its registers and of its indicators by their names.
    """

    community: Community
    folder: Path
    layers: Mapping[str, bytes]
    registers: Mapping[str, bytes]
    indicators: Mapping[str, bytes]


@dataclass
class _Known:
    shipped: dict[str, Community]
    all: dict[str, Community]
    further: dict[str, Further]


def of_row(code: str, row: Mapping[str, Any]) -> Community:
    """The community that a ``community.toml`` describes; what can be told from the rest may be left out of it.

    Raises
    ------
    msgspec.ValidationError
        Naming the first key that is unknown, missing, or of another type than it should be.
    """
    if "code" in row:
        raise msgspec.ValidationError("Object contains unknown field `code`")
    name = row.get("name")
    own = {"code": code, "name_en": name, "short": name, "short_en": row.get("name_en", name)}
    own["centre"] = _middle(row.get("bounds"))
    told = {key: value for key, value in own.items() if value is not None and key not in row}
    return msgspec.convert({**row, **told}, Community)


def _middle(bounds: Any) -> list[float] | None:
    """The middle of bounds; None where they are none."""
    numbers = [one for one in bounds if isinstance(one, int | float)] if isinstance(bounds, list) else []
    if len(numbers) != 4:
        return None
    west, south, east, north = numbers
    with contextlib.suppress(OverflowError):
        return [(west + east) / 2, (south + north) / 2]
    return None


def _shipped() -> dict[str, Community]:
    folders = sorted((files("geo") / "data").iterdir(), key=lambda folder: folder.name)
    rows = {folder.name: folder / FILE for folder in folders if (folder / FILE).is_file()}
    return {code: of_row(code, tomllib.loads(file.read_text(encoding="utf-8"))) for code, file in rows.items()}


_of_package = _shipped()
_known = _Known(_of_package, _of_package, {})


def communities() -> Mapping[str, Community]:
    """Every community by its code: those that ship before further ones, each by their codes."""
    return _known.all


def shipped() -> Mapping[str, Community]:
    """Those that ship, by their codes."""
    return _known.shipped


def take(further: Iterable[Further]) -> None:
    """Know these further communities from here on, and no others. To be called before anything asks for one."""
    _known.further = {one.community.code: one for one in further}
    _known.all = _known.shipped | {code: one.community for code, one in _known.further.items()}


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


def folder_of(code: str) -> Traversable:
    """The folder of a community, with ``community.toml``, its ground, and what else it brings.

    What lies in one that does not ship is a stranger's, and may have changed: ask `drawn` and `registers` for what
    stood there at the start, found within bounds.

    Raises
    ------
    UnknownCommunity
        If no community has this code.
    """
    found = community(code).code
    further = _known.further.get(found)
    return files("geo") / "data" / found if further is None else further.folder


def drawn(code: str, layer: str) -> bytes | None:
    """The GeoJSON of a layer in a community's folder, as it was at the start; None where it has none.

    Raises
    ------
    UnknownCommunity
        If no community has this code.
    """
    further = _known.further.get(code)
    if further is not None:
        return further.layers.get(layer)
    path = folder_of(code) / f"{layer}.geojson"
    return path.read_bytes() if path.is_file() else None


def registers(code: str) -> Mapping[str, bytes]:
    """The TOML files of a community's registers by their names, as they were at the start; nobody has read them yet.

    Raises
    ------
    UnknownCommunity
        If no community has this code.
    """
    further = _known.further.get(code)
    return _tables(code, REGISTERS) if further is None else further.registers


def indicators(code: str) -> Mapping[str, bytes]:
    """The same of the files of a community's indicators, one for each scene that it adds to.

    Raises
    ------
    UnknownCommunity
        If no community has this code.
    """
    further = _known.further.get(code)
    return _tables(code, INDICATORS) if further is None else further.indicators


def _tables(code: str, name: str) -> dict[str, bytes]:
    folder = folder_of(code) / name
    there = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    return {file.name: file.read_bytes() for file in there if file.name.endswith(".toml")}
