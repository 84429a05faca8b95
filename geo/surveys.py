"""Survey files in: read whatever a surveyor saves, check every feature, take all or none.

GDAL reads the file (GeoPackage, GeoJSON, Shapefile, KML, DXF, CSV with a WKT column). A Shapefile
without a .cpg file may be in GBK. Coordinates become CGCS2000; what lies where it cannot is told with what
it looks like: swapped axes, another zone, degrees that are metres, an offset of GCJ-02.
"""

import tomllib
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import shapely

from geo.communities import Community
from geo.crs import EPSG_CGCS2000, PROJECTED, Crs, all_to_cgcs2000
from geo.errors import Fault, SurveyFaults
from geo.versions import Feature

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ENCODINGS = ("utf-8", "gb18030")
FAR_DEG = 0.5
"""Some fifty kilometres: what lies further from its community was not meant to."""
MAX_FEATURES = 200_000
SMALLEST_RING = 4
MAX_CODE, MAX_NAME, MAX_KIND = 64, 120, 32


@dataclass(frozen=True, kw_only=True)
class LayerRule:
    """A row of layers.toml."""

    shapes: tuple[str, ...]
    kind: str
    cim_level: int | None = None
    parent: str | None = None


@dataclass(frozen=True)
class Survey:
    """A file that was read and found good: its features, and the system that its coordinates were in."""

    features: list[Feature]
    crs: str


@cache
def rules() -> dict[str, LayerRule]:
    """What each layer takes."""
    table = _table()
    return {
        code: LayerRule(**row | {"shapes": tuple(row["shapes"])}) for code, row in table.items() if code != "columns"
    }


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("geo") / "layers.toml").read_text(encoding="utf-8"))


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
        *_faults_of_shapes(shapes, rules()[layer], community, system),
        *_faults_of_columns(records, columns),
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
    is_silent = path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").exists()
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
        lon, lat = _middle(shapes)
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


def _middle(shapes: np.ndarray) -> tuple[float, float]:
    bounds = shapely.total_bounds(shapes)
    return float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2


def _faults_of_shapes(shapes: np.ndarray, rule: LayerRule, community: Community, system: str) -> Iterable[Fault]:
    kinds = [None if shape is None else shape.geom_type for shape in shapes]
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    reasons = shapely.is_valid_reason(shapes)
    west, south, east, north = community.bounds
    near = shapely.box(west - FAR_DEG, south - FAR_DEG, east + FAR_DEG, north + FAR_DEG)
    for index, shape in enumerate(shapes):
        number = index + 1
        if empty[index]:
            yield Fault(number, "", "no geometry")
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            yield Fault(number, "", "a coordinate that is no number")
        elif kinds[index] not in rule.shapes:
            yield Fault(number, "", f"a {kinds[index]}; expected {', '.join(rule.shapes)}")
        elif not near.intersects(shape):
            yield Fault(number, "", *_where(shape, near, community))
        elif reasons[index] != "Valid Geometry":
            mended = shapely.make_valid(shape)
            yield Fault(number, "", reasons[index], f"make_valid would give a {mended.geom_type} of {_square(mended)}")


def _where(shape: Any, near: Any, community: Community) -> tuple[str, str]:
    """What is wrong with a place that is nowhere near, and what it looks like."""
    lon, lat = _middle(np.array([shape], dtype=object))
    what = f"lies at {lon:.5f}, {lat:.5f}, not near {community.name}"
    swapped = shapely.transform(shape, lambda x: x[:, ::-1])
    if near.intersects(swapped):
        return what, "longitude and latitude are swapped"
    if abs(lon) > 180 or abs(lat) > 90:
        return what, "these are metres: say --crs CGCS2000_GK40, CGCS2000_GK120 or EPSG:n"
    for zones in (-2, -1, 1, 2):
        if near.intersects(shapely.transform(shape, lambda x, z=zones: x + np.array([3.0 * z, 0.0]))):
            side = "east" if zones < 0 else "west"
            return what, f"{3 * abs(zones)} degrees too far {side}: another zone, check the central meridian"
    return what, ""


def _square(shape: Any) -> str:
    metres = shape.area * 111_320**2 * np.cos(np.radians(_middle(np.array([shape], dtype=object))[1]))
    return f"{metres:.0f} m²"


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Our name of a column -> the file's."""
    lowered = {name.strip().lower(): name for name in reversed(names)}
    found = {}
    for ours, theirs in _table()["columns"].items():
        match = next((lowered[name] for name in theirs if name in lowered), None)
        if match is not None:
            found[ours] = match
    return found


def _faults_of_columns(records: Sequence[dict[str, Any]], columns: dict[str, str]) -> Iterable[Fault]:
    if "code" not in columns:
        yield Fault(0, "", "no column of codes", f"name it one of {', '.join(_table()['columns']['code'])}")
        return
    codes = [_text(record.get(columns["code"])) for record in records]
    counts = Counter(codes)
    for index, (code, record) in enumerate(zip(codes, records, strict=True)):
        if not code or len(code) > MAX_CODE or not code.isprintable():
            yield Fault(index + 1, "", f"code {code[:80]!r}: 1 to {MAX_CODE} printable characters")
        elif counts[code] > 1:
            yield Fault(index + 1, "", f"code {code!r} stands {counts[code]} times")
        for ours, most in (("name", MAX_NAME), ("name_en", MAX_NAME), ("kind", MAX_KIND), ("parent", MAX_CODE)):
            text = _text(record.get(columns.get(ours, "")))
            if len(text) > most or not text.isprintable():
                yield Fault(index + 1, "", f"{columns[ours]} {text[:40]!r}: at most {most} printable characters")
        for ours, low, high in (("floors", 0, 200), ("height", 0, 1000), ("cim_level", 1, 7)):
            value = record.get(columns.get(ours, ""))
            if value is not None and _number(value, low, high) is None:
                yield Fault(index + 1, "", f"{columns[ours]} {str(value)[:40]!r}: a number from {low} to {high}")


def _feature(record: dict[str, Any], shape: Any, columns: dict[str, str], layer: str) -> Feature:
    rule = rules()[layer]

    def text(ours: str) -> str:
        return _text(record.get(columns.get(ours, "")))

    code = text("code")
    floors = _number(record.get(columns.get("floors", "")), 0, 200)
    height = _number(record.get(columns.get("height", "")), 0, 1000)
    level = _number(record.get(columns.get("cim_level", "")), 1, 7)
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
        height=height if height is not None else None if floors is None else 3.1 * floors,
        properties=others,
        geometry=shapely.force_2d(shapely.normalize(shape) if shape.geom_type == "Point" else shape),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(value: Any, low: float, high: float) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if low <= number <= high else None


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    try:
        return msgspec.to_builtins(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        return str(value)
