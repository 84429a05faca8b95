"""What time alone brings about: points expire, a month is to be closed, what is personal was kept long enough."""

from sqlalchemy import Connection

from layers.services.canteen import due as canteen
from layers.services.points import ledger as points
from layers.services.registers import retention
from store.instant import Instant

ROOMS = (points, canteen, retention)


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `remind` would do anything."""
    return any(room.is_due(connection, community, at) for room in ROOMS)


def remind(connection: Connection, community: str, at: Instant) -> int:
    """Do what is due; returns how many things that were."""
    return sum(room.pass_time(connection, community, at) for room in ROOMS)
