"""From messages to rows: decode and judge, then write everything in one transaction."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from sensors import quarantine, readings, registry, state, telemetry
from sensors.batch import Batch, Feed, Message
from sensors.metrics import metrics
from sensors.quality import judge
from sensors.quarantine import Refusal
from sensors.refusal import Reason, Refused
from sensors.tables import reading
from sensors.topics import REFUSED_ROOT, Channel, DeviceTopic, parse
from store.engine import writing
from store.partitions import Partitions


class Writer:
    """Turns messages into a batch, and writes a batch; it keeps what it knows between them."""

    def __init__(self, engine: Engine, feeds: Sequence[Feed]) -> None:
        self._engine = engine
        self._feeds = feeds
        self._by_channel = {channel: feed for feed in feeds for channel in feed.channels}
        self._registry = registry.Registry(engine)
        self._series = readings.SeriesIndex()
        self._partitions = Partitions(engine, reading)

    def decode(self, messages: Sequence[Message]) -> Batch:
        """Read messages; what cannot be taken becomes a refusal of the batch."""
        self._registry.refresh()
        batch = Batch()
        for message in messages:
            try:
                self.take(batch, message)
            except Refused as refused:
                self.refuse(batch, message, refused)
        return batch

    def store(self, batch: Batch, also: Callable[[Connection], None] | None = None) -> None:
        """Write a batch in one transaction, with what ``also`` does in it."""
        self._partitions.ensure([o.ts for o in batch.observations])
        with writing(self._engine) as connection:
            batch.new = readings.store(connection, self._series, batch.observations)
            state.store(connection, batch)
            quarantine.store(connection, batch.refusals)
            for feed in self._feeds:
                feed.store(connection, batch)
            if also is not None:
                also(connection)
        self._series.committed()

    def store_refusals(self, batch: Batch) -> None:
        """Write only what a batch refused."""
        with writing(self._engine) as connection:
            quarantine.store(connection, batch.refusals)

    def forget_partitions(self) -> bool:
        """See `Partitions.forget`."""
        return self._partitions.forget()

    def take(self, batch: Batch, message: Message) -> None:
        """Read one message into the batch.

        Raises
        ------
        Refused
            If it cannot be taken; the batch is then as it was.
        """
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

    def refuse(self, batch: Batch, message: Message, refused: Refused) -> None:
        """Put a message into the batch as refused."""
        topic = message.topic
        if topic.startswith(f"{REFUSED_ROOT}/"):
            topic = topic[len(REFUSED_ROOT) + 1 :].partition("/")[2]
        parts = topic.split("/")
        community = parts[2] if len(parts) > 3 and len(parts[2]) <= 64 else None
        device = parts[3] if len(parts) > 3 and len(parts[3]) <= 64 else None
        batch.refusals.append(
            Refusal(message.received, topic, community, device, refused.reason, refused.detail, message.payload)
        )
