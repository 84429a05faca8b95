"""What layers can count for others: figures of a span of time, by area, and where the rows stand that make them.

A source is a kind of formula. It knows neither indicators nor reports: it takes a formula of its own type, answers one
figure for each span, and says at which addresses the rows of a span are listed, whose number or sum the figure is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection

from store.instant import Instant, format_local


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` until before ``until``."""

    since: Instant
    until: Instant


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A figure of a span.

    ``value`` is None where there is nothing that could be counted: no register was ever filled in, no device measures
    it. ``areas`` are its parts by area, of those that have a part. ``people`` is of how many people it tells, None
    where it tells of none; beyond a handful it need not be exact. ``is_replayed``: some of it is of no sensor, but of
    a recording. ``is_invented``: some of it is of a demonstration, and whoever shows the figure says so (of spans
    before the last it need not be known).
    """

    value: float | None
    areas: Mapping[str, float] = field(default_factory=dict)
    people: int | None = None
    as_of: Instant | None = None
    is_replayed: bool = False
    is_invented: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Where the rows of a figure are listed: in the API, and on a page of ours; both are paths with their query."""

    api: str
    page: str


class Formula(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a source is asked to count. Each source has its own fields."""


Count = Callable[[Connection, str, Any, Sequence[Span | None], Instant | None], list[Counted]]
"""(connection, community, formula, spans, at) -> a figure for each span; None is "as it stands"."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A kind of formula that a layer counts.

    ``fault`` says why a formula cannot be in a community, None where it can; ``is_of_people`` whether its rows tell of
    people, so that what is small may name somebody; ``has_areas`` whether it is counted by area.
    """

    name: str
    name_en: str
    formula: type[Formula]
    fault: Callable[[str, Any], str | None]
    count: Count
    rows: Callable[[str, Any, Span | None, Instant | None], Rows]
    has_areas: Callable[[str, Any], bool] = lambda _community, _formula: False
    is_of_people: Callable[[str, Any], bool] = lambda _community, _formula: False


def at_of(at: Instant | None) -> tuple[str, str | None]:
    """How an address names the past time that is asked for; nothing of now."""
    return "at", None if at is None else format_local(at)


def address(path: str, pairs: Sequence[tuple[str, str | None]]) -> str:
    """A path with its query; what is None is left out.

    >>> address("/events", [("state", "open"), ("area", None)])
    '/events?state=open'
    """
    return f"{path}?{urlencode([(name, value) for name, value in pairs if value is not None])}"
