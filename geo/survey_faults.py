"""What can be wrong with the features of a survey, told so that a surveyor can mend it."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely

from geo.communities import Community
from geo.errors import Fault

FAR_DEG = 0.5
"""Some fifty kilometres: what lies further from its community was not meant to."""
MAX_CODE, MAX_NAME, MAX_KIND = 64, 120, 32
LIMITS = {"floors": (0, 200), "height": (0, 1000), "cim_level": (1, 7), "storey": (-9, 200)}


@dataclass(frozen=True, kw_only=True)
class LayerRule:
    """A row of layers.toml."""

    shapes: tuple[str, ...]
    kind: str
    cim_level: int | None = None
    parent: str | None = None


@cache
def rules() -> dict[str, LayerRule]:
    """What each layer takes."""
    table = layer_table()
    return {
        code: LayerRule(**row | {"shapes": tuple(row["shapes"])}) for code, row in table.items() if code != "columns"
    }


@cache
def layer_table() -> dict[str, Any]:
    """layers.toml as it stands."""
    return tomllib.loads((files("geo") / "layers.toml").read_text(encoding="utf-8"))


def faults_of_shapes(shapes: np.ndarray, rule: LayerRule, community: Community) -> Iterable[Fault]:
    """What is wrong with geometries in CGCS2000, shape (n,)."""
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
    lon, lat = middle(np.array([shape], dtype=object))
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
    metres = shape.area * 111_320**2 * np.cos(np.radians(middle(np.array([shape], dtype=object))[1]))
    return f"{metres:.0f} m²"


def faults_of_columns(records: Sequence[dict[str, Any]], columns: dict[str, str]) -> Iterable[Fault]:
    """What is wrong with the attributes; ``columns`` maps our names to the file's."""
    if "code" not in columns:
        yield Fault(0, "", "no column of codes", f"name it one of {', '.join(layer_table()['columns']['code'])}")
        return
    codes = [text_of(record.get(columns["code"])) for record in records]
    counts = Counter(codes)
    for index, (code, record) in enumerate(zip(codes, records, strict=True)):
        if not code or len(code) > MAX_CODE or not code.isprintable():
            yield Fault(index + 1, "", f"code {code[:80]!r}: 1 to {MAX_CODE} printable characters")
        elif counts[code] > 1:
            yield Fault(index + 1, "", f"code {code!r} stands {counts[code]} times")
        for ours, most in (("name", MAX_NAME), ("name_en", MAX_NAME), ("kind", MAX_KIND), ("parent", MAX_CODE)):
            text = text_of(record.get(columns.get(ours, "")))
            if len(text) > most or not text.isprintable():
                yield Fault(index + 1, "", f"{columns[ours]} {text[:40]!r}: at most {most} printable characters")
        for ours, low, high in ((name, *limits) for name, limits in LIMITS.items()):
            value = record.get(columns.get(ours, ""))
            if value is not None and number_of(value, low, high) is None:
                yield Fault(index + 1, "", f"{columns[ours]} {str(value)[:40]!r}: a number from {low} to {high}")


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
