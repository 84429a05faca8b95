"""Why a device's message was refused is said in whole sentences of one language, whatever they are composed of."""

import ast
import re
from collections.abc import Iterator

import pytest

from layers import words
from sensors.codecs.installed import codecs
from sensors.refusal import Reason, Refused
from sensors.topics import parse
from store.instant import now
from tests.layers.test_words import KNOWN, PASSED_ON, ROOT, of_function

OF_PROGRAMS = {Reason.CODEC_FAILED, Reason.NOT_STORABLE, Reason.INTERNAL_ERROR}
"""What is told with these are the words of a program's error, which are English everywhere."""
CITED = re.compile(r"「[^」]*」|'[^']*'|\"[^\"]*\"|\{[^{}]*\}|UTF-8|" + KNOWN)
ENGLISH = re.compile(r"[a-z]{2,}(?: [a-z]{2,})+|\b(?:text|list|object|number|seconds|message|and|or|of)\b")


def left_in_english(text: str) -> list[str]:
    """English words of a text that cites nobody."""
    return ENGLISH.findall(CITED.sub("", text))


def refusals() -> Iterator[tuple[str, str]]:
    """(reason, message) of every refusal in sensors/, with `KNOWN` for what varies."""
    for path in sorted((ROOT / "sensors").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            used = [node for node in ast.walk(function) if isinstance(node, ast.Attribute)]
            reasons = [node.attr for node in used if getattr(node.value, "id", "") == "Reason"]
            for text in of_function(name, function):
                yield from ((reason, text.replace("{}", KNOWN)) for reason in reasons if text not in PASSED_ON)


def around(detail: str) -> list[str]:
    """A message, and what it becomes where somebody else sent it or the rest of a birth was taken."""
    return [detail, f"sent by 'air-01': {detail}", f"{detail}; the rest of the birth is taken"]


@pytest.mark.parametrize("detail", sorted({text for _, text in refusals()}))
def test_a_refusal_is_said_in_chinese_to_its_last_word(detail: str) -> None:
    for english in around(detail):
        said = words.in_chinese(english)
        assert said is not None, english
        assert left_in_english(said) == [], said


def test_every_reason_has_its_messages() -> None:
    told = {reason for reason, _ in refusals()}
    assert {reason for reason in Reason if reason not in OF_PROGRAMS} <= {Reason[one] for one in told}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "sent by 'air-01': topic is not cim/v1/{community}/{device}/{channel}",
            "「air-01」发来：主题应为 cim/v1/{community}/{device}/{channel}",
        ),
        ("sent by 'a': no device 'b' is registered", "「a」发来：没有登记设备「b」"),
        ("[0]pm2_5: expected a number, boolean or text, got a list", "[0]pm2_5：应为数、是否或文字，收到的是列表"),
        ("message: expected an object, got null", "报文：应为对象，收到的是空值"),
        ("[1]vs: text expected", "[1]vs：应为文字"),
        ("co2: scale and offset are for numbers, not for 'high'", "co2：换算只用于数，不适用于「high」"),
        ("edge node 'A B' does not match [a-z]", "边缘节点「A B」不符合 [a-z]"),
    ],
)
def test_what_is_put_together_is_whole(english: str, chinese: str) -> None:
    assert words.in_chinese(english) == chinese


PAYLOADS = [
    b'{"a": []}',
    b'{"ts": 1, "values": []}',
    b"[5]",
    b'[{"n": 5, "v": 1}]',
    b'[{"n": "a", "v": "x"}]',
    b'{"ts": 1764000000, "values": {"a": 1}}',
    b'{"ts": "1700000000", "values": {"pm2_5": 1}}',
    b'{"ts": "2026/1/2 8:00", "values": {"pm2_5": 1}}',
    b'{"ts": "2026-01-02T08:00:00", "values": {"pm2_5": 1}}',
    b'{"ts": {}, "values": {"pm2_5": 1}}',
    b'{"pm2_5": 1, "lon": 500, "lat": 1}',
    b'{"pm2_5": 1, "lon": 5, "lat": 1, "crs": "moon"}',
    b'{"pm2_5": 1e999}',
    b'{"pm2_5": "\\u0000"}',
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_comes_of_a_payload_is_whole(payload: bytes) -> None:
    with pytest.raises(Refused) as refused:
        codecs().decode(payload, now(), "air-01", None)
    for english in around(refused.value.detail):
        said = words.in_chinese(english)
        assert said is not None, english
        assert left_in_english(said) == [], said


@pytest.mark.parametrize("topic", ["a/b", "cim/v1/He ling/air-01/telemetry", "cim/v1/heling/A B/x", "cim/v1/h/a/x"])
def test_what_comes_of_a_topic_is_whole(topic: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(topic)
    for english in around(refused.value.detail):
        said = words.in_chinese(english)
        assert said is not None, english
        assert left_in_english(said) == [], said
