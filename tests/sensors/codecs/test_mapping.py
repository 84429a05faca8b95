"""Mapping files: a maker's own JSON becomes metrics; what is wrong with a file, or a payload, is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from sensors.codecs.installed import codecs
from sensors.codecs.mapping import read_folder
from sensors.codecs.sample import Sample
from sensors.errors import CodecError
from sensors.refusal import Reason, Refused
from store.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-24T08:00:00Z")
COUNTER = "milesight-people-counter"
PUSHED: dict[str, Any] = {
    "device_info": {"device_name": "People Counter", "device_sn": "6767E21831900021", "running_time": 1325},
    "time_info": {
        "enable_dst": 0,
        "dst_status": 0,
        "time_zone": "UTC+8:00 CT/CST",
        "start_time": "2026-11-24 15:40:00",
        "end_time": "2026-11-24 15:41:00",
    },
    "line_periodic_data": [{"line": 1, "line_name": "Line1", "total": {"in": 3, "out": 1}}],
    "line_total_data": [
        {"line": 1, "line_name": "Line1", "total": {"in_counted": 12, "out_counted": 14, "capacity_counted": -2}},
        {"line": 2, "line_name": "Line2", "total": {"in_counted": 30, "out_counted": 8, "capacity_counted": 22}},
    ],
}
WEATHER = """
code = "town-weather"
name = "镇气象站"
name_en = "Town weather station"
[[form]]
when = "type == 'obs'"
[form.time]
path = "t"
format = "%Y%m%d%H%M"
[form.values]
temperature = { path = "d.temp", scale = 0.1, offset = -40 }
wind_speed = "d.wind"
"""


def read(content: Any, code: str = COUNTER, folder: Path | None = None) -> list[Sample]:
    """Decode by a declared codec."""
    return codecs(folder).decode(json.dumps(content).encode(), NOW, "gate-01", code)


def test_each_line_of_a_people_counter_is_a_counter_of_its_own() -> None:
    (sample,) = read(PUSHED)
    assert sample.values == {"enter_total": 12, "leave_total": 14, "enter_total_2": 30, "leave_total_2": 8}
    assert sample.ts == parse_rfc3339("2026-11-24T15:41:00+08:00")


def test_a_line_whose_key_is_missing_says_nothing_rather_than_nought() -> None:
    lines = [{"line": 1, "total": {"out_counted": 14}}, PUSHED["line_total_data"][1]]
    (sample,) = read(PUSHED | {"line_total_data": lines})
    assert sample.values == {"leave_total": 14, "enter_total_2": 30, "leave_total_2": 8}


def test_a_line_that_was_deleted_leaves_the_others_as_they_are() -> None:
    (sample,) = read(PUSHED | {"line_total_data": PUSHED["line_total_data"][1:]})
    assert sample.values == {"enter_total_2": 30, "leave_total_2": 8}


@pytest.mark.parametrize("function", ["sum", "avg", "max", "min"])
def test_an_expression_that_finds_nothing_is_no_value(tmp_path: Path, function: str) -> None:
    mapping = WEATHER.replace('"d.wind"', f'"{function}(d.gusts[].speed)"')
    (tmp_path / "weather.toml").write_text(mapping, encoding="utf-8")
    content = {"type": "obs", "t": "202611241530", "d": {"temp": 615, "gusts": [{"direction": 90}]}}
    (sample,) = read(content, "town-weather", tmp_path)
    assert sample.values == {"temperature": 21.5}


def test_a_people_counter_that_tells_periods_only_is_read_by_those() -> None:
    periods = {name: part for name, part in PUSHED.items() if name != "line_total_data"}
    periods["time_info"] = {"end_time": "2026-11-24T07:41:00+00:00"}
    (sample,) = read(periods)
    assert sample.values == {"enter": 3, "leave": 1}
    assert sample.ts == parse_rfc3339("2026-11-24T07:41:00Z")


@pytest.mark.parametrize(
    ("change", "reason", "why"),
    [
        ({"line_total_data": None, "line_periodic_data": None}, Reason.WRONG_SHAPE, "no form of"),
        ({"time_info": {}}, Reason.BAD_TIME, "a text is expected"),
        ({"time_info": {"end_time": "yesterday"}}, Reason.BAD_TIME, "'yesterday' is not of the form"),
        (
            {"time_info": {"end_time": "2026-11-24 15:41:00", "time_zone": "Mars"}},
            Reason.BAD_TIME,
            "'Mars' is not of the form UTC",
        ),
        ({"line_total_data": [{"total": {"in_counted": "many"}}]}, Reason.WRONG_SHAPE, "sum"),
        ({"line_total_data": 7}, Reason.WRONG_SHAPE, "invalid type"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_with_the_place(change: Any, reason: Reason, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        read(PUSHED | change)
    assert refused.value.reason is reason


def test_a_mapping_of_the_town_scales_and_knows_its_own_clock(tmp_path: Path) -> None:
    (tmp_path / "weather.toml").write_text(WEATHER, encoding="utf-8")
    content = {"type": "obs", "t": "202611241530", "d": {"temp": 615, "wind": None}}
    (sample,) = read(content, "town-weather", tmp_path)
    assert sample.values == {"temperature": 21.5}
    assert sample.ts == parse_rfc3339("2026-11-24T15:30:00+08:00")
    with pytest.raises(Refused, match="for numbers, not for 'warm'"):
        read({"type": "obs", "t": "202611241530", "d": {"temp": "warm"}}, "town-weather", tmp_path)


def test_a_codec_that_is_not_installed_is_named() -> None:
    with pytest.raises(Refused, match="codec 'acme' is not installed here") as refused:
        read({}, "acme")
    assert refused.value.reason is Reason.UNKNOWN_CODEC


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("code = 1", "Expected `str`, got `int` - at `\\$.code`"),
        (WEATHER.replace("[[form]]", "[[forms]]"), "unknown field `forms`"),
        (WEATHER.replace('"d.wind"', '"d..wind"'), "weather.toml: .*d..wind"),
        (WEATHER.replace('format = "%Y', 'zone = "Asia/Fangyan"\nformat = "%Y'), "Asia/Fangyan"),
        (WEATHER.replace('"town-weather"', '"json"'), "two codecs have this name"),
        ("not toml", "weather.toml: "),
    ],
)
def test_a_faulty_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "weather.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CodecError, match=why):
        codecs(tmp_path)


def test_only_toml_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("what stands here")
    assert read_folder(tmp_path) == []
