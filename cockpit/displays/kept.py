"""What a display is told to show: a row that is kept, and the record of it that its screen gets over the live channel.

It is a state and no order: a screen that comes back, or was cut off, finds what it is to show and no command is lost.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from cockpit.displays.programme import Programme, default
from cockpit.displays.tables import display_told
from cockpit.people.tables import display
from store.engine import upsert
from store.instant import MILLISECOND, Instant
from store.revision import FIELD

LAYER = "displays"
"""Under which the live channel tells of them."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A display and what it is told; ``programme`` None: its community's. `Instant` 0: never."""

    number: int
    name: str
    community: str
    language: str | None
    rev: int = 0
    programme: Programme | None = None
    scene: str | None = None
    scene_until: Instant | None = None
    scene_at: Instant = 0
    curtain: bool = False
    curtain_at: Instant = 0
    reload_at: Instant = 0

    @property
    def shows(self) -> Programme:
        """Its own programme, or its community's."""
        return self.programme or default(self.community)

    def chosen(self, at: Instant) -> str | None:
        """The scene that somebody chose, while it counts."""
        is_over = self.scene_until is not None and self.scene_until < at
        return None if is_over else self.scene

    def record(self) -> dict[str, Any]:
        """What its screen is told, with times in epoch milliseconds."""
        return {
            FIELD: self.rev,
            "language": self.language,
            "programme": msgspec.to_builtins(self.shows),
            "scene": self.scene,
            "scene_until": None if self.scene_until is None else self.scene_until // MILLISECOND,
            "scene_at": self.scene_at // MILLISECOND,
            "curtain": self.curtain,
            "curtain_at": self.curtain_at // MILLISECOND,
            "reload_at": self.reload_at // MILLISECOND,
        }


def told(
    connection: Connection, communities: list[str], name: str | None = None, *, is_to_change: bool = False
) -> list[Told]:
    """The displays of these communities that are not revoked, by name, or the one of this name.

    ``is_to_change``: nobody else may meanwhile.
    """
    query = (
        select(display, display_told)
        .outerjoin(display_told, display_told.c.display_id == display.c.id)
        .where(display.c.community.in_(communities), display.c.revoked.is_(None))
        .order_by(display.c.name)
    )
    if name is not None:
        query = query.where(display.c.name == name)
    if is_to_change:
        query = query.with_for_update(of=display)
    found = []
    for row in connection.execute(query).mappings():
        one = {"number": row["id"], "name": row["name"], "community": row["community"], "language": row["language"]}
        if row["display_id"] is not None:
            one |= {name: row[name] for name in KEPT}
            one["programme"] = row["programme"] and msgspec.json.decode(row["programme"], type=Programme)
        found.append(Told(**one))
    return found


KEPT = ("rev", "programme", "scene", "scene_until", "scene_at", "curtain", "curtain_at", "reload_at")


def keep(connection: Connection, given: Told) -> Told:
    """Write what a display is told from now on; answers it with its new revision."""
    after = msgspec.structs.replace(given, rev=given.rev + 1)
    row = {name: getattr(after, name) for name in KEPT}
    row["programme"] = after.programme and msgspec.json.encode(after.programme).decode()
    statement = upsert(connection, display_told).values(display_id=after.number, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["display_id"], set_=row))
    return after


def records(connection: Connection, community: str) -> dict[str, dict[str, Any]]:
    """The records of a community's displays, by number, as the live channel keeps them."""
    return {str(one.number): one.record() for one in told(connection, [community])}


def number_of(connection: Connection, name: str) -> int | None:
    """The number of a display that is not revoked."""
    query = select(display.c.id).where(display.c.name == name, display.c.revoked.is_(None))
    found: int | None = connection.scalar(query)
    return found
