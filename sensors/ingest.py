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
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from sensors import quarantine, readings, registry, state, telemetry
from sensors.announce import Announcer, Changed
from sensors.batch import Batch, Feed, Message
from sensors.meters import BATCH_SIZE, COMMIT_SECONDS, READINGS, RECEIVED, REFUSED
from sensors.metrics import metrics
from sensors.quality import judge
from sensors.quarantine import Refusal
from sensors.refusal import Reason, Refused
from sensors.tables import reading
from sensors.topics import REFUSED_ROOT, Channel, DeviceTopic, parse
from store.engine import writing
from store.partitions import Partitions

log = structlog.get_logger(__name__)

LINGER_S = 0.004
"""How long the first message of a batch waits for company: far below what an eye can see."""
MAX_BATCH = 2_000
MAX_BATCH_BYTES = 1024 * 1024
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)


class Ingest:
    """The writer of everything that devices say; one thread, any number of feeds."""

    def __init__(self, engine: Engine, feeds: Sequence[Feed], tell: Callable[[Changed], None]) -> None:
        self._engine = engine
        self._feeds = feeds
        self._by_channel = {channel: feed for feed in feeds for channel in feed.channels}
        self._announcer = Announcer(engine, feeds, tell)
        self._registry = registry.Registry(engine)
        self._series = readings.SeriesIndex()
        self._partitions = Partitions(engine, reading)
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._stopping = threading.Event()
        self._waiting_since: float | None = None

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
    def lag_s(self) -> float:
        """How long the oldest message that is not yet committed has waited, in seconds."""
        since = self._waiting_since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        while not self._stopping.is_set():
            messages = self._collect()
            if not messages:
                continue
            self._waiting_since = time.monotonic()
            self._store_until_done(messages)
            self._waiting_since = None

    def _collect(self) -> list[Message]:
        first = self._queue.get()
        if first is None:
            return []
        messages = [first]
        size = len(first.payload)
        time.sleep(LINGER_S)
        with contextlib.suppress(queue.Empty):
            while len(messages) < MAX_BATCH and size < MAX_BATCH_BYTES:
                following = self._queue.get_nowait()
                if following is not None:
                    messages.append(following)
                    size += len(following.payload)
        return messages

    def _store_until_done(self, messages: list[Message]) -> None:
        attempt = 0
        while not self._stopping.is_set():
            try:
                self._store(messages)
            except (IntegrityError, DataError, OverflowError) as error:
                if attempt == 0 and self._partitions.forget():
                    attempt = 1
                    continue
                self._set_apart(messages, error)
                return
            except SQLAlchemyError as error:
                # Away, paused, full, read-only after a change of servers, a deadlock: no message's fault.
                attempt = self._wait(attempt, error)
            else:
                return

    def _wait(self, attempt: int, error: Exception) -> int:
        pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
        log.error("database_unavailable", error=str(error).splitlines()[0], retry_s=pause)
        self._stopping.wait(pause)
        return attempt + 1

    def _set_apart(self, messages: list[Message], error: Exception) -> None:
        """Find the message that the database will not take, by halves, and quarantine it."""
        if len(messages) > 1:
            middle = len(messages) // 2
            self._store_until_done(messages[:middle])
            self._store_until_done(messages[middle:])
            return
        message = messages[0]
        log.error("message_not_storable", topic=message.topic, error=str(error).splitlines()[0])
        batch = Batch()
        self._refuse(batch, message, Refused(Reason.NOT_STORABLE, str(error).splitlines()[0][:500]))
        attempt = 0
        while not self._stopping.is_set():
            try:
                with writing(self._engine) as connection:
                    quarantine.store(connection, batch.refusals)
            except SQLAlchemyError as unavailable:
                attempt = self._wait(attempt, unavailable)
            else:
                message.acknowledge()
                return

    def _store(self, messages: list[Message]) -> None:
        began = time.monotonic()
        self._registry.refresh()
        batch = self._decode(messages)
        self._partitions.ensure([o.ts for o in batch.observations])
        with writing(self._engine) as connection:
            batch.new = readings.store(connection, self._series, batch.observations)
            state.store(connection, batch)
            quarantine.store(connection, batch.refusals)
            for feed in self._feeds:
                feed.store(connection, batch)
        self._series.committed()
        for message in messages:
            message.acknowledge()
        self._count(messages, batch, time.monotonic() - began)
        self._announcer.touch(batch.touched)

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

    def _decode(self, messages: list[Message]) -> Batch:
        batch = Batch()
        for message in messages:
            try:
                self._take(batch, message)
            except Refused as refused:
                self._refuse(batch, message, refused)
        return batch

    def _take(self, batch: Batch, message: Message) -> None:
        if message.topic.startswith(f"{REFUSED_ROOT}/"):
            raise self._why_not_permitted(message)
        topic = parse(message.topic)
        device = self._device(topic)
        if topic.channel is Channel.TELEMETRY:
            self._take_telemetry(batch, message, device)
        elif topic.channel is Channel.STATUS:
            batch.connected[device.id] = (state.decode(message.payload), message.received)
        else:
            feed = self._by_channel.get(topic.channel)
            if feed is None:
                raise Refused(Reason.BAD_TOPIC, f"nobody takes channel {topic.channel}")
            batch.reports[feed.layer].append((device, feed.decode(message, device)))
        batch.devices[device.id] = device
        if not message.retained:
            batch.seen[device.id] = message.received
            if topic.channel is not Channel.STATUS and device.id in batch.connected:
                batch.connected[device.id] = (True, message.received)

    def _take_telemetry(self, batch: Batch, message: Message, device: registry.Device) -> None:
        known = metrics()
        for sample in telemetry.decode(message.payload, message.received, device.id):
            for metric, value in sample.values.items():
                foreign = metric in sample.foreign_unit
                quality = judge(known.get(metric), value, sample.ts, message.received, foreign)
                batch.observations.append(readings.Observation(device.id, metric, sample.ts, value, quality))
            if sample.position is not None:
                newest = batch.moved.get(device.id)
                if newest is None or sample.ts >= newest[0]:
                    batch.moved[device.id] = (sample.ts, *sample.position)

    def _device(self, topic: DeviceTopic) -> registry.Device:
        device = self._registry.get(topic.device)
        if device is None:
            raise Refused(Reason.UNKNOWN_DEVICE, f"no device {topic.device!r} is registered")
        if device.community != topic.community:
            where = f"device {device.id!r} belongs to {device.community!r}, not {topic.community!r}"
            raise Refused(Reason.TOPIC_NOT_PERMITTED, where)
        if device.revoked is not None:
            raise Refused(Reason.REVOKED_DEVICE, f"the credentials of {device.id!r} were revoked")
        return device

    def _why_not_permitted(self, message: Message) -> Refused:
        """The reason for what the embedded broker did not let through."""
        username, _, topic = message.topic[len(REFUSED_ROOT) + 1 :].partition("/")
        try:
            self._device(parse(topic))
        except Refused as refused:
            return Refused(refused.reason, f"sent by {username!r}: {refused.detail}")
        return Refused(Reason.TOPIC_NOT_PERMITTED, f"{username!r} may not publish on this topic")

    def _refuse(self, batch: Batch, message: Message, refused: Refused) -> None:
        topic = message.topic
        if topic.startswith(f"{REFUSED_ROOT}/"):
            topic = topic[len(REFUSED_ROOT) + 1 :].partition("/")[2]
        parts = topic.split("/")
        community = parts[2] if len(parts) > 3 and len(parts[2]) <= 64 else None
        device = parts[3] if len(parts) > 3 and len(parts[3]) <= 64 else None
        batch.refusals.append(
            Refusal(message.received, topic, community, device, refused.reason, refused.detail, message.payload)
        )
