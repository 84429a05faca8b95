"""The maker: has reports made, one at a time, each by a process of its own; and asks for those that are due."""

import math
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cockpit.reports import child, kept, making
from cockpit.reports.kinds import Kind, kinds, over_by
from cockpit.settings import Settings
from geo.communities import communities
from layers.problem import Problem
from sensors.meters import duty
from store import budgets, scratch
from store.databases import Databases
from store.engine import writing
from store.instant import Instant, now
from store.language import LANGUAGES
from store.sandbox.ask import ROOT, said_last
from store.why import first_line

log = structlog.get_logger(__name__)

LOOK_S = 2.0
DUE_EVERY_S = 20.0
FORGET_EVERY_S = 3_600.0
ALIVE_EVERY_S = 10.0
ATTEMPTS = 3
"""So often a report is tried that fails by no fault of its own, as where the disk is full."""
GONE = 20
"""So often a report is begun whose makers are gone without a word: it may be what ends them, or nobody lets them be."""


class Maker:
    """One for a web process; several share the work by claiming each report before it is made.

    ``changed`` is told of each community whose reports changed. ``since``: when this process began (None: now).
    """

    def __init__(
        self, databases: Databases, settings: Settings, changed: Callable[[str], None], since: Instant | None = None
    ) -> None:
        self._databases = databases
        self._settings = settings
        self._changed = changed
        self._since = now() if since is None else since
        self._failed: dict[int, int] = {}
        self._asked_due = -math.inf
        self._forgot = time.monotonic()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being made is made by the next process."""
        self._stopping.set()
        self._woken.set()
        running = self._child
        if running is not None:
            running.kill()
        self._thread.join(timeout=10)

    def wake(self) -> None:
        """Somebody asked for a report: look now."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait(LOOK_S)
            self._woken.clear()
            if time.monotonic() - self._asked_due >= DUE_EVERY_S:
                self._asked_due = time.monotonic()
                for community in communities():
                    self._whatever_comes(partial(self.ask_due, community, now()))
            if time.monotonic() - self._forgot >= FORGET_EVERY_S:
                self._forgot = time.monotonic()
                for engine in self._databases.all:
                    self._whatever_comes(partial(self._forget, engine))
            for engine in self._databases.all:
                self._whatever_comes(partial(self._make_waiting, engine))

    @staticmethod
    def _whatever_comes(work: Callable[[], None]) -> None:
        # A database that is away, one report that cannot be made: the others are looked after all the same.
        try:
            with duty("reports"):
                work()
        except SQLAlchemyError as error:
            log.error("reports_not_read", error=first_line(error))
        except Exception:
            log.exception("report_not_made")

    def ask_due(self, community: str, moment: Instant) -> None:
        """Ask for what is due at a moment and nobody has asked for yet."""
        engine = self._databases.of(community)
        with engine.connect() as connection:
            said = kept.schedule(connection, community)
            due = {
                code: last
                for code, kind in kinds().items()
                if (last := self._is_due(connection, community, code, kind, said.get(code), moment)) is not None
            }
        for code, last in due.items():
            with writing(engine) as connection, suppress(Problem):  # the next look asks again
                kept.ask(connection, community, code, over_by(code, last), last, kept.SCHEDULE, moment)
            self._changed(community)

    def _is_due(
        self, connection: Any, community: str, code: str, kind: Kind, said: Any, moment: Instant
    ) -> Instant | None:
        """When a kind was due whose last period nobody has asked for yet; None where nothing is.

        What was due before anybody could know is not made up for: before the schedule was set, or where it never was,
        before the database was first at work. A time that lies ahead was said by a clock that was wrong.
        """
        if said is not None and not said.enabled:
            return None
        last = kind.due.last(moment)
        if kept.is_asked_by_itself(connection, community, code, over_by(code, last).code, last):
            return None
        since = said.since if said is not None else min(self._since, kept.first_at_work(connection, community))
        return None if last <= since <= moment else last

    @staticmethod
    def _forget(engine: Engine) -> None:
        with writing(engine) as connection:
            gone = kept.forget(connection, now())
        if gone:
            log.info("old_reports_cleared", files=gone)

    def _make_waiting(self, engine: Engine) -> None:
        here = [code for code in communities() if self._databases.of(code) is engine]
        while not self._stopping.is_set():
            with engine.connect() as connection:
                is_any = making.is_any_waiting(connection, here, now())
            if not is_any:
                return
            with writing(engine) as connection:
                row = making.claim(connection, here, now())
            if row is None:
                return
            self._changed(row.community)
            if row.attempts > GONE:
                self._give_up(engine, row, f"begun {GONE} times, and whoever made it was gone before the end")
            else:
                self._try(engine, row)
            self._changed(row.community)

    def _try(self, engine: Engine, row: Any) -> None:
        """Make one. What hinders it from outside, as a full disk, may have passed at once: it is tried again."""
        try:
            self._make(engine, row)
        except (OSError, SQLAlchemyError) as error:
            failed = self._failed[row.id] = self._failed.get(row.id, 0) + 1
            if failed < ATTEMPTS and not self._stopping.is_set():
                with writing(engine) as connection:
                    making.put_back(connection, row)
                return
            self._give_up(engine, row, making.why(error))
        self._failed.pop(row.id, None)

    def _make(self, engine: Engine, row: Any) -> None:
        began = time.monotonic()
        with scratch.folder() as folder:
            try:
                self._ask_child(engine, row, folder)
                files = [
                    making.File(language, form, (folder / f"{language}.{form}").read_bytes())
                    for language in LANGUAGES
                    for form in kept.FORMATS
                ]
                figures = (folder / child.FIGURES).read_bytes()
                made_with = (folder / child.MADE_WITH).read_text(encoding="utf-8")
            except NotMade as error:
                self._give_up(engine, row, str(error))
                return
        with writing(engine) as connection:
            making.finish(connection, row, figures, files, made_with, now())
        took = round(time.monotonic() - began, 1)
        log.info("report_made", report=row.id, kind=row.kind, period=row.period, seconds=took)

    def _give_up(self, engine: Engine, row: Any, reason: str) -> None:
        with writing(engine) as connection:
            if self._stopping.is_set():
                making.give_back(connection, row)
            else:
                making.fail(connection, row, reason, now())
        log.warning("report_not_made", report=row.id, kind=row.kind, period=row.period, reason=reason)

    def _ask_child(self, engine: Engine, row: Any, folder: Path) -> None:
        numbers = budgets.current()
        request = child.Request(
            settings=self._settings.model_dump(mode="json"),
            parent=os.getpid(),
            folder=str(folder),
            community=row.community,
            kind=row.kind,
            period=row.period,
            known_at=row.known_at,
            megabytes=numbers.report_megabytes,
            seconds=numbers.report_seconds,
            figures=row.figures,
        )
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(msgspec.msgpack.encode(request))
            given.seek(0)
            running = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "cockpit.reports.child"],
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=said,
                env=os.environ | {"PYTHONPATH": _path(), "OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(folder)},
                start_new_session=True,
            )
            self._child = running
            timer = threading.Timer(numbers.report_seconds, running.kill)
            timer.start()
            try:
                reason = self._follow(engine, row, running)
                code = running.wait()
            finally:
                is_over_time = not timer.is_alive()
                timer.cancel()
                running.kill()
                running.wait()
                self._child = None
            if code != 0:
                log.warning("report_process_failed", said=said_last(said))
                too_long = f"it takes more than {numbers.report_seconds:g} s"
                raise NotMade(reason or (too_long if is_over_time else f"the process that makes it ended with {code}"))

    def _follow(self, engine: Engine, row: Any, running: "subprocess.Popen[bytes]") -> str | None:
        """Keep how far it has come; answers why it failed, where it says so."""
        reason = None
        for line in _lines(running):
            word, _, rest = line.partition(" ")
            if word == "failed":
                reason = rest
                continue
            done, _, steps = rest.partition(" ")
            with writing(engine) as connection:
                if word == "step":
                    is_ours = making.go_on(connection, row, now(), int(done), int(steps))
                else:
                    is_ours = making.go_on(connection, row, now())
            self._changed(row.community)
            if not is_ours:  # somebody stopped it, or another has taken it over
                running.kill()
                return "nobody waits for it"
        return reason


class NotMade(Exception):
    """Why a report was not made, in words for who asked."""


def _lines(running: "subprocess.Popen[bytes]") -> Iterator[str]:
    """What the process says, line by line until it ends; an empty one after each while in which it says nothing."""
    assert running.stdout is not None  # noqa: S101 - it is piped
    said = b""
    while True:
        if not select.select([running.stdout], [], [], ALIVE_EVERY_S)[0]:
            yield ""
            continue
        more = os.read(running.stdout.fileno(), 4_096)
        *lines, said = (said + more).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if not more:
            return


def _path() -> str:
    """Where the child finds this program, and what else this process was told of."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
