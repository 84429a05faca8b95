"""Whether a demonstration may begin in a database, or go on in it."""

from datetime import timedelta

from sqlalchemy import Connection, exists, select

from cockpit.demonstration.hanging import brought, part_of, tables, traces
from cockpit.demonstration.scenario import DAYS
from cockpit.errors import BadSetting
from store import demonstration
from store.databases import Databases
from store.engine import writing
from store.instant import local_date, midnight, now

SEED = "township"


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
    """The name of a table with something in it that somebody entered.

    Every table is asked, but for those whose rows are parts of others', sums of them, or named in traces.toml.
    """
    aside = {*traces()["beside"]["tables"], *traces()["sums"]["tables"]}
    for table in tables():
        if table.name in aside or part_of(table.name):
            continue
        if connection.scalar(select(exists(select(1).select_from(table).where(~brought(table))))):
            return table.name
    return None
