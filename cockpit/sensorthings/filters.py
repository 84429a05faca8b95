"""``$filter``: a subset of OData's expressions, read into a tree.

Comparisons (``eq ne gt ge lt le``) of a property with a value, ``and``, ``or``, ``not``, brackets, and the functions
``substringof``, ``startswith`` and ``endswith``. All else is refused, and named.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, Union

from layers.problem import Problem
from layers.web import instant_query
from store.instant import Instant

OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le")
FUNCTIONS = ("substringof", "startswith", "endswith")
DEEPEST = 20
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_@][\w@.]*(?:/[A-Za-z_@][\w@.]*)*)"
    r"|(?P<mark>[(),]))"
)


class Time(NamedTuple):
    """A time that something is compared with."""

    at: Instant


Value = str | float | int | Time


class Compare(NamedTuple):
    """A property, the way to it before it, compared with a value."""

    path: tuple[str, ...]
    operator: str
    value: Value


class Call(NamedTuple):
    """A function of a property and a text."""

    function: str
    path: tuple[str, ...]
    text: str


class Joined(NamedTuple):
    """Two expressions of which both must hold, or one."""

    word: Literal["and", "or"]
    first: "Expression"
    second: "Expression"


class Not(NamedTuple):
    """An expression that must not hold."""

    of: "Expression"


Expression = Union[Compare, Call, Joined, Not]  # noqa: UP007 - the names stand for themselves only later


def parsed(text: str) -> Expression:
    """Read an expression; 400 where it is none of ours, by what is wrong with it."""
    return _Reading(text).whole()


class _Reading:
    """An expression on its way from text to tree."""

    def __init__(self, text: str) -> None:
        self._left = list(_tokens(text))[::-1]
        self._depth = 0

    def whole(self) -> Expression:
        found = self._either()
        if self._left:
            raise _unexpected(self._left[-1][1])
        return found

    def _either(self) -> Expression:
        found = self._both()
        while self._is_next("or"):
            found = Joined("or", found, self._both())
        return found

    def _both(self) -> Expression:
        found = self._one()
        while self._is_next("and"):
            found = Joined("and", found, self._one())
        return found

    def _one(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Problem(400, "bad parameter", f"$filter: more than {DEEPEST} conditions")
        if self._is_next("not"):
            return Not(self._one())
        if self._is_next("("):
            found = self._either()
            self._take("(", ")")
            return found
        kind, said = self._token()
        if kind != "name":
            raise _unexpected(said)
        if self._is_next("("):
            return self._call(said)
        operator = self._token()[1]
        if operator not in OPERATORS:
            raise _unexpected(operator)
        return Compare(tuple(said.split("/")), operator, _value(*self._token()))

    def _call(self, function: str) -> Call:
        if function not in FUNCTIONS:
            raise Problem(400, "bad parameter", f"$filter: {function!r} is not one of {', '.join(FUNCTIONS)}")
        first = self._token()
        self._take("", ",")
        second = self._token()
        self._take("", ")")
        # substringof(text, property) is the only one with its text first.
        text, name = (first, second) if function == "substringof" else (second, first)
        if text[0] != "text" or name[0] != "name":
            raise _unexpected(first[1])
        return Call(function, tuple(name[1].split("/")), str(_value(*text)))

    def _token(self) -> tuple[str, str]:
        if not self._left:
            raise Problem(400, "bad parameter", "$filter: it ends too early")
        return self._left.pop()

    def _is_next(self, word: str) -> bool:
        if self._left and self._left[-1][0] in ("name", "mark") and self._left[-1][1] == word:
            self._left.pop()
            return True
        return False

    def _take(self, _opened: str, mark: str) -> None:
        said = self._token()[1]
        if said != mark:
            raise _unexpected(said)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _unexpected(text[at:].strip()[:40])
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _value(kind: str, said: str) -> Value:
    if kind == "text":
        return said[1:-1].replace("''", "'")
    if kind == "number":
        return int(said) if said.lstrip("-").isdigit() else float(said)
    if kind == "time":
        at = instant_query("$filter", said)
        return Time(at or 0)
    raise _unexpected(said)


def _unexpected(said: str) -> Problem:
    return Problem(400, "bad parameter", f"$filter: {said[:40]!r} is not expected there")
