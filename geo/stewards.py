"""Stewards of grids (网格员): who looks after which, since when; rows are only ever added."""

from sqlalchemy import Connection, func, insert, select

from geo.ground import place, places
from geo.tables import grid_steward
from store.instant import Instant

MAX_NAME = 80


def appoint(connection: Connection, community: str, grid: str, name: str | None, at: Instant) -> None:
    """Let somebody look after a grid from now on; None: nobody.

    Raises
    ------
    LookupError
        If the community has no such grid.
    ValueError
        If the name cannot be shown.
    """
    if place(community, "grids", grid) is None:
        known = ", ".join(one.code for one in places(community, "grids"))
        raise LookupError(f"grid {grid!r} is not one of {known or '(none imported yet)'}")
    if name is not None and not (0 < len(name) <= MAX_NAME and name.isprintable()):
        raise ValueError(f"a steward's name has 1 to {MAX_NAME} printable characters")
    connection.execute(insert(grid_steward).values(community=community, grid=grid, since=at, name=name))


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
