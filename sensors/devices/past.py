"""What stood at a past time: which devices there were, and which were connected.

One definition for everything that is asked with ``at``; docs/architecture.md tells it whole.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select

from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import archive_series, device_connection, reading, series
from store.instant import Instant, now


def devices_at(
    connection: Connection, community: str, keys: Collection[str] | None = None, at: Instant | None = None
) -> list[Device]:
    """The devices that are registered, or at a past time were; never one that was revoked by then.

    One that was registered later counts from its first reading on: what was filled in for a time belongs to it.
    """
    moment = now() if at is None else at
    known = [d for d in registry.read_all(connection, community, keys) if d.revoked is None or d.revoked > moment]
    if at is None:
        return known
    later = [d.id for d in known if d.created > at]
    heard = _heard(connection, later, at) if later else set()
    return [d for d in known if d.created <= at or d.id in heard]


def _heard(connection: Connection, devices: list[str], at: Instant) -> set[str]:
    kept = exists().where(reading.c.series_id == series.c.id, reading.c.ts <= at)
    archived = exists().where(archive_series.c.series_id == series.c.id, archive_series.c.first <= at)
    of_them = select(series.c.device_id).where(series.c.device_id.in_(devices), or_(kept, archived))
    return set(connection.scalars(of_them))


def is_gone(said: tuple[bool, Instant] | None, heard: Instant | None) -> bool:
    """Whether the last that was said of a device is that it is away, and it has not spoken since."""
    return said is not None and not said[0] and (heard is None or heard <= said[1])


def gone_at(connection: Connection, latest: Iterable[Row[Any]], at: Instant) -> frozenset[str]:
    """The devices that were away at a time; ``latest`` are the newest readings of then."""
    heard: dict[str, Instant] = {}
    for row in latest:
        heard[row.device_id] = max(row.ts, heard.get(row.device_id, row.ts))
    said = connections_at(connection, heard, at)
    return frozenset(device for device, ts in heard.items() if is_gone(said.get(device), ts))


def forget_connections(connection: Connection, before: Instant) -> None:
    """Remove what was said of connections before a time, but for each device's last word until then."""
    rows, later = device_connection.c, device_connection.alias("later").c
    newer = exists().where(later.device_id == rows.device_id, later.at > rows.at, later.at < before)
    connection.execute(delete(device_connection).where(rows.at < before, newer))


def connections_at(connection: Connection, devices: Iterable[str], at: Instant) -> dict[str, tuple[bool, Instant]]:
    """device -> the newest that was said of its connection by a time: whether it was there, and when that was said."""
    columns = device_connection.c
    newest = (
        select(columns.device_id, func.max(columns.at).label("at"))
        .where(columns.device_id.in_(list(devices)), columns.at <= at)
        .group_by(columns.device_id)
        .subquery()
    )
    query = select(columns.device_id, columns.connected, columns.at).join(
        newest, (columns.device_id == newest.c.device_id) & (columns.at == newest.c.at)
    )
    return {row.device_id: (row.connected, row.at) for row in connection.execute(query)}
