"""What alarms do with what comes in: the rules over each batch, in its transaction, and over time by itself."""

from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from layers.alarms import floods, observed, occurrences, operating, returning, telling
from layers.alarms.queries import records
from layers.alarms.rules import CLOCK_OFFSET, DERIVED
from layers.alarms.tables import alarm
from layers.alarms.watching.watched import Sample
from layers.alarms.watching.watcher import SETTLES, Watcher
from sensors.bus.message import Message
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, FigureKey, Parts
from sensors.refusal import Reason, Refused
from sensors.unforeseen import note
from store import revision
from store.instant import SECOND, Instant
from store.language import Word

CLOCK_STEP: Instant = 5 * SECOND
LOOK_EVERY: Instant = 5 * SECOND
"""How often what nobody says is looked at: what people did meanwhile, the disk, whether a flood is over."""


class AlarmsFeed:
    """Watches by the rules; what was not committed is forgotten and read again."""

    layer = "alarms"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._words: dict[FigureKey, Word] = {}
        self._watcher = Watcher(self._words)
        self._hours = observed.Watch()
        self._is_committed = True
        self._looked: Instant = 0
        self._expires: Instant | None = None
        self._at: Instant = 0
        self._frontier: Instant = 0
        # The figures of sites as they were told last: who tells them does so only as they change.
        self._figures: dict[FigureKey, float] = {}

    def decode(self, message: Message, device: Device) -> Any:
        """Alarms are made here, by rules."""
        raise Refused(Reason.BAD_TOPIC, f"alarms take no channel ({message.topic}, {device.id})")

    def committed(self) -> None:
        """What is known now is what the database has."""
        self._is_committed = True

    def due(self) -> Instant | None:
        """When a timer, a silence or a shelving ends, and every few seconds."""
        # Where no timer may end yet, none is waited for.
        timers = self._watcher.due if self._frontier else None
        return min(due for due in (timers, self._expires, self._looked + LOOK_EVERY) if due is not None)

    def store(self, connection: Connection, batch: Batch) -> None:
        """Let the rules look at a batch, and at the time.

        What nobody foresaw in a rule is told aloud, and keeps nothing that a device said from being stored.
        """
        # Our clock was set back: what was due by the later time is worked out anew, from now on.
        is_set_back = batch.at < self._at - CLOCK_STEP
        if is_set_back or not self._is_committed:
            self._watcher, self._hours, self._looked = Watcher(self._words), observed.Watch(), 0
        self._is_committed, self._at = False, batch.at
        try:
            self._watch(connection, batch)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of a rule must not stop what all devices say
            note(self.layer, error, messages=len(batch.seen))
            batch.filings.clear()
            # What failed may stand still.
            self._watcher, self._looked = Watcher(self._words, looks_back=False), batch.at

    def _watch(self, connection: Connection, batch: Batch) -> None:
        watcher = self._watcher
        before = watcher.machines.rev
        is_new = watcher.refresh(connection, batch.at)
        is_new |= watcher.moved([batch.devices[one] for one in batch.elsewhere])
        self._note_hour(connection, batch)
        self._own_figures(batch)
        samples = watcher.samples(connection, batch)
        frontier = self._frontier = _frontier(batch)
        self._figures |= {key: value for key, (_, value) in batch.figures.items() if key[1] == "site"}
        self._words |= batch.words
        # What waits at the broker may be newer than what stands.
        if frontier:
            samples += watcher.standing(connection, batch.at, self._figures)
        is_due = self._expires is not None and self._expires <= batch.at
        gone = self._gone(connection) if is_new else []
        if not (gone or is_due or watcher.is_anything(batch, samples, frontier)):
            watcher.silence.heard(batch.seen, batch.of_past)
            self._look(connection, batch, watcher.machines.rev != before)
            return
        with connection.begin_nested():
            self._write(connection, batch, samples, gone)
        self._look(connection, batch, True)

    def _write(self, connection: Connection, batch: Batch, samples: list[Sample], gone: list[occurrences.Key]) -> None:
        watcher = self._watcher
        rev = occurrences.lock(connection)
        watcher.machines.read(connection, rev, batch.at)
        # Before anything is judged or times out: what a rule as it was had begun is none of the rule as it is.
        watcher.machines.rest([*gone, *watcher.machines.outdated])
        occurred = watcher.heard(batch) + watcher.judged(samples) + watcher.timed_out(self._frontier)
        occurred += watcher.silent(connection, self._frontier, batch.listening_since)
        written = occurrences.apply(connection, occurred, watcher.known.books, batch.at)
        written.join(operating.withdraw(connection, gone, batch.at))
        written.join(operating.expire(connection, batch.at))
        for community, ids in returning.moved(connection, watcher.machines.save(connection, rev, batch.at)).items():
            written.touched.setdefault(community, set()).update(ids)
        telling.tell(connection, batch, written, watcher.known.books)
        for community, ids in written.touched.items():
            for number in ids | {"*"}:
                batch.touch(self.layer, community, number)

    def _own_figures(self, batch: Batch) -> None:
        for code, offset in batch.clocks.items():
            device = batch.devices.get(code) or self._watcher.known.device(code)
            if device is not None:
                key = (device.community, "device", code, CLOCK_OFFSET)
                batch.figure(key, batch.at, abs(offset or 0) / SECOND)
        if batch.at < self._looked + LOOK_EVERY:
            return
        for metric, value in batch.own_figures().items():
            for community in self._watcher.known.books:
                batch.figure((community, DERIVED[metric], "system", metric), batch.at, value)

    def _note_hour(self, connection: Connection, batch: Batch) -> None:
        missing = self._hours.missing(batch.at, self._watcher.known.books)
        if missing and batch.seen:
            self._hours.note(connection, missing & {batch.devices[code].community for code in batch.seen})

    def _gone(self, connection: Connection) -> list[occurrences.Key]:
        """Open occurrences, and timers, that nothing watches any more."""
        c = alarm.c
        query = select(c.community, c.rule, c.subject).where(c.cleared.is_(None))
        keys = (tuple(row) for row in connection.execute(query))
        return sorted({key for key in keys if self._watcher.known.subject(key) is None} | set(self._watcher.gone()))

    def _look(self, connection: Connection, batch: Batch, is_changed: bool) -> None:
        is_time = batch.at >= self._looked + LOOK_EVERY
        if is_time:
            self._looked = batch.at
            for community in self._watcher.known.books:
                if floods.end(connection, community, batch.at):
                    revision.bump(connection, occurrences.TOLD)
                    batch.touch(self.layer, community, "*")
        if is_time or is_changed:
            shelved = select(func.min(alarm.c.shelved_until)).where(alarm.c.cleared.is_(None))
            self._expires = connection.scalar(shelved)

    def said(self, batch: Batch) -> Parts:
        """What is told of an alarm is more than a batch has."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched alarms as they now stand; None for those that are over."""
        return dict(records(connection, community, keys))


def _frontier(batch: Batch) -> Instant:
    """Up to when timers end by the clock: not before what waited at the broker was heard."""
    since = batch.listening_since
    if since is None or batch.at < since + SETTLES:
        return 0
    return min(batch.at, batch.newest) if batch.newest else batch.at
