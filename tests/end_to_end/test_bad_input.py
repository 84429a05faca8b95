"""What cannot be taken is refused with what, where and why; it is kept whole, and the stream goes on."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Cockpit, Credentials, until


@pytest.fixture(scope="module")
def sender(cockpit: Cockpit) -> Credentials:
    return cockpit.add_device("sender")


def quarantined(cockpit: Cockpit, payload: bytes) -> dict[str, Any]:
    """The refused message with this payload: found in the list by its beginning, asked for whole."""

    def look() -> dict[str, Any] | None:
        messages = cockpit.get("/api/v1/heling/quarantine", limit=50)["messages"]
        return next((m for m in messages if m["bytes"] == len(payload) and payload.startswith(beginning(m))), None)

    found = until(look)
    answer = httpx.get(f"{cockpit.url}/api/v1/heling/quarantine/{found['id']}", headers=cockpit.steward)
    assert beginning(answer.json()) == payload
    return found


def beginning(message: dict[str, Any]) -> bytes:
    return base64.b64decode(message["payload_base64"])


def ahead(days: float) -> int:
    return int((time.time() + days * 86_400) * 1000)


BROKEN: list[tuple[str, Any, str, str]] = [
    ("broken JSON", b'{"pm2_5": 3', "invalid_json", "truncated"),
    ("a list of numbers", b"[1, 2]", "wrong_shape", "[0]: expected an object"),
    ("a text", b'"hello"', "wrong_shape", "expected an object or a list"),
    ("values that are no object", b'{"ts": 1790000000000, "values": [1]}', "wrong_shape", '"values" must be an object'),
    ("a nested value", b'{"pm2_5": {"v": 1}}', "wrong_shape", "pm2_5: expected a number"),
    ("one mebibyte", b'{"note": "' + b"x" * (1 << 20) + b'"}', "too_large", "at most 65536"),
    ("NaN", b'{"pm2_5": NaN}', "not_finite", "NaN is not a JSON value"),
    ("Infinity", b'{"pm2_5": -Infinity}', "not_finite", "Infinity is not a JSON value"),
    ("a number beyond a double", b'{"pm2_5": 1e999}', "not_finite", ""),
    ("invalid UTF-8", b'{"pm2_5": 1, "note": "\xff\xfe"}', "invalid_utf8", "byte 22 (0xff)"),
    ("nothing but null", b'{"pm2_5": null}', "no_value", "no finite value"),
    ("nothing", b"", "invalid_json", ""),
    ("a naive time", b'{"ts": "2026-11-24T08:00:00", "values": {"pm2_5": 1}}', "bad_time", "without a zone"),
    ("seconds for milliseconds", b'{"ts": 1790000000, "values": {"pm2_5": 1}}', "bad_time", "in milliseconds"),
    ("half a position", b'{"pm2_5": 1, "lon": 120.2}', "bad_position", "lon and lat"),
    ("a position off the Earth", b'{"pm2_5": 1, "lon": 120.2, "lat": 128}', "bad_position", "lat 128"),
    ("brackets without end", b"[" * 60_000, "wrong_shape", ""),
]


@pytest.mark.parametrize(
    ("payload", "reason", "detail"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_broken_payload_is_refused_whole(
    cockpit: Cockpit, sender: Credentials, payload: bytes, reason: str, detail: str
) -> None:
    assert cockpit.publish(sender, "telemetry", payload) == 0, "refused is dealt with, so it is acknowledged"
    message = quarantined(cockpit, payload)
    assert message["reason"] == reason
    assert detail in message["detail"]
    assert message["topic"] == "cim/v1/heling/sender/telemetry"
    assert cockpit.publish(sender, "telemetry", {"pm10": 20}) == 0, "the stream goes on"


def test_a_time_two_days_ahead_is_refused_and_one_an_hour_ahead_is_flagged(
    cockpit: Cockpit, sender: Credentials
) -> None:
    body = json.dumps({"ts": ahead(2), "values": {"so2": 7}}).encode()
    cockpit.publish(sender, "telemetry", body)
    message = quarantined(cockpit, body)
    assert message["reason"] == "time_ahead"
    assert "more than 24 h ahead" in message["detail"]

    cockpit.publish(sender, "telemetry", {"ts": ahead(1 / 24), "values": {"so2": 7}})
    found = until(lambda: cockpit.readings("sender", "so2", to="2100-01-01T00:00:00Z"))
    assert [r["quality"] for r in found] == ["suspect"]


def test_a_topic_of_another_device_is_refused(cockpit: Cockpit, sender: Credentials) -> None:
    cockpit.add_device("victim")
    body = b'{"pm2_5": 4711}'
    cockpit.publish(sender, "telemetry", body, topic="cim/v1/heling/victim/telemetry")
    message = quarantined(cockpit, body)
    assert message["reason"] == "topic_not_permitted"
    assert message["topic"] == "cim/v1/heling/victim/telemetry"
    assert "sender" in message["detail"]
    assert cockpit.readings("victim", "pm2_5") == []


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("cim/v1/heling/ghost/telemetry", "unknown_device"),
        ("cim/v1/tahai/sender/telemetry", "topic_not_permitted"),
        ("cim/v1/heling/sender/gossip", "bad_topic"),
        ("cim/v1/heling/Sender/telemetry", "bad_topic"),
    ],
)
def test_other_topics_are_refused_by_what_is_wrong_with_them(
    cockpit: Cockpit, sender: Credentials, topic: str, reason: str
) -> None:
    body = json.dumps({"note": topic}).encode()
    cockpit.publish(sender, "telemetry", body, topic=topic)
    communities = ("heling", "tahai")

    def look() -> dict[str, Any] | None:
        found = [m for c in communities for m in cockpit.get(f"/api/v1/{c}/quarantine")["messages"]]
        return next((m for m in found if m["topic"] == topic), None)

    message = until(look)
    assert message["reason"] == reason
    assert base64.b64decode(message["payload_base64"]) == body


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"category": "safety.fire", "severity": "minor", "title": "x"}, "id"),
        ({"id": "1", "category": "safety.fire", "severity": "terrible", "title": "x"}, "severity"),
        ({"id": "1", "category": "safety.fire", "severity": "minor", "title": ""}, "title"),
    ],
)
def test_an_event_says_which_field_is_wrong(
    cockpit: Cockpit, sender: Credentials, body: dict[str, str], detail: str
) -> None:
    payload = json.dumps(body).encode()
    cockpit.publish(sender, "event", payload)
    message = quarantined(cockpit, payload)
    assert message["reason"] == "wrong_shape"
    assert detail in message["detail"]


def test_a_device_cannot_listen_to_others(cockpit: Cockpit, sender: Credentials, tmp_path: Path) -> None:
    import paho.mqtt.client as mqtt

    heard: list[str] = []
    answers: list[list[int]] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "eavesdropper")
    client.username_pw_set(sender.username, sender.password)
    client.on_message = lambda _client, _data, message: heard.append(message.topic)
    client.on_subscribe = lambda _c, _d, _m, codes, _p: answers.append([code.value for code in codes])
    client.connect("127.0.0.1", cockpit.mqtt)
    client.loop_start()
    client.subscribe([("#", 1), ("cim/v1/heling/+/telemetry", 1), (f"{sender.topic}/command", 1)])
    until(lambda: answers)
    assert answers == [[0x80, 0x80, 1]]
    other = cockpit.add_device("overheard")
    cockpit.publish(other, "telemetry", {"pm2_5": 1})
    until(lambda: cockpit.readings("overheard", "pm2_5"))
    client.loop_stop()
    client.disconnect()
    assert heard == []
