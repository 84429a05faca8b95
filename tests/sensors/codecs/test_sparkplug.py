"""Sparkplug B: births name what data only number; deaths, gaps and restarts."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from sensors.bus.message import Message
from sensors.codecs.declare import Said
from sensors.codecs.sparkplug.payload import BOOLEAN, DOUBLE, INT64, STRING, Metric, Payload, decode, encode
from sensors.codecs.sparkplug.session import REBIRTH, HostSession
from sensors.devices.registry import Device
from sensors.refusal import Reason, Refused
from store.engine import writing
from store.instant import SECOND

TS = 1_790_000_000_000
NOW = TS * 1000
# Written by pysparkplug 0.6.1 (Apache-2.0), an implementation of another make.
BIRTH = bytes.fromhex(
    "0880d8c1a28c3412120a0562645365711880d8c1a28c342004580312210a144e6f646520436f6e74726f6c2f526562697274681880d8c1"
    "a28c34200b700012250a136f7574646f6f722f74656d706572617475726510011880d8c1a28c342009650000ac41121f0a0e737570706c"
    "795f766f6c7461676510021880d8c1a28c34200250fbff03121f0a086669726d7761726510031880d8c1a28c34200c7a08e78988e69cac"
    "20321800"
)
DATA = bytes.fromhex("08e8dfc1a28c34120e100118e8dfc1a28c34650000b241120d100218e8dfc1a28c3450f9ff031801")
DEATH = bytes.fromhex("0880d8c1a28c3412120a0562645365711880d8c1a28c3420045803")
DEVICES = {
    "gw-01": Device(id="gw-01", community="heling", kind="gateway", name="网关"),
    "air-01": Device(id="air-01", community="heling", kind="air", name="空气站", gateway="gw-01"),
    "air-02": Device(id="air-02", community="heling", kind="air", name="空气站"),
}


def device_of(community: str, device: str) -> Device:
    """The registry's answer."""
    if device not in DEVICES:
        raise Refused(Reason.UNKNOWN_DEVICE, device)
    return DEVICES[device]


class Host:
    """A session as the ingest uses it: each message taken, then stored."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.session = HostSession()

    def take(self, topic: str, payload: bytes, at: int = NOW) -> list[Said]:
        """Take a message below heling's group."""
        kind, _, rest = topic.partition("/")
        message = Message(f"spBv1.0/heling/{kind}/{rest}", payload, at)
        with self.engine.connect() as connection:
            said = list(self.session.take(connection, message, device_of))
        with writing(self.engine) as connection:
            self.session.store(connection)
        return said


@pytest.fixture
def host(engine: Engine) -> Host:
    return Host(engine)


def numbered(seq: int, *metrics: Metric) -> bytes:
    """A data payload."""
    return encode(Payload(TS, seq, list(metrics)))


def test_a_birth_of_another_make_names_what_its_data_number(host: Host) -> None:
    (born,) = host.take("NBIRTH/gw-01", BIRTH)
    assert (born.device.id, born.connected) == ("gw-01", True)
    assert born.samples[0].values == {"temperature": 21.5, "supply_voltage": -5, "firmware": "版本 2"}
    (said,) = host.take("NDATA/gw-01", DATA)
    assert [(s.ts, s.values) for s in said.samples] == [
        ((TS + 1000) * 1000, {"temperature": 22.25, "supply_voltage": -7})
    ]
    assert host.session.requests() == []


def test_a_host_that_restarts_knows_the_names_still(host: Host) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    host.session = HostSession()
    (said,) = host.take("NDATA/gw-01", DATA)
    assert said.samples[0].values["temperature"] == 22.25


def test_an_unknown_alias_is_refused_and_a_birth_is_asked_for_once(host: Host) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="no birth of 'gw-01' named the aliases"):
            host.take("NDATA/gw-01", DATA)
    ((topic, payload),) = host.session.requests()
    assert topic == "spBv1.0/heling/NCMD/gw-01"
    assert [(m.name, m.datatype, m.value) for m in decode(payload).metrics] == [(REBIRTH, BOOLEAN, True)]
    assert host.session.requests() == []
    with pytest.raises(Refused):
        host.take("NDATA/gw-01", DATA, NOW + 60 * SECOND)
    assert len(host.session.requests()) == 1


def test_a_gap_in_the_sequence_loses_no_data_and_asks_for_a_birth(host: Host) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    for seq in (1, 3):
        (said,) = host.take("NDATA/gw-01", numbered(seq, Metric("co", None, TS + seq, DOUBLE, 1.0)))
        assert said.samples[0].values == {"co": 1.0}
    assert len(host.session.requests()) == 1


def test_the_sequence_goes_round_at_256(host: Host) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    for number in range(1, 520):
        host.take("NDATA/gw-01", numbered(number % 256, Metric("co", None, TS + number, DOUBLE, 1.0)))
    assert host.session.requests() == []


def test_a_device_behind_the_node_has_a_birth_of_its_own_and_dies_with_the_node(host: Host) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    host.take("DBIRTH/gw-01/air-01", numbered(1, Metric("pm2_5", 1, TS, DOUBLE, 35.0)))
    (said,) = host.take("DDATA/gw-01/air-01", numbered(2, Metric(None, 1, TS + 1, None, 36.0)))
    assert (said.device.id, said.samples[0].values) == ("air-01", {"pm2_5": 36.0})
    (dead,) = host.take("DDEATH/gw-01/air-01", numbered(3))
    assert (dead.device.id, dead.connected) == ("air-01", False)
    died = host.take("NDEATH/gw-01", DEATH)
    assert [(one.device.id, one.connected) for one in died] == [("gw-01", False), ("air-01", False)]


def test_the_will_of_an_earlier_connection_takes_nobody_off(host: Host) -> None:
    host.take("NBIRTH/gw-01", encode(Payload(TS, 0, [Metric("bdSeq", None, TS, INT64, 4)])))
    assert host.take("NDEATH/gw-01", DEATH) == []


def test_a_device_that_is_not_registered_behind_the_node_is_refused(host: Host) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    with pytest.raises(Refused, match="'air-02' is not registered behind 'gw-01'"):
        host.take("DBIRTH/gw-01/air-02", numbered(1))


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("NDATA/gw-01", b"\xff\xff\xff", Reason.BAD_PROTOBUF),
        ("NDATA/gw-01", b'{"pm2_5": 1}', Reason.BAD_PROTOBUF),
        ("NCMD/gw-01", DATA, Reason.BAD_TOPIC),
        ("NDATA/GW", DATA, Reason.BAD_TOPIC),
        ("NDATA/gw-09", DATA, Reason.UNKNOWN_DEVICE),
        ("DDATA/gw-01", DATA, Reason.BAD_TOPIC),
    ],
)
def test_what_cannot_be_read_says_why(host: Host, topic: str, payload: bytes, reason: Reason) -> None:
    host.take("NBIRTH/gw-01", BIRTH)
    with pytest.raises(Refused) as refused:
        host.take(topic, payload)
    assert refused.value.reason is reason


def test_what_was_not_committed_is_forgotten_and_comes_again(engine: Engine) -> None:
    session = HostSession()

    def take(connection: Connection, kind: str, payload: bytes) -> list[Said]:
        return list(session.take(connection, Message(f"spBv1.0/heling/{kind}/gw-01", payload, NOW), device_of))

    with engine.connect() as connection:
        take(connection, "NBIRTH", BIRTH)
        session.forget()
        with pytest.raises(Refused, match="aliases"):
            take(connection, "NDATA", DATA)
        take(connection, "NBIRTH", BIRTH)
        assert take(connection, "NDATA", DATA)


def born(*named: tuple[str, float | None]) -> bytes:
    """A birth of the node that names these, aliases from 1."""
    metrics = [Metric(name, i + 1, TS, DOUBLE, value) for i, (name, value) in enumerate(named)]
    return encode(Payload(TS, 0, [Metric("bdSeq", None, TS, INT64, 3), *metrics]))


def test_two_folders_keep_their_names_apart(host: Host) -> None:
    (said,) = host.take(
        "NBIRTH/gw-01", born(("Floor1/temperature", 21.0), ("Floor2/temperature", 25.0), ("In/co", 1.0))
    )
    assert said.samples[0].values == {"Floor1/temperature": 21.0, "Floor2/temperature": 25.0, "co": 1.0}
    (said,) = host.take("NDATA/gw-01", numbered(1, Metric(None, 2, TS + 1, DOUBLE, 26.0)))
    assert said.samples[0].values == {"Floor2/temperature": 26.0}


def test_what_a_name_means_stays_when_a_later_birth_adds_to_it(host: Host) -> None:
    (said,) = host.take("NBIRTH/gw-01", born(("Floor1/temperature", 21.0)))
    assert said.samples[0].values == {"temperature": 21.0}
    host.session = HostSession()
    (said,) = host.take("NBIRTH/gw-01", born(("Floor2/temperature", 25.0), ("Floor1/temperature", 22.0)))
    assert said.samples[0].values == {"temperature": 22.0, "Floor2/temperature": 25.0}


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_a_metric_without_a_value_is_born_all_the_same_and_the_node_is_online(
    host: Host, nothing: float | None
) -> None:
    (said,) = host.take("NBIRTH/gw-01", born(("pm2_5", nothing), ("co", 1.0)))
    assert (said.connected, said.fault) == (True, None)
    assert [s.values for s in said.samples] == [{"co": 1.0}]
    (said,) = host.take(
        "NDATA/gw-01", numbered(1, Metric(None, 1, TS + 1, DOUBLE, 35.0), Metric(None, 2, TS + 1, DOUBLE, nothing))
    )
    assert said.samples[0].values == {"pm2_5": 35.0}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Metric("Properties2/" + "x" * 80, 9, TS, DOUBLE, 1.0), Reason.WRONG_SHAPE),
        (Metric("note", 9, TS, STRING, "a\0b"), Reason.WRONG_SHAPE),
        (Metric("old", 9, 0, DOUBLE, 1.0), Reason.BAD_TIME),
    ],
)
def test_one_bad_metric_does_not_lose_a_birth_and_is_told(host: Host, bad: Metric, reason: Reason) -> None:
    (said,) = host.take("NBIRTH/gw-01", encode(Payload(TS, 0, [bad, Metric("co", 1, TS, DOUBLE, 1.0)])))
    assert (said.connected, [s.values for s in said.samples]) == (True, [{"co": 1.0}])
    assert said.fault is not None
    assert (said.fault.reason, "the rest of the birth is taken" in said.fault.detail) == (reason, True)
    (said,) = host.take("NDATA/gw-01", numbered(1, Metric(None, 1, TS + 1, DOUBLE, 2.0)))
    assert said.samples[0].values == {"co": 2.0}


VALUES = st.one_of(
    st.tuples(st.just(INT64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(3), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(1), st.integers(-128, 127)),
    st.tuples(st.just(DOUBLE), st.floats(-1e150, 1e150)),
    st.tuples(st.just(BOOLEAN), st.booleans()),
    st.tuples(st.just(STRING), st.text(max_size=30)),
)


@given(st.lists(VALUES, max_size=8), st.integers(0, 255))
def test_what_is_written_is_what_is_read(values: list[tuple[int, object]], seq: int) -> None:
    metrics = [Metric(f"m{i}", i + 1, TS, kind, value) for i, (kind, value) in enumerate(values)]  # type: ignore[arg-type]
    assert decode(encode(Payload(TS, seq, metrics))) == Payload(TS, seq, metrics)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_do_anything_but_decode_or_be_refused(payload: bytes) -> None:
    with suppress(Refused):
        assert decode(payload).metrics is not None
