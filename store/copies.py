"""A copy of a database of either make: made while it is in use, put back while it is not."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine, make_url

from store import backup as sqlite
from store import dumps as postgresql
from store.backup import BackupError, Copied, Naming, Tell

ENDINGS = {"sqlite": "db", "postgresql": "dump"}
"""How the file of a copy ends, by the make."""


def copy(engine: Engine, target: Path, tell: Tell | None = None, naming: Sequence[Naming] = ()) -> Copied:
    """Copy a database as it is now, and check the copy; see `store.backup.backup`."""
    make = sqlite.backup if engine.dialect.name == "sqlite" else postgresql.backup
    return make(engine, target, tell, naming)


def replacing(
    source: Path, make: str, url: str, had: Mapping[str, int]
) -> AbstractContextManager[Callable[[], str | None]]:
    """Bring a copy beside the database at an address; what is given puts it in its place and tells what was there.

    Raises
    ------
    BackupError
        If the copy is of another make, the database is in use, or the copy is not as it was. Nothing is changed then.
    """
    address = make_url(url)
    if address.get_backend_name() != make:
        raise BackupError(f"the copy is of {make}, the database of the settings of {address.get_backend_name()}")
    return sqlite.replacing(source, address) if make == "sqlite" else postgresql.replacing(source, address, had)


__all__ = ["ENDINGS", "BackupError", "Copied", "Naming", "Tell", "copy", "replacing"]
