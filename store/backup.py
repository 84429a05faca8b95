"""A consistent copy of a SQLite database while it is in use, and its way back while it is not.

The copy is of one moment, held by one read transaction: by itself SQLite's online backup begins anew whenever
another process writes, and so never ends on a busy database. While the moment is held the write-ahead log
cannot be folded into the database and grows; how far, and how long, is bounded.
"""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout
from sqlalchemy import Engine, make_url

from store import budgets
from store.instant import SHANGHAI, now, to_datetime
from store.migrate import is_known, lock_of

PAGES_A_STEP = 2_000
STEPS_BETWEEN_LOOKS = 1_000_000
LOCK_TIMEOUT_S = 5


class BackupError(Exception):
    """A backup that cannot be made or taken back, with why."""


@dataclass(frozen=True)
class Progress:
    """How far it is: ``stage`` is ``copy`` or ``check``; bytes done, and of how many."""

    stage: str
    done: int
    of: int


Tell = Callable[[Progress], None]


def backup(engine: Engine, target: Path, tell: Tell | None = None) -> int:
    """Copy the database as it is now, check the copy, and return its size in bytes.

    The copy is made beside the target and takes its name when it is whole. ``tell`` hears of each step.

    Raises
    ------
    BackupError
        If the target exists, the database is not SQLite, the disk is too small, it takes longer or the database's
        log grows further than the budgets allow, or the copy fails its integrity check. Nothing is left behind then.
    """
    if engine.dialect.name != "sqlite":
        raise BackupError(f"{engine.dialect.name} has its own backup: use pg_dump")
    if target.exists():
        raise BackupError(f"{target} exists already")
    database = Path(str(engine.url.database))
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as source:
        part = _copied(source, target, _watch(database, tell))
    os.replace(part, target)
    return target.stat().st_size


def _watch(database: Path, tell: Tell | None) -> Tell:
    """What looks after each step whether it may go on."""
    numbers = budgets.current()
    log = database.with_name(f"{database.name}-wal")
    most = numbers.backup_log_megabytes * budgets.MIB
    due = time.monotonic() + numbers.backup_seconds

    def watch(progress: Progress) -> None:
        if time.monotonic() > due:
            raise BackupError(f"not done within {numbers.backup_seconds:g} s (budget backup_seconds)")
        if log.exists() and log.stat().st_size > most:
            raise BackupError(
                f"so much is written meanwhile that {log} has grown to {log.stat().st_size} bytes"
                f" (budget backup_log_megabytes): try at a quieter time"
            )
        if tell is not None:
            tell(progress)

    return watch


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


def _copied(source: sqlite3.Connection, target: Path, watch: Tell = lambda _progress: None) -> Path:
    """A whole copy beside the target, which is to take its name."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _check_room(source, target.parent)
    try:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
            # A copy that is not whole is thrown away and needs no journal; it is on the disk before it gets its name.
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            _copy(source, copy, watch)
            # One file, that can be read where nothing may be written beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, part, watch)
        with part.open("rb") as written:
            os.fsync(written.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _copy(source: sqlite3.Connection, copy: sqlite3.Connection, watch: Tell) -> None:
    page = source.execute("PRAGMA page_size").fetchone()[0]
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is this moment
        source.backup(
            copy,
            pages=PAGES_A_STEP,
            progress=lambda _status, left, of: watch(Progress("copy", (of - left) * page, of * page)),
        )
    finally:
        source.rollback()


def _check(copy: sqlite3.Connection, part: Path, watch: Tell) -> None:
    progress = Progress("check", 0, part.stat().st_size)
    failure: list[BackupError] = []

    def go_on() -> bool:
        try:
            watch(progress)
        except BackupError as error:
            failure.append(error)
        return bool(failure)

    copy.set_progress_handler(go_on, STEPS_BETWEEN_LOOKS)
    try:
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.OperationalError:
        if failure:
            raise failure[0] from None
        raise
    if verdict != "ok":
        raise BackupError(f"the copy fails its integrity check: {verdict}")


def _check_room(source: sqlite3.Connection, folder: Path) -> None:
    pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    free = shutil.disk_usage(folder).free
    if pages * size > free:
        raise BackupError(f"the copy needs {pages * size} bytes; {folder} has {free} left")
