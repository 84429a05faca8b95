"""How a layer declares itself, and how the shell finds them all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from functools import cache
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol

import numpy as np
from fastapi import APIRouter
from sqlalchemy import Connection

from geo.communities import Community
from layers.access import Rules
from layers.concerns import Concerns
from layers.course import Mark, Moves
from layers.features import Collection
from layers.first import First
from layers.sections import Part
from layers.sources import Source
from sensors.intake.batch import Feed
from sensors.readings.moving import Follower
from store.instant import Instant
from store.language import named

ENTRY_POINTS = "cockpit.layers"

Records = Callable[[Connection, str, set[str] | None, Instant | None], dict[str, Any]]
"""(connection, community, keys or None for all, at) -> key -> record, ready for JSON."""


class Rank(IntEnum):
    """What gives way on the map: a sign has no place where one of a higher rank stands, and lies below it.

    What ranks below the buildings lies on none; what finds no room waits for a closer look.
    """

    NAME = 1
    MARK = 2
    SITE = 3
    COUNT = 4
    BUILDING = 5
    AREA = 6
    WORD = 7
    EVENT = 8
    ALARM = 9


@dataclass(frozen=True, kw_only=True)
class LegendEntry:
    """A line of the legend: the same shape and words as on the map.

    ``icon`` is the sign that the map draws; ``symbol`` stands for it in text, where no map can be drawn.
    """

    symbol: str
    text: str
    text_en: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """A layer's part of the map: MapLibre sources and style layers, lowest first; ``above`` the ground by their rank.

    A style layer's ``metadata.u`` gives sizes in u, 1/108 of the wall's height: the browser sets
    them in pixels. ``legend_title`` stands before the legend's entries.
    """

    sources: dict[str, Any] = field(default_factory=dict)
    below: tuple[dict[str, Any], ...] = ()
    above: Mapping[Rank, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    legend: tuple[LegendEntry, ...] = ()
    legend_title: str = ""
    legend_title_en: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number that adds up along the ground: devices, open events, people; ``unit`` as screens show it."""

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str


@dataclass(frozen=True, kw_only=True)
class Located:
    """What of a layer stands somewhere: a row a thing, each column of length n.

    ``lons`` and ``lats`` are CGCS2000 degrees, NaN where unknown; ``rooms`` are codes of rooms;
    ``figures`` holds one array for each `Figure` of the layer.
    """

    ids: list[str]
    names: list[str]
    lons: np.ndarray
    lats: np.ndarray
    figures: dict[str, np.ndarray]
    rooms: list[str | None] | None = None


def positions(things: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of things with ``lon`` and ``lat``; NaN where one is not known."""
    return np.array([one.lon for one in things], dtype=float), np.array([one.lat for one in things], dtype=float)


Remind = Callable[[Connection, str, Instant], int]
"""(connection that writes, community, at) -> how many notices were written of what time alone brought about."""
Due = Callable[[Connection, str, Instant], bool]
"""(connection, community, at) -> whether `Remind` would write any."""

SpotOf = Callable[[Connection, str, str], str | None]
"""(connection, community, id) -> the deepest place that is known of such a thing (`geo.whereabouts`)."""

IsKnown = Callable[[Connection, str, str], bool]
"""(connection, community, id) -> whether there is such a thing."""

OnDay = Callable[[date], list[dict[str, Any]]]
"""A day -> what is on at it, each with ``code``, ``name``, ``name_en``."""
Days = Callable[[Connection, str, Instant], OnDay]
"""(connection, community, moment) -> what is on at a day, as it was known at that moment."""

Locate = Callable[[Connection, str, Instant | None], Located]
"""(connection, community, at) -> what stands where."""


class Derived(Protocol):
    """Records that follow from those of a layer, kept by difference where they are shown."""

    follows: ClassVar[str]
    """The layer whose records they follow from."""

    def __init__(self, community: str) -> None: ...

    def put(self, key: str, record: Mapping[str, Any] | None, moment: int) -> None:
        """What stands for a key from now on, None: nothing; ``moment`` is now, in epoch milliseconds, as below."""

    def changed(self, moment: int) -> dict[str, dict[str, Any]]:
        """key -> what of the record changed since it was asked last, by time alone too."""

    def all(self, moment: int) -> dict[str, dict[str, Any]]:
        """Every record, whole."""


Marks = Callable[[Connection, str, Instant, Instant, int], list[Mark]]
"""(connection, community, from, until, how many at most) -> what happened, the gravest first."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A vertical slice of the cockpit.

    ``roles`` are those who may see it (empty: everybody, the wall too); ``column`` and ``order``
    say where its panel stands on the wall; ``records`` answers its present or past state, ``located``
    what of it stands where, with the ``figures`` that add up along the ground. ``remind`` tells of what time
    alone brings about, where ``is_due`` says that there is something; ``notices`` are the kinds it tells of.
    ``days`` is what calendars show of it.
    A layer that is only kept and asked for has no overlay, panel or feed. ``access`` says who may what of its
    routes: `layers.access.of_package`; a route without a row is refused to everybody. ``words`` are those of
    its codes. ``things`` are what other layers may name: by kind, whether there is one, and where it is
    (``spots``); ``sources`` what it can count for them, by kind. ``hears`` are layers whose feeds come before its
    own, since it takes what they tell.
    ``derived`` makes what of the records follows from
    those of a layer, this one or another: it is not read, but kept by difference. ``moves`` is how a community's
    records change in spans of the past that follow each other, ``marks`` what of it stands on a day's timeline.
    ``first`` says which of its open records screens are given, where those are not all of them.
    ``follows`` brings what it made of readings to what they are, where they went to another metric.
    ``sections`` are what it tells in reports, ``concerns`` what of it may matter now (`layers.concerns`),
    ``collections`` what it gives to programs of others (`layers.features`).
    """

    code: str
    name: str
    name_en: str
    order: int
    column: str
    records: Records
    router: Callable[[], APIRouter]
    overlay: Callable[[Community], Overlay] | None = None
    panel: Callable[[Community], Any] | None = None
    feed: Callable[[], Feed] | None = None
    derived: type[Derived] | None = None
    moves: Callable[[str], Moves] | None = None
    first: First | None = None
    follows: Follower | None = None
    marks: Marks | None = None
    located: Locate | None = None
    figures: tuple[Figure, ...] = ()
    hears: tuple[str, ...] = ()
    days: Days | None = None
    roles: frozenset[str] = frozenset()
    is_due: Due | None = None
    remind: Remind | None = None
    notices: Mapping[str, Any] = field(default_factory=dict)
    access: Rules = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    things: Mapping[str, IsKnown] = field(default_factory=dict)
    spots: Mapping[str, SpotOf] = field(default_factory=dict)
    sections: Callable[[], Mapping[str, Part]] | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    concerns: Concerns | None = None
    collections: tuple[Collection, ...] = ()


@cache
def layers() -> tuple[Layer, ...]:
    """Every installed layer, in its order."""
    found = [point.load() for point in entry_points(group=ENTRY_POINTS)]
    return tuple(sorted(found, key=lambda layer: layer.order))


@cache
def routers() -> tuple[APIRouter, ...]:
    """The routes of all layers, in their order; their hundreds of signatures are read once."""
    return tuple(layer.router() for layer in layers())


def followers() -> list[Follower]:
    """All that made something of readings, and follows where those go to another metric."""
    return [layer.follows for layer in layers() if layer.follows is not None]


def report_parts() -> dict[str, Part]:
    """Every section that a layer tells in reports, by its code."""
    return {code: part for layer in layers() if layer.sections is not None for code, part in layer.sections().items()}


def notice_kinds() -> Mapping[str, Any]:
    """Every kind of notice with its row, which has ``text`` and ``text_en``."""
    return {kind: text for layer in layers() for kind, text in layer.notices.items()}


def notice_row(kind: str) -> Any:
    """The row of a kind of notice; one of the kind itself where no layer knows it any more."""
    return notice_kinds().get(kind) or {"text": kind, "text_en": kind}


def notice_word(kind: str) -> str:
    """What a kind of notice is in the language that is spoken."""
    return named(notice_row(kind), "text")


def is_known(connection: Connection, community: str, kind: str, ref: str) -> bool:
    """Whether there is such a thing of a community, whichever layer it is of; False for a kind that none has."""
    return any(layer.things[kind](connection, community, ref) for layer in layers() if kind in layer.things)


def spot_of(connection: Connection, community: str, kind: str, ref: str) -> str | None:
    """The deepest place that is known of a thing, whichever layer it is of."""
    found = (layer.spots[kind](connection, community, ref) for layer in layers() if kind in layer.spots)
    return next(found, None)


def sources() -> Mapping[str, Source]:
    """Every kind of formula that a layer can count, by its code."""
    return {kind: source for layer in layers() for kind, source in layer.sources.items()}


def days(connection: Connection, community: str, moment: Instant) -> OnDay:
    """What is on at a day, of all layers that know of days."""
    found = [layer.days(connection, community, moment) for layer in layers() if layer.days is not None]
    return lambda day: [one for on_day in found for one in on_day(day)]


def feeds() -> Sequence[Feed]:
    """The feeds of all layers, for the ingest: each after those that it hears."""
    known = {layer.code: layer for layer in layers()}
    ordered: dict[str, Layer] = {}

    def add(layer: Layer) -> None:
        for code in layer.hears:
            add(known[code])
        ordered.setdefault(layer.code, layer)

    for layer in layers():
        add(layer)
    return [layer.feed() for layer in ordered.values() if layer.feed is not None]
