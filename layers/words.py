"""What is said in English, in Chinese too: messages by the table words.toml, codes by what the layers declare.

Programs read messages in English. People read them in Chinese, in a browser that asks for it; so a message is
written once, where it arises, and has its line in the table. A test finds every message that has none.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from geo.communities import communities
from layers import declare
from store import language

PLACE = re.compile(r"\{([a-z]*)\d*\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BYTE = re.compile(r"\bbyte (\d+)")
QUOTED_LIST = re.compile(r"'[^']*'(?:(?:, | or )'[^']*')+")
NAMED = re.compile(r"'[^']*'|\"[^\"]*\"")
QUOTED = re.compile(r"'(.*)'|\"(.*)\"", re.DOTALL)


class _Line(NamedTuple):
    """A message: what matches it, the kinds of what varies in it, and its Chinese with places for that."""

    pattern: re.Pattern[str]
    kinds: tuple[str, ...]
    chinese: str


def in_chinese(text: str) -> str | None:
    """A message in Chinese, itself where it is so already; None where the table does not know it.

    >>> in_chinese("more than 100 bytes")
    '超过 100 字节'
    >>> in_chinese("no user named '信息员'")
    '没有用户「信息员」'
    """
    if not text:
        return text
    reason, _, detail = text.partition(": ")
    if reason in table()["reasons"]:
        return f"{table()['reasons'][reason]}：{said(detail, chinese=True)}"
    for line in _lines():
        match = line.pattern.fullmatch(text)
        if match is None:
            continue
        values = [_value(kind, value) for kind, value in zip(line.kinds, match.groups(), strict=True)]
        if None not in values:
            return line.chinese.format(*values)
    # Only now: a sentence in English may name somebody who is written in Chinese.
    return text if CHINESE.search(NAMED.sub("", text)) else None


def said(text: str, *, chinese: bool) -> str:
    """A message in the language that is asked for; as it is where the table does not know it."""
    return in_chinese(text) or text if chinese else text


def told(text: str) -> str:
    """A message in the language that is spoken."""
    return said(text, chinese=language.current() == language.CHINESE)


def reason(code: str) -> str:
    """Why a message of a device was refused, in a word for people."""
    return spoken("reasons").get(code, code)


def spoken(kind: str) -> dict[str, str]:
    """The words of a table's codes in the language that is spoken: codes are English words themselves."""
    known = codes() if kind == "codes" else table()[kind]
    if language.current() == language.CHINESE:
        return dict(known)
    return {code: code.replace(".", " ").replace("_", " ").capitalize() for code in known}


@cache
def table() -> Mapping[str, dict[str, str]]:
    """words.toml as it stands: messages and what stands around them, titles, codes, reasons, faults of a form."""
    return tomllib.loads((files("layers") / "words.toml").read_text(encoding="utf-8"))


@cache
def codes() -> Mapping[str, str]:
    """Every code that a message may hold, with its word."""
    found = table()["codes"] | {one.code: one.name for one in communities().values()}
    for layer in declare.layers():
        found |= layer.words
    return found


def _value(kind: str, text: str) -> str | None:
    """What stands in a place: codes and types by their words, messages and places in Chinese, all else as it is."""
    if kind == "message":
        return in_chinese(text)
    if QUOTED_LIST.fullmatch(text):
        return "、".join(f"「{one}」" for one in re.findall("'([^']*)'", text))
    quoted = QUOTED.fullmatch(text)
    plain = (quoted[1] or quoted[2] or "") if quoted else text
    if kind == "place":
        return BYTE.sub(r"第 \1 字节", plain)
    if kind == "type" and text in table()["types"]:
        return table()["types"][text]
    if kind == "code":
        return "、".join(codes().get(one, one) for one in plain.split(", "))
    return f"「{plain}」" if quoted else plain


@cache
def _lines() -> list[_Line]:
    """What stands around messages, then these, those with most words of their own first.

    A general one must not take a particular one's place, nor take in what stands around it.
    """
    rows = sorted(table()["messages"].items(), key=lambda row: -len(PLACE.sub("", row[0])))
    return [_line(english, chinese) for english, chinese in [*table()["around"].items(), *rows]]


def _line(english: str, chinese: str) -> _Line:
    names = [match[0] for match in PLACE.finditer(english)]
    parts = [re.escape(part) for part in re.split(r"\{[a-z]*\d*\}", english)]
    numbered = PLACE.sub(lambda match: f"{{{names.index(match[0])}}}", chinese)
    kinds = tuple(match[1] for match in PLACE.finditer(english))
    return _Line(re.compile("(.*?)".join(parts), re.DOTALL), kinds, numbered)
