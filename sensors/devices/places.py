"""Where devices are: what moves is no part of who may connect, and raises no revision."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, update

from geo.ground import locate
from sensors.devices.declared import converted
from sensors.devices.registry import REVISION, Device, read_all, row_of
from sensors.tables import device_place
from store import revision
from store.bulk import upsert_all
from store.instant import Instant

MOVED_M = 10
"""Metres below which a device has not moved: a receiver that stands still wanders by some five, more between houses."""
EARTH_M = 6_371_000

Said = tuple[Instant, float, float, str]
"""When a device said where it is, and where: time, longitude, latitude, in which system."""


def move(connection: Connection, moved: Mapping[str, Said]) -> list[Device]:
    """Record from where devices reported themselves; returns those that are elsewhere now, as they stand.

    A position that is older than the one that is known never wins, and one nearer than `MOVED_M` is where it was.
    What moves is no part of who may connect: the revision stays, and screens hear of it as of any record.
    """
    here: list[Device] = []
    rows: list[dict[str, Any]] = []
    for known in read_all(connection, ids=moved) if moved else ():
        ts, lon, lat, crs = moved[known.id]
        if known.position_ts is None or ts > known.position_ts:
            said = converted(replace(known, raw_lon=lon, raw_lat=lat, crs=crs, position_ts=ts))
            is_elsewhere = _is_elsewhere(known, said)
            here += [said] if is_elsewhere else []
            rows.append(row_of(device_place, said if is_elsewhere else replace(known, position_ts=ts)))
            rows[-1]["device_id"] = known.id
    here = _in_areas(here)
    areas = {one.id: one.area for one in here}
    upsert_all(
        connection, device_place, [row | {"area": areas.get(row["device_id"], row["area"])} for row in rows], _if_newer
    )
    return here


def _if_newer(insert: Any) -> Any:
    kept, said = device_place.c, insert.excluded
    changed = {column.name: said[column.name] for column in device_place.columns if not column.primary_key}
    newer = func.coalesce(kept.position_ts, said.position_ts - 1) < said.position_ts
    return insert.on_conflict_do_update(index_elements=["device_id"], set_=changed, where=newer)


def _in_areas(devices: Sequence[Device]) -> list[Device]:
    """The devices with the area in which each stands, found for all of a community at once."""
    found: list[Device] = []
    for community in sorted({one.community for one in devices}):
        some = [one for one in devices if one.community == community]
        lons, lats = (np.array([getattr(one, name) for one in some], float) for name in ("lon", "lat"))
        areas = locate(community, lons, lats)
        found += [replace(one, area=area) for one, area in zip(some, areas, strict=True)]
    return found


def _is_elsewhere(known: Device, here: Device) -> bool:
    if known.lon is None or known.lat is None or here.lon is None or here.lat is None:
        return here.lon is not None
    east = math.radians(here.lon - known.lon) * math.cos(math.radians(here.lat))
    return EARTH_M * math.hypot(east, math.radians(here.lat - known.lat)) >= MOVED_M


def relocate(connection: Connection, community: str) -> int:
    """Find the area of every device anew, after areas changed; returns how many lie in another one now."""
    placed = [found for found in read_all(connection, community) if found.lon is not None and found.lat is not None]
    if not placed:
        return 0
    lons, lats = (np.array([getattr(found, name) for found in placed], float) for name in ("lon", "lat"))
    areas = locate(community, lons, lats)
    moved = [(found, area) for found, area in zip(placed, areas, strict=True) if found.area != area]
    for found, area in moved:
        connection.execute(update(device_place).where(device_place.c.device_id == found.id).values(area=area))
    if moved:
        revision.bump(connection, REVISION)
    return len(moved)
