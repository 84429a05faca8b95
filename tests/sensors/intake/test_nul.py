"""A NUL, or half a character, in whatever a device says is refused with a reason and breaks no transaction."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from layers.declare import feeds
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.codecs.sparkplug.payload import DOUBLE, STRING, Metric, Payload, encode
from sensors.commands import commands
from sensors.intake.writer import Writer
from sensors.tables import quarantine, reading
from store.engine import writing
from store.instant import now
from tests.database import add

EVENT = {"id": "1", "title": "路灯", "detail": "x", "category": "facility.lighting", "severity": "minor"}
GOOD = ("cim/v1/heling/air-01/telemetry", {"co": 1})
PLACE = {"lon": 120.1905, "lat": 28.9285}


def birth(*metrics: Metric) -> bytes:
    """A Sparkplug birth."""
    return encode(Payload(now() // 1000, 0, list(metrics)))


def bad(answer: str) -> list[tuple[str, Any, str]]:
    """(channel below the root, payload, a word of the reason) of what carries a NUL."""
    telemetry, event = "cim/v1/heling/air-01/telemetry", "cim/v1/heling/air-01/event"
    values: list[tuple[str, Any, str]] = [
        (telemetry, {"note": "a\0b"}, "note: text with a NUL"),
        (telemetry, {"a\0b": 1}, "metric name"),
        (telemetry, [{"n": "note", "vs": "a\0b"}], "NUL"),
        (telemetry, [{"bn": "air-01:\0", "n": "co", "v": 1}], "metric name"),
        (telemetry, {"co": 1, **PLACE, "crs": "WGS\0"}, "crs"),
        (telemetry, {"ts": "2026\0", "values": {"co": 1}}, "ts"),
        (telemetry, b'{"co": 1}\0', "closing NUL"),
        (telemetry, b'{"note": "\\ud800"}', "half of a character"),
        ("cim/v1/heling/air-01/status", b"online\0", "status is"),
        ("cim/v1/heling/siren-01/response", {"id": answer, "ok": True, "result": "a\0b"}, "NUL"),
        ("cim/v1/heling/siren-01/response", {"id": "a\0b", "ok": True}, "no command"),
        ("cim/v1/heling/air\0-01/telemetry", {"co": 1}, "does not match"),
        ("cim/v1/heling/air-01/tele\0metry", {"co": 1}, "channel"),
        ("cockpit/refused/air\0-01/cim/v1/heling/air-01/telemetry", {"co": 1}, "may not publish"),
        ("spBv1.0/heling/NBIRTH/gw-01", birth(Metric("note", 1, None, STRING, "a\0b")), "NUL"),
        ("spBv1.0/heling/NBIRTH/gw-01", birth(Metric("a\0b", 1, None, DOUBLE, 1.0)), "metric name"),
    ]
    return (
        values
        + [(event, EVENT | {name: "a\0b"}, name) for name in EVENT]
        + [(event, EVENT | PLACE | {"crs": "\0"}, "crs")]
    )


def test_a_nul_in_any_text_of_a_device_is_refused_with_a_reason_and_holds_up_no_other(engine: Engine) -> None:
    for device, kind in (("air-01", "air"), ("siren-01", "siren"), ("gw-01", "gateway")):
        known = add(engine, device, kind)
        if kind == "siren":
            with writing(engine) as connection:
                answer = commands.issue(connection, known, "silence", {}, "test")
    cases = [(*GOOD, ""), *bad(answer), (GOOD[0], {"pm2_5": 1}, "")]
    messages = [
        Message(topic, body if isinstance(body, bytes) else json.dumps(body).encode(), now() + number)
        for number, (topic, body, _) in enumerate(cases)
    ]
    writer = Writer(engine, feeds(), codecs())
    writer.store(writer.decode(messages))
    with engine.connect() as connection:
        rows = list(connection.execute(select(quarantine).order_by(quarantine.c.received)))
        assert connection.scalar(select(func.count()).select_from(reading)) == 2
    told = [(row.payload, word in row.detail) for row, (_, _, word) in zip(rows, cases[1:-1], strict=True)]
    assert told == [(message.payload, True) for message in messages[1:-1]]


@pytest.mark.parametrize("name", ["title", "detail", "id"])
def test_a_title_with_half_a_character_is_refused_and_not_a_broken_transaction(engine: Engine, name: str) -> None:
    add(engine, "air-01")
    body = json.dumps(EVENT | {name: "x"}).replace('"x"', '"\\ud83d"').encode()
    writer = Writer(engine, feeds(), codecs())
    batch = writer.decode([Message("cim/v1/heling/air-01/event", body, now())])
    writer.store(batch)
    assert [refusal.reason for refusal in batch.refusals] == ["invalid_json"]
