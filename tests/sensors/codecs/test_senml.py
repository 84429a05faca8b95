"""SenML packs, by the examples of RFC 8428 section 5 and the rules of section 4."""

import json

import pytest

from sensors.refusal import Refused
from sensors.telemetry import Sample, decode
from store.instant import SECOND, parse_rfc3339

NOW = parse_rfc3339("2026-11-24T08:00:00Z")


def read(pack: list[dict[str, object]], device: str = "air-01") -> list[Sample]:
    """Decode a pack as the device sends it."""
    return decode(json.dumps(pack).encode(), NOW, device)


def flat(samples: list[Sample]) -> list[tuple[str, int, object]]:
    """(metric, seconds from now, value) of each record."""
    return [(name, (s.ts - NOW) // SECOND, value) for s in samples for name, value in s.values.items()]


def test_a_single_record_counts_as_now() -> None:
    assert flat(read([{"n": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}])) == [("10e2073a01080063", 0, 23.1)]


def test_base_fields_hold_until_they_change_and_times_are_relative_to_the_base() -> None:
    pack: list[dict[str, object]] = [
        {"bn": "urn:dev:ow:10e2073a0108006:", "bt": 1.276020076001e09, "bu": "A", "bver": 5},
        {"n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "t": -4, "v": 1.3},
        {"n": "current", "v": 1.7},
    ]
    samples = read(pack)
    assert [(name, value) for s in samples for name, value in s.values.items()] == [
        ("voltage", 120.1),
        ("current", 1.2),
        ("current", 1.3),
        ("current", 1.7),
    ]
    base = 1276020076001000
    assert [s.ts - base for s in samples] == [0, -5 * SECOND, -4 * SECOND, 0]


def test_times_below_2_to_the_28_are_relative_to_now() -> None:
    pack: list[dict[str, object]] = [{"bn": "air-01:", "n": "pm2_5", "t": -60, "v": 1}, {"n": "pm2_5", "v": 2}]
    assert flat(read(pack)) == [("pm2_5", -60, 1), ("pm2_5", 0, 2)]


def test_every_kind_of_value() -> None:
    pack: list[dict[str, object]] = [
        {"bn": "urn:dev:ow:10e2073a01080063:", "n": "temp", "u": "Cel", "v": 23.1},
        {"n": "label", "vs": "Machine Room"},
        {"n": "open", "vb": False},
        {"n": "nfc-reader", "vd": "aGkgCg"},
    ]
    assert flat(read(pack)) == [
        ("temp", 0, 23.1),
        ("label", 0, "Machine Room"),
        ("open", 0, False),
        ("nfc-reader", 0, "aGkgCg"),
    ]


def test_a_base_value_is_added() -> None:
    pack: list[dict[str, object]] = [{"bn": "air-01/", "bv": 20, "n": "temperature", "v": 3.5}]
    assert flat(read(pack)) == [("temperature", 0, 23.5)]


def test_the_device_before_the_name_is_taken_off() -> None:
    assert [s.values for s in read([{"n": "air-01:pm2_5", "v": 1}])] == [{"pm2_5": 1}]
    assert [s.values for s in read([{"n": "pm2_5", "v": 1}])] == [{"pm2_5": 1}]


def test_our_unit_in_senml_words_is_ours_and_another_is_marked() -> None:
    assert read([{"n": "humidity", "u": "%RH", "v": 50}])[0].foreign_unit == frozenset()
    assert read([{"n": "temperature", "u": "K", "v": 290}])[0].foreign_unit == {"temperature"}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"n": "a", "v": 1, "x_": 1}, r"\[0\]x_: a field that must be understood"),
        ({"bn": "", "v": 1}, "a record without a name"),
        ({"n": "a", "v": "1"}, r"\[0\]v: a number expected"),
        ({"n": 1, "v": 1}, r"\[0\]n: text expected"),
        ({"n": "a", "v": 1, "bver": 11}, "bver 11 is newer than 10"),
    ],
)
def test_what_breaks_the_rules_is_refused_with_its_place(record: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        read([record])
