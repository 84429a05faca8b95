"""A consistent copy of a SQLite database while it is in use, and its way back while it is not."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout
from sqlalchemy import Engine, make_url

from store.instant import SHANGHAI, now, to_datetime
from store.migrate import is_known, lock_of

PAGES_A_STEP = 2_000
LOCK_TIMEOUT_S = 5


class BackupError(Exception):
    """A backup that cannot be made or taken back, with why."""


def backup(engine: Engine, target: Path) -> int:
    """Copy the database by SQLite's online backup, check the copy, and return its size in bytes.

    The copy is made beside the target and takes its name when it is whole.

    Raises
    ------
    BackupError
        If the target exists, the database is not SQLite, or the copy fails its integrity check.
    """
    if engine.dialect.name != "sqlite":
        raise BackupError(f"{engine.dialect.name} has its own backup: use pg_dump")
    if target.exists():
        raise BackupError(f"{target} exists already")
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as source:
        part = _copied(source, target)
    os.replace(part, target)
    return target.stat().st_size


def restore(source: Path, url: str) -> Path | None:
    """Put a backup in the place of the database at an address, which nobody may use meanwhile.

    Returns where the former database is kept, beside the new one; None where there was none.

    Raises
    ------
    BackupError
        If the database is not SQLite or is in use, or the file is no backup that this program can read.
        Nothing is changed then.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise BackupError(f"{address.get_backend_name()} has its own way back: use pg_restore")
    target = Path(address.database).resolve()
    # Whoever starts meanwhile waits at the migrations.
    try:
        with lock_of(target, LOCK_TIMEOUT_S), _opened(source) as backup_file:
            _check_free(target)
            part = _copied(backup_file, target)
            kept = _keep(target)
            os.replace(part, target)
    except Timeout:
        raise BackupError(f"{target} is being brought up to date") from None
    return kept


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[sqlite3.Connection]:
    """A backup to read from, once it is sure that it is one."""
    if not source.is_file():
        raise BackupError(f"no file {str(source)!r}")
    with contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as found:
        try:
            row = found.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{source} is no backup of a cockpit: {error}") from None
        if row is None or not is_known(row[0]):
            raise BackupError(f"{source} is of a newer version of the program (schema {row and row[0]})")
        yield found


def _check_free(target: Path) -> None:
    """Leaving the write-ahead log needs the database for oneself, and so tells whether anybody else has it."""
    if not target.exists():
        return
    with contextlib.closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = None
    if mode != "delete":
        raise BackupError(f"{target} is in use: stop the cockpit first")


def _keep(target: Path) -> Path | None:
    if not target.exists():
        return None
    moment = to_datetime(now()).astimezone(SHANGHAI)
    kept = target.with_name(f"{target.name}.before-{moment:%Y%m%d-%H%M%S}")
    # A second name for it: at no moment is there no database.
    os.link(target, kept)
    return kept


def _copied(source: sqlite3.Connection, target: Path) -> Path:
    """A whole copy beside the target, which is to take its name."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(part)) as copy:
            source.backup(copy, pages=PAGES_A_STEP)
            # One file, that can be read where nothing may be written beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise BackupError(f"the copy fails its integrity check: {verdict}")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part
