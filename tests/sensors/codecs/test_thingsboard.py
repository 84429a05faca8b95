"""The telemetry payload: what comes in is what was meant, or is refused with the reason."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.codecs.installed import codecs
from sensors.codecs.sample import Sample
from sensors.jsonin import MAX_BYTES
from sensors.refusal import Reason, Refused
from store.instant import DAY, HOUR, format_rfc3339, parse_rfc3339

NOW = parse_rfc3339("2026-11-24T08:00:00Z")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: name not in ("ts", "values", "crs"))
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e150, 1e150),
    st.text(max_size=40).filter(lambda text: text.isprintable()),
)
FIELDS = st.dictionaries(NAMES.filter(lambda name: name not in ("lon", "lat", "n", "bn")), VALUES, min_size=1)


def read(content: object) -> list[Sample]:
    """Decode what a device would send."""
    return codecs().decode(json.dumps(content, ensure_ascii=False).encode(), NOW, "air-01", None)


def refused(payload: bytes | object) -> Refused:
    """The refusal of a payload."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(Refused) as caught:
        codecs().decode(body, NOW, "air-01", None)
    return caught.value


@settings(deadline=None)  # the first example finds the codecs
@given(FIELDS)
def test_values_arrive_as_they_were_sent(fields: dict[str, object]) -> None:
    (bare,) = read(fields)
    (timed,) = read({"ts": NOW // 1000, "values": fields})
    (listed,) = read([{"ts": NOW // 1000, "values": fields}])
    assert bare == timed == listed
    assert bare.values == fields
    assert [type(value) for value in bare.values.values()] == [type(value) for value in fields.values()]


@given(st.integers(parse_rfc3339("2000-01-01T00:00:00Z") // 1000, (NOW + DAY) // 1000))
def test_a_time_is_the_same_as_number_and_as_text(milliseconds: int) -> None:
    (number,) = read({"ts": milliseconds, "values": {"pm2_5": 1}})
    (text,) = read({"ts": format_rfc3339(milliseconds * 1000), "values": {"pm2_5": 1}})
    assert number.ts == text.ts == milliseconds * 1000


def test_what_names_no_time_has_that_of_its_arrival() -> None:
    assert [sample.ts for sample in read([{"values": {"pm2_5": 1}}, {"ts": 1764000000000, "values": {"co": 1}}])] == [
        NOW,
        1764000000000_000,
    ]


def test_null_is_no_value_and_not_zero() -> None:
    (sample,) = read({"pm2_5": None, "pm10": 0})
    assert sample.values == {"pm10": 0}


def test_a_position_is_kept_as_declared_and_is_no_metric() -> None:
    (sample,) = read({"ts": NOW // 1000, "values": {"pm2_5": 1}, "lon": 120.2, "lat": 28.93, "crs": "GCJ02"})
    assert (sample.position, sample.values) == ((120.2, 28.93, "GCJ02"), {"pm2_5": 1})
    (bare,) = read({"pm2_5": 1, "lon": 120.2, "lat": 28.93})
    assert (bare.position, bare.values) == ((120.2, 28.93, "WGS84"), {"pm2_5": 1})


@pytest.mark.parametrize(
    ("payload", "reason", "where"),
    [
        (b'{"pm2_5": 35', Reason.INVALID_JSON, "truncated"),
        (b"", Reason.INVALID_JSON, "truncated"),
        (b'{"pm2_5": "\xff"}', Reason.INVALID_UTF8, "byte 11 (0xff)"),
        (b'{"pm2_5": NaN}', Reason.NOT_FINITE, "NaN"),
        (b'{"pm2_5": -Infinity}', Reason.NOT_FINITE, "-Infinity"),
        (b'{"pm2_5": 1e999}', Reason.NOT_FINITE, "out of range"),
        (b'{"odd": 1e308}', Reason.NOT_FINITE, "beyond 1e+150"),
        (b'{"odd": -1.1e150}', Reason.NOT_FINITE, "beyond 1e+150"),
        (b" " * (MAX_BYTES + 1), Reason.TOO_LARGE, "65537 bytes; at most 65536"),
        (b"[" * 60_000, Reason.WRONG_SHAPE, "nested too deeply"),
        (b"35", Reason.WRONG_SHAPE, "got a number"),
        (b"null", Reason.WRONG_SHAPE, "got null"),
        (b"[]", Reason.NO_VALUE, "no finite value"),
        (b"{}", Reason.NO_VALUE, "no finite value"),
        (b'{"pm2_5": null}', Reason.NO_VALUE, "no finite value"),
        (b"[1]", Reason.WRONG_SHAPE, "[0]: expected an object, got a number"),
        (b'{"ts": 1790000000000, "co": 1}', Reason.WRONG_SHAPE, '"values" is missing'),
        (b'[{"co": 1}]', Reason.WRONG_SHAPE, '[0]: "values" is missing'),
        (b'{"values": [1]}', Reason.WRONG_SHAPE, '"values" must be an object, got a list'),
        (b'{"pm2_5": {"v": 1}}', Reason.WRONG_SHAPE, "pm2_5: expected a number, boolean or text, got an object"),
        (b'{"": 1}', Reason.WRONG_SHAPE, "metric name ''"),
        (b'{"pm2_5": 1, "lon": 120.2}', Reason.BAD_POSITION, "lon and lat must both be numbers"),
        (b'{"pm2_5": 1, "lon": 28.9, "lat": 120.2}', Reason.BAD_POSITION, "lat 120.2"),
        (b'{"pm2_5": 1, "lon": 120.2, "lat": 28.9, "crs": "X"}', Reason.BAD_POSITION, "crs 'X'"),
        (b'{"ts": 1764000000, "values": {"pm2_5": 1}}', Reason.BAD_TIME, "epoch times are in milliseconds"),
        (b'{"ts": "2026-11-24T08:00:00", "values": {"pm2_5": 1}}', Reason.BAD_TIME, "without a zone offset"),
        (b'{"ts": true, "values": {"pm2_5": 1}}', Reason.BAD_TIME, "neither epoch milliseconds"),
        (b'[{"ts": "2026-11-26T08:00:00Z", "values": {"co": 1}}]', Reason.TIME_AHEAD, "[0]ts 2026-11-26T08:00:00Z"),
        (b'{"ts": 1e300, "values": {"pm2_5": 1}}', Reason.TIME_AHEAD, "more than 24 h ahead"),
        (b'{"pm2_5": 35}\0', Reason.INVALID_JSON, "the JSON ends at byte 13 and after it there is NUL (0x00, 1 times)"),
        (b'{"pm2_5": 35\0\0}', Reason.INVALID_JSON, "a zero byte (0x00) at byte 12"),
        (b'{"ts": "1790000000000", "values": {"a": 1}}', Reason.BAD_TIME, "send it without quotes"),
        (b'{"ts": "2026/11/24 08:00", "values": {"a": 1}}', Reason.BAD_TIME, "send it as 2026-11-24T08:00:00+08:00"),
        (b'{"ts": 1795507200, "values": {"a": 1}}', Reason.BAD_TIME, "this looks like seconds (2026-11-24T08:00:00Z)"),
        (b'{"ts": 1795507200000000, "values": {"a": 1}}', Reason.TIME_AHEAD, "this looks like microseconds"),
        (b'{"ts": 12345, "values": {"a": 1}}', Reason.BAD_TIME, "leaves ts out"),
        (b'{"pm2_5": 35,5}', Reason.INVALID_JSON, "a decimal comma before byte 13: write 35.5"),
        (b'\xef\xbb\xbf{"pm2_5": 35}', Reason.INVALID_JSON, "a byte order mark"),
        ('{"\u697c": "\u6a59\u9e93"}'.encode("gbk"), Reason.INVALID_UTF8, "the text is in GBK"),
        ('{"pm2_5": 35}'.encode("utf-16"), Reason.INVALID_UTF8, "UTF-16"),
        ('{"pm2_5": 35}'.encode("utf-16-be"), Reason.INVALID_UTF8, "UTF-16"),
        (b"\x1f\x8b\x08\x00", Reason.INVALID_UTF8, "compressed (gzip)"),
        (b"\x01\x03\x02\x00\xff", Reason.INVALID_UTF8, "byte 4 (0xff)"),
        (b'{"a": 1}{"a": 2}', Reason.INVALID_JSON, "another begins"),
        (b'{"a": 1}OK', Reason.INVALID_JSON, "more follows: 'OK'"),
        (b"{'a': 1}", Reason.INVALID_JSON, "a single quote at byte 1"),
        ("{\u201ca\u201d: 1}".encode(), Reason.INVALID_JSON, "U+201C"),
        ('{"a"\uff1a1}'.encode(), Reason.INVALID_JSON, "U+FF1A"),
        (b"{a: 1}", Reason.INVALID_JSON, "a name without quotes at byte 1"),
        (b'{"a": nan}', Reason.NOT_FINITE, "nan at byte 6"),
        (b'{"a": -inf}', Reason.NOT_FINITE, "-inf at byte 6"),
        (b'{"a": True}', Reason.INVALID_JSON, "JSON writes true"),
        (b'{"a": 1,}', Reason.INVALID_JSON, "a comma before the }"),
        (b'{"a": }', Reason.INVALID_JSON, "no value at byte 6"),
        (b'{"a": .5}', Reason.INVALID_JSON, "a number begins with ."),
        (b'{"a": 007}', Reason.INVALID_JSON, "a number begins with 0"),
        (b'{"a": "\\ud800"}', Reason.INVALID_JSON, "half of a character"),
        (b'{"a": "x\ny"}', Reason.INVALID_JSON, "a control character (0x0a)"),
        (b"pm2_5=35", Reason.INVALID_JSON, "no JSON but 'pm2_5=35'"),
        (b"<a/>", Reason.INVALID_JSON, "there stands '<a/>'"),
        (b'{"co": 1, "co": 2}', Reason.WRONG_SHAPE, "'co' stands twice"),
        (b'{"values": {"co": 1, "co" : 2}}', Reason.WRONG_SHAPE, "'co' stands twice"),
    ],
)
def test_a_refusal_says_what_and_where(payload: bytes, reason: Reason, where: str) -> None:
    error = refused(payload)
    assert error.reason == reason
    assert where in error.detail


def test_so_many_values_that_they_are_no_readings_are_refused() -> None:
    assert refused({f"m{i}": i for i in range(1001)}).reason == Reason.TOO_LARGE


def test_one_bad_value_refuses_the_whole_message_so_that_nothing_is_half_kept() -> None:
    assert "co" in refused({"pm2_5": 1, "co": [1]}).detail


@given(st.binary(max_size=300))
def test_no_bytes_whatever_do_anything_but_decode_or_be_refused(payload: bytes) -> None:
    with suppress(Refused):
        assert sum(len(sample.values) for sample in codecs().decode(payload, NOW, "air-01", None)) > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["ts", "values", "lon", "lat", "crs", "n", "bn", "bt", "t", "v", "vb", "u", "bver", "pm2_5"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_json_whatever_does_anything_but_decode_or_be_refused(content: object) -> None:
    with suppress(Refused):
        for sample in read(content):
            assert sample.ts <= NOW + DAY
            for value in sample.values.values():
                assert isinstance(value, bool | str) or math.isfinite(value)


def test_two_hours_late_is_not_too_late() -> None:
    assert read({"ts": format_rfc3339(NOW - 2 * HOUR), "values": {"pm2_5": 1}})[0].ts == NOW - 2 * HOUR


def test_a_text_that_looks_like_a_name_is_no_name_that_stands_twice() -> None:
    (sample,) = codecs().decode(b'{"note": "\\"a\\":1,\\"a\\":2", "co": 1}', NOW, "air-01", None)
    assert sample.values == {"note": '"a":1,"a":2', "co": 1}
