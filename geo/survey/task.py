"""The child's task: a survey file in, its faults or its features out."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from geo.errors import Fault, SurveyFaults
from geo.features import attributes, columns_of
from geo.survey import opened, systems
from geo.survey.answer import Asked, FaultRow, FeatureRow, Found
from geo.survey.archive import Most
from geo.survey.opened import Content, Layer
from geo.survey.sources import sources
from geo.survey_faults import (
    LayerRule,
    faults_of_columns,
    faults_of_shapes,
    rules,
    text_of,
)
from store import encoding as encodings
from store.sandbox.child import Seal

SMALLEST_RING = 4
SHOWN_NAMES = 5
# Read now: later there is no file but the survey.
rules()


def task(folder: Path, asked: bytes, seal: Seal) -> bytes:
    """Do what is `Asked`; the answer is `Found`."""
    wanted = msgspec.msgpack.decode(asked, type=Asked)
    found = Found()
    try:
        most = Most(wanted.most_members, wanted.most_unpacked, wanted.most_ratio)
        ready = sources(folder, wanted.file, wanted.title, most)
        seal.close()
        there = opened.layers(ready, wanted.most_features)
        found.layers = [(layer.name, layer.features) for layer in there]
        layer = _chosen(there, wanted.source_layer)
        _fill(found, layer, wanted)
    except SurveyFaults as bad:
        found.faults = [FaultRow(one.feature, one.code, one.kind, dict(one.given)) for one in bad.faults]
    except encodings.UnknownEncoding as bad:
        found.faults = [FaultRow(0, "", "encoding", {"where": bad.where})]
    return msgspec.msgpack.encode(found)


def _chosen(there: list[Layer], name: str | None) -> Layer:
    if not there:
        raise SurveyFaults([Fault(0, "", "no_features")])
    names = ", ".join(f"{layer.name} ({layer.features})" for layer in there)
    if name is None:
        if len(there) > 1:
            raise SurveyFaults([Fault(0, "", "several_layers", {"names": names})])
        return there[0]
    for layer in there:
        if layer.name == name:
            return layer
    raise SurveyFaults([Fault(0, "", "no_layer", {"name": repr(name[:80]), "names": names})])


def _fill(found: Found, layer: Layer, wanted: Asked) -> None:
    """Read a layer, and fill the answer in."""
    content = opened.read(layer, wanted.most_features)
    found.source_layer, found.left_out = layer.name, content.left_out
    found.encoding = encodings.told(layer.source.encoding)
    columns = columns_of(list(content.columns))
    found.names = _names(content, columns)
    if len(content.shapes) > wanted.most_features:
        count, most = str(len(content.shapes)), str(wanted.most_features)
        raise SurveyFaults([Fault(0, "", "features", {"count": count, "most": most})])
    if not len(content.shapes):
        raise SurveyFaults([Fault(0, "", "no_features")])
    if shapely.is_missing(content.shapes).all() and not content.faults:
        raise SurveyFaults([Fault(0, "", "no_geometries")])
    placed = systems.to_cgcs2000(content.shapes, content.crs, wanted.crs, wanted.accept_shift)
    found.crs, found.shift = placed.crs, placed.shift
    rule = rules()[wanted.layer]
    shapes = _closed(placed.shapes, rule)
    records = [dict(zip(content.columns, row, strict=True)) for row in zip(*content.columns.values(), strict=True)]
    records = records or [{} for _ in shapes]
    parents = wanted.parents
    if wanted.layer in rule.parents:
        parents = parents | {code: code for record in records if (code := text_of(record.get(columns.get("code", ""))))}
    faults = [
        *content.faults.values(),
        *(
            fault
            for fault in faults_of_shapes(shapes, rule, wanted.near, wanted.community)
            if fault.feature - 1 not in content.faults
        ),
        *faults_of_columns(records, columns, rule, parents),
    ]
    if faults:
        codes = [text_of(record.get(columns.get("code", ""))) for record in records]
        raise SurveyFaults(
            [
                Fault(one.feature, codes[one.feature - 1][:64] if one.feature else "", one.kind, one.given)
                for one in sorted(faults, key=lambda fault: (fault.feature, fault.kind))
            ]
        )
    found.features = [
        _feature(record, shape, columns, rule, parents) for record, shape in zip(records, shapes, strict=True)
    ]


def _names(content: Content, columns: dict[str, str]) -> list[str]:
    """Some of the names, so that somebody sees whether they are read rightly: what is not plain Latin first."""
    values = content.columns.get(columns.get("name", "")) or content.columns.get(columns.get("code", "")) or []
    texts = list(dict.fromkeys(text_of(value)[:40] for value in values if value is not None))
    return sorted(texts, key=str.isascii)[:SHOWN_NAMES]


def _closed(shapes: np.ndarray, rule: LayerRule) -> np.ndarray:
    """Closed lines as the polygons that they draw, where the layer takes polygons and no lines: so a DXF has them."""
    if "LineString" in rule.shapes or "Polygon" not in rule.shapes:
        return shapes
    is_ring = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & shapely.is_closed(shapes)
    is_ring &= shapely.get_num_points(shapes) >= SMALLEST_RING
    rings = shapely.force_2d(shapes[is_ring])
    coordinates, owners = shapely.get_coordinates(rings, return_index=True)
    if len(rings):
        shapes = shapes.copy()
        shapes[is_ring] = shapely.polygons(shapely.linearrings(coordinates, indices=owners))
    return shapes


def _feature(
    record: dict[str, Any], shape: Any, columns: dict[str, str], rule: LayerRule, parents: dict[str, str]
) -> FeatureRow:
    whole = shapely.force_2d(shapely.normalize(shape) if shape.geom_type == "Point" else shape)
    return FeatureRow(**attributes(record, columns, rule, parents), geometry=shapely.to_wkb(whole))
