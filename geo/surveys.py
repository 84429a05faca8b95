"""Survey files in: read whatever a surveyor saves, check every feature, take all or none.

GDAL reads the file (GeoPackage, GeoJSON, Shapefile, KML, DXF, CSV with a WKT column). A Shapefile
without a .cpg file may be in GBK. Coordinates become CGCS2000; what lies where it cannot is told with what
it looks like: swapped axes, another zone, degrees that are metres, an offset of GCJ-02.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import shapely

from geo.communities import Community
from geo.crs import EPSG_CGCS2000, PROJECTED, Crs, all_to_cgcs2000
from geo.errors import Fault, SurveyFaults
from geo.survey_faults import (
    LIMITS,
    LayerRule,
    faults_of_columns,
    faults_of_shapes,
    layer_table,
    middle,
    number_of,
    rules,
    text_of,
)
from geo.versions import Feature

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ENCODINGS = ("utf-8", "gb18030")
MAX_FEATURES = 200_000
SMALLEST_RING = 4


@dataclass(frozen=True)
class Survey:
    """A file that was read and found good: its features, and the system that its coordinates were in."""

    features: list[Feature]
    crs: str


def read(path: Path, layer: str, community: Community, crs: str | None = None) -> Survey:
    """Read a survey file.

    Parameters
    ----------
    crs
        One of `Crs` or ``EPSG:n``, where the file declares none or is known to declare a wrong one.

    Raises
    ------
    SurveyFaults
        With everything that is wrong, by feature.
    """
    table = _open(path)
    if len(table) == 0:
        raise SurveyFaults([Fault(0, "", "the file has no features")])
    if len(table) > MAX_FEATURES:
        raise SurveyFaults([Fault(0, "", f"{len(table)} features; at most {MAX_FEATURES}")])
    shapes, system = _in_cgcs2000(table, crs)
    shapes = _closed(shapes, rules()[layer])
    columns = _columns([str(name) for name in table.columns if name != table.geometry.name])
    rows = table.drop(columns=table.geometry.name).astype(object).where(lambda t: t.notna(), None)
    records = rows.to_dict("records")
    faults = [
        *faults_of_shapes(shapes, rules()[layer], community),
        *faults_of_columns(records, columns),
    ]
    if faults:
        named = {i + 1: str(record.get(columns.get("code", ""), "") or "") for i, record in enumerate(records)}
        raise SurveyFaults(
            [Fault(f.feature, named.get(f.feature, ""), f.what, f.repair) for f in sorted(faults, key=_order)]
        )
    return Survey(
        [_feature(record, shape, columns, layer) for record, shape in zip(records, shapes, strict=True)], system
    )


def _order(fault: Fault) -> tuple[int, str]:
    return fault.feature, fault.what


def _open(path: Path) -> "GeoDataFrame":
    # Here, not above: it takes a second that other commands need not wait.
    import geopandas as gpd
    from pyogrio.errors import DataLayerError, DataSourceError, GeometryError

    if not path.is_file():
        raise SurveyFaults([Fault(0, "", f"no file {str(path)!r}")])
    options: dict[str, Any] = {}
    if path.suffix.lower() == ".csv":
        options = {"GEOM_POSSIBLE_NAMES": "wkt,WKT,geometry", "AUTODETECT_TYPE": "YES"}
    # A Shapefile says its encoding in a .cpg file, or it does not.
    is_silent = path.suffix.lower() == ".zip" or (
        path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").exists()
    )
    for encoding in ENCODINGS if is_silent else (None,):
        try:
            with warnings.catch_warnings():
                # What GDAL only wonders at is no fault; what is one, it raises.
                warnings.simplefilter("ignore", RuntimeWarning)
                table = gpd.read_file(path, engine="pyogrio", **options, **({"encoding": encoding} if encoding else {}))
        except UnicodeDecodeError as error:
            if encoding == ENCODINGS[-1]:
                raise SurveyFaults([Fault(0, "", f"texts are neither UTF-8 nor GBK: {error}")]) from None
        except (DataSourceError, DataLayerError, GeometryError, ValueError, RuntimeError) as error:
            said = " ".join(str(error).replace(f"{path.parent}/", "").split())
            raise SurveyFaults([Fault(0, "", f"cannot be read: {said[:300]}")]) from None
        else:
            break
    if not isinstance(table, gpd.GeoDataFrame) or table.geometry.name not in table:
        raise SurveyFaults([Fault(0, "", "the file has no geometry", "a CSV needs a column WKT")])
    return table


def _in_cgcs2000(table: "GeoDataFrame", declared: str | None) -> tuple[np.ndarray, str]:
    """The geometries in CGCS2000, and the system that they were in."""
    shapes = np.array(table.geometry.to_numpy(), dtype=object)
    if declared is not None and not declared.upper().startswith("EPSG:"):
        system = Crs(declared)
        if system in (Crs.GCJ02, Crs.BD09, *PROJECTED):
            return _moved(shapes, system), system
        return shapes, system
    known = table.crs if declared is None else declared
    if known is None:
        lon, lat = middle(shapes)
        if abs(lon) > 180 or abs(lat) > 90:
            what = f"the file declares no system, and {lon:.0f}, {lat:.0f} are no degrees"
            raise SurveyFaults([Fault(0, "", what, "say --crs CGCS2000_GK40, CGCS2000_GK120 or EPSG:n")])
        return shapes, Crs.CGCS2000
    try:
        there = (table if declared is None else table.set_crs(known, allow_override=True)).to_crs(EPSG_CGCS2000)
    except Exception as error:  # noqa: BLE001 - pyproj has many words for a system that it does not know
        raise SurveyFaults([Fault(0, "", f"crs {known}: {' '.join(str(error).split())[:200]}")]) from None
    return np.array(there.geometry.to_numpy(), dtype=object), str(known if declared else table.crs.to_string())[:64]


def _closed(shapes: np.ndarray, rule: LayerRule) -> np.ndarray:
    """Closed lines as the polygons that they draw, where the layer takes polygons and no lines: so a DXF has them."""
    if "LineString" in rule.shapes or "Polygon" not in rule.shapes:
        return shapes
    is_ring = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & shapely.is_closed(shapes)
    is_ring &= shapely.get_num_points(shapes) >= SMALLEST_RING
    rings = shapes[is_ring]
    coordinates, owners = shapely.get_coordinates(rings, return_index=True)
    if len(rings):
        shapes[is_ring] = shapely.polygons(shapely.linearrings(coordinates, indices=owners))
    return shapes


def _moved(shapes: np.ndarray, system: Crs) -> np.ndarray:
    return np.asarray(
        shapely.transform(shapes, lambda x, y: all_to_cgcs2000(x, y, system), interleaved=False), dtype=object
    )


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Our name of a column -> the file's."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    found = {}
    for ours, theirs in layer_table()["columns"].items():
        match = next((lowered[name] for name in theirs if name in lowered), None)
        if match is not None:
            found[ours] = match
    return found


def _feature(record: dict[str, Any], shape: Any, columns: dict[str, str], layer: str) -> Feature:
    rule = rules()[layer]

    def text(ours: str) -> str:
        return text_of(record.get(columns.get(ours, "")))

    code = text("code")
    floors = number_of(record.get(columns.get("floors", "")), *LIMITS["floors"])
    height = number_of(record.get(columns.get("height", "")), *LIMITS["height"])
    storey = number_of(record.get(columns.get("storey", "")), *LIMITS["storey"])
    level = number_of(record.get(columns.get("cim_level", "")), *LIMITS["cim_level"])
    used = set(columns.values())
    others = {str(name): _plain(value) for name, value in record.items() if name not in used and value is not None}
    return Feature(
        code=code,
        name=text("name") or code,
        name_en=text("name_en") or code,
        kind=text("kind") or rule.kind,
        parent=text("parent") or None,
        cim_level=int(level) if level is not None else rule.cim_level,
        floors=None if floors is None else round(floors),
        storey=None if storey is None else round(storey),
        height=height if height is not None else None if floors is None else 3.1 * floors,
        properties=others,
        geometry=shapely.force_2d(shapely.normalize(shape) if shape.geom_type == "Point" else shape),
    )


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    try:
        return msgspec.to_builtins(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        return str(value)
