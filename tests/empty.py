"""Empty databases that are up to date: the migrations are run once for all of a run."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from store.engine import open_engine
from store.migrate import upgrade


@cache
def sqlite() -> bytes:
    """The file of an empty SQLite database, up to date."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cockpit.db"
        opened = open_engine(f"sqlite:///{path}")
        upgrade(opened)
        opened.dispose()
        return path.read_bytes()
