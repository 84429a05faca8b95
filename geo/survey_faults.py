"""What can be wrong with the features of a survey, told so that a surveyor can mend it."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely

from geo.errors import Fault

FAR_DEG = 0.5
"""Some fifty kilometres: what lies further from its community was not meant to."""
EXACT = 2**53
"""From here on floating point knows no single numbers."""
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
PARENTS_ZH = {"areas": "片区", "sites": "场所", "buildings": "建筑", "rooms": "房间", "grids": "网格"}
Bounds = tuple[float, float, float, float]
"""West, south, east, north."""
MAX_CODE, MAX_NAME, MAX_KIND = 64, 120, 32
INHERITED = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""What every object of a script has already: under such a code none would find its own, or would change all others."""
LIMITS = {"floors": (0, 200), "height": (0, 1000), "cim_level": (1, 7), "storey": (-9, 200)}


@dataclass(frozen=True, kw_only=True)
class LayerRule:
    """A row of layers.toml."""

    shapes: tuple[str, ...]
    kind: str
    cim_level: int | None = None
    parents: tuple[str, ...] = ()


@cache
def rules() -> dict[str, LayerRule]:
    """What each layer takes."""
    table = layer_table()
    return {
        code: LayerRule(**row | {"shapes": tuple(row["shapes"]), "parents": tuple(row["parents"])})
        for code, row in table.items()
        if code != "columns"
    }


@cache
def layer_table() -> dict[str, Any]:
    """layers.toml as it stands."""
    return tomllib.loads((files("geo") / "layers.toml").read_text(encoding="utf-8"))


def faults_of_shapes(shapes: np.ndarray, rule: LayerRule, bounds: Bounds, community: str) -> Iterable[Fault]:
    """What is wrong with geometries in CGCS2000, shape (n,), of a community that has these bounds and this name."""
    kinds = [None if shape is None else shape.geom_type for shape in shapes]
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    reasons = shapely.is_valid_reason(shapes)
    west, south, east, north = bounds
    near = shapely.box(west - FAR_DEG, south - FAR_DEG, east + FAR_DEG, north + FAR_DEG)
    for index, shape in enumerate(shapes):
        number = index + 1
        if empty[index]:
            yield Fault(number, "", "no_geometry")
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            yield Fault(number, "", "coordinate")
        elif kinds[index] not in rule.shapes:
            yield Fault(number, "", "shape", {"found": str(kinds[index]), "expected": ", ".join(rule.shapes)})
        elif not near.intersects(shape):
            kind, more = _where(shape, near)
            lon, lat = middle(np.array([shape], dtype=object))
            where = {"lon": f"{lon:.5f}", "lat": f"{lat:.5f}", "community": community}
            yield Fault(number, "", kind, where | more)
        elif reasons[index] != "Valid Geometry":
            mended = shapely.make_valid(shape)
            given = {"said": reasons[index], "mended": mended.geom_type, "area": _square(mended)}
            yield Fault(number, "", "crossing", given)


def _where(shape: Any, near: Any) -> tuple[str, dict[str, str]]:
    """What a place that is nowhere near looks like."""
    lon, lat = middle(np.array([shape], dtype=object))
    swapped = shapely.transform(shape, lambda x: x[:, ::-1])
    if near.intersects(swapped):
        return "far_swapped", {}
    if abs(lon) > 180 or abs(lat) > 90:
        return "far_metres", {}
    for zones in (-2, -1, 1, 2):
        if near.intersects(shapely.transform(shape, lambda x, z=zones: x + np.array([3.0 * z, 0.0]))):
            side, side_zh = ("east", "东") if zones < 0 else ("west", "西")
            return "far_zone", {"degrees": str(3 * abs(zones)), "side": side, "side_zh": side_zh}
    return "far", {}


def _square(shape: Any) -> str:
    metres = shape.area * 111_320**2 * np.cos(np.radians(middle(np.array([shape], dtype=object))[1]))
    return f"{metres:.0f}"


def faults_of_columns(
    records: Sequence[dict[str, Any]], columns: dict[str, str], rule: LayerRule, parents: Mapping[str, str]
) -> Iterable[Fault]:
    """What is wrong with the attributes; ``columns`` maps our names to the file's, ``parents`` holds what a feature may
    name as what it stands in.
    """
    if "code" not in columns:
        yield Fault(0, "", "no_codes", {"names": ", ".join(layer_table()["columns"]["code"])})
        return
    codes = [text_of(record.get(columns["code"])) for record in records]
    counts = Counter(codes)
    for index, (code, record) in enumerate(zip(codes, records, strict=True)):
        if is_rounded(record.get(columns["code"])):
            yield Fault(index + 1, "", "code_rounded", {"value": repr(str(record[columns["code"]])[:40])})
        elif not code or len(code) > MAX_CODE or not code.isprintable():
            yield Fault(index + 1, "", "code", {"value": repr(code[:80]), "most": str(MAX_CODE)})
        elif code in INHERITED:
            yield Fault(index + 1, "", "code_inherited", {"value": repr(code)})
        elif counts[code] > 1:
            yield Fault(index + 1, "", "code_twice", {"value": repr(code), "count": str(counts[code])})
        for ours, most in (("name", MAX_NAME), ("name_en", MAX_NAME), ("kind", MAX_KIND), ("parent", MAX_CODE)):
            text = text_of(record.get(columns.get(ours, "")))
            if len(text) > most or not text.isprintable():
                yield Fault(
                    index + 1, "", "text", {"column": columns[ours], "value": repr(text[:40]), "most": str(most)}
                )
        for ours, low, high in ((name, *limits) for name, limits in LIMITS.items()):
            value = record.get(columns.get(ours, ""))
            if value not in (None, "") and number_of(value, low, high) is None:
                given = {"column": columns[ours], "value": repr(str(value)[:40]), "low": str(low), "high": str(high)}
                yield Fault(index + 1, "", "number", given)
        parent = text_of(record.get(columns.get("parent", "")))
        if parent and parent not in parents:
            given = {"column": columns["parent"], "value": repr(parent[:40])}
            given |= {
                "parents": " or ".join(rule.parents),
                "parents_zh": "或".join(PARENTS_ZH[one] for one in rule.parents),
            }
            yield Fault(index + 1, "", "parent", given)


def is_rounded(value: Any) -> bool:
    """Whether a code is a number that lost its last digits on the way, as spreadsheets and floating point do it."""
    if isinstance(value, float):
        return abs(value) >= EXACT
    return isinstance(value, str) and bool(SCIENTIFIC.fullmatch(value.strip()))


def text_of(value: Any) -> str:
    """A value as text; a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def number_of(value: Any, low: float, high: float) -> float | None:
    """A value as a number within limits; None where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if low <= number <= high else None


def middle(shapes: np.ndarray) -> tuple[float, float]:
    """The middle of the bounds of geometries."""
    bounds = shapely.total_bounds(shapes)
    return float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2
