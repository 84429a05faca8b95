"""What the live channel tells of services: how rooms are used, and under "*" what is done for the old and the young."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select

from layers.course import Span, Told, moved
from layers.services import tally
from layers.services.bookings import live as rooms
from layers.services.registers.declare import Register
from layers.services.registers.tables import register_version
from layers.web import Services
from store.instant import Instant, day_of

TALLY = "*"


def records(
    connection: Connection, community: str, keys: set[str] | None = None, at: Instant | None = None
) -> dict[str, Any]:
    """Each room's busy spans by its key, and the tally under `TALLY`."""
    found = rooms.records(connection, community, None if keys is None else keys - {TALLY}, at)
    if keys is None or TALLY in keys:
        found[TALLY] = tally.tally(connection, community, at)
    return found


def tell(given: Services, community: str, register: Register) -> None:
    """Tell the screens, after a commit, what they show of a register whose rows changed."""
    is_tallied, has_rooms = register.code in tally.REGISTERS, register.behind in rooms.USES_ROOMS
    if not (is_tallied or has_rooms):
        return
    with given.databases.of(community).connect() as connection:
        found = rooms.records(connection, community) if has_rooms else {}
        if is_tallied:
            found[TALLY] = tally.tally(connection, community)
    given.tell({community: {"services": found}})


def _touched(connection: Connection, community: str, span: Span) -> Iterator[tuple[Instant, str]]:
    c = register_version.c
    query = select(c.at).where(c.community == community, c.register.in_(tally.REGISTERS), span.holds(c.at))
    of_tally = ((moment, TALLY) for moment in connection.scalars(query))
    return chain(rooms.touched(connection, community, span), of_tally)


def _due(known: Mapping[str, Any], after: Instant, until: Instant) -> set[str]:
    return rooms.due(known, after, until) | ({TALLY} if day_of(after) != day_of(until) else set())


def _read(connection: Connection, community: str, keys: set[str], at: Instant) -> Mapping[str, Told | Any]:
    return records(connection, community, keys, at)


moves = moved(_read, _touched, _due)
"""How the records changed in a span of the past."""
