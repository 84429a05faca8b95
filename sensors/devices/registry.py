"""The device registry: who may publish, for which community, from where.

Every change of who may connect raises the revision "registry" in its transaction; brokers, ingesters and web
processes compare that number and so see the change at once, whoever made it. Where a device is stands in a table of
its own, and a device that moves raises nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from geo.crs import Crs
from sensors.devices import credentials
from sensors.devices.declared import check_gateway, checked, in_room, placed_as_declared
from sensors.devices.sites import note_site
from sensors.errors import RegistryError, RegistryFaults
from sensors.tables import device, device_place
from store import audit, revision
from store.engine import writing
from store.instant import SECOND, Instant, format_rfc3339, now

REVISION = "registry"
ACTOR = "command"
"""Who changes the registry, as the audit trail says it: whoever may run commands on the server."""
DEFAULT_INTERVAL_S = 60.0
STALE_AFTER_INTERVALS = 3


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
    secret_since: Instant | None = None
    hardware_since: Instant | None = None
    shut_out: Instant | None = None

    def is_let_in(self, at: Instant) -> bool:
        """Whether its credentials count at a time: it is neither revoked nor shut out."""
        return self.revoked is None and (self.shut_out is None or self.shut_out <= at)

    def stale_at(self, last_seen: Instant) -> Instant:
        """When the device counts as stale: three of its intervals after it was last heard."""
        return last_seen + round(STALE_AFTER_INTERVALS * self.interval_s * SECOND)


def add(engine: Engine, new: Device, *, reissue: bool = False, by: str = ACTOR) -> str:
    """Register a device and return its secret, the only time that it is known.

    Parameters
    ----------
    new
        ``raw_lon``, ``raw_lat`` and ``crs`` as declared; ``lon``, ``lat`` and ``area`` are found here.
    reissue
        Give a device that exists already a new secret and these properties, instead of refusing.
    by
        Who does it, as the audit trail says it; so below.

    Raises
    ------
    RegistryError
        If a property is not allowed or the id is taken.
    """
    with writing(engine) as connection:
        secret = _add(connection, new, reissue)
        revision.bump(connection, REVISION)
        told = {"community": new.community, "kind": new.kind, "gateway": new.gateway}
        audit.record(connection, by, "device.reissue" if reissue else "device.add", new.id, told)
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
    placed = in_room(connection, placed_as_declared(checked(new)))
    if new.gateway is not None:
        check_gateway(connection, new)
    secret = credentials.new_secret()
    row = row_of(device, replace(placed, created=now(), revoked=None)) | hashes(secret)
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
    note_site(connection, new)
    return secret


def rotate(engine: Engine, device_id: str, *, seen: Instant | None = None, by: str = ACTOR) -> str:
    """Give a device a new secret and return it, the only time that it is known; the old one is void at once.

    ``seen`` is since when the secret held that whoever asks knows of.

    Raises
    ------
    RegistryError
        If there is no such device, it is revoked, or its secret is another than the one that was seen.
    """
    secret = credentials.new_secret()
    with writing(engine) as connection:
        check_seen(locked(connection, device_id), seen)
        connection.execute(update(device).where(device.c.id == device_id).values(hashes(secret)))
        revision.bump(connection, REVISION)
        audit.record(connection, by, "device.rotate", device_id)
    return secret


def revoke(engine: Engine, device_id: str, *, by: str = ACTOR) -> None:
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
        audit.record(connection, by, "device.revoke", device_id)


def shut_out(engine: Engine, device_id: str, until: Instant) -> None:
    """Let a device in no more until then, at brokers that are written from the registry."""
    with writing(engine) as connection:
        connection.execute(update(device).where(device.c.id == device_id).values(shut_out=until))
        revision.bump(connection, REVISION)


def locked(connection: Connection, device_id: str, community: str | None = None) -> Device:
    """A device that, with where it is, nobody else changes until the transaction ends.

    Raises
    ------
    RegistryError
        If there is no such device in the community, or it is revoked.
    """
    connection.execute(select(device.c.id).where(device.c.id == device_id).with_for_update())
    connection.execute(select(device_place.c.device_id).where(device_place.c.device_id == device_id).with_for_update())
    found = read_all(connection, community, ids=[device_id])
    if not found or found[0].revoked is not None:
        raise RegistryError(f"no registered device {device_id!r}")
    return found[0]


def check_seen(known: Device, seen: Instant | None) -> None:
    """Raise `RegistryError` where a device has another secret than the one that was seen."""
    if seen is not None and known.secret_since != seen:
        raise RegistryError(f"{known.id} was given another secret meanwhile")


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


def hashes(secret: str) -> dict[str, Any]:
    """What of a new secret stands in the registry."""
    return {
        "secret_since": now(),
        "secret_hash": credentials.hash_secret(secret),
        "secret_bcrypt": credentials.hash_bcrypt(secret),
    }


def row_of(table: Table, new: Device) -> dict[str, Any]:
    """What of a device stands in a table."""
    return {column.name: getattr(new, column.name) for column in table.columns if hasattr(new, column.name)}
