"""Hostile payloads: real ones, broken in the ways that broken devices, bad lines and bad people break them."""

import json
import random
from collections.abc import Iterator

from tests.sensors.codecs.test_mapping import PUSHED
from tests.sensors.codecs.test_senml import MOBILE
from tests.sensors.codecs.test_sparkplug import BIRTH, DATA, DEATH

BASE = "cim/v1/heling"
TELEMETRY, COUNTER, EVENT = f"{BASE}/air-01/telemetry", f"{BASE}/gate-01/telemetry", f"{BASE}/air-01/event"
SAMPLE = {"ts": 1790000000000, "values": {"pm2_5": 35.0, "temperature": -2.5, "note": "雨"}, "lon": 120.19, "lat": 28.9}
REPORT = {"id": "L-1", "category": "facility.lighting", "severity": "minor", "title": "路灯不亮", "ts": 1790000000000}
REAL: list[tuple[str, bytes]] = [
    (TELEMETRY, json.dumps(SAMPLE, ensure_ascii=False).encode()),
    (TELEMETRY, json.dumps([SAMPLE, SAMPLE | {"ts": "2026-11-24T08:00:00+08:00"}]).encode()),
    (TELEMETRY, b'{"pm2_5": 35, "smoke": true, "battery": null}'),
    (TELEMETRY, json.dumps(MOBILE).encode()),
    (COUNTER, json.dumps(PUSHED).encode()),
    (EVENT, json.dumps(REPORT, ensure_ascii=False).encode()),
    (f"{BASE}/air-01/status", b"online"),
    (f"{BASE}/siren-01/response", b'{"id": "0011223344556677", "ok": true, "result": "done"}'),
    ("spBv1.0/heling/NBIRTH/gw-01", BIRTH),
    ("spBv1.0/heling/NDATA/gw-01", DATA),
    ("spBv1.0/heling/NDEATH/gw-01", DEATH),
    ("spBv1.0/heling/DDATA/gw-01/air-02", DATA),
]
PIECES = [
    *(
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-0",
        b"1e-400",
        b"99999999999999999999999",
        b"null",
        b"true",
        b'""',
    ),
    *(b"\\u0000", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\xef\xbb\xbf", b"'; DROP TABLE reading; --"),
    *(b"<script>alert(1)</script>", b"=HYPERLINK(1)", b"{{7*7}}", b"%s%n", b"../../etc/passwd"),
    *(b"[" * 2_000, b'{"a":' * 600, b"\x1f\x8b\x08\x00", b"9" * 400, "龘".encode() * 300, b'"' + b"x" * 300 + b'"'),
]
TOPICS = [
    "cim/v1/heling/air-01/other",
    "cim/v1/nowhere/air-01/telemetry",
    "a",
    "cim/v1/heling/" + "x" * 90 + "/telemetry",
]


def payloads(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many (topic, payload), the same ones for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        topic, payload = chance.choice(REAL)
        if chance.random() < 0.02:
            topic = chance.choice(TOPICS)
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            payload = _broken(payload, chance)
        yield topic, payload


def _broken(payload: bytes, chance: random.Random) -> bytes:
    at, to = sorted(chance.randrange(len(payload) + 1) for _ in range(2))
    match chance.randrange(8):
        case 0:
            return payload[:at] + bytes([chance.randrange(256)]) + payload[at + 1 :]
        case 1:
            return payload[:at] + payload[to:]
        case 2:
            return payload[:at] + payload[at:to] * 2 + payload[to:]
        case 3 | 4:
            return payload[:at] + chance.choice(PIECES) + payload[to if chance.random() < 0.5 else at :]
        case 5:
            return payload[:at]
        case 6:
            return payload[:at] + chance.choice(REAL)[1][at:]
        case _:
            return _other_number(payload, chance)


def _other_number(payload: bytes, chance: random.Random) -> bytes:
    digits = [i for i, byte in enumerate(payload) if 48 <= byte <= 57]
    if not digits:
        return payload
    at = chance.choice(digits)
    return payload[:at] + str(chance.choice((0, -1, 2**31, 2**63, 2**64, 1e308, 1790000000000))).encode() + payload[at:]
