"""Packets as a broker sends them, cut anywhere on their way."""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.bus.message import Message
from sensors.bus.receiving import packets
from sensors.bus.receiving.packets import Kind, NotMqtt, Stream
from tests.mqtt import packet, publish, text


class Nobody:
    """Whom nobody needs to tell that anything is stored."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Nothing."""


def publish5(topic: str, payload: bytes, qos: int, number: int, properties: bytes) -> bytes:
    """A PUBLISH of MQTT 5."""
    head = text(topic) + (struct.pack("!H", number) if qos else b"")
    return packet(0x30 | qos << 1, head + packet(0, properties)[1:] + payload)


sent = st.lists(
    st.tuples(st.text(min_size=1, max_size=9), st.binary(max_size=400), st.integers(0, 1), st.integers(1, 0xFFFF)),
    max_size=12,
)


@given(sent, st.booleans(), st.lists(st.integers(1, 300), min_size=1, max_size=8), st.binary(max_size=200))
def test_what_is_sent_is_read_however_it_is_cut(
    sent: list[tuple[str, bytes, int, int]], mqtt5: bool, cuts: list[int], properties: bytes
) -> None:
    wire = b"".join(
        publish5(topic, payload, qos, number, properties) if mqtt5 else publish(topic, payload, qos, number)
        for topic, payload, qos, number in sent
    )
    stream, found, at = Stream(mqtt5, Nobody(), 7), [], 0
    for turn in range(len(wire) + 1):
        size = cuts[turn % len(cuts)]
        messages, others = stream.take(wire[at : at + size], 0)
        found += messages
        assert others == []
        at += size
    assert [(m.topic, m.payload, int(m.taker is not None), m.mid) for m in found] == [
        (topic, payload, qos, number if qos else 0) for topic, payload, qos, number in sent
    ]


def test_a_packet_of_many_pieces_is_put_together_once() -> None:
    stream = Stream(False, Nobody(), 1)
    wire = publish("t", b"x" * 3_000_000, 1, 5) + packet(Kind.PINGRESP, b"")
    pieces = [wire[at : at + 1000] for at in range(0, len(wire), 1000)]
    found = [stream.take(piece, 0) for piece in pieces]
    assert [len(m.payload) for messages, _ in found for m in messages] == [3_000_000]
    assert [other for _, others in found for other in others] == [(Kind.PINGRESP, b"")]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (packet(0x30 | 2 << 1, text("t") + b"\0\1x"), "QoS 2"),
        (packet(0x30, b"\0\x09t"), "longer than it is"),
        (b"\x30\xff\xff\xff\xff\x01", "four bytes"),
    ],
)
def test_what_is_not_mqtt_is_said_to_be_so(wire: bytes, why: str) -> None:
    with pytest.raises(NotMqtt, match=why):
        Stream(False, Nobody(), 1).take(wire, 0)


def test_a_topic_that_is_no_text_is_shown_as_its_bytes() -> None:
    [message], _ = Stream(False, Nobody(), 1).take(packet(0x30, text(b"a/\xff") + b"1"), 0)
    assert message.topic == "b'a/\\xff'"


def test_a_broker_says_why_it_lets_nobody_in() -> None:
    assert packets.read_connack(b"\0\5", False).refusal == "Not authorized"
    assert packets.read_connack(b"\0\x87\0", True).refusal == "Not authorized"
    welcome = packets.read_connack(b"\1\0\x0f\x21\0\x14\x1f\0\2ok\x13\0\x07\x26\0\0\0\0", True)
    assert (welcome.refusal, welcome.is_known, welcome.keep_alive_s) == (None, True, 7)


def test_each_filter_has_its_answer() -> None:
    assert packets.read_reasons(b"\0\1\1\x80", False) == (1, [None, "Failure"])
    assert packets.read_reasons(b"\0\1\0\1\x87", True) == (1, [None, "Not authorized"])
