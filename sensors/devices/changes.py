"""Changes of devices that are registered: what they are called, where they stand, the hardware behind an id."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, update

from sensors.devices import credentials, declared, registry
from sensors.devices.registry import ACTOR, REVISION, Device
from sensors.devices.sites import note_site
from sensors.tables import device, device_place
from store import audit, revision
from store.engine import writing
from store.instant import Instant, now

CHANGEABLE = frozenset({"name", "interval_s", "site", "room", "gateway", "codec", "raw_lon", "raw_lat", "crs"})
POSITION = frozenset({"raw_lon", "raw_lat", "crs"})


def change(engine: Engine, community: str, device_id: str, said: Mapping[str, Any], *, by: str = ACTOR) -> Device:
    """Have a device be as is said of it, by the names in `CHANGEABLE`; returns it as it is now.

    A position is as declared; where none is said with another room, the device gets a spot in that. One that reports
    its own position moves on when it next does.

    Raises
    ------
    RegistryError
        If there is no such device, it is revoked, or a property is not allowed.
    """
    with writing(engine) as connection:
        known = registry.locked(connection, device_id, community)
        wanted = declared.checked(replace(known, **{name: said[name] for name in said if name in CHANGEABLE}))
        if wanted.gateway is not None and wanted.gateway != known.gateway:
            declared.check_gateway(connection, wanted)
        if said.keys() & POSITION:
            wanted = declared.placed_as_declared(replace(wanted, position_ts=None, lon=None, lat=None, area=None))
        elif wanted.room is not None and wanted.room != known.room:
            nowhere = replace(wanted, position_ts=None, raw_lon=None, raw_lat=None, lon=None, lat=None, area=None)
            wanted = declared.in_room(connection, nowhere)
        for table, key in ((device, "id"), (device_place, "device_id")):
            before = registry.row_of(table, known)
            changed = {name: value for name, value in registry.row_of(table, wanted).items() if value != before[name]}
            if changed:
                connection.execute(update(table).where(table.c[key] == device_id).values(changed))
        if "site" in said:
            note_site(connection, wanted)
        revision.bump(connection, REVISION)
        told = {name: getattr(wanted, name) for name in said if getattr(wanted, name) != getattr(known, name)}
        audit.record(connection, by, "device.change", device_id, told)
    return wanted


def replace_hardware(
    engine: Engine, community: str, device_id: str, note: str, *, seen: Instant | None = None, by: str = ACTOR
) -> str:
    """Put other hardware in a device's place; returns the secret that it gets, the only time that it is known.

    The id, all that was stored and what was set stay; the secret of the hardware before is void at once. ``seen`` is
    since when the secret held that whoever asks knows of.

    Raises
    ------
    RegistryError
        If there is no such device, it is revoked, or its secret is another than the one that was seen.
    """
    secret = credentials.new_secret()
    with writing(engine) as connection:
        known = registry.locked(connection, device_id, community)
        registry.check_seen(known, seen)
        row = registry.hashes(secret) | {"hardware_since": now()}
        connection.execute(update(device).where(device.c.id == device_id).values(row))
        revision.bump(connection, REVISION)
        audit.record(connection, by, "device.replace", device_id, {"note": note})
    return secret
