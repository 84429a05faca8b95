"""A consistent copy of a SQLite database while it is in use, and its way back while it is not.

What is true of every make stands in `store.copies`. The copy is of one moment, held by one read transaction: by itself
SQLite's online backup begins anew whenever another process writes, and so never ends on a busy database. While the
moment is held the write-ahead log cannot be folded into the database and grows; how far, and how long, is bounded.
"""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import Timeout
from sqlalchemy import URL, Engine

from store import budgets
from store.durable import on_disk
from store.instant import SHANGHAI, now, to_datetime
from store.migrate import is_known, lock_of

PAGES_A_STEP = 2_000
STEPS_BETWEEN_LOOKS = 1_000_000
LOCK_TIMEOUT_S = 5


class BackupError(Exception):
    """A backup that cannot be made or taken back, with why."""


@dataclass(frozen=True)
class Progress:
    """How far it is: ``stage`` is ``copy``, ``check`` or what else is done; bytes done, and of how many."""

    stage: str
    done: int
    of: int


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Naming:
    """How a database names files that go with it: a query of names and bytes, to be asked where it has the table."""

    folder: str
    table: str
    query: str


@dataclass(frozen=True)
class Copied:
    """What a copy holds: the revision of its schema, and the rows of each table as the source had them then.

    ``files``: by folder, the files that the source named then, with their bytes.
    """

    schema: str
    rows: Mapping[str, int]
    files: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def backup(engine: Engine, target: Path, tell: Tell | None = None, naming: Sequence[Naming] = ()) -> Copied:
    """Copy the database as it is now, check the copy, and count its rows against those of the source at that moment.

    The copy is made beside the target and takes its name when it is whole. ``tell`` hears of each step; what it raises
    ends it. ``naming``: which files it is asked for that it names.

    Raises
    ------
    BackupError
        If the target exists, the disk is too small, it takes longer or the database's log grows further than the
        budgets allow, the copy fails its integrity check or has other rows. Nothing is left behind then.
    """
    if target.exists():
        raise BackupError(f"{target} exists already")
    database = Path(str(engine.url.database))
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as source:
        part, copied = _copied(source, target, _watch(database, tell), naming)
    os.replace(part, target)
    return copied


def within_time(tell: Tell | None) -> Tell:
    """What hears of each step, and ends the work where it takes longer than the budget allows."""
    seconds = budgets.current().backup_seconds
    due = time.monotonic() + seconds

    def watch(progress: Progress) -> None:
        if time.monotonic() > due:
            raise BackupError(f"not done within {seconds:g} s (budget backup_seconds)")
        if tell is not None:
            tell(progress)

    return watch


def _watch(database: Path, tell: Tell | None) -> Tell:
    """What looks after each step whether it may go on."""
    log = database.with_name(f"{database.name}-wal")
    most = budgets.current().backup_log_megabytes * budgets.MIB

    def watch(progress: Progress) -> None:
        if log.exists() and log.stat().st_size > most:
            raise BackupError(
                f"so much is written meanwhile that {log} has grown to {log.stat().st_size} bytes"
                f" (budget backup_log_megabytes): try at a quieter time"
            )
        if tell is not None:
            tell(progress)

    return within_time(watch)


@contextlib.contextmanager
def replacing(source: Path, url: URL) -> Iterator[Callable[[], str | None]]:
    """Bring a copy beside the database at an address, which nobody may use meanwhile; to be called to put it there.

    The call returns where the former database is kept, beside the new one; None where there was none. What was not
    put is gone after the block.

    Raises
    ------
    BackupError
        If the database is in use, or the file is no copy that this program can read. Nothing is changed then.
    """
    target = Path(str(url.database)).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    # Whoever starts meanwhile waits at the migrations.
    try:
        with lock_of(target, LOCK_TIMEOUT_S), _opened(source) as backup_file:
            _check_free(target)
            part, _ = _copied(backup_file, target)
            try:
                yield lambda: _put(part, target)
            finally:
                part.unlink(missing_ok=True)
    except Timeout:
        raise BackupError(f"{target} is being brought up to date") from None


def _put(part: Path, target: Path) -> str | None:
    _check_free(target)
    kept = _keep(target)
    os.replace(part, target)
    on_disk(target.parent)
    return None if kept is None else str(kept)


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
    kept = target.with_name(f"{target.name}.{before('-')}")
    # A second name for it: at no moment is there no database.
    os.link(target, kept)
    return kept


def before(dash: str) -> str:
    """What is put behind the name of what was there before this moment, in Asia/Shanghai; never twice the same."""
    moment = to_datetime(now()).astimezone(SHANGHAI)
    return f"before{dash}{moment:%Y%m%d}{dash}{moment:%H%M%S}{dash}{moment:%f}"


def _copied(
    source: sqlite3.Connection,
    target: Path,
    watch: Tell = lambda _progress: None,
    naming: Sequence[Naming] = (),
) -> tuple[Path, Copied]:
    """A whole copy beside the target, which is to take its name."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _check_room(source, target.parent)
    try:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
            # A copy that is not whole is thrown away and needs no journal; it is on the disk before it gets its name.
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            copied = _copy(source, copy, watch, naming)
            # One file, that can be read where nothing may be written beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, part, watch, copied)
        on_disk(part)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part, copied


def _copy(source: sqlite3.Connection, copy: sqlite3.Connection, watch: Tell, naming: Sequence[Naming]) -> Copied:
    page = source.execute("PRAGMA page_size").fetchone()[0]
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is this moment
        source.backup(
            copy,
            pages=PAGES_A_STEP,
            progress=lambda _status, left, of: watch(Progress("copy", (of - left) * page, of * page)),
        )
        size = source.execute("PRAGMA page_count").fetchone()[0] * page
        with _watched(source, watch, Progress("count", 0, size)):
            rows = _rows(source)
            files = {one.folder: dict(source.execute(one.query).fetchall()) for one in naming if one.table in rows}
            return Copied(_schema(source), rows, files)
    finally:
        source.rollback()


def _check(copy: sqlite3.Connection, part: Path, watch: Tell, copied: Copied) -> None:
    with _watched(copy, watch, Progress("check", 0, part.stat().st_size)):
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise BackupError(f"the copy fails its integrity check: {verdict}")
        check_rows(copied.rows, _rows(copy))


@contextlib.contextmanager
def _watched(database: sqlite3.Connection, watch: Tell, progress: Progress) -> Iterator[None]:
    """Look now and then, within long statements, whether it may go on."""
    failure: list[BaseException] = []

    def go_on() -> bool:
        try:
            watch(progress)
        except BaseException as error:  # noqa: BLE001 - SQLite would swallow it
            failure.append(error)
        return bool(failure)

    database.set_progress_handler(go_on, STEPS_BETWEEN_LOOKS)
    try:
        yield
    except sqlite3.OperationalError:
        if failure:
            raise failure[0] from None
        raise
    finally:
        database.set_progress_handler(None, 0)


def check_rows(had: Mapping[str, int], has: Mapping[str, int]) -> None:
    """Raise `BackupError` where a copy has other rows than its source had."""
    for table in sorted({*had, *has}):
        if had.get(table) != has.get(table):
            raise BackupError(f"table {table} had {had.get(table)} rows, the copy has {has.get(table)}")


def _rows(database: sqlite3.Connection) -> dict[str, int]:
    """The rows of each table; what an index of texts is made of counts as the tables that it is kept in."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    names = [row[0] for row in database.execute(query)]
    return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608


def _schema(database: sqlite3.Connection) -> str:
    try:
        found = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        found = None
    return str(found[0]) if found else ""


def _check_room(source: sqlite3.Connection, folder: Path) -> None:
    pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    check_room(folder, pages * size, "the copy")


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raise `BackupError` where a folder's disk has not so many bytes left."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise BackupError(f"{what} needs {needed} bytes; {folder} has {free} left")
