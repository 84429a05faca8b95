"""Which keys what is sealed in a database needs, known by their fingerprints.

Each database knows them itself, so that a key that was lost is missed before another takes its place.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    column,
    delete,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy import table as named

from store.engine import upsert
from store.instant import now
from store.metadata import metadata
from store.seal import Seal, SealError, fingerprints, keys_of

UNKNOWN = "unknown"
"""In place of the fingerprint of a key that sealed something before fingerprints were noted."""
SAMPLES = 5
"""So many of each column are tried where no fingerprint was noted."""

seal_key = Table(
    "seal_key",
    metadata,
    Column("fingerprint", String(16), primary_key=True),
    Column("since", BigInteger, nullable=False),
    # When a copy of it was last shown that is kept apart.
    Column("copied", BigInteger),
    # When somebody said to go on without it: what it sealed stays locked.
    Column("given_up", BigInteger),
)


@dataclass(frozen=True)
class Keys:
    """How the keys of a file stand to what is sealed in a database, by their fingerprints."""

    here: Sequence[str]
    missing: Sequence[str] = ()
    """Something needs them, or may, and they are not here."""
    given_up: Sequence[str] = ()
    """Not here either, and somebody said so."""
    known: Mapping[str, bool] = field(default_factory=dict)
    """Those that the database knows: whether they were given up."""

    @property
    def idle(self) -> list[str]:
        """Not here, and nothing needs them."""
        away = [one for one, is_given_up in self.known.items() if one not in self.here and not is_given_up]
        return [one for one in away if one not in self.missing]


@cache
def sealed_columns() -> Mapping[str, Sequence[str]]:
    """Table -> its columns that hold sealed content."""
    read: dict[str, list[str]] = tomllib.loads((files("store") / "sealed.toml").read_text(encoding="utf-8"))
    return read


def keys(connection: Connection, path: Path) -> Keys:
    """How the keys of a file stand to what is sealed in a database, of whatever version of the schema it is."""
    here = fingerprints(path)
    c, there = seal_key.c, inspect(connection).has_table(seal_key.name)
    rows = connection.execute(select(c.fingerprint, c.given_up).order_by(c.since, c.fingerprint)).all() if there else []
    known = {row.fingerprint: row.given_up is not None for row in rows}
    if not known:
        return Keys(here, [] if _opens_samples(connection, path) else [UNKNOWN])
    away = [one for one in known if one not in here]
    missing = [one for one in away if not known[one]]
    if missing and not is_anything_sealed(connection):
        missing = []
    return Keys(here, missing, [one for one in away if known[one]], known)


def is_anything_sealed(connection: Connection) -> bool:
    """Whether a database holds anything sealed."""
    return next(_samples(connection), None) is not None


def note(connection: Connection, found: Keys) -> None:
    """Keep what the keys are from now on; to be called where none of them is missing."""
    c = seal_key.c
    # What nothing is sealed with needs nobody; what is here again was not lost.
    connection.execute(delete(seal_key).where(c.fingerprint.in_(found.idle)))
    connection.execute(update(seal_key).where(c.fingerprint.in_(found.here)).values(given_up=None))
    for one in found.here:
        row = {"fingerprint": one, "since": now()}
        connection.execute(upsert(connection, seal_key).values(row).on_conflict_do_nothing())


def is_noted(found: Keys) -> bool:
    """Whether a database knows all of it already."""
    return not found.idle and all(found.known.get(one) is False for one in found.here)


def give_up(connection: Connection, fingerprint: str) -> None:
    """Go on without a key: what it sealed stays, locked, until the key is here again."""
    c = seal_key.c
    found = connection.execute(update(seal_key).where(c.fingerprint == fingerprint).values(given_up=now()))
    if not found.rowcount:
        connection.execute(insert(seal_key).values(fingerprint=fingerprint, since=now(), given_up=now()))


def note_copy(connection: Connection, copied: Sequence[str]) -> None:
    """Keep that copies of these keys were shown."""
    connection.execute(update(seal_key).where(seal_key.c.fingerprint.in_(copied)).values(copied=now()))


def _opens_samples(connection: Connection, path: Path) -> bool:
    try:
        given = keys_of(path)
        seal = Seal(*given) if given else None
    except SealError:
        seal = None
    for one in _samples(connection):
        try:
            if seal is None:
                return False
            seal.open(one)
        except SealError:
            return False
    return True


def _samples(connection: Connection) -> Iterator[bytes]:
    """A few of what is sealed, of each column."""
    schema = inspect(connection)
    for table, columns in sealed_columns().items():
        there = {one["name"] for one in schema.get_columns(table)} if schema.has_table(table) else set()
        for name in there.intersection(columns):
            one = column(name, LargeBinary)
            query = select(one).select_from(named(table, one)).where(one.is_not(None)).limit(SAMPLES)
            yield from connection.scalars(query)
