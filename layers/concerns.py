"""What matters now (要情), by one rule: the lines of brief.toml, each before those below it.

A layer declares what it can be asked for (`Concerns`): a line's condition in words of its own, how such things stand
now and how they stood a day before, and where their rows are listed. Whatever is ranked, cards or the wall's list, is
ranked by the place of its line in the table, and by nothing else before that.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import Connection

from layers.roles import EVERYBODY
from layers.sources import Rows
from store.instant import DAY, Instant, now
from store.language import Word


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a line asks a layer for. Each layer has its own fields."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the table; ``sees`` is the least role that is told of it, ``grave`` a word of its own for its tone."""

    code: str
    layer: str
    condition: dict[str, Any]
    tone: Literal["high", "middle", "low"]
    name: str
    name_en: str
    unit: str
    unit_en: str
    todo: str
    todo_en: str
    why: str
    why_en: str
    mark: str = ""
    grave: str = ""
    grave_en: str = ""
    sees: str = EVERYBODY


@dataclass(frozen=True, slots=True)
class Then:
    """The moment that is asked about; ``at`` is None where that is now."""

    at: Instant | None
    moment: Instant

    @classmethod
    def of(cls, at: Instant | None) -> "Then":
        """A past time, or now."""
        return cls(at, now() if at is None else at)

    @property
    def before(self) -> Instant:
        """The same hour of the day before."""
        return self.moment - DAY


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a line stands.

    ``value`` is what its rows come to, ``before`` the same a day earlier. ``since``, ``subject``, ``place`` (a row
    with its name), ``lon``, ``lat`` (CGCS2000) and ``thing`` (its kind and id, as the map finds it) are of the one
    that has stood longest; ``source`` is that of what is no real one. What cannot be said is None.
    """

    value: int
    before: int | None
    since: Instant | None = None
    subject: Word | None = None
    place: Any = None
    lon: float | None = None
    lat: float | None = None
    thing: tuple[str, str] | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a layer found: for each condition how it stands, None where nothing does; and what nobody configured."""

    standing: Sequence[Standing | None]
    missing: tuple[Word, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Concerns:
    """What a layer can be asked for: ``look`` answers all conditions at once, ``rows`` where each is listed."""

    condition: type[Condition]
    look: Callable[[Connection, str, Sequence[Any], Then], Looked]
    rows: Callable[[str, Any, Instant | None], Rows]


Asked = TypeVar("Asked", bound=Condition)


@cache
def lines() -> tuple[Line, ...]:
    """The table, the gravest first."""
    rows = tomllib.loads((files("layers") / "brief.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert(rows["line"], list[Line]))


@cache
def ranked(layer: str, condition: type[Asked]) -> Mapping[int, Asked]:
    """The rank of each of a layer's lines, 0 the first of all, with what it asks the layer for."""
    return {
        rank: msgspec.convert(line.condition, condition) for rank, line in enumerate(lines()) if line.layer == layer
    }


def last() -> int:
    """The rank of what no line speaks of."""
    return len(lines())
