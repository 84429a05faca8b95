"""The devices as a collection of features."""

from typing import Any

from sqlalchemy import Connection, and_, or_, select

from layers.devices import queries
from layers.features import Asked, Collection, Page, described, made
from layers.web import point
from sensors.quality import SUSPECT
from sensors.tables import device, device_place
from store.instant import Instant, now

ROW = described(__package__)["devices"]


def _devices(connection: Connection, community: str, asked: Asked) -> Page:
    """By id. A page of a past time may have fewer: whether a device was there yet is only known of each."""
    where = device_place.c
    is_there = or_(device.c.revoked.is_(None), device.c.revoked > (now() if asked.at is None else asked.at))
    query = select(device.c.id).join(device_place, where.device_id == device.c.id)
    query = query.where(device.c.community == community, is_there).order_by(device.c.id).limit(asked.limit + 1)
    for name, value in asked.having.items():
        query = query.where((device.c[name] if name in device.c else where[name]) == value)
    if asked.after is not None:
        query = query.where(device.c.id > asked.after)
    if asked.boxes is not None:
        boxes = (
            and_(where.lon.between(west, east), where.lat.between(south, north))
            for west, south, east, north in asked.boxes
        )
        query = query.where(or_(*boxes))
    found = list(connection.scalars(query))
    shown = found[: asked.limit]
    return Page(_told(connection, community, shown, asked.at), shown[-1] if len(found) > len(shown) else None)


def _device(connection: Connection, community: str, key: str, at: Instant | None) -> dict[str, Any] | None:
    return next(iter(_told(connection, community, [key], at)), None)


def _told(connection: Connection, community: str, ids: list[str], at: Instant | None) -> list[dict[str, Any]]:
    known = queries.states(connection, community, set(ids), at) if ids else []
    moment = now() if at is None else at
    return [_feature(one, moment) for one in known]


def _feature(known: queries.Known, moment: Instant) -> dict[str, Any]:
    said = queries.properties(known, moment)
    newest = said["latest"]
    doubtful = sorted(metric for metric, reading in newest.items() if reading["quality"] == SUSPECT)
    told = {metric: reading["value"] for metric, reading in newest.items()} | said
    told["suspect"] = ", ".join(doubtful) or None
    return made(ROW, point(known.device.lon, known.device.lat), told, known.device.id)


COLLECTIONS = (Collection(code="devices", row=ROW, find=_devices, one=_device),)
