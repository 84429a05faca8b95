"""Stewards of grids (网格员): who looks after which, since when; rows are only ever added."""

from collections.abc import Collection
from difflib import get_close_matches

from sqlalchemy import Connection, func, select

from geo.ground import place, places
from geo.tables import grid_steward
from store.engine import upsert
from store.instant import Instant

NEAR = 0.5
"""How much alike, of 1, a name is that was probably meant: one character of two."""


class NoAccount(ValueError):
    """A name that is no active account of the community; ``near`` are accounts that may have been meant."""

    def __init__(self, name: str, staff: Collection[str]) -> None:
        self.name = name
        self.near = get_close_matches(name, sorted(staff), cutoff=NEAR)
        meant = f"; did you mean {', '.join(self.near)}?" if self.near else ""
        super().__init__(f"{name!r} is no active account of this community, steward or above{meant}")


def check_account(name: str, staff: Collection[str]) -> None:
    """Refuse who has no account: what is given to a name that nobody has lies in nobody's list.

    Raises
    ------
    NoAccount
        If the name is not in ``staff``.
    """
    if name not in staff:
        raise NoAccount(name, staff)


def appoint(
    connection: Connection, community: str, grid: str, name: str | None, at: Instant, staff: Collection[str]
) -> None:
    """Let somebody of ``staff``, the community's accounts, look after a grid from now on; None: nobody.

    Raises
    ------
    LookupError
        If the community has no such grid.
    NoAccount
        If nobody of the staff has that name.
    """
    if place(community, "grids", grid) is None:
        known = ", ".join(one.code for one in places(community, "grids"))
        raise LookupError(f"grid {grid!r} is not one of {known or '(none imported yet)'}")
    if name is not None:
        check_account(name, staff)
    row = {"community": community, "grid": grid, "since": at, "name": name}
    # Appointed twice in the same moment: the last one counts.
    added = upsert(connection, grid_steward).values(row)
    connection.execute(added.on_conflict_do_update(index_elements=["community", "grid", "since"], set_={"name": name}))


def of_grids(connection: Connection, community: str, at: Instant | None = None) -> dict[str, str]:
    """grid -> steward, now or at a past time; a grid without one is left out."""
    columns = grid_steward.c
    newest = select(columns.grid, func.max(columns.since).label("since")).where(columns.community == community)
    if at is not None:
        newest = newest.where(columns.since <= at)
    last = newest.group_by(columns.grid).subquery()
    query = select(columns.grid, columns.name).join(
        last, (columns.grid == last.c.grid) & (columns.since == last.c.since) & (columns.community == community)
    )
    return {row.grid: row.name for row in connection.execute(query) if row.name is not None}
