"""From messages to rows: decode and judge, then write everything in one transaction."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from geo import ground
from sensors.bus.message import Message
from sensors.codecs.declare import Said, Session
from sensors.codecs.installed import Codecs
from sensors.codecs.sample import Sample
from sensors.commands import commands
from sensors.devices.clocks import Clocks
from sensors.devices.kept_registry import Registry
from sensors.devices.registry import Device
from sensors.devices.words import Words
from sensors.intake import quarantine, state
from sensors.intake.batch import Batch, Feed
from sensors.intake.past import Allowance
from sensors.intake.quarantine import Refusal
from sensors.metrics import metrics
from sensors.quality import judge, judge_time
from sensors.readings import observations as readings
from sensors.readings.archive import late
from sensors.readings.columns import Observations, SeriesIndex
from sensors.readings.history import metrics_said
from sensors.refusal import Reason, Refused
from sensors.tables import reading
from sensors.topics import REFUSED_ROOT, Channel, parse, whose
from sensors.unforeseen import note
from store import budgets
from store.engine import writing
from store.instant import HOUR, Instant
from store.partitions import Partitions

LONG_OVER: Instant = HOUR
"""What is older when it comes tells of the past, and not how a device fares now."""


class Writer:
    """Turns messages into a batch, and writes a batch; it keeps what it knows between them."""

    def __init__(
        self, engine: Engine, feeds: Sequence[Feed], codecs: Codecs, allowance: Allowance | None = None
    ) -> None:
        self._engine, self._allowance = engine, allowance
        self._feeds = feeds
        self._by_channel = {channel: feed for feed in feeds for channel in feed.channels}
        self._registry = Registry(engine)
        self._series = SeriesIndex()
        self._partitions = Partitions(engine, reading)
        self._codecs = codecs
        self._sessions: dict[str, Session] = {root: codec.open() for root, codec in codecs.protocols.items()}
        self._clocks = Clocks()
        self._metrics = metrics()
        self._words = Words()
        # The names beyond these that devices use, of those that use any.
        self._names: dict[str, set[str]] = {}
        self._uncommitted = False

    def decode(self, messages: Sequence[Message]) -> Batch:
        """Read messages; what cannot be taken becomes a refusal of the batch."""
        if self._uncommitted:
            for session in self._sessions.values():
                session.forget()
        self._uncommitted = True
        batch = Batch()
        if self._allowance is not None:
            self._allowance.begin()
        with self._engine.connect() as connection:
            ground.refresh(connection)
            self._refresh(connection)
            self._clocks.load(connection)
            for message in messages:
                try:
                    self.take(connection, batch, message)
                except Refused as refused:
                    self.refuse(batch, message, refused)
        return batch

    def _refresh(self, connection: Connection) -> None:
        """Know the registry, and the words for metrics, as they are now."""
        if not self._registry.refresh(connection) and self._words.is_read:
            return
        if self._words.refresh(connection):
            self._series.forget()
            self._names.clear()

    def store(self, batch: Batch, also: Callable[[Connection], None] | None = None) -> None:
        """Write a batch in one transaction, with what ``also`` does in it.

        Raises
        ------
        Changed
            If what words mean was changed since the batch was decoded: decode it again.
        """
        self._partitions.ensure(batch.observations.ts)
        # Read here, where nobody waits for it who writes.
        looked = late.look(self._engine, batch.observations.series, batch.observations.ts)
        with writing(self._engine) as connection:
            self._words.hold(connection)
            batch.new = readings.store(connection, self._series, batch.observations, looked)
            state.store(connection, batch)
            batch.clocks = self._clocks.store(connection, batch.newest)
            commands.keep(connection, batch.responses)
            quarantine.store(connection, batch.refusals)
            for session in self._sessions.values():
                session.store(connection)
            for feed in self._feeds:
                feed.store(connection, batch)
            if also is not None:
                also(connection)
        self._registry.keep(batch.devices[moved] for moved in batch.elsewhere)
        self._series.committed()
        self._clocks.committed()
        self._feeds_committed()
        self._uncommitted = False

    @property
    def due(self) -> Instant | None:
        """When `pass_time` is to be called though no message came."""
        return min((due for feed in self._feeds if (due := feed.due()) is not None), default=None)

    def pass_time(self, batch: Batch) -> None:
        """Write what time alone brings about."""
        with writing(self._engine) as connection:
            for feed in self._feeds:
                feed.store(connection, batch)
        self._feeds_committed()

    def _feeds_committed(self) -> None:
        for feed in self._feeds:
            feed.committed()

    def store_refusals(self, batch: Batch) -> None:
        """Write only what a batch refused."""
        with writing(self._engine) as connection:
            quarantine.store(connection, batch.refusals)

    def requests(self) -> list[tuple[str, bytes]]:
        """(topic, payload) that protocols wish to publish, now that the batch is committed."""
        return [request for session in self._sessions.values() for request in session.requests()]

    def forget_partitions(self) -> bool:
        """See `Partitions.forget`."""
        return self._partitions.forget()

    def take(self, connection: Connection, batch: Batch, message: Message) -> None:
        """Read one message into the batch.

        Raises
        ------
        Refused
            If it cannot be taken; the batch is then as it was.
        """
        try:
            read = self._read(connection, message)
        except (Refused, SQLAlchemyError):
            raise
        except BaseException as error:  # noqa: BLE001 - somebody else's codec must not stop the stream of all others
            raise Refused(Reason.CODEC_FAILED, note("codec", error, topic=message.topic)) from None
        for said in read:
            self._check_names(connection, said)
            self._check_words(said)
        if self._allowance is not None:
            self._allowance.spend(connection, read)
        for said in read:
            self._keep(batch, message, said)

    def _check_names(self, connection: Connection, said: Said) -> None:
        """Every name is a series for ever, and a line of everybody's snapshot."""
        heard = self._series.of_device(said.device.id).keys()
        if all(sample.values.keys() <= heard for sample in said.samples):
            return
        meant = {self._words.meant(said.device, name) for sample in said.samples for name in sample.values}
        new = meant - self._metrics.keys()
        if not new:
            return
        device = said.device.id
        if device not in self._names:
            self._names[device] = {name for name in metrics_said(connection, device) if name not in self._metrics}
        known, most = self._names[device], budgets.current().device_metrics
        if not new <= known and len(known | new) > most:
            why = f"device {device!r} has {len(known)} metrics that are not ours already; at most {most}"
            raise Refused(Reason.TOO_MANY_METRICS, why)
        known |= new

    def _check_words(self, said: Said) -> None:
        """Of several names for one metric at one time the first that is good counts; the others are told as a fault."""
        twice = self._words.twice(said.device, ((sample.ts, sample.values) for sample in said.samples))
        for (ts, metric), names in twice.items():
            of_time = [sample for sample in said.samples if sample.ts == ts]
            known = self._metrics.get(metric)
            good = [
                name
                for name in names
                for sample in of_time
                if name in sample.values and not judge(known, sample.values[name], name in sample.foreign_unit)
            ]
            left_out = set(names) - {(good or names)[0]}
            for sample in of_time:
                sample.values = {name: value for name, value in sample.values.items() if name not in left_out}
            said.fault = said.fault or Refused(Reason.WRONG_SHAPE, f"two names mean {metric!r} at the same time")

    def _read(self, connection: Connection, message: Message) -> list[Said]:
        """What a message says, by whoever reads its topic; no more than reading is done here."""
        session = self._sessions.get(message.topic.partition("/")[0])
        if session is not None:
            return list(session.take(connection, message, self._device))
        if message.topic.startswith(f"{REFUSED_ROOT}/"):
            raise self._why_not_permitted(message)
        topic = parse(message.topic)
        said = Said(self._device(topic.community, topic.device))
        if topic.channel is Channel.TELEMETRY:
            device = said.device
            said.samples = self._codecs.decode(message.payload, message.received, device.id, device.codec)
        elif topic.channel is Channel.STATUS:
            said.connected = state.decode(message.payload)
        elif topic.channel is Channel.RESPONSE:
            said.response = commands.read_response(message.payload, message.received)
            commands.check_asked(connection, said.device, said.response)
        else:
            feed = self._by_channel.get(topic.channel)
            if feed is None:
                raise Refused(Reason.BAD_TOPIC, f"nobody takes channel {topic.channel}")
            said.report = (feed.layer, feed.decode(message, said.device))
        return [said]

    def _keep(self, batch: Batch, message: Message, said: Said) -> None:
        device = said.device
        batch.devices[device.id] = device
        batch.newest = max(batch.newest, message.received)
        if said.fault is not None:
            self.refuse(batch, message, said.fault)
        if said.response is not None:
            batch.responses.append(said.response)
            batch.answered.add(device.id)
        if said.report is not None:
            layer, report = said.report
            batch.reports[layer].append((device, report))
        is_of_past = bool(said.samples) and self._judge(batch, message, device, said.samples)
        if said.connected is not None:
            batch.connected[device.id] = (said.connected, message.received)
        if message.retained:
            return
        # What is replayed kept nothing until now: it was heard when it says so, and not when it was filled in.
        then = max(one.ts for one in said.samples) if is_of_past and device.source is not None else message.received
        batch.seen[device.id] = max(then, batch.seen.get(device.id, 0))
        if is_of_past:
            batch.of_past.add(device.id)
        else:
            batch.of_past.discard(device.id)
        if said.connected is None and device.id in batch.connected:
            batch.connected[device.id] = (True, message.received)

    def _judge(self, batch: Batch, message: Message, device: Device, samples: Sequence[Sample]) -> bool:
        """Put samples into the batch; whether by a clock that is right they tell only what is long over."""
        received = message.received
        of_its_own = max((s.ts for s in samples if not s.by_us), default=None)
        wrong_clock = not message.retained and self._clocks.see(device.id, of_its_own, received)
        for sample in samples:
            of_time = 0 if sample.by_us else judge_time(sample.ts, received, wrong_clock)
            self._add(batch.observations, device, sample, of_time, not message.retained)
            if sample.position is not None:
                # One from a clock that runs ahead must not keep out what comes after it was set right.
                at, newest = min(sample.ts, received), batch.moved.get(device.id)
                if newest is None or at >= newest[0]:
                    batch.moved[device.id] = (at, *sample.position)
        return not wrong_clock and max(sample.ts for sample in samples) < received - LONG_OVER

    def _add(self, observations: Observations, device: Device, sample: Sample, of_time: int, live: bool) -> None:
        known, foreign, values = self._series.of_device(device.id), sample.foreign_unit, sample.values
        series, quality = observations.series.append, observations.quality.append
        for metric, value in values.items():
            one = known.get(metric) or self._series.add(device.id, metric, self._words.meant(device, metric))
            kind = type(value)
            series(one)
            # What most values are needs no closer look.
            if (kind is float or kind is int) and one.low <= value <= one.high and not foreign:  # type: ignore[operator]
                quality(of_time)
            else:
                quality(of_time | judge(one.known, value, metric in foreign))
        count = len(values)
        observations.values.extend(values.values())
        observations.ts.extend([sample.ts] * count)
        observations.live.extend([live] * count)
        if self._words.is_any:
            observations.said.extend(
                None if known[name].metric == name else self._series.of_word(device.id, name) for name in values
            )
        else:
            observations.said.extend([None] * count)

    def _device(self, community: str, device_id: str) -> Device:
        device = self._registry.get(device_id)
        if device is None:
            raise Refused(Reason.UNKNOWN_DEVICE, f"no device {device_id!r} is registered")
        if device.community != community:
            where = f"device {device.id!r} belongs to {device.community!r}, not {community!r}"
            raise Refused(Reason.TOPIC_NOT_PERMITTED, where)
        if device.revoked is not None:
            raise Refused(Reason.REVOKED_DEVICE, f"the credentials of {device.id!r} were revoked")
        return device

    def _why_not_permitted(self, message: Message) -> Refused:
        """The reason for what the embedded broker did not let through."""
        username, _, topic = message.topic[len(REFUSED_ROOT) + 1 :].partition("/")
        if not username:
            remote = message.payload.decode(errors="replace")
            return Refused(Reason.NOT_LET_IN, f"connected from {remote} with a secret that is wrong, or was replaced")
        try:
            if topic.partition("/")[0] not in self._sessions:
                named = parse(topic)
                self._device(named.community, named.device)
        except Refused as refused:
            return Refused(refused.reason, f"sent by {username!r}: {refused.detail}")
        return Refused(Reason.TOPIC_NOT_PERMITTED, f"{username!r} may not publish on this topic")

    def refuse(self, batch: Batch, message: Message, refused: Refused) -> None:
        """Put a message into the batch as refused."""
        topic, sender = message.topic, None
        if topic.startswith(f"{REFUSED_ROOT}/"):
            sender, _, topic = topic[len(REFUSED_ROOT) + 1 :].partition("/")
            sender = sender or None
        community, device = whose(topic)
        batch.refusals.append(
            Refusal(
                received=message.received,
                topic=topic,
                community=community,
                device=device,
                sender=sender,
                reason=refused.reason,
                detail=refused.detail,
                payload=message.payload,
                mid=message.mid,
            )
        )
