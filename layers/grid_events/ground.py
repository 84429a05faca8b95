"""Open events find their area and grid again when the ground has changed."""

from sqlalchemy import Connection, Engine, bindparam, update

from geo.ground import locate
from layers.declare import positions
from layers.grid_events.standing import open_events
from layers.grid_events.tables import grid_event
from store import audit
from store.engine import writing

AT_ONCE = 500
"""Events of one transaction, so that others that write need not wait for all of them."""
LAYERS = {"areas": "area", "grids": "grid"}
"""Layer of the ground -> what of an event it says."""


def relocate(engine: Engine, community: str, layer: str, actor: str) -> int:
    """Give each open event the area or grid, by ``layer``, that it lies in now; returns how many have another one.

    What is done stays where it was when it was done.
    """
    changed, after = 0, ""
    while True:
        with writing(engine) as connection:
            after, found = _some(connection, community, layer, after)
            changed += found
            if not after:
                if changed:
                    told = {"layer": layer, "events": changed}
                    audit.record(connection, actor, "event.relocate", f"{community}/{layer}", told)
                return changed


def _some(connection: Connection, community: str, layer: str, after: str) -> tuple[str, int]:
    """The next open events by their number; returns the last one's, empty at the end, and how many changed."""
    query = open_events(community, None).where(grid_event.c.lon.is_not(None), grid_event.c.id > after)
    rows = connection.execute(query.order_by(grid_event.c.id).limit(AT_ONCE)).all()
    column = LAYERS[layer]
    places = locate(community, *positions(rows), layer)
    moved = [
        {"event": row.id, "place": place}
        for row, place in zip(rows, places, strict=True)
        if getattr(row, column) != place
    ]
    if moved:
        statement = update(grid_event).where(grid_event.c.id == bindparam("event"))
        connection.execute(statement.values({column: bindparam("place")}), moved)
    return (rows[-1].id if len(rows) == AT_ONCE else ""), len(moved)
