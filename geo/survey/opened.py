"""Files as GDAL opens them: their layers, and one layer as plain columns and geometries.

Read as Arrow: whole numbers stay whole beside empty cells, where a table of numpy makes them rounded ones.
"""

import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import nanoarrow
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyogrio.raw import open_arrow

from geo.errors import Fault, SurveyFaults
from geo.survey.sources import Source

ENTITIES = "entities"
"""The one layer that GDAL makes of a DXF; the drawing's own are a column."""
DXF_LAYER, DXF_CLASSES = "Layer", "SubClasses"
DXF_TEXTS = ("AcDbText", "AcDbMText", "AcDbAttribute", "AcDbDimension", "AcDbLeader", "AcDbMLeader")
NAMELESS = ("CSV", "ESRI Shapefile", "GeoJSON")
"""Formats with one layer, which goes by the name of the file."""
OPTIONS: dict[str, dict[str, str]] = {
    "CSV": {"GEOM_POSSIBLE_NAMES": "wkt,WKT,Wkt,geometry,geom", "KEEP_GEOM_COLUMNS": "NO"},
}
CURVED = {8: "CircularString", 9: "CompoundCurve", 10: "CurvePolygon", 11: "MultiCurve", 12: "MultiSurface"}
CURVED |= {13: "Curve", 14: "Surface"}
SOLID = {15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}
"""Numbers of ISO 19125 well-known binary."""
UNREADABLE = (DataSourceError, DataLayerError, GeometryError, FieldError, FeatureError, ValueError, RuntimeError)


@dataclass(frozen=True)
class Layer:
    """A layer of a source: the name that people see, and where it is."""

    name: str
    source: Source
    inner: str
    features: int
    part: str | None = None


@dataclass
class Content:
    """What a layer holds: columns by name, geometries, what is wrong with them by position, the system declared."""

    columns: dict[str, list[Any]]
    shapes: np.ndarray
    faults: dict[int, Fault]
    crs: str | None
    left_out: dict[str, int] = field(default_factory=dict)


def layers(sources: Sequence[Source], most: int) -> list[Layer]:
    """The layers that have geometry and features.

    Raises
    ------
    SurveyFaults
        If a file cannot be opened.
    """
    found = [layer for source in sources for layer in _layers(source, most)]
    counts: dict[str, int] = {}
    for layer in found:
        counts[layer.name] = counts.get(layer.name, 0) + 1
    return [
        layer if counts[layer.name] == 1 else Layer(f"{layer.source.title}: {layer.name}", *_rest(layer))
        for layer in found
    ]


def _rest(layer: Layer) -> tuple[Source, str, int, str | None]:
    return layer.source, layer.inner, layer.features, layer.part


def read(layer: Layer, most: int) -> Content:
    """Read a layer.

    Raises
    ------
    SurveyFaults
        If it cannot be read, or has too many features.
    """
    content = _read(layer.source, layer.inner, most)
    if layer.source.driver != "DXF":
        return content
    texts = _are_texts(content)
    names = content.columns.get(DXF_LAYER, [None] * len(texts))
    keep = [not text and layer.part in (None, name) for text, name in zip(texts, names, strict=True)]
    chosen = _chosen(content, keep)
    count = sum(text and layer.part in (None, name) for text, name in zip(texts, names, strict=True))
    return Content(chosen.columns, chosen.shapes, chosen.faults, chosen.crs, {"texts": count} if count else {})


def _layers(source: Source, most: int) -> list[Layer]:
    if source.driver == "DXF":
        content = _read(source, ENTITIES, most)
        texts = _are_texts(content)
        parts = [part for part, text in zip(content.columns.get(DXF_LAYER, ()), texts, strict=False) if not text]
        return [Layer(part or "0", source, ENTITIES, parts.count(part), part) for part in dict.fromkeys(parts)]
    found = []
    with _told():
        for name, kind in pyogrio.list_layers(source.path):
            count = int(pyogrio.read_info(source.path, layer=name, force_feature_count=True)["features"])
            # A table without geometry is none of the ground, as the styles that QGIS keeps.
            if count and (kind is not None or source.driver == "CSV"):
                found.append(Layer(source.title if source.driver in NAMELESS else str(name), source, str(name), count))
    return found


def _read(source: Source, inner: str, most: int) -> Content:
    columns: dict[str, list[Any]] = {}
    wkb: list[bytes | None] = []
    fids: list[int] = []
    options = OPTIONS.get(source.driver, {})
    with (
        _told(),
        open_arrow(source.path, layer=inner, use_pyarrow=False, return_fids=True, **options) as (meta, stream),
    ):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for batch in nanoarrow.ArrayStream(stream):
            for child in batch.iter_children():
                values = list(child.iter_py())
                name = child.schema.name
                if name == geometry:
                    wkb += values
                elif name == meta["fid_column"]:
                    fids += values
                else:
                    columns.setdefault(name, []).extend(values)
            wkb += [None] * (len(fids) - len(wkb))
            if len(wkb) > most:
                raise SurveyFaults([Fault(0, "", "features", {"count": f"> {most}", "most": str(most)})])
    if source.table is not None:
        columns = {
            name: [values[fid] if fid < len(values) else None for fid in fids]
            for name, values in source.table.columns.items()
        }
    columns = {name: [_plain(value) for value in values] for name, values in columns.items()}
    shapes, faults = _shapes(wkb)
    content = Content(columns, shapes, faults, meta["crs"])
    deleted = source.table.is_deleted if source.table is not None else []
    if any(deleted):
        return _chosen(content, [not (fid < len(deleted) and deleted[fid]) for fid in fids])
    return content


def _are_texts(content: Content) -> list[bool]:
    classes = content.columns.get(DXF_CLASSES, [""] * len(content.shapes))
    return [any(text in str(one).split(":") for text in DXF_TEXTS) for one in classes]


def _chosen(content: Content, keep: Sequence[bool]) -> Content:
    places = [position for position, kept in enumerate(keep) if kept]
    faults = {new: content.faults[old] for new, old in enumerate(places) if old in content.faults}
    columns = {name: [values[place] for place in places] for name, values in content.columns.items()}
    renumbered = {new: Fault(new + 1, fault.code, fault.kind, fault.given) for new, fault in faults.items()}
    return Content(columns, content.shapes[places], renumbered, content.crs)


def _shapes(wkb: Sequence[bytes | None]) -> tuple[np.ndarray, dict[int, Fault]]:
    faults: dict[int, Fault] = {}
    readable: list[bytes | None] = []
    for position, one in enumerate(wkb):
        kind = None if one is None else _kind(one)
        for kinds, fault in ((CURVED, "shape_curved"), (SOLID, "shape_solid")):
            if kind in kinds:
                faults[position] = Fault(position + 1, "", fault, {"found": kinds[kind]})
        readable.append(None if position in faults else one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = np.asarray(shapely.from_wkb(np.array(readable, dtype=object), on_invalid="ignore"), dtype=object)
    for position, (one, shape) in enumerate(zip(readable, shapes, strict=True)):
        if one is not None and shape is None:
            faults[position] = Fault(position + 1, "", "broken", {"said": _said(one)})
    return shapes, faults


def _kind(wkb: bytes) -> int:
    """The kind of a geometry without its dimensions."""
    number = struct.unpack("<I" if wkb[0] == 1 else ">I", wkb[1:5])[0]
    return int((number & 0x1FFFFFFF) % 1000)


def _said(wkb: bytes) -> str:
    try:
        shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        return str(error)[:120]
    return "WKB"


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if value == "":
        return None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    try:
        return msgspec.to_builtins(value)
    except (TypeError, ValueError):
        return str(value)


@contextmanager
def _told() -> Iterator[None]:
    """What GDAL cannot open becomes a fault in words, without the path that it has here."""
    try:
        with warnings.catch_warnings():
            # What GDAL only wonders at is no fault; what is one, it raises.
            warnings.simplefilter("ignore")
            yield
    except SurveyFaults:
        raise
    except UnicodeDecodeError as error:
        raise SurveyFaults([Fault(0, "", "encoding", {"where": str(error.reason)})]) from None
    except UNREADABLE as error:
        said = _without_paths(" ".join(str(error).split()))
        raise SurveyFaults([Fault(0, "", "broken", {"said": said[:300]})]) from None


def _without_paths(said: str) -> str:
    return " ".join(word.rpartition("/")[2] if word.lstrip("'\"`(").startswith("/") else word for word in said.split())
