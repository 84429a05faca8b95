"""Counters that tell other processes "this changed, read it again".

A change raises the counter in the same transaction. Reading one integer by its key is
the cheapest question there is, and the same on SQLite and PostgreSQL.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, Engine, String, Table, bindparam, func, select

from store.engine import upsert
from store.metadata import metadata

revision = Table(
    "revision",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)


FIELD = "rev"
SEVERAL = select(revision.c.name, revision.c.value).where(revision.c.name.in_(bindparam("names", expanding=True)))


def bump(connection: Connection, name: str) -> None:
    """Raise the counter ``name`` by one, within the caller's transaction."""
    statement = upsert(connection, revision).values(name=name, value=1)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": revision.c.value + 1}))


def current(connection: Connection, name: str) -> int:
    """The counter's value; 0 where nothing has changed yet."""
    return connection.scalar(select(revision.c.value).where(revision.c.name == name)) or 0


def several(connection: Connection, names: tuple[str, ...]) -> tuple[int, ...]:
    """The values of some counters, in their order, by one question; 0 where nothing has changed yet."""
    rows = connection.execute(SEVERAL, {"names": names})
    found = {row.name: row.value for row in rows}
    return tuple(found.get(name, 0) for name in names)


def stamp(connection: Connection, name: str, at: object | None) -> dict[str, int]:
    """What says of a record how new it is, for whoever is told of it twice: ``rev``; none for a past time.

    Asked before the record is read: what is read after it may be newer than it says, never older.
    """
    return {} if at is not None else {FIELD: current(connection, name)}


def total(engines: Iterable[Engine], *names: str) -> int:
    """The sum of counters over databases: each only grows, so it tells of a change of any."""
    query = select(func.sum(revision.c.value)).where(revision.c.name.in_(names))
    found = 0
    for engine in engines:
        with engine.connect() as connection:
            found += connection.scalar(query) or 0
    return found
