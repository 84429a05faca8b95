"""Makes backups in a thread: those that somebody asks for, and those that are due; one at a time over all processes."""

import contextvars
import math
import threading
import time
from collections.abc import Callable
from datetime import time as clock_time
from functools import partial

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups import kept, making
from cockpit.backups.names import Name, newest
from cockpit.backups.tables import FAILED, STOPPED
from cockpit.backups.targets import target_of
from cockpit.backups.there import There
from cockpit.errors import BadSetting
from cockpit.settings import Settings
from sensors.meters import duty
from store.backup import BackupError, Progress
from store.databases import Databases
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant, local_midnight, now
from store.why import first_line

log = structlog.get_logger(__name__)

TELL_EVERY_S = 0.5
ALIVE_EVERY_S = 20.0
LOOK_S = 20.0
PATIENCE_S = 600.0
"""So long how one ended is tried to be told: a database that is busy or away for a while loses none."""
CHECK_EVERY: Instant = HOUR
FAILURES = Counter("cockpit_backup_failures_total", "Backups that this process tried and did not bring to their end")
NEWEST = Gauge("cockpit_backup_newest_timestamp_seconds", "When the newest backup was made, in seconds since 1970")
BYTES = Gauge("cockpit_backup_newest_bytes", "Bytes of the newest backup")
TARGET = Gauge("cockpit_backup_target_up", "1 while the target of backups answers and has the newest")
SCHEDULED = Gauge("cockpit_backup_scheduled", "1 where one is made each day by itself, 0 where COCKPIT_BACKUP_AT=off")
for _gauge in (NEWEST, BYTES, TARGET, SCHEDULED):
    _gauge.set(math.nan)  # not known yet


class Stopped(BackupError):
    """Somebody stopped it."""


class BackupMaker:
    """One for a web process; the rows see to it that one backup is made at a time."""

    def __init__(self, databases: Databases, settings: Settings) -> None:
        self._databases, self._settings = databases, settings
        self.there = There(settings)
        self._checked: Instant = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    @property
    def settings(self) -> Settings:
        """When backups are due, where they go, and which of them stay."""
        return self._settings

    def begin(self) -> None:
        """Begin to make those that are due."""
        SCHEDULED.set(self._settings.backup_at != "off")
        self._thread.start()

    def end(self) -> None:
        """End; what is being made is not made, and leaves nothing behind."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def start(self, actor: str) -> int:
        """Begin a backup for somebody; returns its number.

        Raises
        ------
        Problem
            409 where one is being made.
        BadSetting
            If the settings name no target.
        """
        where = target_of(self._settings).where
        with writing(self._shared) as connection:
            number = kept.begin(connection, where, actor)
        work = partial(self._make, number, where, is_by_hand=True)
        threading.Thread(target=work, name="backup", daemon=True).start()
        return number

    @property
    def _shared(self) -> Engine:
        return self._databases.shared

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                with duty("backups"):
                    self.look(now())
            except (SQLAlchemyError, BadSetting) as error:
                log.error("backups_not_looked_after", error=first_line(error))
            except Exception:
                log.exception("backups_not_looked_after")

    def look(self, moment: Instant) -> None:
        """Make what is due at a moment, and look now and then whether the target has what it had."""
        where = target_of(self._settings).where
        if self._settings.backup_at != "off":
            with self._shared.connect() as connection:
                is_due = kept.is_due(connection, self._due(moment))
            if is_due:
                with writing(self._shared) as connection:
                    number = kept.begin_due(connection, where, self._due(moment))
                if number is not None:
                    self._make(number, where)
        if abs(moment - self._checked) >= CHECK_EVERY:  # either way: a clock is set back, too
            self._checked = moment
            self.check(where)

    def _due(self, moment: Instant) -> Instant:
        """When the last one was due."""
        at = clock_time.fromisoformat(self._settings.backup_at)
        due = local_midnight(moment) + at.hour * HOUR + at.minute * MINUTE
        return due if due <= moment else due - DAY

    def check(self, where: str) -> None:
        """Look whether the target has the newest backup that was made there; what it lost is kept as a row, once."""
        with self._shared.connect() as connection:
            known = kept.last_at(connection, where)
        reason: str | None
        try:
            names = target_of(self._settings).names()
        except BackupError as error:
            reason = str(error)
        else:
            self._tell_of(names)
            reason = None if known is None else known.missing_in(names)
        TARGET.set(reason is None)
        if known is None:
            return  # it had nothing that it could lose; whether one can be made there the next one tells
        with writing(self._shared) as connection:
            if reason is None:
                kept.found_again(connection, where)
                return
            number = kept.lost(connection, where, reason)
        if number is not None:
            log.error("backup_target_gone", target=where, reason=reason)
            kept.copy_to(self._shared, number, self._others)

    @staticmethod
    def _tell_of(names: dict[Name, int]) -> None:
        """By what the target holds, whatever was noted of it."""
        found = newest(names, now())
        NEWEST.set(math.nan if found is None else found.moment / SECOND)
        BYTES.set(math.nan if found is None else names[found])
        ahead = sorted(str(name) for name in names if name.is_ahead(now()))
        if ahead:
            log.warning("backups_dated_ahead", count=len(ahead), first=ahead[0])

    @property
    def _others(self) -> list[Engine]:
        return [engine for engine in self._databases.all if engine is not self._shared]

    def _make(self, number: int, where: str, *, is_by_hand: bool = False) -> None:
        try:
            is_first = not kept.was_any(self._databases.all, where)
            engines = making.databases_by_name(self._databases)
            with Teller(self._shared, number, self._stopping) as tell:
                made = making.make(self._settings, engines, tell, is_first=is_first, is_by_hand=is_by_hand)
        except Stopped:
            self._end(number, lambda connection: kept.finish(connection, number, STOPPED))
        except (BackupError, BadSetting, OSError, SQLAlchemyError) as error:
            log.error("backup_failed", reason=first_line(error))
            self._fail(number, first_line(error))
        except Exception as error:
            log.exception("backup_failed")
            self._fail(number, type(error).__name__)
        else:
            log.info("backup_made", file=made.file, bytes=made.bytes, rows=made.rows, lacks=made.lacks)
            rows = (made.file, made.bytes, made.rows, made.lacks)
            self._end(number, lambda connection: kept.made(connection, number, *rows))
            NEWEST.set(made.name.moment / SECOND)
            BYTES.set(made.bytes)
            TARGET.set(1)

    def _fail(self, number: int, reason: str) -> None:
        FAILURES.inc()
        self._end(number, lambda connection: kept.finish(connection, number, FAILED, reason=reason))

    def _end(self, number: int, say: Callable[[Connection], None]) -> None:
        """Say how it ended; where the database is busy or away, again and again for a while."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with writing(self._shared) as connection:
                    say(connection)
                kept.copy_to(self._shared, number, self._others)
            except SQLAlchemyError as error:
                if time.monotonic() > until or self._stopping.wait(ALIVE_EVERY_S / 10):
                    log.error("backup_not_told", error=first_line(error))
                    return
            else:
                return


class Teller:
    """Keeps how far a backup is, and ends it where somebody stopped it; within its block it gives a sign of life.

    It does so beside the work, which waits for nobody else's writing: what cannot be told now is told later.
    """

    def __init__(self, shared: Engine, number: int, stopping: threading.Event | None = None) -> None:
        self._shared, self._number = shared, number
        self._stopping = stopping or threading.Event()
        self._progress, self._calls, self._is_stopped = Progress("copy", 0, 0), 0, False
        self._over = threading.Event()
        same_clock = contextvars.copy_context()
        self._thread = threading.Thread(target=same_clock.run, args=(self._live,), name="backup-lives", daemon=True)

    def __enter__(self) -> "Teller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _live(self) -> None:
        told, until = 0, 0.0
        while not self._over.wait(TELL_EVERY_S):
            calls = self._calls
            if calls == told and time.monotonic() < until:
                continue
            try:
                self._tell(self._progress)
            except SQLAlchemyError as error:
                log.warning("backup_progress_not_told", error=first_line(error))
            else:
                told, until = calls, time.monotonic() + ALIVE_EVERY_S

    def _tell(self, progress: Progress) -> None:
        with writing(self._shared) as connection:
            goes_on = kept.move(connection, self._number, progress.done, progress.of)
        self._is_stopped |= not goes_on

    def __call__(self, progress: Progress) -> None:
        """Of each step; raises `Stopped`, or `BackupError` where this process is to end."""
        if self._stopping.is_set():
            raise BackupError("the process that made it was told to end")
        self._progress = progress
        self._calls += 1
        if self._is_stopped:
            raise Stopped("stopped")
