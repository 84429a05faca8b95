"""Ingest: decode, one transaction for many messages, then acknowledge, then tell.

Messages queue while a transaction runs and go together into the next: batches grow with the
load by themselves, and a lone message waits for nobody. A message is acknowledged only when
its readings, or its place in the quarantine, are committed; while the database is away nothing
is acknowledged and the broker keeps it.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from sensors.bus.live import Outlet
from sensors.bus.message import Message, acknowledge
from sensors.codecs.installed import Codecs
from sensors.devices import registry
from sensors.devices.words import Changed
from sensors.intake.announce import Announcer
from sensors.intake.batch import Batch, Feed
from sensors.intake.floods import SHUT_OUT_S, Floods
from sensors.intake.past import Allowance
from sensors.intake.writer import Writer
from sensors.meters import BATCH_SIZE, COMMIT_SECONDS, CUT_BACK, READINGS, RECEIVED, REFUSED
from sensors.refusal import Reason, Refused
from sensors.topics import whose
from sensors.unforeseen import endlessly, note, noted
from store.databases import Databases
from store.instant import SECOND, Instant, now
from store.why import first_line

log = structlog.get_logger(__name__)

LINGER_S = 0.004
COMPANY_S = 0.025
"""How long the first message of a batch waits for company, and where others are sure to come: both far below what an
eye can see. Who sends one after the other, each when the one before is stored, has none to wait for."""
ENOUGH = 100
"""With so much company there is nothing to wait for."""
MAX_BATCH = 2_000
MAX_BATCH_BYTES = 1024 * 1024
MOST_WAITING = 20_000
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)
HELD_UP_S = 10.0
"""What could not be stored for so long was an outage: others wait with the broker, or with the device."""
AWAY: Instant = 10 * SECOND
"""Who looks so much later than it meant to was away itself."""
SOONEST_S, LATEST_S = 0.1, 60.0
"""Time passes without a message no more often than this, and is looked at no less often."""


class Ingest:
    """The writer of everything that devices say; one thread, any number of feeds."""

    def __init__(
        self, engine: Engine, feeds: Sequence[Feed], codecs: Codecs, outlet: Outlet, device_rate: float
    ) -> None:
        self._engine = engine
        self._floods = Floods(device_rate)
        self._writer = Writer(engine, feeds, codecs, Allowance())
        self._announcer = Announcer(engine, feeds, outlet)
        self._outlet = outlet
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._stopping = threading.Event()
        self._waiting_since: float | None = None
        self._ended = 0.0
        self._last_topic = ""
        self._passed = 0.0
        self._listening_since: Instant | None = None
        self._looks_by: Instant | None = None
        self.is_listening: Callable[[], bool] = lambda: True
        """Whether every message that is sent comes here, or waits to."""
        self.is_shared = False
        """Whether others take a part of what the same devices send."""
        self.own_figures: Callable[[], Mapping[str, float]] = dict
        """How this system itself fares, by metric."""

    def start(self) -> None:
        """Begin to work."""
        self._announcer.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish what was taken, then end. What could not be stored stays unacknowledged."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout=10)
        self._announcer.stop()

    def submit(self, message: Message) -> None:
        """Take a message; returns at once."""
        self._queue.put(message)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that who can should hold back more: at QoS 0 nothing else does."""
        return self._queue.qsize() >= MOST_WAITING

    @property
    def lag_s(self) -> float:
        """How long the oldest message that is not yet committed has waited, in seconds."""
        since = self._waiting_since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        endlessly("ingest", self._take_turn, self._stopping)

    def _take_turn(self) -> None:
        messages = self._collect()
        if not messages:
            self._pass_time()
            return
        self._waiting_since = time.monotonic()
        self._store_until_done(messages)
        self._waiting_since = None
        self._ended = time.monotonic()

    def _pass_time(self) -> None:
        """Let the feeds do what is due, where nothing came that would have them do it anyway."""
        due = self._writer.due
        if self._stopping.is_set() or due is None or due > now():
            return
        self._passed = time.monotonic()
        with noted("ingest"):
            self._patiently(self._let_time_pass)

    def _let_time_pass(self) -> None:
        batch = Batch(listening_since=self._listens(), own_figures=self.own_figures)
        self._writer.pass_time(batch)
        self._announcer.take(batch)

    def _listens(self) -> Instant | None:
        """Since when nothing can have been missed: not while messages wait elsewhere for us to be able to store."""
        at, by = now(), self._looks_by
        # Asleep, starved, or by a clock that was set on: what was sent meanwhile may still wait to come here.
        was_away, self._looks_by = by is not None and at > by + AWAY, None
        if not self.is_listening():
            self._listening_since = None
        elif was_away or self._listening_since is None or self._listening_since > at or self.lag_s > HELD_UP_S:
            self._listening_since = at
        return self._listening_since

    def _collect(self) -> list[Message]:
        wait_s = self._until_due()
        self._looks_by = now() + round(wait_s * SECOND)
        try:
            first = self._queue.get(timeout=wait_s)
        except queue.Empty:
            return []
        if first is None:
            return []
        messages = [first]
        size = len(first.payload)
        if self._queue.qsize() < ENOUGH:
            is_among_many = time.monotonic() - self._ended < COMPANY_S and first.topic != self._last_topic
            time.sleep(COMPANY_S if is_among_many else LINGER_S)
        with contextlib.suppress(queue.Empty):
            while len(messages) < MAX_BATCH and size < MAX_BATCH_BYTES:
                following = self._queue.get_nowait()
                if following is not None:
                    messages.append(following)
                    size += len(following.payload)
        self._last_topic = messages[-1].topic
        return messages

    def _until_due(self) -> float:
        due = self._writer.due
        wait = LATEST_S if due is None else min(LATEST_S, (due - now()) / SECOND)
        return max(wait, SOONEST_S + self._passed - time.monotonic(), 0.0)

    def _store_until_done(self, messages: list[Message]) -> None:
        is_fresh = True
        while True:
            try:
                self._patiently(partial(self._store, messages))
            except (IntegrityError, DataError, OverflowError) as error:
                if not (is_fresh and self._writer.forget_partitions()):
                    self._set_apart(messages, Reason.NOT_STORABLE, error)
                    return
                is_fresh = False
            except BaseException as error:  # noqa: BLE001 - a fault of ours, which one message brings out
                self._set_apart(messages, Reason.INTERNAL_ERROR, error)
                return
            else:
                return

    def _patiently(self, work: Callable[[], None]) -> None:
        """Do the work as soon as the database lets it, or until told to stop."""
        for attempt in count():
            if self._stopping.is_set():
                return
            try:
                work()
            except (IntegrityError, DataError):
                raise
            except SQLAlchemyError as error:
                # Away, paused, full, read-only after a change of servers, a deadlock: no message's fault.
                pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                log.error("database_unavailable", error=first_line(error), retry_s=pause)
                self._stopping.wait(pause)
            else:
                return

    def _set_apart(self, messages: list[Message], reason: Reason, error: BaseException) -> None:
        """Find the message that cannot be stored, by halves, and quarantine it."""
        if len(messages) > 1:
            middle = len(messages) // 2
            self._store_until_done(messages[:middle])
            self._store_until_done(messages[middle:])
            return
        if reason is Reason.INTERNAL_ERROR:
            why = note("ingest", error, topic=messages[0].topic)
        else:
            why = " ".join(str(error).split("\n")[0].split())[:500]
            log.error("message_not_storable", topic=messages[0].topic, error=why)
        # One that not even the quarantine takes stays with the broker, and the others go on.
        with noted("ingest", topic=messages[0].topic):
            self._patiently(partial(self._refuse, messages[0], Refused(reason, why)))

    def _refuse(self, message: Message, refused: Refused) -> None:
        batch = Batch()
        self._writer.refuse(batch, message, refused)
        self._writer.store_refusals(batch)
        with noted("ingest"):
            acknowledge([message])
            self._count([message], batch, 0)

    def _store(self, messages: list[Message]) -> None:
        began = time.monotonic()
        while True:
            batch = self._writer.decode(messages)
            batch.listening_since, batch.own_figures = self._listens(), self.own_figures
            batch.is_shared = self.is_shared
            try:
                self._writer.store(batch)
                break
            except Changed:
                log.info("words_changed", messages=len(messages))
        # What is stored is stored: nothing below may have it stored once more.
        with noted("ingest"):
            self._after(messages, batch, time.monotonic() - began)

    def _after(self, messages: list[Message], batch: Batch, seconds: float) -> None:
        acknowledge(messages)
        self._count(messages, batch, seconds)
        self._announcer.take(batch)
        for topic, payload in self._writer.requests():
            self._outlet.publish(topic, payload)
        for device in self._floods.see(messages):
            CUT_BACK.inc()
            log.warning("device_cut_back", username=device, shut_out_s=SHUT_OUT_S)
            with contextlib.suppress(SQLAlchemyError):  # what is stored is stored; it will flood again
                registry.shut_out(self._engine, device, now() + SHUT_OUT_S * SECOND)

    def _count(self, messages: list[Message], batch: Batch, seconds: float) -> None:
        RECEIVED.inc(len(messages))
        READINGS.inc(len(batch.new))
        BATCH_SIZE.observe(len(messages))
        COMMIT_SECONDS.observe(seconds)
        for refusal in batch.refusals:
            REFUSED.labels(refusal.reason).inc()
            log.warning(
                "message_refused",
                topic=refusal.topic,
                reason=str(refusal.reason),
                detail=refusal.detail,
                bytes=len(refusal.payload),
            )


class SplitIngest:
    """The ingests of several databases, one for each; a database that is away holds up its own communities only."""

    def __init__(self, databases: Databases, ingests: Mapping[Engine, Ingest]) -> None:
        self._databases = databases
        self._ingests = dict(ingests)
        self._only = next(iter(ingests.values())) if len(ingests) == 1 else None

    def start(self) -> None:
        """Begin to work."""
        for one in self._ingests.values():
            one.start()

    def stop(self) -> None:
        """As `Ingest.stop`, of all."""
        for one in self._ingests.values():
            one.stop()

    def submit(self, message: Message) -> None:
        """Give a message to the ingest of its community; what names none goes where all others are."""
        if self._only is not None:
            self._only.submit(message)
            return
        engine = self._databases.of(whose(message.topic)[0] or "")
        (self._ingests.get(engine) or next(iter(self._ingests.values()))).submit(message)

    @property
    def lag_s(self) -> float:
        """The longest wait of all."""
        return max(one.lag_s for one in self._ingests.values())
