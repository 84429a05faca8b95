"""What displays tell of themselves: the newest of each, no history."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from cockpit.displays.tables import display_heard
from store.engine import upsert
from store.instant import SECOND, Instant, format_rfc3339

BEAT = 30 * SECOND
"""How often a screen tells of itself."""
SILENT = 3 * BEAT + 5 * SECOND
"""One that said nothing for so long is said to be silent."""


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen says: the page and the scene that stand there, since when, and how it fares.

    ``curtain`` and ``held`` are what is so there, whether it was done by hand or from afar.

    ``frames`` a second are drawn, None where nobody sees the page; ``memory`` in bytes, where the browser tells;
    ``version`` is the build of its page.
    """

    since: Instant
    page: str
    scene: str | None
    language: str
    curtain: bool
    held: bool
    frames: float | None
    memory: int | None
    error: str | None
    error_at: Instant | None
    width: int
    height: int
    version: str


def keep(connection: Connection, number: int, beat: Beat, at: Instant) -> None:
    """Keep the newest word of a display."""
    row = msgspec.structs.asdict(beat) | {"at": at}
    statement = upsert(connection, display_heard).values(display_id=number, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["display_id"], set_=row))


class Seen(NamedTuple):
    """What a screen said of its scene, None: the whole; when; ``held``: it stays there, by whomever it was held."""

    scene: str | None
    held: bool
    at: Instant


def scenes(connection: Connection, numbers: list[int], at: Instant) -> dict[int, Seen]:
    """The scene of each of these displays that told of itself of late."""
    c = display_heard.c
    query = select(c.display_id, c.scene, c.held, c.at)
    of_late = query.where(c.display_id.in_(numbers), c.at > at - SILENT)
    return {row.display_id: Seen(row.scene, row.held, row.at) for row in connection.execute(of_late)}


def newest(connection: Connection, at: Instant) -> dict[int, dict[str, Any]]:
    """What each display said last, as the API tells it; ``silent`` by our own clock."""
    found = {}
    for row in connection.execute(select(display_heard)).mappings():
        told = {name: value for name, value in row.items() if name != "display_id"}
        for name in ("at", "since", "error_at"):
            told[name] = None if row[name] is None else format_rfc3339(row[name])
        found[row["display_id"]] = told | {"silent": row["at"] < at - SILENT}
    return found
