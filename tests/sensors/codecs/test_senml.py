"""SenML packs, by the examples of RFC 8428 section 5 and the rules of section 4."""

import json
from typing import Any

import pytest

from sensors.codecs.installed import codecs
from sensors.codecs.sample import Sample
from sensors.refusal import Refused
from store.instant import SECOND, parse_rfc3339

NOW = parse_rfc3339("2026-11-24T08:00:00Z")
ONE_WIRE = "urn:dev:ow:10e2073a01080063"
MOBILE_BASE = 1320067464
MOBILE: list[dict[str, object]] = [
    {"bn": ONE_WIRE, "bt": 1.320067464e09, "bu": "%RH", "v": 20},
    {"u": "lon", "v": 24.30621},
    {"u": "lat", "v": 60.07965},
    {"t": 60, "v": 20.3},
    {"u": "lon", "t": 60, "v": 24.30622},
    {"u": "lat", "t": 60, "v": 60.07965},
    {"t": 120, "v": 20.7},
    {"u": "lon", "t": 120, "v": 24.30623},
    {"u": "lat", "t": 120, "v": 60.07966},
    {"u": "%EL", "t": 150, "v": 98},
    {"t": 180, "v": 21.2},
    {"u": "lon", "t": 180, "v": 24.30628},
    {"u": "lat", "t": 180, "v": 60.07967},
]


def read(pack: Any, device: str = "air-01") -> list[Sample]:
    """Decode a pack as the device sends it."""
    return codecs().decode(json.dumps(pack).encode(), NOW, device, None)


def flat(samples: list[Sample]) -> list[tuple[str, int, object]]:
    """(metric, seconds from now, value) of each record."""
    return [(name, (s.ts - NOW) // SECOND, value) for s in samples for name, value in s.values.items()]


def since(samples: list[Sample], base: int) -> list[tuple[int, dict[str, Any]]]:
    """(seconds from the base, values) of each time."""
    return [((s.ts - base * SECOND) // SECOND, s.values) for s in samples]


def test_5_1_1_a_single_record_counts_as_now_and_its_unit_says_what_it_is() -> None:
    assert flat(read([{"n": ONE_WIRE, "u": "Cel", "v": 23.1}])) == [("temperature", 0, 23.1)]


def test_5_1_2_two_values_now() -> None:
    pack = [{"bn": f"{ONE_WIRE}:", "n": "voltage", "u": "V", "v": 120.1}, {"n": "current", "u": "A", "v": 1.2}]
    assert flat(read(pack)) == [("voltage", 0, 120.1), ("current", 0, 1.2)]


def test_5_1_2_base_fields_hold_and_times_are_relative_to_the_base() -> None:
    pack = [
        {"bn": f"{ONE_WIRE}:", "bt": 1.276020076001e09, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        *({"n": "current", "t": t, "v": v} for t, v in ((-5, 1.2), (-4, 1.3), (-3, 1.4), (-2, 1.5), (-1, 1.6))),
        {"n": "current", "v": 1.7},
    ]
    base = 1_276_020_076_001_000
    found = [((s.ts - base) // SECOND, s.values) for s in read(pack)]
    assert found[0] == (0, {"voltage": 120.1, "current": 1.7})
    assert [(t, v["current"]) for t, v in found[1:]] == [(-5, 1.2), (-4, 1.3), (-3, 1.4), (-2, 1.5), (-1, 1.6)]


def test_5_1_2_a_stream_of_one_metric() -> None:
    values = [21.2, 21.3, 21.4, 21.4, 21.5, 21.5, 21.5, 21.6, 21.7]
    pack = [{"bn": ONE_WIRE, "bt": 1.320067464e09, "bu": "%RH", "v": values[0]}]
    pack += [{"v": value, "t": 10 * i} for i, value in enumerate(values) if i]
    assert since(read(pack), MOBILE_BASE) == [(10 * i, {"humidity": value}) for i, value in enumerate(values)]


def test_5_1_3_a_moving_device_tells_humidity_place_and_battery() -> None:
    samples = read(MOBILE)
    assert since(samples, MOBILE_BASE) == [
        (0, {"humidity": 20}),
        (60, {"humidity": 20.3}),
        (120, {"humidity": 20.7}),
        (150, {"battery": 98}),
        (180, {"humidity": 21.2}),
    ]
    assert samples[0].position == (24.30621, 60.07965, "WGS84")
    assert samples[3].position is None


def test_5_1_4_the_resolved_form_says_the_same() -> None:
    resolved = [
        {"n": ONE_WIRE, "u": one.get("u", "%RH"), "t": 1.320067464e09 + float(str(one.get("t", 0))), "v": one["v"]}
        for one in MOBILE
    ]
    assert read(resolved) == read(MOBILE)


def test_5_1_5_every_kind_of_value() -> None:
    pack = [
        {"bn": f"{ONE_WIRE}:", "n": "temp", "u": "Cel", "v": 23.1},
        {"n": "label", "vs": "Machine Room"},
        {"n": "open", "vb": False},
        {"n": "nfc-reader", "vd": "aGkgCg"},
    ]
    expected = [("temp", 0, 23.1), ("label", 0, "Machine Room"), ("open", 0, False), ("nfc-reader", 0, "aGkgCg")]
    assert flat(read(pack)) == expected


def test_5_1_6_a_collection_of_resources_loses_neither_of_two_that_are_named_alike() -> None:
    pack = [
        {"bn": "2001:db8::2/", "bt": 1.320078429e09, "n": "temperature", "u": "Cel", "v": 25.2},
        {"n": "humidity", "u": "%RH", "v": 30},
        {"bn": "2001:db8::1/", "n": "temperature", "u": "Cel", "v": 12.3},
        {"n": "humidity", "u": "%RH", "v": 67},
    ]
    one = {"2001:db8::2/temperature": 25.2, "2001:db8::2/humidity": 30}
    other = {"2001:db8::1/temperature": 12.3, "2001:db8::1/humidity": 67}
    assert since(read(pack), 1320078429) == [(0, one | other)]
    assert read(pack[2:])[0].values == other


def test_5_1_7_the_settings_of_a_thermostat_and_of_lights() -> None:
    thermostat = [
        {"bn": f"{ONE_WIRE}:"},
        {"n": "temp", "u": "Cel", "v": 23.1},
        {"n": "heat", "u": "/", "v": 1},
        {"n": "fan", "u": "/", "v": 0},
    ]
    assert flat(read(thermostat)) == [("temp", 0, 23.1), ("heat", 0, 1), ("fan", 0, 0)]
    lights = [
        {"bt": 1.320078429e09, "bu": "/", "n": "2001:db8::3", "v": 0.5},
        {"n": "2001:db8::4", "v": 0.5},
        {"n": "2001:db8::3", "t": 0.1, "v": 0},
        {"n": "2001:db8::4", "t": 0.1, "v": 0},
    ]
    samples = read(lights)
    assert [s.values for s in samples] == [
        {"2001:db8::3": 0.5, "2001:db8::4": 0.5},
        {"2001:db8::3": 0, "2001:db8::4": 0},
    ]
    assert samples[1].ts - samples[0].ts == SECOND // 10


def test_another_unit_of_the_same_kind_becomes_ours() -> None:
    pack = [
        {"bn": "air-01:", "n": "temperature", "u": "K", "v": 295.15},
        {"n": "pressure", "u": "Pa", "v": 101_325},
        {"n": "pm2_5", "u": "mg/m3", "v": 0.035},
        {"n": "noise", "u": "dBA", "v": 55},
    ]
    (sample,) = read(pack)
    assert sample.values == pytest.approx({"temperature": 22.0, "pressure": 1013.25, "pm2_5": 35.0, "noise": 55})
    assert sample.foreign_unit == frozenset()


def test_a_unit_of_another_kind_is_kept_and_marked() -> None:
    (sample,) = read([{"n": "temperature", "u": "V", "v": 3.1}, {"n": "humidity", "u": "furlong!", "v": 3}])
    assert sample.values == {"temperature": 3.1, "humidity": 3}
    assert sample.foreign_unit == {"temperature", "humidity"}


def test_sums_and_their_base_are_added() -> None:
    assert flat(read([{"bn": "air-01/", "bs": 100, "n": "energy", "u": "kWh", "s": 2.5}])) == [("energy", 0, 102.5)]


def test_times_below_2_to_the_28_are_relative_to_now() -> None:
    pack: list[dict[str, object]] = [{"bn": "air-01:", "n": "pm2_5", "t": -60, "v": 1}, {"n": "pm2_5", "v": 2}]
    assert flat(read(pack)) == [("pm2_5", -60, 1), ("pm2_5", 0, 2)]


def test_a_base_value_is_added() -> None:
    pack: list[dict[str, object]] = [{"bn": "air-01/", "bv": 20, "n": "temperature", "v": 3.5}]
    assert flat(read(pack)) == [("temperature", 0, 23.5)]


def test_the_device_before_the_name_is_taken_off() -> None:
    assert [s.values for s in read([{"n": "air-01:pm2_5", "v": 1}])] == [{"pm2_5": 1}]
    assert [s.values for s in read([{"n": "pm2_5", "v": 1}])] == [{"pm2_5": 1}]


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


PATHS = {
    "3303/0/5700": "temperature",
    "/3304/0/5700": "humidity",
    "3303/1/5700": "temperature_1",
    "3303/0/5601": "3303/0/5601",
    "3315/0/5700": "pressure",
    "3325/0/5700": "concentration",
    "9999/0/5700": "9999/0/5700",
    "air-01/3324/0/5700": "noise",
    "urn:dev:mac:0024befffe804ff1/3316/0/5700": "voltage",
    "heling/air-01/pm2_5": "pm2_5",
    "room1/temperature": "room1/temperature",
    "room2/temperature": "room2/temperature",
    "co": "co",
}


def test_a_name_means_one_metric_whatever_its_company() -> None:
    pack = [{"n": name, "v": number} for number, name in enumerate(PATHS)]
    (together,) = read(pack)
    assert together.values == {metric: number for number, metric in enumerate(PATHS.values())}
    for number, (name, metric) in enumerate(PATHS.items()):
        assert read([{"n": name, "v": number}])[0].values == {metric: number}
    assert read(list(reversed(pack)))[0].values == together.values


def test_an_object_whose_unit_the_registry_gives_needs_to_declare_none() -> None:
    pack = [{"n": "3305/0/5800", "v": 1500}, {"n": "3331/0/5805", "v": 2500}, {"n": "3303/0/5700", "u": "K", "v": 300}]
    assert read(pack)[0].values == pytest.approx({"power": 1.5, "energy": 2.5, "temperature": 26.85})


def test_two_devices_in_one_pack_are_told_apart_or_refused_and_never_one_over_the_other() -> None:
    pack = [{"n": "urn:dev:ow:1/temperature", "v": 20}, {"n": "urn:dev:ow:2/temperature", "v": 30}]
    with pytest.raises(
        Refused, match="'urn:dev:ow:1/temperature' and 'urn:dev:ow:2/temperature' both mean temperature"
    ):
        read(pack)


def test_a_time_that_is_relative_to_now_is_ours() -> None:
    pack = [{"n": "co", "v": 1}, {"n": "co", "v": 2, "t": -30}, {"n": "co", "v": 3, "t": NOW / SECOND - 90}]
    assert [(s.values["co"], s.by_us) for s in read(pack)] == [(1, True), (2, True), (3, False)]
