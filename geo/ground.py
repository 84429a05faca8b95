"""The ground of a community: areas, sites, buildings, grids, facilities and the quiet background.

What is drawn is a GeoJSON file each in the community's folder (`geo.communities`); a survey that was imported takes
its place (`geo.versions`). A process keeps the ground in memory and reads it again when the revision moved.
A point finds its area by an index over all areas (`geo.lookup`), never by a loop.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec
import numpy as np
import shapely
from sqlalchemy import Connection

from geo import versions
from geo.communities import community as community_of
from geo.communities import drawn
from geo.crs import EPSG_CGCS2000, Crs, to_cgcs2000
from geo.lookup import Lookup
from store import revision

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

LAYERS = ("areas", "sites", "buildings", "rooms", "grids", "facilities", "ground")
FROM_WALL, FIRST_SPOT, GOLDEN = 0.15, 0.1, 0.618034
EMPTY = b'{"type":"FeatureCollection","features":[]}'


@dataclass(frozen=True)
class Place:
    """A named piece of ground, with a point inside it for its label."""

    code: str
    name: str
    name_en: str
    kind: str
    label: tuple[float, float]
    parent: str | None = None
    storey: int | None = None


@dataclass
class Surveyed:
    """The surveys that this process knows: (community, layer) -> GeoJSON, and the revisions they were read at."""

    layers: dict[tuple[str, str], bytes] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)


_surveyed = Surveyed()

_P = ParamSpec("_P")
_R = TypeVar("_R")
_forget: list[Callable[[], None]] = []


def of_ground(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Keep what a function answers until the ground changes.

    An answer that was begun before a change is given, but not kept: it may be of the ground that was.
    """
    kept: dict[Any, _R] = {}
    _forget.append(kept.clear)

    @wraps(function)
    def answer(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        key = (args, tuple(sorted(kwargs.items())))
        try:
            return kept[key]
        except KeyError:
            pass
        began = _changes.number
        found = function(*args, **kwargs)
        with _changes.lock:
            if began == _changes.number:
                kept[key] = found
        return found

    return answer


class _Changes:
    """How often the ground has changed in this process."""

    def __init__(self) -> None:
        self.number = 0
        self.lock = threading.Lock()


_changes = _Changes()


def _forget_answers() -> None:
    with _changes.lock:
        _changes.number += 1
        for clear in _forget:
            clear()


def refresh(connection: Connection) -> bool:
    """Read the surveys of a database again if one was imported; returns whether anything changed."""
    database = str(connection.engine.url)
    at = revision.current(connection, versions.REVISION)
    if at == _surveyed.revisions.get(database, 0):
        return False
    found = versions.current(connection)
    known = {key for key in _surveyed.layers if key[0] in versions.communities_of(connection)} | found.keys()
    for key in known:
        if key in found:
            _surveyed.layers[key] = found[key]
        else:
            _surveyed.layers.pop(key, None)
    _surveyed.revisions[database] = at
    _forget_answers()
    return True


def forget() -> None:
    """Know no survey: what ships counts again. For tests, and for a process that changes its database."""
    _surveyed.layers.clear()
    _surveyed.revisions.clear()
    _forget_answers()


def state() -> str:
    """A word that changes with the surveys that this process knows."""
    return "-".join(str(_surveyed.revisions[name]) for name in sorted(_surveyed.revisions)) or "0"


def is_surveyed(community: str, layer: str) -> bool:
    """Whether a layer is a survey's, not a drawing."""
    return (community, layer) in _surveyed.layers


def geojson(community: str, layer: str) -> bytes:
    """The GeoJSON of one layer in CGCS2000; an empty collection where there is none.

    Raises
    ------
    LookupError
        If the community or the layer is unknown.
    """
    community_of(community)
    if layer not in LAYERS:
        raise LookupError(f"no layer {layer!r}; there are: {', '.join(LAYERS)}")
    return _content(community, layer)


@of_ground
def _content(community: str, layer: str) -> bytes:
    surveyed = _surveyed.layers.get((community, layer))
    if surveyed is not None:
        return surveyed
    return drawn(community, layer) or EMPTY


@of_ground
def frame(community: str, layer: str) -> "GeoDataFrame":
    """One layer as a GeoDataFrame in CGCS2000; empty where nothing is drawn yet."""
    # Here, not above: the commands that touch no ground need not wait for it.
    import geopandas as gpd

    features: list[dict[str, Any]] = msgspec.json.decode(geojson(community, layer))["features"]
    if not features:
        return gpd.GeoDataFrame({"code": []}, geometry=[], crs=EPSG_CGCS2000)
    return gpd.GeoDataFrame.from_features(features, crs=EPSG_CGCS2000)


@of_ground
def places(community: str, layer: str) -> tuple[Place, ...]:
    """The named places of a layer, in the order of the file."""
    return tuple(
        Place(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            kind=row.get("kind") or layer.removesuffix("s"),
            label=(float(lon), float(lat)),
            parent=row.get("parent"),
            storey=None if row.get("storey") is None else int(row["storey"]),
        )
        for row, lon, lat in zip(rows(community, layer), *labels(community, layer), strict=True)
    )


@of_ground
def rows(community: str, layer: str) -> tuple[dict[str, Any], ...]:
    """The attributes of a layer's features, in the order of the file; what is missing is None."""
    table = frame(community, layer)
    plain = table.drop(columns=table.geometry.name).astype(object)
    return tuple(plain.where(plain.notna(), None).to_dict("records"))


@of_ground
def labels(community: str, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of a point inside each feature, shape (n,)."""
    points = shapely.get_coordinates(shapely.point_on_surface(frame(community, layer).geometry.to_numpy()))
    return points[:, 0], points[:, 1]


def place(community: str, layer: str, code: str) -> Place | None:
    """The place of a code in a layer; None where there is none."""
    return _by_code(community, layer).get(code)


@of_ground
def _by_code(community: str, layer: str) -> dict[str, Place]:
    return {found.code: found for found in places(community, layer)}


def spot_in_room(community: str, room: str, number: int) -> tuple[float, float]:
    """A place along a room's walls for the device of this number, 0 and up, apart from those of other numbers.

    Raises
    ------
    LookupError
        If there is no such room.
    """
    table = frame(community, "rooms")
    found = table.geometry[table["code"] == room]
    if found.empty:
        raise LookupError(f"no room {room!r} in {community!r}")
    shape = found.iloc[0]
    along = shape.buffer(-FROM_WALL * shape.area**0.5).boundary
    if along.is_empty:
        along = shape.boundary
    # By the golden section each new spot falls into the widest gap.
    point = along.interpolate((FIRST_SPOT + number * GOLDEN) % 1, normalized=True)
    return point.x, point.y


def locate(community: str, lons: np.ndarray, lats: np.ndarray, layer: str = "areas") -> list[str | None]:
    """The code of the area, or of the place of another layer, that each point lies in; None outside all.

    Where places lie in each other, the smallest counts.

    Parameters
    ----------
    lons, lats
        Degrees, CGCS2000, shape (n,).
    """
    codes, lookup = _lookup(community, layer)
    found: list[str | None] = codes[lookup.find(lons, lats)].tolist()
    return found


def doubt(community: str, lon: float, lat: float) -> str | None:
    """What makes a position doubtful: it lies in no area, but in one if it is taken as GCJ-02 or BD-09.

    Returns
    -------
    str or None
        The system that it may be in; None where nothing is doubtful. Nothing is corrected.
    """
    if locate_one(community, lon, lat) is not None:
        return None
    for crs in (Crs.GCJ02, Crs.BD09):
        if locate_one(community, *to_cgcs2000(lon, lat, crs)) is not None:
            return crs
    return None


def locate_one(community: str, lon: float, lat: float, layer: str = "areas") -> str | None:
    """The code of the area, or of the place of another layer, that a point lies in."""
    return locate(community, np.array([lon]), np.array([lat]), layer)[0]


@of_ground
def _lookup(community: str, layer: str) -> tuple[np.ndarray, Lookup]:
    """The codes of a layer's places, None last, and an index over their shapes."""
    table = frame(community, layer)
    return np.array([*table["code"], None], dtype=object), Lookup(table.geometry.to_numpy())
