"""When a device was last heard, whether it is connected, and where it says it is."""

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, case, func, select

from sensors import horizon
from sensors.devices import places
from sensors.devices.registry import Device
from sensors.horizon import HORIZON
from sensors.intake.batch import Batch
from sensors.refusal import Reason, Refused
from sensors.tables import device_connection, device_state
from store.bulk import as_it_was, upsert_all
from store.engine import greatest
from store.instant import Instant


class Status(StrEnum):
    """The state of a device as people see it."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


def status_of(device: Device, last_seen: Instant | None, connected: bool | None, at: Instant) -> Status:
    """The state of a device at a time.

    Offline if it was never heard or its last will said so; stale if it has been silent for
    three of its intervals; else online.
    """
    if last_seen is None or connected is False:
        return Status.OFFLINE
    return Status.STALE if at > device.stale_at(last_seen) else Status.ONLINE


def decode(payload: bytes) -> bool:
    """Read a ``status`` payload: whether the device is connected.

    Raises
    ------
    Refused
        If it is neither ``online`` nor ``offline``.
    """
    word = payload.strip()
    if word not in (b"online", b"offline"):
        raise Refused(Reason.WRONG_SHAPE, f"status is {payload[:40]!r}; expected online or offline")
    return word == b"online"


def store(connection: Connection, batch: Batch) -> None:
    """Keep the batch's news of the devices themselves."""
    for here in places.move(connection, batch.moved):
        batch.elsewhere[here.id] = batch.devices[here.id]
        batch.devices[here.id] = here
    _keep_change(connection, batch.connected)
    _keep_seen(connection, {d: at for d, at in batch.seen.items() if batch.connected.get(d, (True, 0))[0]})
    _keep_connected(connection, batch.connected)


def _keep_seen(connection: Connection, seen: dict[str, Instant]) -> None:
    rows = [{"device_id": d, "last_seen": at, "connected": True, "connected_at": at} for d, at in sorted(seen.items())]
    upsert_all(connection, device_state, rows, _heard(greatest(connection)), horizon.of_now())


@cache
def _heard(later: Callable[..., Any]) -> Callable[[Any], Any]:
    def heard(insert: Any) -> Any:
        kept, newer = device_state.c, _is_newer(insert)
        return insert.on_conflict_do_update(
            index_elements=["device_id"],
            set_={
                "last_seen": case(
                    (device_state.c.last_seen > HORIZON, insert.excluded.last_seen),
                    else_=later(func.coalesce(device_state.c.last_seen, 0), insert.excluded.last_seen),
                ),
                # A device that speaks is connected, whatever an old last will said; one that came after it counts.
                "connected": case((newer, True), else_=kept.connected),
                "connected_at": case((newer, insert.excluded.connected_at), else_=kept.connected_at),
            },
        )

    return heard


def _keep_connected(connection: Connection, connected: dict[str, tuple[bool, Instant]]) -> None:
    rows = [{"device_id": d, "connected": on, "connected_at": at} for d, (on, at) in sorted(connected.items())]
    upsert_all(connection, device_state, rows, _if_newer, horizon.of_now())


def _keep_change(connection: Connection, connected: dict[str, tuple[bool, Instant]]) -> None:
    """What differs from what was known is kept with its time, so that the past can be told."""
    if not connected:
        return
    query = select(device_state.c.device_id, device_state.c.connected).where(device_state.c.device_id.in_(connected))
    known = {row.device_id: row.connected for row in connection.execute(query)}
    rows = [
        {"device_id": d, "at": at, "connected": on} for d, (on, at) in sorted(connected.items()) if known.get(d) != on
    ]
    upsert_all(connection, device_connection, rows, as_it_was)


def _if_newer(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("connected", "connected_at")}
    return insert.on_conflict_do_update(index_elements=["device_id"], set_=changed, where=_is_newer(insert))


def _is_newer(insert: Any) -> Any:
    """Of two ingesters the one with the older word may come last."""
    newer = insert.excluded.connected_at >= func.coalesce(device_state.c.connected_at, 0)
    return newer | (device_state.c.connected_at > HORIZON)
