"""Whether a demonstration may begin in a database, or go on in it."""

from datetime import timedelta

from sqlalchemy import Connection, Table, exists, select

from cockpit.demonstration.scenario import DAYS
from cockpit.errors import BadSetting
from layers.governance.tables import council_member, matter, partner
from layers.grid_events.tables import grid_event
from layers.services.registers.tables import register_row
from sensors.tables import device
from store import demonstration
from store.databases import Databases
from store.engine import writing
from store.instant import local_date, midnight, now

SEED = "township"
CONTENT: tuple[Table, ...] = (register_row, matter, council_member, partner)
"""What somebody enters: where there is any, the database is somebody's."""
SOURCED: tuple[Table, ...] = (device, grid_event)
"""The same, but for what has a source: a replay's, which is nobody's."""


def begin(databases: Databases, seed: str = SEED) -> None:
    """Begin a demonstration in databases that are empty; nothing where one began already.

    Raises
    ------
    BadSetting
        If there is something in one that no demonstration began.
    """
    engines = databases.all
    for engine in engines:
        with engine.connect() as connection:
            if demonstration.began(connection) is None and (found := _content(connection)) is not None:
                raise BadSetting(
                    f"--demo: the database holds records of its own ({found}); a demonstration begins only in an"
                    " empty one (COCKPIT_DATA_DIR), --replay shows the recordings in any"
                )
    first = midnight(local_date(now()) - timedelta(days=DAYS + 1))
    for engine in engines:
        with writing(engine) as connection:
            demonstration.begin(connection, seed, first)


def _content(connection: Connection) -> str | None:
    """The name of a table with something in it."""
    for table in CONTENT:
        if connection.scalar(select(exists(select(1).select_from(table)))):
            return table.name
    for table in SOURCED:
        if connection.scalar(select(exists().where(table.c.source.is_(None)))):
            return table.name
    return None
