"""The device registry: who may publish, for which community, from where.

Every change of who may connect raises the revision "registry" in its transaction; brokers, ingesters and web
processes compare that number and so see the change at once, whoever made it. Where a device is stands in a table of
its own, and a device that moves raises nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from geo.communities import community as community_of
from geo.crs import Crs, to_cgcs2000
from geo.errors import BadPosition, UnknownCommunity
from geo.ground import locate_one, place, places, spot_in_room
from sensors.devices import credentials
from sensors.devices.kinds import kinds
from sensors.errors import RegistryError, RegistryFaults
from sensors.tables import device, device_place, device_site
from sensors.topics import ID
from store import audit, revision
from store.engine import writing
from store.instant import SECOND, Instant, format_rfc3339, now

REVISION = "registry"
ACTOR = "command"
"""Who changes the registry, as the audit trail says it: whoever may run commands on the server."""
DEFAULT_INTERVAL_S = 60.0
STALE_AFTER_INTERVALS = 3

SERVICE_USER = "cockpit"
"""The user name of ingest and web at a Mosquitto; no device may have it as its id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A registered device. ``lon`` and ``lat`` are CGCS2000; ``raw_*`` and ``crs`` as declared."""

    id: str
    community: str
    kind: str
    name: str
    lon: float | None = None
    lat: float | None = None
    raw_lon: float | None = None
    raw_lat: float | None = None
    crs: str = Crs.WGS84
    position_ts: Instant | None = None
    area: str | None = None
    site: str | None = None
    room: str | None = None
    interval_s: float = DEFAULT_INTERVAL_S
    source: str | None = None
    secret_hash: str = ""
    secret_bcrypt: str | None = None
    gateway: str | None = None
    codec: str | None = None
    created: Instant = 0
    revoked: Instant | None = None
    shut_out: Instant | None = None

    def is_let_in(self, at: Instant) -> bool:
        """Whether its credentials count at a time: it is neither revoked nor shut out."""
        return self.revoked is None and (self.shut_out is None or self.shut_out <= at)

    def stale_at(self, last_seen: Instant) -> Instant:
        """When the device counts as stale: three of its intervals after it was last heard."""
        return last_seen + round(STALE_AFTER_INTERVALS * self.interval_s * SECOND)


def add(engine: Engine, new: Device, *, reissue: bool = False) -> str:
    """Register a device and return its secret, the only time that it is known.

    Parameters
    ----------
    new
        ``raw_lon``, ``raw_lat`` and ``crs`` as declared; ``lon``, ``lat`` and ``area`` are found here.
    reissue
        Give a device that exists already a new secret and these properties, instead of refusing.

    Raises
    ------
    RegistryError
        If a property is not allowed or the id is taken.
    """
    with writing(engine) as connection:
        secret = _add(connection, new, reissue)
        revision.bump(connection, REVISION)
        told = {"community": new.community, "kind": new.kind, "gateway": new.gateway}
        audit.record(connection, ACTOR, "device.reissue" if reissue else "device.add", new.id, told)
    return secret


def add_all(engine: Engine, new: Sequence[Device]) -> list[str]:
    """Register many devices, all or none; returns their secrets. A gateway stands before its devices.

    Raises
    ------
    RegistryFaults
        With every device that cannot be registered, and why.
    """
    faults: list[tuple[int, str]] = []
    secrets: list[str] = []
    with writing(engine) as connection, connection.begin_nested() as all_of_them:
        for index, device in enumerate(new):
            try:
                secrets.append(_add(connection, device, reissue=False))
            except RegistryError as error:
                faults.append((index, str(error)))
        if faults:
            all_of_them.rollback()
        else:
            revision.bump(connection, REVISION)
            audit.record(connection, ACTOR, "device.import", new[0].id if new else "", {"devices": len(new)})
    if faults:
        raise RegistryFaults(faults)
    return secrets


def _add(connection: Connection, new: Device, reissue: bool) -> str:
    placed = _in_room(connection, _placed(_checked(new)))
    if new.gateway is not None:
        _check_gateway(connection, new)
    secret = credentials.new_secret()
    row = row_of(device, replace(placed, created=now(), revoked=None)) | _hashes(secret)
    known = connection.execute(select(device.c.revoked, device.c.created).where(device.c.id == new.id)).one_or_none()
    if known is not None and not reissue:
        state = "revoked" if known.revoked else "registered"
        raise RegistryError(f"device {new.id!r} is {state} already; ids are never used twice")
    if known is not None:
        connection.execute(delete(device).where(device.c.id == new.id))
        connection.execute(delete(device_place).where(device_place.c.device_id == new.id))
        row["created"] = known.created
    connection.execute(insert(device).values(row))
    connection.execute(insert(device_place).values(row_of(device_place, placed) | {"device_id": new.id}))
    _note_site(connection, new)
    return secret


def _note_site(connection: Connection, of: Device) -> None:
    """Keep from when on a device counts for its site; call it wherever the site is written."""
    known = connection.execute(
        select(device_site.c.site).where(device_site.c.device_id == of.id).order_by(device_site.c.since.desc()).limit(1)
    ).one_or_none()
    if known is None or known.site != of.site:
        since = 0 if known is None else now()
        connection.execute(insert(device_site).values(device_id=of.id, since=since, site=of.site))


def sites_of(connection: Connection, devices: Collection[str]) -> dict[str, list[tuple[Instant, str | None]]]:
    """For each device (since, site), oldest first: where it counted from when on."""
    query = select(device_site).where(device_site.c.device_id.in_(devices)).order_by(device_site.c.since)
    found: dict[str, list[tuple[Instant, str | None]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.device_id, []).append((row.since, row.site))
    return found


def as_placed(connection: Connection, devices: Sequence[Device], at: Instant) -> list[Device]:
    """The devices with the site that each counted for at a past time."""
    sites = sites_of(connection, [found.id for found in devices])
    placed = []
    for found in devices:
        stood = [site for since, site in sites.get(found.id, []) if since <= at]
        placed.append(replace(found, site=stood[-1]) if stood else found)
    return placed


def rotate(engine: Engine, device_id: str) -> str:
    """Give a device a new secret and return it, the only time that it is known; the old one is void at once.

    Raises
    ------
    RegistryError
        If there is no such device, or it is revoked.
    """
    secret = credentials.new_secret()
    with writing(engine) as connection:
        statement = update(device).where(device.c.id == device_id, device.c.revoked.is_(None))
        if connection.execute(statement.values(_hashes(secret))).rowcount == 0:
            raise RegistryError(f"no registered device {device_id!r}")
        revision.bump(connection, REVISION)
        audit.record(connection, ACTOR, "device.rotate", device_id)
    return secret


def revoke(engine: Engine, device_id: str) -> None:
    """Take a device's credentials away; its readings stay.

    Raises
    ------
    RegistryError
        If there is no such device, or it is revoked already.
    """
    with writing(engine) as connection:
        statement = update(device).where(device.c.id == device_id, device.c.revoked.is_(None)).values(revoked=now())
        if connection.execute(statement).rowcount == 0:
            since = connection.scalar(select(device.c.revoked).where(device.c.id == device_id))
            raise RegistryError(
                f"no registered device {device_id!r}"
                if since is None
                else f"{device_id} was revoked at {format_rfc3339(since)} already"
            )
        revision.bump(connection, REVISION)
        audit.record(connection, ACTOR, "device.revoke", device_id)


def shut_out(engine: Engine, device_id: str, until: Instant) -> None:
    """Let a device in no more until then, at brokers that are written from the registry."""
    with writing(engine) as connection:
        connection.execute(update(device).where(device.c.id == device_id).values(shut_out=until))
        revision.bump(connection, REVISION)


def read_all(
    connection: Connection, community: str | None = None, ids: Collection[str] | None = None, kind: str | None = None
) -> list[Device]:
    """Every device, the revoked ones too, by id; of a community, of these ids, of a kind only, where they are given."""
    where = (column for column in device_place.columns if not column.primary_key)
    query = select(device, *where).join(device_place, device_place.c.device_id == device.c.id).order_by(device.c.id)
    if community is not None:
        query = query.where(device.c.community == community)
    if ids is not None:
        query = query.where(device.c.id.in_(ids))
    if kind is not None:
        query = query.where(device.c.kind == kind)
    return [Device(**row) for row in connection.execute(query).mappings()]


def _checked(new: Device) -> Device:
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


def _check_gateway(connection: Connection, new: Device) -> None:
    query = select(device.c.id).where(
        device.c.id == new.gateway, device.c.community == new.community, device.c.revoked.is_(None)
    )
    if connection.scalar(query) is None:
        raise RegistryError(f"gateway {new.gateway!r} is no registered device of {new.community!r}")


def _placed(new: Device) -> Device:
    if new.raw_lon is None or new.raw_lat is None:
        return new
    there = converted(new)
    return _at(there, there.lon or 0.0, there.lat or 0.0)


def converted(new: Device) -> Device:
    """With the position in CGCS2000 that it declares."""
    try:
        lon, lat = to_cgcs2000(new.raw_lon or 0.0, new.raw_lat or 0.0, new.crs)
    except BadPosition as error:
        raise RegistryError(str(error)) from None
    return replace(new, lon=lon, lat=lat)


def _in_room(connection: Connection, new: Device) -> Device:
    """A device that names only its room, at a spot in it where none stands yet."""
    if new.room is None or new.lon is not None:
        return new
    same_room = (device.c.community == new.community, device.c.room == new.room, device.c.id != new.id)
    taken = connection.scalar(select(func.count()).select_from(device).where(*same_room)) or 0
    return _at(new, *spot_in_room(new.community, new.room, taken))


def _at(new: Device, lon: float, lat: float) -> Device:
    return replace(new, lon=lon, lat=lat, area=locate_one(new.community, lon, lat))


def _hashes(secret: str) -> dict[str, str]:
    return {
        "secret_hash": credentials.hash_secret(secret),
        "secret_bcrypt": credentials.hash_bcrypt(secret),
    }


def row_of(table: Table, new: Device) -> dict[str, Any]:
    """What of a device stands in a table."""
    return {column.name: getattr(new, column.name) for column in table.columns if hasattr(new, column.name)}
