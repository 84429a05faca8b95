"""What is known of the devices, now or at a past time."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from sensors import readings, registry, summary
from sensors.quality import SUSPECT, word_of
from sensors.registry import Device
from sensors.state import status_of
from sensors.tables import device_state
from store.instant import MILLISECOND, Instant, format_rfc3339, now

ENVIRONMENT = "*"
"""The key of the means over the whole community; no device id can be it."""


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """Each device with its state and newest readings, and under `ENVIRONMENT` the means over all.

    Times are epoch milliseconds; ``stale_at`` is when silence makes it stale.
    """
    found = {known.device.id: _record(known) for known in states(connection, community, keys, at)}
    if keys is None or ENVIRONMENT in keys:
        found[ENVIRONMENT] = {"metrics": summary.means(connection, community, at).get(None, {})}
    return found


class Known(NamedTuple):
    """A device with what is known of it: when it was last heard, and metric -> newest row."""

    device: Device
    last_seen: Instant | None
    connected: bool | None
    latest: dict[str, Any]


def states(connection: Connection, community: str, keys: set[str] | None, at: Instant | None) -> list[Known]:
    """The devices that are registered, or at a past time were or had readings already."""
    moment = at or now()
    devices = [
        d
        for d in registry.read_all(connection, community)
        if (keys is None or d.id in keys) and (d.revoked is None or d.revoked > moment)
    ]
    latest: dict[str, dict[str, Any]] = {d.id: {} for d in devices}
    for row in readings.latest_at(connection, latest, community, at):
        latest[row.device_id][row.metric] = row
    if at is not None:
        # The past: a device was heard when its newest reading says so.
        heard = {d.id: max((r.ts for r in latest[d.id].values()), default=None) for d in devices}
        return [
            Known(d, heard[d.id], None, latest[d.id]) for d in devices if d.created <= at or heard[d.id] is not None
        ]
    query = select(device_state).where(device_state.c.device_id.in_(latest))
    seen = {row.device_id: (row.last_seen, row.connected) for row in connection.execute(query)}
    return [Known(d, *seen.get(d.id, (None, None)), latest[d.id]) for d in devices]


def properties(known: Known, at: Instant) -> dict[str, Any]:
    """A device as the API says it: times in RFC 3339, ``status`` online, stale or offline."""
    device, seen, connected, latest = known
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
        "latest": {
            metric: {
                "ts": format_rfc3339(row.ts),
                "value": readings.value_of(row.kind, row.value, row.text),
                "quality": word_of(row.quality),
            }
            for metric, row in latest.items()
        },
    }


def _record(known: Known) -> dict[str, Any]:
    device, seen, connected, latest = known
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        "kind_name": registry.kind_name(device.kind),
        "area": device.area,
        "lon": device.lon,
        "lat": device.lat,
        "source": device.source,
        "connected": connected,
        "last_seen": None if seen is None else seen // MILLISECOND,
        "stale_at": None if seen is None else device.stale_at(seen) // MILLISECOND,
        "suspect": any(word_of(row.quality) == SUSPECT for row in latest.values()),
        "latest": {
            metric: [
                row.ts // MILLISECOND,
                readings.value_of(row.kind, row.value, row.text),
                word_of(row.quality),
            ]
            for metric, row in latest.items()
        },
    }
