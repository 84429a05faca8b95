"""Versions of a layer in the database: an import adds one, and an older one can be made to count again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import shapely
from sqlalchemy import Connection, Row, delete, insert, select

from geo.tables import ground_current, ground_feature, ground_version
from store import revision
from store.engine import upsert
from store.instant import Instant, format_rfc3339

REVISION = "ground"
DRAWN = 0
"""The version of what ships: it counts where none was imported, or none shall."""
TYPED = ("code", "name", "name_en", "kind", "parent", "cim_level", "floors", "height", "storey")
DIGITS = 9
"""Of a degree: a tenth of a millimetre."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A piece of ground as a survey has it. ``geometry`` is a shapely geometry in CGCS2000."""

    code: str
    name: str
    name_en: str
    kind: str
    geometry: Any
    properties: dict[str, Any]
    parent: str | None = None
    cim_level: int | None = None
    floors: int | None = None
    height: float | None = None
    storey: int | None = None


def add(
    connection: Connection,
    community: str,
    layer: str,
    features: Sequence[Feature],
    *,
    file: str,
    crs: str,
    actor: str,
    at: Instant,
) -> int:
    """Keep a layer as a new version, which counts from now on; returns its number."""
    version = {
        "community": community,
        "layer": layer,
        "file": file[-200:],
        "crs": crs[:64],
        "actor": actor,
        "imported": at,
        "features": len(features),
    }
    inserted = connection.execute(insert(ground_version).values(version).returning(ground_version.c.id))
    number = int(inserted.scalar_one())
    if features:
        connection.execute(insert(ground_feature), [_row(number, i, one) for i, one in enumerate(features)])
    use(connection, community, layer, number)
    return number


def use(connection: Connection, community: str, layer: str, number: int) -> None:
    """Make a version count; `DRAWN` is what ships.

    Raises
    ------
    LookupError
        If the layer has no such version.
    """
    if number == DRAWN:
        where = (ground_current.c.community == community, ground_current.c.layer == layer)
        connection.execute(delete(ground_current).where(*where))
    else:
        if number not in {row.id for row in known(connection, community, layer)}:
            raise LookupError(f"{layer} of {community!r} have no version {number}")
        statement = upsert(connection, ground_current).values(community=community, layer=layer, version_id=number)
        changed = {"version_id": statement.excluded.version_id}
        connection.execute(statement.on_conflict_do_update(index_elements=["community", "layer"], set_=changed))
    revision.bump(connection, REVISION)


def known(connection: Connection, community: str, layer: str | None = None) -> list[Row[Any]]:
    """The versions of a community's layers, newest first, each with whether it counts (``is_current``)."""
    counts = (ground_current.c.version_id == ground_version.c.id).label("is_current")
    query = (
        select(ground_version, counts)
        .outerjoin(
            ground_current,
            (ground_current.c.community == ground_version.c.community)
            & (ground_current.c.layer == ground_version.c.layer),
        )
        .where(ground_version.c.community == community)
        .order_by(ground_version.c.id.desc())
    )
    if layer is not None:
        query = query.where(ground_version.c.layer == layer)
    return list(connection.execute(query))


def told(row: Row[Any]) -> dict[str, Any]:
    """A version of `known` as programs read it, but for its layer."""
    return {
        "version": row.id,
        "file": row.file,
        "crs": row.crs,
        "features": row.features,
        "actor": row.actor,
        "imported": format_rfc3339(row.imported),
        "counts": bool(row.is_current),
    }


def communities_of(connection: Connection) -> set[str]:
    """The communities that ever had a survey in this database."""
    return set(connection.scalars(select(ground_version.c.community).distinct()))


def current(connection: Connection) -> dict[tuple[str, str], bytes]:
    """(community, layer) -> GeoJSON of the version that counts."""
    found: dict[tuple[str, str], bytes] = {}
    for row in connection.execute(select(ground_current)):
        query = select(ground_feature).where(ground_feature.c.version_id == row.version_id)
        rows = connection.execute(query.order_by(ground_feature.c.position)).all()
        found[row.community, row.layer] = collection(rows)
    return found


def collection(rows: Sequence[Row[Any]]) -> bytes:
    """Stored features as GeoJSON (RFC 7946); coordinates to a tenth of a millimetre."""
    shapes = shapely.from_wkb([row.geometry for row in rows])
    features = []
    for row, shape in zip(rows, shapes, strict=True):
        typed = {name: getattr(row, name) for name in TYPED if getattr(row, name) is not None}
        properties = msgspec.json.decode(row.properties) | typed | {"schematic": False}
        told = {"type": "Feature", "id": row.code, "properties": properties, "geometry": geometry_told(shape)}
        features.append(told)
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def geometry_told(shape: Any) -> msgspec.Raw:
    """A shapely geometry as GeoJSON has it, to a tenth of a millimetre."""
    return msgspec.Raw(shapely.to_geojson(shapely.set_precision(shape, 10**-DIGITS, mode="pointwise")).encode())


def _row(version: int, position: int, feature: Feature) -> dict[str, Any]:
    typed = {name: getattr(feature, name) for name in TYPED}
    return typed | {
        "version_id": version,
        "position": position,
        "properties": msgspec.json.encode(feature.properties).decode(),
        "geometry": shapely.to_wkb(feature.geometry),
    }
