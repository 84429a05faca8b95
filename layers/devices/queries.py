"""What is known of the devices, now or at a past time."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from sqlalchemy import Connection, Row, Table, select

from geo import ground
from layers.declare import Located, positions
from sensors.commands import commands
from sensors.devices import past
from sensors.devices.kinds import kind, kinds
from sensors.devices.registry import Device
from sensors.intake.state import Status, status_of
from sensors.quality import NOT_LIVE, SUSPECT, word_of
from sensors.readings import history, summary
from sensors.readings.columns import Value
from sensors.tables import device_clock, device_state
from store.instant import MILLISECOND, SECOND, Instant, format_rfc3339, now
from store.language import in_all

ENVIRONMENT = "*"
"""The key of the means over the whole community; no device id can be it."""
COMMANDS = 10
"""So many of a device's newest commands are shown."""


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """Each device with its state and newest readings, and under `ENVIRONMENT` the means over all.

    Times are epoch milliseconds; ``stale_at`` is when silence makes it stale.
    """
    known_devices = states(connection, community, keys, at)
    told = _commands(connection, known_devices) if at is None else {}
    where = where_of(community, [known.device for known in known_devices])
    found = {
        known.device.id: _record(known) | place | told.get(known.device.id, {})
        for known, place in zip(known_devices, where, strict=True)
    }
    if keys is None or ENVIRONMENT in keys:
        found[ENVIRONMENT] = environment(summary.means(connection, community, at).get(None, {}))
    return found


def environment(means: dict[str, Any]) -> dict[str, Any]:
    """The means over a whole community, with where their values come from."""
    return {"metrics": means, "sources": summary.sources(means.values())}


def where_of(community: str, devices: list[Device]) -> list[dict[str, Any]]:
    """The building that each device stands in, and the room and storey where it is registered in a room."""
    lons, lats = positions(devices)
    buildings = ground.locate(community, lons, lats, "buildings")
    rooms = [None if device.room is None else ground.place(community, "rooms", device.room) for device in devices]
    return [
        {"building": building, "room": None, "storey": None}
        if room is None
        else {"building": room.parent, "room": room.code, "storey": room.storey}
        for building, room in zip(buildings, rooms, strict=True)
    ]


def located(connection: Connection, community: str, at: Instant | None) -> Located:
    """Where the devices stand, with how many are in which state, and what power they draw together."""
    known = states(connection, community, None, at)
    moment = at or now()
    status = np.array([status_of(k.device, k.last_seen, k.connected, moment) for k in known], dtype="U8")
    # As a mean is: of those that are present, and of what is not doubtful.
    power = [_drawn(one) if word == Status.ONLINE else 0.0 for one, word in zip(known, status, strict=True)]
    devices = [k.device for k in known]
    lons, lats = positions(devices)
    return Located(
        ids=[device.id for device in devices],
        names=[device.name for device in devices],
        lons=lons,
        lats=lats,
        rooms=[device.room for device in devices],
        figures={
            "devices": np.ones(len(known)),
            **{word: (status == word).astype(float) for word in ("online", "stale", "offline")},
            "power": np.array(power),
        },
    )


def _drawn(known: "Known") -> float:
    row = known.latest.get("power")
    return 0.0 if row is None or row.quality != 0 else row.value or 0.0


class Known(NamedTuple):
    """A device with what is known of it: when it was last heard, and metric -> newest row.

    ``clock_offset`` is how far its clock is ahead, in microseconds; None while it is right. ``connected_at`` is when
    it was last said whether it is connected.
    """

    device: Device
    last_seen: Instant | None
    connected: bool | None
    latest: dict[str, Any]
    clock_offset: int | None = None
    connected_at: Instant | None = None


def states(connection: Connection, community: str, keys: set[str] | None, at: Instant | None) -> list[Known]:
    """The devices that are registered, or at a past time were or had readings already."""
    devices = past.devices_at(connection, community, keys, at)
    latest: dict[str, dict[str, Any]] = {d.id: {} for d in devices}
    for row in history.latest_at(connection, latest, community, at):
        latest[row.device_id][row.metric] = row
    if at is not None:
        said = past.connections_at(connection, latest, at)
        return [_known_at(d, latest[d.id], said.get(d.id)) for d in devices]
    heard = {row.device_id: row for row in _rows_of(connection, device_state, keys)}
    offsets = {row.device_id: row.offset for row in _rows_of(connection, device_clock, keys)}
    return [_known_now(d, heard.get(d.id), latest[d.id], offsets.get(d.id)) for d in devices]


def _known_now(device: Device, row: Row[Any] | None, latest: dict[str, Any], offset: int | None) -> Known:
    if row is None:
        return Known(device, None, None, latest, offset)
    return Known(device, row.last_seen, row.connected, latest, offset, row.connected_at)


def _known_at(device: Device, latest: dict[str, Any], said: tuple[bool, Instant] | None) -> Known:
    """The past: a device was heard when its newest reading, or its word that it is there, says so."""
    heard = max((row.ts for row in latest.values()), default=None)
    if said is None:
        return Known(device, heard, None, latest)
    connected, at = said
    seen = max(at, heard or at) if connected else heard
    return Known(device, seen, not past.is_gone(said, heard), latest)


def _rows_of(connection: Connection, table: Table, keys: set[str] | None) -> Iterable[Row[Any]]:
    query = select(table)
    return connection.execute(query if keys is None else query.where(table.c.device_id.in_(keys)))


def _commands(connection: Connection, known: list[Known]) -> dict[str, dict[str, Any]]:
    """The newest commands of those devices that take any."""
    return given(connection, {one.device.id for one in known if kinds()[one.device.kind].commands})


def command_record(row: Row[Any], at: Instant) -> dict[str, Any]:
    """A command as screens and the API say it, without who gave it; times are epoch milliseconds."""
    return {
        "id": row.id,
        "name": row.name,
        "params": msgspec.json.decode(row.params),
        "state": commands.state_of(row, at),
        "issued": row.issued // MILLISECOND,
        "expires": row.expires // MILLISECOND,
        "sent": None if row.sent is None else row.sent // MILLISECOND,
        "answered": None if row.answered is None else row.answered // MILLISECOND,
        "result": row.result,
    }


def properties(known: Known, at: Instant) -> dict[str, Any]:
    """A device as the API says it: times in RFC 3339, ``status`` online, stale or offline."""
    device, seen, connected, latest, offset, _ = known
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        "area": device.area,
        "site": device.site,
        "interval_s": device.interval_s,
        "source": device.source,
        "status": status_of(device, seen, connected, at),
        "last_seen": None if seen is None else format_rfc3339(seen),
        "clock_offset_s": None if offset is None else round(offset / SECOND, 1),
        "latest": {
            metric: {
                "ts": format_rfc3339(row.ts),
                "value": history.value_of(row.kind, row.value, row.text),
                "quality": word_of(row.quality),
            }
            for metric, row in latest.items()
        },
    }


def _record(known: Known) -> dict[str, Any]:
    device, seen, connected, latest, offset, connected_at = known
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        **in_all("kind_name", kind(device.kind)),
        "area": device.area,
        "lon": device.lon,
        "lat": device.lat,
        "source": device.source,
        "connected": connected,
        "connected_at": None if connected_at is None else milliseconds(connected_at),
        "position_ts": None if device.position_ts is None else milliseconds(device.position_ts),
        "last_seen": None if seen is None else seen // MILLISECOND,
        "silence": device.stale_at(0) // MILLISECOND,
        "shut_out": None if device.shut_out is None else device.shut_out // MILLISECOND,
        "clock_offset": None if offset is None else offset // MILLISECOND,
        "suspect": any(word_of(row.quality) == SUSPECT for row in latest.values()),
        "latest": {
            metric: entry(row.ts, history.value_of(row.kind, row.value, row.text), row.quality)
            for metric, row in latest.items()
        },
    }


def entry(ts: Instant, value: Value, quality: int) -> list[Any]:
    """A reading as screens know it: epoch milliseconds, value, word; and False where it was not said live."""
    told: list[Any] = [milliseconds(ts), value, word_of(quality)]
    return [*told, False] if quality & NOT_LIVE else told


def milliseconds(ts: Instant) -> float:
    """A time of which screens must tell as the database does which of two is the newer: fractions of one count."""
    return ts / MILLISECOND if ts % MILLISECOND else ts // MILLISECOND


def given(connection: Connection, devices: set[str]) -> dict[str, dict[str, Any]]:
    """What was given to each of these devices: its newest commands."""
    moment = now()
    found = commands.newest_of(connection, sorted(devices), COMMANDS)
    return {device: {"commands": [command_record(row, moment) for row in rows]} for device, rows in found.items()}
