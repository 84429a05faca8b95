"""The GeoJSON of a layer in the folder of a community that does not ship: checked whole, and written as ours is.

It is RFC 7946 in degrees, CGCS2000; attributes have the names of layers.toml, and what it holds is held to the rules of
a survey. No other program opens it: it is JSON, taken by its shape.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import shapely
from msgspec import Meta
from shapely.errors import GEOSException

from geo.communities import Community
from geo.errors import BadCommunity
from geo.features import attributes, columns_of
from geo.survey_faults import faults_of_columns, faults_of_shapes, rules, text_of
from geo.versions import geometry_told
from store import budgets
from store.why import first_line

UNNAMED = "ground"
"""The layer whose features need no codes: nobody asks for a road by its own."""

Position = Annotated[list[float], Meta(min_length=2, max_length=4)]
Value = str | int | float | bool | None


class _Geometry(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class _Point(_Geometry, frozen=True, tag="Point"):
    coordinates: Position


class _LineString(_Geometry, frozen=True, tag="LineString"):
    coordinates: list[Position]


class _MultiLineString(_Geometry, frozen=True, tag="MultiLineString"):
    coordinates: list[list[Position]]


class _Polygon(_Geometry, frozen=True, tag="Polygon"):
    coordinates: list[list[Position]]


class _MultiPolygon(_Geometry, frozen=True, tag="MultiPolygon"):
    coordinates: list[list[list[Position]]]


class _Feature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    geometry: _Point | _LineString | _MultiLineString | _Polygon | _MultiPolygon
    properties: dict[str, Value]


class _Collection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: list[_Feature]


class BadLayer(BadCommunity):
    """A file that is no layer of a community's ground: which feature, and why."""


class Layer(NamedTuple):
    """A layer that was found good: what is served, and the codes of its features."""

    geojson: bytes
    codes: frozenset[str]


def checked(content: bytes, layer: str, community: Community, above: Mapping[str, Layer]) -> Layer:
    """A layer as it is served, from what stands in a file; ``above`` are the layers that were read before.

    Raises
    ------
    BadLayer
        With the first that is wrong, by feature.
    """
    features = _features(content)
    rule = rules()[layer]
    shapes = np.array([_shape(number, feature) for number, feature in enumerate(features, 1)], dtype=object)
    records = [feature.properties for feature in features]
    if layer == UNNAMED:
        records = [{"code": f"{layer}-{number}", **record} for number, record in enumerate(records, 1)]
    columns = columns_of(dict.fromkeys(name for record in records for name in record))
    own = {text_of(record.get(columns.get("code", ""))) for record in records}
    codes = {code for parent in rule.parents for code in (own if parent == layer else _codes(above, parent))}
    parents = {code: code for code in codes}
    faults = [*faults_of_shapes(shapes, rule, community.bounds, community.name)]
    faults += faults_of_columns(records, columns, rule, parents) if records else ()
    if faults:
        first = min(faults, key=lambda fault: fault.feature)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise BadLayer(f"{first}{more}")
    told = [
        _told(attributes(record, columns, rule, parents), shape, community)
        for record, shape in zip(records, shapes, strict=True)
    ]
    return Layer(msgspec.json.encode({"type": "FeatureCollection", "features": told}), frozenset(own))


def _codes(above: Mapping[str, Layer], layer: str) -> frozenset[str]:
    return above[layer].codes if layer in above else frozenset()


def _told(attributes: dict[str, Any], shape: Any, community: Community) -> dict[str, Any]:
    properties = {"schematic": community.schematic} | attributes.pop("properties")
    properties |= {name: value for name, value in attributes.items() if value is not None}
    geometry = geometry_told(shapely.force_2d(shape))
    return {"type": "Feature", "id": attributes["code"], "properties": properties, "geometry": geometry}


def _features(content: bytes) -> list[_Feature]:
    try:
        features = msgspec.json.decode(content, type=_Collection).features
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise BadLayer(f"no GeoJSON: {first_line(bad)}") from None
    except RecursionError:
        raise BadLayer("no GeoJSON: nested too deeply") from None
    most = budgets.current().survey_features
    if len(features) > most:
        raise BadLayer(f"{len(features)} features; at most {most}")
    return features


def _shape(number: int, feature: _Feature) -> Any:
    try:
        shape = shapely.geometry.shape(msgspec.to_builtins(feature.geometry))
    except (ValueError, TypeError, IndexError, GEOSException) as bad:
        raise BadLayer(f"feature {number}: geometry: {first_line(bad)}") from None
    return shape
