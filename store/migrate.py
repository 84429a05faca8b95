"""Bringing the schema up to date: Alembic, run at start under a lock."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Engine, text

# Any number that no other program on the same server is likely to take.
POSTGRES_LOCK = 0x43494D01
LOCK_TIMEOUT_S = 60


def upgrade(engine: Engine) -> None:
    """Apply every migration that the database lacks; a second process waits for the first."""
    if engine.dialect.name == "sqlite":
        with lock_of(Path(str(engine.url.database)).resolve(), LOCK_TIMEOUT_S):
            _run(engine)
        return
    with engine.connect() as lock:
        lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": POSTGRES_LOCK})
        try:
            _run(engine)
        finally:
            lock.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": POSTGRES_LOCK})


def lock_of(path: Path, timeout_s: float) -> FileLock:
    """What whoever changes the schema of a SQLite database holds, or puts another one in its place."""
    return FileLock(f"{path}.migrate.lock", timeout=timeout_s)


def is_known(revision: str) -> bool:
    """Whether this program ships a migration of that name."""
    with as_file(files("store") / "migrations") as folder:
        known = ScriptDirectory.from_config(_config(folder)).walk_revisions()
        return revision in {one.revision for one in known}


def is_current(engine: Engine) -> bool:
    """Whether the database has every migration that this program ships."""
    return revision(engine) == head()


@cache
def head() -> str:
    """The newest migration that this program ships."""
    with as_file(files("store") / "migrations") as folder:
        return str(ScriptDirectory.from_config(_config(folder)).get_current_head())


def revision(engine: Engine) -> str | None:
    """The newest migration that a database has; None where it has none, so nothing at all."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _run(engine: Engine) -> None:
    with as_file(files("store") / "migrations") as folder:
        config = _config(folder)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return config
