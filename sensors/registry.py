"""The device registry: who may publish, for which community, from where.

Every change raises the revision "registry" in its transaction; brokers, ingesters and web
processes compare that number and so see the change at once, whoever made it.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from geo.communities import community as community_of
from geo.crs import Crs, to_cgcs2000
from geo.errors import BadPosition, UnknownCommunity
from geo.ground import locate_one, places
from sensors import credentials
from sensors.errors import RegistryError, RegistryFaults
from sensors.tables import device
from sensors.topics import ID
from store import revision
from store.engine import writing
from store.instant import SECOND, Instant, now

REVISION = "registry"
DEFAULT_INTERVAL_S = 60.0
STALE_AFTER_INTERVALS = 3

SERVICE_USER = "cockpit"
"""The user name of ingest and web at a Mosquitto; no device may have it as its id."""

KINDS: dict[str, tuple[str, str]] = {
    "air": ("空气站", "air quality station"),
    "gate": ("客流闸机", "people counter"),
    "noise": ("噪声计", "noise meter"),
    "water": ("水位计", "water level gauge"),
    "smoke": ("烟感", "smoke detector"),
    "power": ("电表", "power meter"),
    "weather": ("气象站", "weather station"),
    "light": ("路灯控制器", "street light controller"),
    "gateway": ("网关", "gateway"),
    "other": ("其他设备", "other device"),
}


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
    area: str | None = None
    site: str | None = None
    interval_s: float = DEFAULT_INTERVAL_S
    source: str | None = None
    secret_hash: str = ""
    gateway: str | None = None
    created: Instant = 0
    revoked: Instant | None = None

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
    if faults:
        raise RegistryFaults(faults)
    return secrets


def _add(connection: Connection, new: Device, reissue: bool) -> str:
    placed = _placed(_checked(new))
    if new.gateway is not None:
        _check_gateway(connection, new)
    secret = credentials.new_secret()
    row = _row(replace(placed, secret_hash=credentials.hash_secret(secret), created=now(), revoked=None))
    known = connection.execute(select(device.c.revoked, device.c.created).where(device.c.id == new.id)).one_or_none()
    if known is not None and not reissue:
        state = "revoked" if known.revoked else "registered"
        raise RegistryError(f"device {new.id!r} is {state} already; ids are never used twice")
    if known is not None:
        connection.execute(delete(device).where(device.c.id == new.id))
        row["created"] = known.created
    connection.execute(insert(device).values(row))
    return secret


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
        if connection.execute(statement.values(secret_hash=credentials.hash_secret(secret))).rowcount == 0:
            raise RegistryError(f"no registered device {device_id!r}")
        revision.bump(connection, REVISION)
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
            raise RegistryError(f"no registered device {device_id!r}")
        revision.bump(connection, REVISION)


def move(connection: Connection, moved: Device, lon: float, lat: float, crs: str) -> Device:
    """Record that a device reported itself from another place; returns it as it now stands."""
    here = _placed(replace(moved, raw_lon=lon, raw_lat=lat, crs=crs, site=moved.site))
    where = {name: getattr(here, name) for name in ("lon", "lat", "raw_lon", "raw_lat", "crs", "area")}
    connection.execute(update(device).where(device.c.id == moved.id).values(where))
    revision.bump(connection, REVISION)
    return here


def read_all(connection: Connection, community: str | None = None) -> list[Device]:
    """Every device, the revoked ones too, by id."""
    query = select(device).order_by(device.c.id)
    if community is not None:
        query = query.where(device.c.community == community)
    return [Device(**row) for row in connection.execute(query).mappings()]


class Registry:
    """The registry as a process keeps it: in memory, read again when the revision moved."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._revision = -1
        self._devices: dict[str, Device] = {}

    def refresh(self, connection: Connection | None = None) -> bool:
        """Read the registry again if it changed; returns whether it did."""
        if connection is None:
            with self._engine.connect() as own:
                return self.refresh(own)
        with self._lock:
            at = revision.current(connection, REVISION)
            if at == self._revision:
                return False
            self._devices = {found.id: found for found in read_all(connection)}
            self._revision = at
            return True

    def get(self, device_id: str) -> Device | None:
        """A device as last read, revoked or not."""
        return self._devices.get(device_id)

    def active(self, community: str) -> list[Device]:
        """The devices of a community that are not revoked."""
        return [found for found in self._devices.values() if found.community == community and not found.revoked]

    def authenticate(self, username: str, secret: str) -> Device | None:
        """The device whose credentials these are; None for wrong, unknown and revoked ones."""
        self.refresh()
        found = self._devices.get(username)
        if found is None or found.revoked or not credentials.verify(secret, found.secret_hash):
            return None
        return found

    def may_publish(self, username: str, community: str, device_id: str) -> bool:
        """Whether the user may publish as the device: it is the device, or the gateway before it."""
        target = self._devices.get(device_id)
        user = self._devices.get(username)
        if target is None or user is None or target.revoked or user.revoked or target.community != community:
            return False
        return username in (target.id, target.gateway)


def _checked(new: Device) -> Device:
    try:
        community_of(new.community)
    except UnknownCommunity as error:
        raise RegistryError(str(error)) from None
    if not ID.fullmatch(new.id):
        raise RegistryError(f"id {new.id!r} does not match {ID.pattern}")
    if new.kind not in KINDS:
        raise RegistryError(f"kind {new.kind!r} is not one of {', '.join(KINDS)}")
    if not 0 < new.interval_s <= 86_400:
        raise RegistryError(f"interval {new.interval_s} s is not between 0 and 86400")
    if not 0 < len(new.name) <= 120 or not new.name.isprintable():
        raise RegistryError("name must have 1 to 120 printable characters")
    known_sites = [site.code for site in places(new.community, "sites")]
    if new.site is not None and new.site not in known_sites:
        raise RegistryError(f"site {new.site!r} is not one of {', '.join(known_sites) or '(none drawn yet)'}")
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
    try:
        lon, lat = to_cgcs2000(new.raw_lon, new.raw_lat, new.crs)
    except BadPosition as error:
        raise RegistryError(str(error)) from None
    return replace(new, lon=lon, lat=lat, area=locate_one(new.community, lon, lat))


def _row(new: Device) -> dict[str, Any]:
    return {column.name: getattr(new, column.name) for column in device.columns}


def kind_name(kind: str) -> str:
    """The Chinese name of a kind of device."""
    return KINDS.get(kind, KINDS["other"])[0]
