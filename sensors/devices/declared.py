"""What is declared of a device: whether it is allowed, and where the device is by it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from geo.communities import community as community_of
from geo.crs import to_cgcs2000
from geo.errors import BadPosition, UnknownCommunity
from geo.ground import locate_one, place, places, spot_in_room
from sensors.devices.kinds import kinds
from sensors.errors import GatewayRing, RegistryError
from sensors.tables import device
from sensors.topics import ID
from store.once import alone

if TYPE_CHECKING:
    from sensors.devices.registry import Device

SERVICE_USER = "cockpit"
"""The user name of ingest and web at a Mosquitto; no device may have it as its id."""


def checked(new: "Device") -> "Device":
    """The device, if its properties are allowed; raises `RegistryError` where one is not."""
    try:
        community_of(new.community)
    except UnknownCommunity as error:
        raise RegistryError(str(error)) from None
    if not ID.fullmatch(new.id):
        raise RegistryError(f"id {new.id!r} does not match {ID.pattern}")
    if new.kind not in kinds():
        raise RegistryError(f"kind {new.kind!r} is not one of {', '.join(kinds())}")
    if not 0 < new.interval_s <= 86_400:
        raise RegistryError(f"interval {new.interval_s} s is not between 0 and 86400")
    if not 0 < len(new.name) <= 120 or not new.name.isprintable():
        raise RegistryError("name must have 1 to 120 printable characters")
    known_sites = [site.code for site in places(new.community, "sites")]
    if new.site is not None and new.site not in known_sites:
        raise RegistryError(f"site {new.site!r} is not one of {', '.join(known_sites) or '(none drawn yet)'}")
    if new.room is not None and place(new.community, "rooms", new.room) is None:
        known_rooms = ", ".join(room.code for room in places(new.community, "rooms"))
        raise RegistryError(f"room {new.room!r} is not one of {known_rooms or '(none drawn yet)'}")
    if new.id == SERVICE_USER:
        raise RegistryError(f"id {new.id!r} is the user name of the cockpit itself")
    return new


def check_gateway(connection: Connection, new: "Device") -> None:
    """Raise `RegistryError` where the gateway is no registered device of the community, or stands behind the device."""
    query = select(device.c.id).where(
        device.c.id == new.gateway, device.c.community == new.community, device.c.revoked.is_(None)
    )
    if connection.scalar(query) is None:
        raise RegistryError(f"gateway {new.gateway!r} is no registered device of {new.community!r}")
    alone(connection, "gateway", new.community)
    behind, passed = new.gateway, set[str]()
    while behind is not None and behind not in passed:
        if behind == new.id:
            raise GatewayRing(f"{new.id} would stand behind itself: {new.gateway} is it, or stands behind it")
        passed.add(behind)
        behind = connection.scalar(select(device.c.gateway).where(device.c.id == behind))


def placed_as_declared(new: "Device") -> "Device":
    """With the position that it declares, and the area that this lies in."""
    if new.raw_lon is None or new.raw_lat is None:
        return new
    there = converted(new)
    return _at(there, there.lon or 0.0, there.lat or 0.0)


def converted(new: "Device") -> "Device":
    """With the position in CGCS2000 that it declares."""
    try:
        lon, lat = to_cgcs2000(new.raw_lon or 0.0, new.raw_lat or 0.0, new.crs)
    except BadPosition as error:
        raise RegistryError(str(error)) from None
    return replace(new, lon=lon, lat=lat)


def in_room(connection: Connection, new: "Device") -> "Device":
    """A device that names only its room, at a spot in it where none stands yet."""
    if new.room is None or new.lon is not None:
        return new
    same_room = (device.c.community == new.community, device.c.room == new.room, device.c.id != new.id)
    taken = connection.scalar(select(func.count()).select_from(device).where(*same_room)) or 0
    return _at(new, *spot_in_room(new.community, new.room, taken))


def _at(new: "Device", lon: float, lat: float) -> "Device":
    return replace(new, lon=lon, lat=lat, area=locate_one(new.community, lon, lat))
