"""Keeping what is to be kept: old readings, refused messages and notices go; sums by hour and day stay.
Months that are past go to files (`sensors.readings.archive`).

On PostgreSQL a month of readings goes whole, as a partition. On SQLite rows go series by series in
small transactions, so that no reading waits long for its commit.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Delete, Engine, Select, delete, select
from sqlalchemy.exc import SQLAlchemyError

from sensors.devices import past
from sensors.readings import renaming
from sensors.readings.archive.archiver import Archiver, expire
from sensors.readings.moving import Follower
from sensors.tables import quarantine, reading, series
from sensors.unforeseen import endlessly, note, noted
from store import notices
from store.engine import writing
from store.instant import DAY, HOUR, SECOND, Instant, now
from store.partitions import Partitions
from store.why import first_line

log = structlog.get_logger(__name__)

FIRST_LOOK_S = 5.0
EVERY_S = HOUR // SECOND
ROWS_AT_ONCE = 5_000
BREATH_S = 0.02


@dataclass(frozen=True)
class Kept:
    """For how many days something is kept; None keeps it for ever."""

    readings: int | None = None
    quarantine: int | None = None
    notices: int | None = None


class Keeper:
    """Looks every hour for what is older than it need be kept."""

    def __init__(
        self,
        engine: Engine,
        kept: Kept,
        is_active: Callable[[], bool],
        followers: Sequence[Follower] = (),
        archiver: Archiver | None = None,
        take_again: Callable[[], int] = lambda: 0,
    ) -> None:
        self._engine = engine
        self._kept = kept
        self._is_active = is_active
        self._followers = followers
        self._archiver = archiver
        self._take_again = take_again
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is left over is found again."""
        self._stopping.set()
        if self._archiver is not None:
            self._archiver.stop()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        self._stopping.wait(FIRST_LOOK_S)
        endlessly("keeper", self._take_turn, self._stopping)

    def _take_turn(self) -> None:
        if self._is_active():
            self.clear(now())
            self._follow_words()
            with noted("keeper"):
                self._take_again()
            if self._archiver is not None:
                self._archiver.try_turn(now())
            self._stopping.wait(EVERY_S)
        else:
            self._stopping.wait(FIRST_LOOK_S)

    def clear(self, at: Instant) -> dict[str, int]:
        """Remove what is too old at a time; returns how many rows went, or on PostgreSQL months."""
        work = {
            "quarantine": (self._kept.quarantine, self._clear_quarantine),
            "readings": (self._kept.readings, self._clear_readings),
            "notices": (self._kept.notices, self._clear_notices),
        }
        gone = {
            name: self._tried(name, clear, at - days * DAY) for name, (days, clear) in work.items() if days is not None
        }
        if any(gone.values()):
            log.info("old_rows_cleared", **gone)
        return gone

    def _follow_words(self) -> None:
        followed = renaming.go_on(self._engine, self._followers)
        if followed.readings:
            log.info("words_followed", readings=followed.readings)

    def _tried(self, name: str, clear: Callable[[Instant], int], before: Instant) -> int:
        """Clear one kind of rows; where it fails the others are cleared all the same."""
        try:
            return clear(before)
        except SQLAlchemyError as error:
            log.error("old_rows_not_cleared", rows=name, error=first_line(error))
        except BaseException as error:  # noqa: BLE001 - as above
            note("keeper", error, rows=name)
        return 0

    def _clear_quarantine(self, before: Instant) -> int:
        return self._by_portions(
            select(quarantine.c.id).where(quarantine.c.received < before).limit(ROWS_AT_ONCE),
            lambda ids: delete(quarantine).where(quarantine.c.id.in_(ids)),
        )

    def _clear_notices(self, before: Instant) -> int:
        def portion() -> int:
            with writing(self._engine) as connection:
                return notices.forget(connection, before, ROWS_AT_ONCE)

        return self._again_and_again(portion)

    def _clear_readings(self, before: Instant) -> int:
        with writing(self._engine) as connection:
            past.forget_connections(connection, before)
        expire(self._engine, before)
        if self._engine.dialect.name == "postgresql":
            return len(Partitions(self._engine, reading).drop_before(before))
        with self._engine.connect() as connection:
            numbers = list(connection.scalars(select(series.c.id)))
        return sum(self._clear_series(number, before) for number in numbers)

    def _clear_series(self, number: int, before: Instant) -> int:
        of_series = reading.c.series_id == number
        return self._by_portions(
            select(reading.c.ts).where(of_series, reading.c.ts < before).order_by(reading.c.ts).limit(ROWS_AT_ONCE),
            lambda times: delete(reading).where(of_series, reading.c.ts.between(times[0], times[-1])),
        )

    def _by_portions(self, find: Select[int], remove: Callable[[list[int]], Delete]) -> int:
        def portion() -> int:
            with writing(self._engine) as connection:
                found = list(connection.scalars(find))
                if found:
                    connection.execute(remove(found))
            return len(found)

        return self._again_and_again(portion)

    def _again_and_again(self, portion: Callable[[], int]) -> int:
        """Until a portion is not full, with a breath between them for whoever else writes."""
        total = 0
        while not self._stopping.is_set():
            found = portion()
            total += found
            if found < ROWS_AT_ONCE:
                break
            self._stopping.wait(BREATH_S)
        return total
