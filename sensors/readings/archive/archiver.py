"""Months that are past go to files, one process at a time; what came late follows, and small files become one.

A file is written beside, on the disk, read back and compared before it counts. Whoever is killed in the middle leaves a
file that nobody knows, which the next turn removes, or readings that are still in the database, which the next turn
writes again: nothing is lost, and nothing is in both.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from sensors.meters import ARCHIVED, NOT_ARCHIVED
from sensors.readings.archive import claiming, hot, parts
from sensors.readings.archive.columns import UNFINISHED, Columns, Written
from sensors.readings.archive.lateness import forget_late, note_late
from sensors.readings.archive.parts import ALWAYS_HOT
from sensors.readings.archive.rounds import Rounds
from sensors.tables import latest, reading
from sensors.unforeseen import note
from store import once
from store.engine import archive_of, writing
from store.instant import DAY, Instant
from store.partitions import Month, Partitions, bounds, month_of
from store.why import first_line

log = structlog.get_logger(__name__)

BREATH_S, READ_BREATH_S = 0.02, 0.002
"""Between two transactions, for whoever else writes."""
ORPHAN_S = 3_600
"""A file that nobody knows is removed when it is so old: a question that began before may still read it."""
MANY = 4
"""Files of a month from which they become one: each late reading would else cost as much as the month."""
LEAST_FREE = 64 * 2**20
"""Bytes of the disk that are never taken for a file: what devices say needs them more."""
POSTGRES_LOCK = 0x43494D03


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did: how many readings it put into files, and of how many months."""

    readings: int = 0
    months: int = 0


class Archiver:
    """Archives the months of one database that ended at least ``hot`` whole months ago."""

    def __init__(self, engine: Engine, hot_months: int) -> None:
        self._engine = engine
        self._hot = hot_months
        self._rounds = Rounds()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Give up what is not done; the next turn finds it."""
        self._stopping.set()

    def try_turn(self, at: Instant) -> None:
        """Take a turn; where it fails that is told, and the next one tries again."""
        try:
            self.take_turn(min(at, self._newest() + DAY))
        except Stopped:
            return
        except (OSError, SQLAlchemyError) as error:
            self._failed(first_line(error))
        except BaseException as error:  # noqa: BLE001 - what devices say must go on
            self._failed(note("archive", error))
        else:
            forget_late(self._engine)

    def _newest(self) -> Instant:
        """When anything was said last: a clock of ours that ran ahead must not have what is new be taken for old."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(latest.c.ts))) or 0

    def _failed(self, reason: str) -> None:
        log.error("months_not_archived", error=reason)
        NOT_ARCHIVED.inc()
        note_late(self._engine)

    def take_turn(self, at: Instant) -> Turn:
        """Archive what is to be at a time; nothing where another process is at it.

        Raises
        ------
        OSError
            If the disk is full, or away, or the folder is another database's. Nothing is lost then, and the next turn
            tries again.
        """
        folder = archive_of(self._engine)
        if folder is None:
            return Turn()
        with self._alone(folder) as is_mine:
            if not is_mine:
                return Turn()
            claiming.claim(self._engine, folder)
            self._sweep(folder)
            done = [self._archive(folder, month) for month in self._due(at) if not self._stopping.is_set()]
            self._merge(folder)
            self._rounds.go(self._engine, folder, self._stopping.is_set)
        return Turn(sum(done), sum(1 for one in done if one))

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[bool]:
        """Whether nobody else is at it, on this machine or, with PostgreSQL, on another."""
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".turn.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            if self._engine.dialect.name != "postgresql":
                yield True
                return
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as held:
                is_mine = bool(held.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": POSTGRES_LOCK}))
                try:
                    yield is_mine
                finally:
                    if is_mine:
                        held.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": POSTGRES_LOCK})
        finally:
            lock.release()

    def _sweep(self, folder: Path) -> None:
        """Remove what a turn that was killed left, and files that became part of another.

        Where the database is of an earlier time than the folder, what it does not know goes aside.
        """
        with self._engine.connect() as connection:
            known = {one.file.name for one in parts.read(connection)}
        unknown = [one for one in folder.glob("*.parquet") if one.name not in known]
        for left in folder.glob(f"*{UNFINISHED}"):
            left.unlink(missing_ok=True)
        if unknown and claiming.is_of_before(self._engine, folder):
            claiming.set_aside(folder, unknown)
            claiming.begin_file(self._engine, folder)
            return
        for left in unknown:
            if time.time() - left.stat().st_mtime > ORPHAN_S:
                left.unlink(missing_ok=True)

    def _due(self, at: Instant) -> Iterator[Month]:
        """The months that are to be archived, of which there are readings in the database."""
        with self._engine.connect() as connection:
            first = hot.oldest(connection)
        last = min(_months_before(at, self._hot), at - ALWAYS_HOT)
        while first is not None and bounds(month_of(first))[1] <= last:
            yield month_of(first)
            first = bounds(month_of(first))[1]

    def _archive(self, folder: Path, month: Month) -> int:
        begin = bounds(month)[0]
        with self._engine.connect() as connection:
            seen = parts.changed(connection, begin)
            is_none = not hot.series_in(connection, month)
        if is_none:
            return 0
        # What writes files takes some 80 MB of memory: only while there is something to write.
        from sensors.readings.archive.checking import check
        from sensors.readings.archive.files import write

        _check_room(folder)
        claiming.begin_file(self._engine, folder)
        told: list[hot.Portion] = []
        written = write(folder, _name(month), self._unless_stopped(hot.read(self._engine, month, told)))
        if written is None:
            return 0
        check(written)
        return self._put(month, seen, written, told)

    def _put(self, month: Month, seen: int, written: Written, told: list[hot.Portion]) -> int:
        partitions = Partitions(self._engine, reading)
        with writing(self._engine) as connection:
            number = parts.add(
                connection, bounds(month)[0], written.path.name, written.readings, len(written.series), written.size
            )
        if partitions.is_partitioned:
            gone = written.readings if hot.drop(self._engine, month, seen, number, written.series) else 0
        else:
            gone = hot.take_out(self._engine, number, written.series, told, self._breathe)
        if not gone:
            with writing(self._engine) as connection:
                parts.forget(connection, [number])
            # Nothing of it ever counted.
            written.path.unlink(missing_ok=True)
        ARCHIVED.inc(gone)
        log.info("month_archived", month=_name(month), readings=gone, of=written.readings, bytes=written.size)
        return gone

    def _unless_stopped(self, columns: Iterator[Columns]) -> Iterator[Columns]:
        for one in columns:
            yield one
            if self._stopping.wait(READ_BREATH_S):
                raise Stopped

    def _breathe(self) -> bool:
        return not self._stopping.wait(BREATH_S)

    def _merge(self, folder: Path) -> None:
        """Have the files of a month be one, where they have become many."""
        with self._engine.connect() as connection:
            of_month: dict[Instant, list[parts.Part]] = {}
            for one in parts.read(connection):
                of_month.setdefault(one.month, []).append(one)
        for month, some in of_month.items():
            if len(some) > MANY and not self._stopping.is_set():
                from sensors.readings.archive.merging import merge

                _check_room(folder)
                claiming.begin_file(self._engine, folder)
                merge(self._engine, folder, _name(month_of(month)), some)


class Stopped(Exception):
    """It was told to end."""


def expire(engine: Engine, before: Instant) -> int:
    """Forget the files of months that ended by a time; returns how many. They go with the next turn."""
    with writing(engine) as connection:
        once.alone_in_between(connection, parts.LOCK)
        old = [one.number for one in parts.read(connection, before) if one.until <= before]
        if old:
            parts.forget(connection, old)
    return len(old)


def _months_before(at: Instant, count: int) -> Instant:
    """The beginning of the month that lies so many before that of a time."""
    year, month = month_of(at)
    index = year * 12 + month - 1 - count
    return bounds((index // 12, index % 12 + 1))[0]


def _name(month: Month) -> str:
    return "readings-{}-{:02d}".format(*month)


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise OSError(f"{folder} has {free} bytes left: none is taken for archived months")
