"""The ingest goes on whatever a message, a codec or the database does."""

import json
import math
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from sensors.bus.message import Message
from sensors.codecs.declare import JsonCodec
from sensors.codecs.installed import Codecs, codecs
from sensors.devices.registry import Device
from sensors.intake import ingest as ingesting
from sensors.intake.batch import Batch, Parts
from sensors.intake.ingest import Ingest
from sensors.refusal import Reason
from sensors.tables import device as device_table
from sensors.tables import quarantine, reading
from store import budgets
from store.instant import SECOND, Instant, now
from tests.database import add
from tests.running import until

TOPIC = "cim/v1/heling/air-01/telemetry"


class Told:
    """Takes what would go to screens and brokers."""

    def tell(self, changed: Any) -> None:
        """Nobody watches."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Nobody listens."""


class Taker:
    """A broker's end that knows which messages were acknowledged."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.lock = threading.Lock()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Take note."""
        with self.lock:
            self.numbers += [message.mid for message in messages]


class Panic(BaseException):
    """As a plug-in in another language panics: no `Exception`."""


FAULTS = {-1: KeyError("a bug"), -2: MemoryError(), -3: SystemExit(1), -4: Panic("x"), -5: RecursionError()}


class PoisonFeed:
    """A feed whose rows the database will not take when a message holds 666; it breaks down over some others."""

    layer = "poison"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Takes no channel."""

    def store(self, connection: Connection, batch: Batch) -> None:
        """Break a unique key, or break down."""
        for value in {o.value for o in batch.observations} & FAULTS.keys():
            raise FAULTS[value]
        if any(o.value == 666 for o in batch.observations):
            row = dict(connection.execute(select(device_table).limit(1)).mappings().one())
            connection.execute(insert(device_table).values(row))

    def committed(self) -> None:
        """Nothing is kept between batches."""

    def due(self) -> Instant | None:
        """Nothing is."""
        return None

    def said(self, batch: Batch) -> Parts:
        """Nothing to tell."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """Nothing to tell."""
        return {}


def run(engine: Engine, payloads: list[bytes], installed: Codecs) -> list[int]:
    """Let an ingest take messages until all are acknowledged; returns the order."""
    taker = Taker()
    ingest = Ingest(engine, [PoisonFeed()], installed, Told(), math.inf)  # type: ignore[arg-type]
    ingest.start()
    for number, payload in enumerate(payloads):
        ingest.submit(Message(TOPIC, payload, now(), taker=taker, mid=number))
    until(lambda: len(taker.numbers) == len(payloads))
    ingest.stop()
    return taker.numbers


def refused(engine: Engine) -> list[tuple[str, bytes]]:
    """Reason and payload of what was refused."""
    with engine.connect() as connection:
        return [(row.reason, row.payload) for row in connection.execute(select(quarantine))]


def sample(number: int) -> bytes:
    """A payload with a time of its own."""
    return b'{"ts": %d, "values": {"co": %d}}' % (1_790_000_000_000 + number, number)


@pytest.mark.parametrize("count", [1, 40, 800])
def test_one_message_that_the_database_will_not_take_holds_up_no_other(engine: Engine, count: int) -> None:
    add(engine, "air-01")
    payloads = [sample(number) for number in range(count)] + [sample(666 if count <= 666 else 10_000)]
    payloads[-1] = b'{"values": {"co": 666}}'
    taken = run(engine, payloads, codecs())
    assert sorted(taken) == list(range(len(payloads)))
    poison = [payload for reason, payload in refused(engine) if reason == Reason.NOT_STORABLE]
    assert b'{"values": {"co": 666}}' in poison
    assert len(poison) == (2 if count > 666 else 1)


def test_a_device_uses_so_many_names_of_its_own_and_no_more(engine: Engine) -> None:
    add(engine, "air-01")

    def names(first: int, count: int) -> bytes:
        return json.dumps({"values": {f"own_{n}": 1 for n in range(first, first + count)}}).encode()

    most = budgets.current().device_metrics
    payloads = [names(0, most), names(most, 1), names(0, 2), b'{"values": {"co": 1}}', names(most - 1, 2)]
    run(engine, payloads, codecs())
    assert [payload for reason, payload in refused(engine) if reason == Reason.TOO_MANY_METRICS] == [
        payloads[1],
        payloads[4],
    ]


def test_a_codec_that_breaks_down_refuses_its_own_message_only(engine: Engine) -> None:
    def broken(content: Any, _arrived: int, _device: str) -> Any:
        return [][content["at"]]

    def recognises(content: Any) -> bool:
        return isinstance(content, dict) and "at" in content

    codec = JsonCodec(code="broken", name="坏", name_en="broken", order=1, recognises=recognises, read=broken)
    installed = Codecs({"broken": codec} | codecs().json, codecs().protocols)
    add(engine, "air-01")
    assert sorted(run(engine, [sample(1), b'{"at": 3}', sample(2)], installed)) == [0, 1, 2]
    ((reason, payload),) = refused(engine)
    assert (reason, payload) == (Reason.CODEC_FAILED, b'{"at": 3}')


@pytest.mark.parametrize("value", FAULTS)
def test_a_message_that_brings_out_a_fault_of_ours_is_set_apart_and_the_stream_goes_on(
    engine: Engine, value: int
) -> None:
    add(engine, "air-01")
    payloads = [sample(1000 + number) for number in range(9)]
    payloads.insert(4, sample(value))
    assert sorted(run(engine, payloads, codecs())) == list(range(10))
    ((reason, payload),) = refused(engine)
    assert (reason, payload) == (Reason.INTERNAL_ERROR, sample(value))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(reading)) == 9
        assert type(FAULTS[value]).__name__ in connection.scalar(select(quarantine.c.detail))


@pytest.mark.parametrize("error", [SystemExit(1), Panic("x"), MemoryError()])
def test_a_codec_that_would_end_the_thread_refuses_its_own_message_only(engine: Engine, error: BaseException) -> None:
    def broken(_content: Any, _arrived: int, _device: str) -> Any:
        raise error

    codec = JsonCodec(code="broken", name="坏", name_en="broken", order=1, recognises=lambda c: "at" in c, read=broken)
    installed = Codecs({"broken": codec} | codecs().json, codecs().protocols)
    add(engine, "air-01")
    assert sorted(run(engine, [sample(1), b'{"at": 3}', sample(2)], installed)) == [0, 1, 2]
    assert refused(engine) == [(Reason.CODEC_FAILED, b'{"at": 3}')]


def test_what_fails_after_the_commit_stores_nothing_twice(engine: Engine) -> None:
    add(engine, "air-01")

    class Silent(Told):
        def publish(self, topic: str, payload: bytes) -> None:
            """Fail, as a broker's client may."""
            raise ValueError("payload too large")

    class Deaf(Taker):
        def acknowledge(self, messages: Sequence[Message]) -> None:
            super().acknowledge(messages)
            raise ValueError("the connection is no more")

    taker = Deaf()
    ingest = Ingest(engine, [PoisonFeed()], codecs(), Silent(), math.inf)  # type: ignore[arg-type]
    ingest.start()
    for number, payload in enumerate([b"[", sample(1), b"{"]):
        ingest.submit(Message(TOPIC, payload, now(), taker=taker, mid=number))
        until(lambda number=number: number in taker.numbers)
    ingest.stop()
    assert [payload for _, payload in refused(engine)] == [b"[", b"{"]


def test_who_was_away_itself_has_listened_only_since_it_came_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    since: list[Instant | None] = []
    by = [now()]

    class Noting(PoisonFeed):
        def store(self, connection: Connection, batch: Batch) -> None:
            """Note since when the batch says that nothing was missed."""
            since.append(batch.listening_since)

        def due(self) -> Instant | None:
            """Soon, by the clock."""
            return by[0]

    monkeypatch.setattr(ingesting, "now", lambda: by[0])
    ingest = Ingest(engine, [Noting()], codecs(), Told(), math.inf)  # type: ignore[arg-type]
    ingest.start()
    until(lambda: len(since) > 2)
    began, slept = since[-1], by[0] + 300 * SECOND
    by[0] = slept
    until(lambda: since[-1] == slept)
    ingest.stop()
    assert began is not None
    assert began < slept
